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
  'agent.presence_changed': {
    category: 'PRESENCE',
    severity: 'INFO',
    description: 'An agent came, went, or said that they are away or busy.',
    sentence: '{target} is {to}{reason, select, none {} other {: {reason}}}',
    payload: { changes: ['presence'], metadata: ['to', 'automatic'], reason: true },
  },
} as const satisfies Record<string, ActionDefinition>;
