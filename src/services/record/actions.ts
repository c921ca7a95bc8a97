import type { ActionDefinition } from './action-definition.js';

const reasonTail = '{reason, select, none {} other {: {reason}}}';
const conversationState = ['status', 'assigneeId', 'teamId', 'botId', 'botActive'] as const;
const handoverWords =
  'NEEDS_EXPERTISE {needs expertise} CUSTOMER_REQUESTED {the customer asked} ' +
  'BOT_CANNOT_ANSWER {the bot cannot answer} NEGATIVE_SENTIMENT {the customer is unhappy} LANGUAGE {language} ' +
  'SHIFT_END {end of shift} WORKLOAD {workload} ESCALATION {escalation} other {other reason}';
const settled = (description: string, sentence: string, more: Partial<ActionDefinition['payload']> = {}) =>
  ({
    category: 'HANDOVER',
    severity: 'INFO',
    description,
    sentence,
    payload: { changes: ['handoverStatus', ...conversationState], metadata: ['number'], labels: ['receiver'], ...more },
    inTranscript: true,
    streams: ['conversation', 'handover'],
  }) as const satisfies ActionDefinition;

/**
 * The catalogue: every action that can be recorded, each defined once. `auditActions` publishes it, the sentence of an
 * event is made from it, and recording refuses what is not in it.
 */
export const actions = {
  'workspace.created': {
    category: 'CONFIG',
    severity: 'NOTICE',
    description: 'The workspace was set up.',
    sentence: '{actor} created the workspace {target}',
    payload: {},
  },
  'agent.joined': {
    category: 'PEOPLE',
    severity: 'NOTICE',
    description: 'A person became an agent of the workspace. CRITICAL when they became an administrator.',
    sentence: '{target} joined as {role}',
    payload: { metadata: ['role'] },
  },
  'team.created': {
    category: 'PEOPLE',
    severity: 'NOTICE',
    description: 'A team was created.',
    sentence: '{actor} created the team {target}',
    payload: {},
  },
  'team.member_added': {
    category: 'PEOPLE',
    severity: 'NOTICE',
    description: 'An agent became a member of a team, or one of its supervisors.',
    sentence: '{actor} added {agent} to the team {target} as {as, select, SUPERVISOR {a supervisor} other {a member}}',
    payload: { metadata: ['as', 'agentId'], labels: ['agent'] },
  },
  'inbox.created': {
    category: 'CONFIG',
    severity: 'NOTICE',
    description: 'An inbox was created.',
    sentence: '{actor} created the inbox {target}',
    payload: { metadata: ['channel'] },
  },
  'inbox.member_added': {
    category: 'PEOPLE',
    severity: 'NOTICE',
    description: 'An agent became a member of an inbox.',
    sentence: '{actor} added {agent} to the inbox {target}',
    payload: { metadata: ['agentId'], labels: ['agent'] },
  },
  'bot.created': {
    category: 'BOT',
    severity: 'NOTICE',
    description: 'A bot was created.',
    sentence: '{actor} created the bot {target}',
    payload: {},
  },
  'api_key.created': {
    category: 'PEOPLE',
    severity: 'WARNING',
    description: 'An API key was created. The key itself is never recorded, only its readable prefix.',
    sentence: '{actor} created the API key {target}',
    payload: { metadata: ['scopes', 'prefix', 'botId'] },
  },

  'auth.signed_in': {
    category: 'AUTH',
    severity: 'INFO',
    description: 'An agent signed in with a password.',
    sentence: '{actor} signed in',
    payload: {},
  },
  'auth.sign_in_failed': {
    category: 'AUTH',
    severity: 'WARNING',
    description: 'Somebody tried to sign in to a known account and failed.',
    sentence: 'Somebody failed to sign in as {target}',
    payload: { metadata: ['cause'] },
  },
  'auth.signed_out': {
    category: 'AUTH',
    severity: 'INFO',
    description: 'An agent ended their session.',
    sentence: '{actor} signed out',
    payload: {},
  },
  'auth.session_refreshed': {
    category: 'AUTH',
    severity: 'INFO',
    description: 'A session was continued with its refresh token.',
    sentence: '{actor} continued their session',
    payload: {},
  },
  'auth.session_revoked': {
    category: 'AUTH',
    severity: 'WARNING',
    description: 'A session was ended by somebody else, or because its refresh token was used twice.',
    sentence: 'The session of {target} was revoked',
    payload: { metadata: ['cause'] },
  },
  'auth.access_denied': {
    category: 'AUTH',
    severity: 'NOTICE',
    description: 'Somebody tried what they may not do. Once per caller, action and minute.',
    sentence: '{actor} was refused {attempted} on {target}',
    payload: { metadata: ['attempted', 'suppressed'] },
  },

  'contact.created': {
    category: 'CONTACT',
    severity: 'INFO',
    description: 'A contact wrote for the first time, or was added.',
    sentence: '{target} became a contact',
    payload: { committed: ['name', 'email', 'phone', 'externalId'] },
  },
  'contact.updated': {
    category: 'CONTACT',
    severity: 'INFO',
    description: 'The name, e-mail, phone or external id of a contact changed.',
    sentence: 'The profile of {target} changed',
    payload: { committed: ['name', 'email', 'phone', 'externalId'] },
    streams: ['conversation'],
  },
  'contact.identity_added': {
    category: 'CONTACT',
    severity: 'INFO',
    description: 'A contact can be reached at one more address.',
    sentence: '{target} can be reached over {channel}',
    payload: { metadata: ['channel'], committed: ['address'] },
  },

  'conversation.created': {
    category: 'CONVERSATION',
    severity: 'INFO',
    description: 'A conversation was opened.',
    sentence: '{actor} opened conversation {target}',
    payload: { changes: conversationState, metadata: ['channel'] },
    inTranscript: true,
    streams: ['conversation'],
  },
  'conversation.status_changed': {
    category: 'CONVERSATION',
    severity: 'INFO',
    description: 'The status of a conversation changed, other than by resolving or reopening it.',
    sentence: '{actor} changed conversation {target} from {from} to {to}' + reasonTail,
    payload: { changes: conversationState, metadata: ['from', 'to'], reason: true },
    inTranscript: true,
    streams: ['conversation'],
  },
  'conversation.resolved': {
    category: 'CONVERSATION',
    severity: 'INFO',
    description: 'A conversation was resolved.',
    sentence: '{actor} resolved conversation {target}' + reasonTail,
    payload: { changes: conversationState, reason: true },
    inTranscript: true,
    streams: ['conversation'],
  },
  'conversation.reopened': {
    category: 'CONVERSATION',
    severity: 'INFO',
    description: 'A resolved conversation was taken up again, by a person or by a new message of the customer.',
    sentence: '{actor} reopened conversation {target}' + reasonTail,
    payload: { changes: conversationState, reason: true },
    inTranscript: true,
    streams: ['conversation'],
  },
  'conversation.assigned': {
    category: 'CONVERSATION',
    severity: 'INFO',
    description: 'A conversation was given to an agent.',
    sentence: '{actor} assigned conversation {target} to {assignee}' + reasonTail,
    payload: { changes: conversationState, labels: ['assignee'], reason: true },
    inTranscript: true,
    streams: ['conversation'],
  },
  'conversation.unassigned': {
    category: 'CONVERSATION',
    severity: 'INFO',
    description: 'A conversation was taken from its agent and given to nobody.',
    sentence: '{actor} unassigned conversation {target} from {assignee}' + reasonTail,
    payload: { changes: conversationState, labels: ['assignee'], reason: true },
    inTranscript: true,
    streams: ['conversation'],
  },
  'conversation.team_assigned': {
    category: 'CONVERSATION',
    severity: 'INFO',
    description: 'A conversation was given to a team.',
    sentence: '{actor} assigned conversation {target} to the team {team}' + reasonTail,
    payload: { changes: conversationState, labels: ['team'], reason: true },
    inTranscript: true,
    streams: ['conversation'],
  },
  'conversation.team_unassigned': {
    category: 'CONVERSATION',
    severity: 'INFO',
    description: 'A conversation was taken from its team and given to none.',
    sentence: '{actor} took conversation {target} from the team {team}' + reasonTail,
    payload: { changes: conversationState, labels: ['team'], reason: true },
    inTranscript: true,
    streams: ['conversation'],
  },

  'message.received': {
    category: 'MESSAGE',
    severity: 'INFO',
    description: 'A channel delivered what a customer wrote.',
    sentence: '{actor} wrote in conversation {conversation}',
    payload: { content: true, labels: ['conversation'] },
    streams: ['conversation'],
  },
  'message.sent': {
    category: 'MESSAGE',
    severity: 'INFO',
    description: 'An agent, a bot or a program answered. A human answer also takes the conversation over from the bot.',
    sentence: '{actor} answered in conversation {conversation}',
    payload: { content: true, changes: conversationState, labels: ['conversation'] },
    streams: ['conversation'],
  },

  'handover.requested': {
    category: 'HANDOVER',
    severity: 'INFO',
    description: 'A conversation was offered to an agent or a team.',
    sentence: `{actor} asked to hand conversation {target} over to {receiver}: {handoverReason, select, ${handoverWords}}`,
    payload: {
      changes: ['handoverStatus'],
      committed: ['comment', 'summary'],
      metadata: ['handoverId', 'handoverReason', 'kind', 'expiresAt'],
      labels: ['receiver'],
    },
    inTranscript: true,
    streams: ['conversation', 'handover'],
  },
  'handover.accepted': settled(
    'The agent, or a member of the team, that a conversation was offered to took it.',
    '{actor} accepted the handover of conversation {target}',
    { metadata: ['handoverId'] },
  ),
  'handover.declined': settled(
    'Who a conversation was offered to did not take it.',
    '{actor} declined the handover of conversation {target}' + reasonTail,
    { metadata: ['handoverId'], reason: true },
  ),
  'handover.cancelled': settled(
    'The offer was withdrawn, or the conversation was resolved meanwhile.',
    '{actor} cancelled the handover of conversation {target}' + reasonTail,
    { metadata: ['handoverId'], reason: true },
  ),
  'handover.expired': settled(
    'Nobody took the conversation before the deadline.',
    'The handover of conversation {target} to {receiver} expired',
    { metadata: ['handoverId'] },
  ),
  'handover.bot_returned': settled(
    'A conversation was given to a bot, which has it at once.',
    `{actor} handed conversation {target} over to the bot {receiver}: {handoverReason, select, ${handoverWords}}`,
    { metadata: ['handoverId', 'handoverReason', 'kind', 'expiresAt'], committed: ['comment', 'summary'] },
  ),

  'bot.reply_suppressed': {
    category: 'BOT',
    severity: 'NOTICE',
    description: 'A bot tried to speak or act in a conversation that it does not have; nothing was sent.',
    sentence: '{actor} tried {attempted} in conversation {target} without having it',
    payload: { metadata: ['attempted', 'suppressed'] },
  },
} as const satisfies Record<string, ActionDefinition>;

export type ActionName = keyof typeof actions;

/** The definition behind a name, or undefined for a name that this version does not know. */
export const findAction = (name: string): ActionDefinition | undefined =>
  Object.hasOwn(actions, name) ? actions[name as ActionName] : undefined;
