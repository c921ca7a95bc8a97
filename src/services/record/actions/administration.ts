import type { ActionDefinition } from '../action-definition.js';
import { reasonTail } from './wording.js';

/** What administrators set up. */
export const administrationActions = {
  'workspace.created': {
    category: 'CONFIG',
    severity: 'NOTICE',
    description: 'The workspace was set up.',
    sentence: '{actor} created the workspace {target}',
    payload: {},
  },
  'settings.updated': {
    category: 'CONFIG',
    severity: 'NOTICE',
    description: 'Settings of the workspace changed. CRITICAL when readings are told together for longer than before.',
    sentence: '{actor} changed the settings of {target}' + reasonTail,
    payload: {
      changes: ['timeZone', 'viewCoalescingSeconds', 'agentsSeeOwnEvents', 'handoverExpirySeconds', 'restoreDays'],
      reason: true,
    },
  },
  'team.created': {
    category: 'PEOPLE',
    severity: 'NOTICE',
    description: 'A team was created.',
    sentence: '{actor} created the team {target}' + reasonTail,
    payload: { reason: true },
  },
  'team.updated': {
    category: 'PEOPLE',
    severity: 'NOTICE',
    description: 'A team got another name.',
    sentence: '{actor} changed the team {target}' + reasonTail,
    payload: { committed: ['name'], reason: true },
  },
  'team.deactivated': {
    category: 'PEOPLE',
    severity: 'NOTICE',
    description: 'A team gets nothing new any more; what it has stays with it.',
    sentence: '{actor} deactivated the team {target}' + reasonTail,
    payload: { changes: ['active'], reason: true },
  },
  'team.member_added': {
    category: 'PEOPLE',
    severity: 'NOTICE',
    description: 'An agent became a member of a team, or one of its supervisors.',
    sentence:
      '{actor} added {agent} to the team {target} as {as, select, SUPERVISOR {a supervisor} other {a member}}' +
      reasonTail,
    payload: { metadata: ['as', 'agentId'], labels: ['agent'], reason: true },
  },
  'team.member_removed': {
    category: 'PEOPLE',
    severity: 'NOTICE',
    description: 'An agent is no longer a member of a team, or one of its supervisors.',
    sentence:
      '{actor} removed {agent} from the team {target} as {as, select, SUPERVISOR {a supervisor} other {a member}}' +
      reasonTail,
    payload: { metadata: ['as', 'agentId'], labels: ['agent'], reason: true },
  },
  'routing_policy.updated': {
    category: 'CONFIG',
    severity: 'NOTICE',
    description: 'How what waits for a team is given to its members was changed.',
    sentence: '{actor} changed the routing policy of the team {target}' + reasonTail,
    payload: { changes: ['enabled', 'strategy', 'requeueAfterSeconds'], reason: true },
  },
  'business_hours.updated': {
    category: 'CONFIG',
    severity: 'NOTICE',
    description: 'When a team works, or every team of the workspace that has no hours of its own, was changed.',
    sentence: '{actor} changed the business hours of {target}' + reasonTail,
    payload: { changes: ['weekly', 'holidays'], reason: true },
  },
  'inbox.created': {
    category: 'CONFIG',
    severity: 'NOTICE',
    description: 'An inbox was created.',
    sentence: '{actor} created the inbox {target}' + reasonTail,
    payload: { metadata: ['channel'], reason: true },
  },
  'inbox.updated': {
    category: 'CONFIG',
    severity: 'NOTICE',
    description: 'The name, the default team or the bot of an inbox changed.',
    sentence: '{actor} changed the inbox {target}' + reasonTail,
    payload: { committed: ['name'], changes: ['defaultTeamId', 'botId'], reason: true },
  },
  'inbox.deactivated': {
    category: 'CONFIG',
    severity: 'NOTICE',
    description: 'Nothing arrives in an inbox any more; what is in it stays.',
    sentence: '{actor} deactivated the inbox {target}' + reasonTail,
    payload: { changes: ['active'], reason: true },
  },
  'inbox.member_added': {
    category: 'PEOPLE',
    severity: 'NOTICE',
    description: 'An agent became a member of an inbox.',
    sentence: '{actor} added {agent} to the inbox {target}' + reasonTail,
    payload: { metadata: ['agentId'], labels: ['agent'], reason: true },
  },
  'inbox.member_removed': {
    category: 'PEOPLE',
    severity: 'NOTICE',
    description: 'An agent is no longer a member of an inbox.',
    sentence: '{actor} removed {agent} from the inbox {target}' + reasonTail,
    payload: { metadata: ['agentId'], labels: ['agent'], reason: true },
  },
  'api_key.created': {
    category: 'PEOPLE',
    severity: 'WARNING',
    description: 'An API key was created. The key itself is never recorded, only its readable prefix.',
    sentence: '{actor} created the API key {target}' + reasonTail,
    payload: { metadata: ['scopes', 'prefix', 'botId', 'expiresAt'], reason: true },
  },
  'api_key.rotated': {
    category: 'PEOPLE',
    severity: 'WARNING',
    description: 'An API key got another secret; the one before is good until `previousUntil`.',
    sentence: '{actor} gave the API key {target} another secret' + reasonTail,
    payload: { changes: ['prefix'], metadata: ['scopes', 'botId', 'previousUntil'], reason: true },
  },
  'api_key.revoked': {
    category: 'PEOPLE',
    severity: 'NOTICE',
    description: 'An API key ended, and with it every socket that it had open.',
    sentence: '{actor} revoked the API key {target}' + reasonTail,
    payload: { changes: ['revoked'], metadata: ['prefix'], reason: true },
  },
} as const satisfies Record<string, ActionDefinition>;
