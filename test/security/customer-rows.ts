import { randomUUID } from 'node:crypto';
import { CREATE_TOKEN, FOLLOW_OWN, LIST_OWN, READ_OWN, SAY, START } from '../support/operations.js';
import type { IsolationRow } from './isolation-rows.js';
import type { RootField } from './outcomes.js';

const others =
  'admin supervisor agent outsider auditor keyAll keyIngest keyRead keyAudit bot silencedBot otherBot foreignAdmin';
/** Only whose conversation it is; nobody else is a customer, and no object of theirs is looked for. */
const customers = (outcome: string) => ({
  UNAUTHENTICATED: 'anonymous revokedKey',
  [outcome]: 'customer',
  FORBIDDEN: others,
});

export const customerRows: RootField[] = [
  {
    field: 'Mutation.createCustomerToken',
    operation: CREATE_TOKEN,
    variables: (_, { world }) => ({ input: { inboxId: world.ids.inbox, contactExternalId: randomUUID() } }),
    expected: {
      UNAUTHENTICATED: 'anonymous revokedKey',
      'OK contact.created auth.customer_token_created': 'keyAll keyIngest',
      'FORBIDDEN auth.access_denied':
        'admin supervisor agent outsider auditor keyRead keyAudit bot silencedBot otherBot',
      FORBIDDEN: 'customer',
      NOT_FOUND: 'foreignAdmin',
    },
  },
  {
    field: 'Mutation.startConversation',
    operation: START,
    variables: () => ({ input: { text: 'Where is it?', idempotencyKey: randomUUID() } }),
    makes: 'conversation',
    expected: customers('OK conversation.created message.received'),
  },
  {
    field: 'Mutation.sendCustomerMessage',
    operation: SAY,
    variables: ({ conversationId }) => ({ input: { conversationId, text: 'Hello?', idempotencyKey: randomUUID() } }),
    expected: customers('OK message.received'),
  },
  {
    field: 'Query.customerConversations',
    operation: LIST_OWN,
    shows: ({ customerConversations }, scene) => customerConversations.nodes[0].id === scene.conversationId,
    expected: customers('OK shown'),
  },
  {
    field: 'Query.customerConversation',
    operation: READ_OWN,
    variables: ({ conversationId }) => ({ id: conversationId }),
    shows: ({ customerConversation }, scene) => customerConversation.messages.nodes[0].id === scene.messageId,
    expected: customers('OK shown'),
  },
  {
    field: 'Subscription.customerTranscriptChanges',
    operation: FOLLOW_OWN.replaceAll('$at', '$afterEvent'),
    variables: ({ conversationId }) => ({ id: conversationId }),
    shows: ({ customerTranscriptChanges }, scene) => customerTranscriptChanges.messageId === scene.messageId,
    expected: customers('OK shown'),
  },
];

/** What becomes of ids of another workspace; those of another customer are tried by customers themselves. */
export const customerIsolationRows: IsolationRow[] = [
  [
    'CreateCustomerTokenInput.inboxId',
    CREATE_TOKEN,
    (at) => ({ input: { inboxId: at.other.ids.inbox, contactExternalId: 'asha' } }),
    'NOT_FOUND',
  ],
  [
    'CreateCustomerTokenInput.contactId',
    CREATE_TOKEN,
    (at) => ({ input: { inboxId: at.other.ids.inbox, contactId: at.there.contactId } }),
    'NOT_FOUND',
  ],
  [
    'SendCustomerMessageInput.conversationId',
    SAY,
    (at) => ({ input: { conversationId: at.there.conversationId, text: 'Mine', idempotencyKey: 'mine' } }),
    'FORBIDDEN',
  ],
  ['Query.customerConversation.id', READ_OWN, (at) => ({ id: at.there.conversationId }), 'FORBIDDEN'],
  [
    'Subscription.customerTranscriptChanges.conversationId',
    FOLLOW_OWN,
    (at) => ({ id: at.there.conversationId }),
    'FORBIDDEN',
  ],
];
