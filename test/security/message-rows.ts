import { randomUUID } from 'node:crypto';
import { SEND } from '../support/operations.js';
import { UPDATE_DELIVERY } from './details.js';
import type { IsolationRow } from './isolation-rows.js';
import type { RootField } from './outcomes.js';

/** By conversation, the answer whose delivery is reported. */
const sent = new Map<string, string>();

/** Mutations of what becomes of messages. */
export const messageRows: RootField[] = [
  {
    field: 'Mutation.updateDelivery',
    operation: UPDATE_DELIVERY,
    shows: ({ updateDelivery }) => updateDelivery.message !== null,
    prepare: async ({ conversationId }, { world }) => {
      const { sendMessage } = await world.withKey('all').ask(SEND, { input: { conversationId, text: 'On its way' } });
      sent.set(conversationId, sendMessage.message.id);
    },
    variables: ({ conversationId }) => ({ input: { messageId: sent.get(conversationId), status: 'DELIVERED' } }),
    expected: {
      UNAUTHENTICATED: 'anonymous revokedKey',
      'OK shown message.delivered': 'keyAll',
      // What it says is for those who may read it.
      'OK hidden message.delivered': 'keyIngest',
      'FORBIDDEN auth.access_denied': 'admin supervisor agent keyRead',
      'FORBIDDEN bot.reply_suppressed': 'bot silencedBot',
      'NOT_FOUND auth.access_denied': 'outsider auditor keyAudit',
      'NOT_FOUND bot.reply_suppressed': 'otherBot',
      NOT_FOUND: 'foreignAdmin',
    },
  },
];

/** What becomes of ids of another workspace in them. */
export const messageIsolationRows: IsolationRow[] = [
  [
    'SendMessageInput.replyToId',
    SEND,
    (at) => ({ input: { conversationId: at.ownConversation, text: 'Hello', replyToId: at.there.messageId } }),
    'VALIDATION_FAILED replyToId',
  ],
  [
    'UpdateDeliveryInput.messageId',
    UPDATE_DELIVERY,
    (at) => ({ input: { messageId: at.there.messageId, status: 'READ' } }),
    'NOT_FOUND',
  ],
  [
    'UpdateDeliveryInput.inboxId',
    UPDATE_DELIVERY,
    (at) => ({ input: { inboxId: at.other.ids.inbox, externalId: randomUUID(), status: 'READ' } }),
    'NOT_FOUND',
  ],
];
