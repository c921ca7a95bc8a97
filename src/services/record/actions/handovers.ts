import type { ActionDefinition } from '../action-definition.js';
import { conversationState, reasonTail } from './wording.js';

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

/** How conversations change hands. */
export const handoverActions = {
  'handover.requested': {
    category: 'HANDOVER',
    severity: 'INFO',
    description: 'A conversation was offered to an agent or a team.',
    sentence: `{actor} asked to hand conversation {target} over to {receiver}: {handoverReason, select, ${handoverWords}}`,
    payload: {
      changes: ['handoverStatus'],
      committed: ['comment', 'summary'],
      metadata: ['handoverId', 'handoverReason', 'kind', 'expiresAt', 'unattended', 'batchId'],
      labels: ['receiver'],
    },
    inTranscript: true,
    streams: ['conversation', 'handover'],
  },
  'handover.accepted': settled(
    'The agent, or a member of the team, that a conversation was offered to took it.',
    '{actor} accepted the handover of conversation {target}' + reasonTail,
    { metadata: ['handoverId'], reason: true },
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
    {
      metadata: ['handoverId', 'handoverReason', 'kind', 'expiresAt', 'unattended'],
      committed: ['comment', 'summary'],
    },
  ),
  'handover.imported': settled(
    'A handover of the past, which ended elsewhere, was brought in by an import; `author` asked for it.',
    `A handover of conversation {target} to {receiver} was imported: {handoverReason, select, ${handoverWords}}`,
    {
      changes: ['handoverStatus'],
      committed: ['comment', 'summary'],
      metadata: ['handoverId', 'handoverReason', 'kind', 'author', 'settledAt'],
    },
  ),
  'shift_handover.started': {
    category: 'HANDOVER',
    severity: 'INFO',
    description:
      'All open conversations of an agent began to be handed over, so many; events of each name this one as their cause.',
    sentence: '{actor} began to hand the open conversations of {target} over to {receiver}' + reasonTail,
    payload: {
      metadata: ['batchId', 'kind', 'conversations', 'unattended'],
      labels: ['receiver'],
      reason: true,
    },
  },
  'shift_handover.completed': {
    category: 'HANDOVER',
    severity: 'INFO',
    description:
      'All open conversations of an agent were offered, but for those that were not theirs to give any more, so many.',
    sentence:
      '{handedOver, plural, one {# conversation of {target} was} other {# conversations of {target} were}} offered to {receiver}',
    payload: { metadata: ['batchId', 'handedOver', 'skipped'], labels: ['receiver'] },
  },
} as const satisfies Record<string, ActionDefinition>;
