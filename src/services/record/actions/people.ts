import type { ActionDefinition } from '../action-definition.js';
import { reasonTail } from './wording.js';

/** Who works here, and who is there. */
export const peopleActions = {
  'agent.invited': {
    category: 'PEOPLE',
    severity: 'NOTICE',
    description: 'Somebody was asked to become an agent. CRITICAL when they are to be an administrator.',
    sentence: '{actor} invited {target} as {role}' + reasonTail,
    payload: { metadata: ['role', 'expiresAt'], reason: true },
  },
  'invitation.resent': {
    category: 'PEOPLE',
    severity: 'NOTICE',
    description: 'An invitation was sent once more, with another token; the one before is worth nothing any more.',
    sentence: '{actor} invited {target} once more' + reasonTail,
    payload: { metadata: ['role', 'expiresAt'], reason: true },
  },
  'invitation.cancelled': {
    category: 'PEOPLE',
    severity: 'NOTICE',
    description: 'An invitation was withdrawn.',
    sentence: '{actor} withdrew the invitation of {target}' + reasonTail,
    payload: { metadata: ['role'], reason: true },
  },
  'agent.joined': {
    category: 'PEOPLE',
    severity: 'NOTICE',
    description: 'A person became an agent of the workspace. CRITICAL when they became an administrator.',
    sentence: '{target} joined as {role}',
    payload: { metadata: ['role', 'invitationId'] },
  },
  'agent.updated': {
    category: 'PEOPLE',
    severity: 'NOTICE',
    description: 'The name or the picture of an agent changed.',
    sentence: '{actor} changed the profile of {target}' + reasonTail,
    payload: { committed: ['displayName', 'avatarUrl'], reason: true },
  },
  'agent.role_changed': {
    category: 'PEOPLE',
    severity: 'WARNING',
    description: 'An agent got another role. CRITICAL when they became an administrator.',
    sentence: '{actor} changed the role of {target} from {from} to {to}' + reasonTail,
    payload: { changes: ['role'], metadata: ['from', 'to'], reason: true },
  },
  'agent.deactivated': {
    category: 'PEOPLE',
    severity: 'NOTICE',
    description:
      'An agent may not come in any more; so many sessions of theirs ended. Events that it caused release what they had.',
    sentence: '{actor} deactivated {target}' + reasonTail,
    payload: { changes: ['active'], metadata: ['role', 'sessions'], reason: true },
  },
  'agent.reactivated': {
    category: 'PEOPLE',
    severity: 'WARNING',
    description: 'An agent may come in again, with the role that they had. CRITICAL for an administrator.',
    sentence: '{actor} reactivated {target}' + reasonTail,
    payload: { changes: ['active'], metadata: ['role'], reason: true },
  },
  'agent.presence_changed': {
    category: 'PRESENCE',
    severity: 'INFO',
    description: 'An agent came, went, or said that they are away or busy.',
    sentence: '{target} is {to}{reason, select, none {} other {: {reason}}}',
    payload: { changes: ['presence'], metadata: ['to', 'automatic'], reason: true },
  },
  'agent.capacity_changed': {
    category: 'PRESENCE',
    severity: 'NOTICE',
    description: 'Up to how many conversations an agent is given by automatic assignment was changed.',
    sentence: '{actor} set the capacity of {target} to {to}' + reasonTail,
    payload: { changes: ['capacity'], metadata: ['to'], reason: true },
  },
} as const satisfies Record<string, ActionDefinition>;
