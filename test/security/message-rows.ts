import { randomUUID } from 'node:crypto';
import { SEND } from '../support/operations.js';
import { sentRecording, uploaded } from '../support/uploads.js';
import { CREATE_DOWNLOAD_LINK, CREATE_UPLOAD_LINK, SET_SPEECH, SET_TRANSLATION, UPDATE_DELIVERY } from './details.js';
import type { IsolationRow } from './isolation-rows.js';
import { workers, type RootField } from './outcomes.js';

/** By conversation, the answer whose delivery is reported. */
const sent = new Map<string, string>();

/** By conversation, a file that was sent in it. */
const sentFiles = new Map<string, string>();
const segments = [{ speaker: 'Asha', startSeconds: 0, endSeconds: 1, text: 'Late' }];
const file = { fileName: 'invoice.pdf', byteSize: 1, sha256: '0'.repeat(64) };

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
  {
    field: 'Mutation.createUploadLink',
    operation: CREATE_UPLOAD_LINK,
    variables: ({ conversationId }) => ({ input: { conversationId, ...file } }),
    expected: workers('attachment.upload_started'),
  },
  {
    field: 'Mutation.createDownloadLink',
    operation: CREATE_DOWNLOAD_LINK,
    prepare: async ({ conversationId }, { world }) => {
      const keys = world.withKey('all');
      const attachmentId = await uploaded(keys, { conversationId }, Buffer.from('Late'));
      await keys.ask(SEND, { input: { conversationId, attachmentIds: [attachmentId] } });
      sentFiles.set(conversationId, attachmentId);
    },
    variables: ({ conversationId }) => ({ input: { attachmentId: sentFiles.get(conversationId) } }),
    expected: {
      UNAUTHENTICATED: 'anonymous revokedKey',
      'OK attachment.downloaded': 'admin supervisor agent keyAll keyRead bot silencedBot',
      'NOT_FOUND auth.access_denied': 'outsider auditor keyIngest keyAudit otherBot',
      NOT_FOUND: 'foreignAdmin',
    },
  },
  {
    field: 'Mutation.setSpeech',
    // What the answer shows of it would be a reading.
    operation: 'mutation($input: SetSpeechInput!) { setSpeech(input: $input) { attachment { id } } }',
    prepare: async ({ conversationId }, { world }) => {
      // What a key answers leaves a bot its conversation.
      const { attachmentId } = await sentRecording(world.withKey('all'), conversationId);
      sentFiles.set(conversationId, attachmentId);
    },
    variables: ({ conversationId }) => ({ input: { attachmentId: sentFiles.get(conversationId), segments } }),
    expected: workers('speech.transcribed'),
  },
  {
    field: 'Mutation.setTranslation',
    operation: SET_TRANSLATION,
    variables: ({ messageId }) => ({ input: { messageId, language: 'de', text: 'Spät' } }),
    expected: workers('message.translated'),
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
  [
    'SendMessageInput.attachmentIds',
    SEND,
    (at) => ({ input: { conversationId: at.ownConversation, attachmentIds: [at.there.attachmentId] } }),
    'VALIDATION_FAILED attachmentIds.0',
  ],
  [
    'ReceiveMessageInput.attachmentIds',
    'mutation($input: ReceiveMessageInput!) { receiveMessage(input: $input) { messageId } }',
    (at) => ({
      input: {
        // An administrator delivers nothing; that a channel gets nothing of it is tried with attachments themselves.
        inboxId: at.other.ids.inbox,
        externalId: randomUUID(),
        contact: { address: randomUUID() },
        attachmentIds: [at.there.attachmentId],
      },
    }),
    'NOT_FOUND',
  ],
  [
    'CreateUploadLinkInput.conversationId',
    CREATE_UPLOAD_LINK,
    (at) => ({ input: { conversationId: at.there.conversationId, ...file } }),
    'NOT_FOUND',
  ],
  [
    'CreateDownloadLinkInput.attachmentId',
    CREATE_DOWNLOAD_LINK,
    (at) => ({ input: { attachmentId: at.there.attachmentId } }),
    'NOT_FOUND',
  ],
  [
    'SetSpeechInput.attachmentId',
    SET_SPEECH,
    (at) => ({ input: { attachmentId: at.there.attachmentId, segments } }),
    'NOT_FOUND',
  ],
  [
    'SetTranslationInput.messageId',
    SET_TRANSLATION,
    (at) => ({ input: { messageId: at.there.messageId, language: 'de', text: 'Spät' } }),
    'NOT_FOUND',
  ],
];
