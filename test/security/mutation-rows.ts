import { randomUUID } from 'node:crypto';
import { ACCEPT, ASSIGN, CANCEL, DECLINE, REQUEST, SEND, SET_STATUS } from '../support/operations.js';
import { PASSWORD } from '../support/world.js';
import { ERASE, SET_RETENTION } from './details.js';
import { everybody, people, workers, type RootField } from './outcomes.js';

/** Another number each time: the rule there is already changes nothing. */
let days = 1_000;

export const mutationRows: RootField[] = [
  {
    field: 'Mutation.signIn',
    operation: 'mutation($input: SignInInput!) { signIn(input: $input) { accessToken viewer { actor { id } } } }',
    variables: (_, { world }) => ({ input: { email: world.email('colleague'), password: PASSWORD } }),
    expected: everybody('OK auth.signed_in'),
  },
  {
    field: 'Mutation.refreshSession',
    operation: 'mutation($input: RefreshSessionInput!) { refreshSession(input: $input) { accessToken } }',
    variables: async (_, stage) => ({ input: { refreshToken: (await stage.session('colleague')).refreshToken } }),
    expected: everybody('OK auth.session_refreshed'),
  },
  {
    field: 'Mutation.signOut',
    operation: 'mutation { signOut { signedOut } }',
    expected: {
      UNAUTHENTICATED: 'anonymous revokedKey',
      'OK auth.signed_out': 'admin supervisor agent outsider auditor foreignAdmin',
      FORBIDDEN: 'keyAll keyIngest keyRead keyAudit bot silencedBot otherBot',
    },
  },
  {
    field: 'Mutation.receiveMessage',
    operation:
      'mutation($input: ReceiveMessageInput!) { receiveMessage(input: $input) { messageId message { text } conversation { id } } }',
    makes: 'conversation',
    shows: ({ receiveMessage }) => receiveMessage.message !== null || receiveMessage.conversation !== null,
    variables: (_, { world }) => ({
      input: { inboxId: world.ids.inbox, externalId: randomUUID(), contact: { address: randomUUID() }, text: 'Late' },
    }),
    expected: {
      UNAUTHENTICATED: 'anonymous revokedKey',
      'OK shown contact.created contact.identity_added conversation.created message.received': 'keyAll',
      // A channel delivers; what is said in the conversation is for those who may read it.
      'OK hidden contact.created contact.identity_added conversation.created message.received': 'keyIngest',
      'FORBIDDEN auth.access_denied':
        'admin supervisor agent outsider auditor keyRead keyAudit bot silencedBot otherBot',
      NOT_FOUND: 'foreignAdmin',
    },
  },
  {
    field: 'Mutation.sendMessage',
    operation: SEND,
    variables: ({ conversationId }) => ({ input: { conversationId, text: 'On its way' } }),
    expected: workers('message.sent'),
  },
  {
    field: 'Mutation.assignConversation',
    operation: ASSIGN,
    variables: ({ conversationId }, { world }) => ({
      input: { conversationId, assigneeId: world.ids.agents.colleague },
    }),
    expected: people('conversation.assigned', 'admin supervisor agent keyAll', 'keyRead'),
  },
  {
    field: 'Mutation.setConversationStatus',
    operation: SET_STATUS,
    variables: ({ conversationId }) => ({ input: { conversationId, status: 'PENDING' } }),
    expected: workers('conversation.status_changed'),
  },
  {
    field: 'Mutation.requestHandover',
    operation: REQUEST,
    makes: 'handover',
    variables: ({ conversationId }, { world }) => ({
      input: { conversationId, toTeamId: world.ids.support, reason: 'LANGUAGE', expiresInSeconds: 604_800 },
    }),
    expected: workers('handover.requested'),
  },
  {
    field: 'Mutation.acceptHandover',
    operation: ACCEPT,
    withHandover: true,
    variables: ({ handoverId }) => ({ input: { handoverId } }),
    expected: people('handover.accepted', 'admin supervisor agent', 'keyAll keyRead'),
  },
  {
    field: 'Mutation.declineHandover',
    operation: DECLINE,
    withHandover: true,
    variables: ({ handoverId }) => ({ input: { handoverId } }),
    expected: people('handover.declined', 'admin supervisor', 'agent keyAll keyRead'),
  },
  {
    field: 'Mutation.cancelHandover',
    operation: CANCEL,
    withHandover: true,
    variables: ({ handoverId }) => ({ input: { handoverId } }),
    expected: people('handover.cancelled', 'admin supervisor keyAll', 'agent keyRead'),
  },
  {
    field: 'Mutation.eraseContact',
    operation: ERASE,
    variables: ({ contactId }) => ({ input: { contactId, reason: 'They asked for it' } }),
    expected: {
      UNAUTHENTICATED: 'anonymous revokedKey',
      'OK erasure.requested audit.erased contact.erased': 'admin keyAll',
      'FORBIDDEN auth.access_denied':
        'supervisor agent outsider auditor keyIngest keyRead keyAudit bot silencedBot otherBot',
      NOT_FOUND: 'foreignAdmin',
    },
  },
  {
    field: 'Mutation.setRetention',
    operation: SET_RETENTION,
    variables: () => ({ input: { categories: ['CUSTOM'], days: (days += 1) } }),
    expected: {
      UNAUTHENTICATED: 'anonymous revokedKey',
      'OK retention.policy_changed': 'admin keyAll foreignAdmin',
      'FORBIDDEN auth.access_denied':
        'supervisor agent outsider auditor keyIngest keyRead keyAudit bot silencedBot otherBot',
    },
  },
];
