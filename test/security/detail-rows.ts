import { randomUUID } from 'node:crypto';
import {
  ADD_LABELS,
  ADD_NOTE,
  CHANGE_CONVERSATIONS,
  DELETE_MESSAGE,
  EDIT_MESSAGE,
  EDIT_NOTE,
  DELETE_CONVERSATION,
  MARK_READ,
  MARK_SPAM,
  PIN,
  PRIORITY,
  REMOVE_LABELS,
  REVOKE_SESSION,
  RESTORE_CONVERSATION,
  SET_PRESENCE,
  SET_TYPING,
  STAR,
  UNMARK_SPAM,
  UNPIN,
  UNSTAR,
  UPDATE,
} from './details.js';
import { editors, people, type RootField } from './outcomes.js';

/** Mutations of notes, messages, the details of conversations, presence and sessions. */
const deleted: RootField['prepare'] = ({ conversationId }, { world }) =>
  world.withKey('all').ask(DELETE_CONVERSATION, { input: { conversationId, reason: 'A test' } });
const isAmong = (rows: { conversationId: string }[], id: string): boolean =>
  rows.some(({ conversationId }) => conversationId === id);

export const detailRows: RootField[] = [
  {
    field: 'Mutation.setConversationPriority',
    operation: PRIORITY,
    variables: ({ conversationId }) => ({ input: { conversationId, priority: 'HIGH' } }),
    expected: people('conversation.priority_changed', 'admin supervisor agent keyAll', 'keyRead'),
  },
  {
    field: 'Mutation.updateConversation',
    operation: UPDATE,
    variables: ({ conversationId }) => ({ input: { conversationId, subject: 'Late' } }),
    expected: people('conversation.subject_changed', 'admin supervisor agent keyAll', 'keyRead'),
  },
  {
    field: 'Mutation.pinConversation',
    operation: PIN,
    variables: ({ conversationId }) => ({ input: { conversationId } }),
    expected: people('conversation.pinned', 'admin supervisor agent keyAll', 'keyRead'),
  },
  {
    field: 'Mutation.unpinConversation',
    operation: UNPIN,
    prepare: ({ conversationId }, { world }) => world.withKey('all').ask(PIN, { input: { conversationId } }),
    variables: ({ conversationId }) => ({ input: { conversationId } }),
    expected: people('conversation.unpinned', 'admin supervisor agent keyAll', 'keyRead'),
  },
  {
    field: 'Mutation.addLabels',
    operation: ADD_LABELS,
    variables: ({ conversationId }, { world }) => ({ input: { conversationId, labelIds: [world.ids.labels.vip] } }),
    expected: people('conversation.label_added', 'admin supervisor agent keyAll', 'keyRead'),
  },
  {
    field: 'Mutation.removeLabels',
    operation: REMOVE_LABELS,
    prepare: ({ conversationId }, { world }) =>
      world.withKey('all').ask(ADD_LABELS, { input: { conversationId, labelIds: [world.ids.labels.vip] } }),
    variables: ({ conversationId }, { world }) => ({ input: { conversationId, labelIds: [world.ids.labels.vip] } }),
    expected: people('conversation.label_removed', 'admin supervisor agent keyAll', 'keyRead'),
  },
  {
    field: 'Mutation.changeConversations',
    operation: CHANGE_CONVERSATIONS,
    variables: ({ conversationId }) => ({ input: { conversationIds: [conversationId], priority: 'URGENT' } }),
    refused: ({ changeConversations: { results } }) => results[0].error?.code,
    expected: people(
      'conversation.bulk_changed conversation.priority_changed',
      'admin supervisor agent keyAll',
      'keyRead',
    ),
  },
  {
    field: 'Mutation.markSpam',
    operation: MARK_SPAM,
    variables: ({ conversationId }) => ({ input: { conversationId } }),
    expected: people('conversation.spam_marked', 'admin supervisor agent keyAll', 'keyRead'),
  },
  {
    field: 'Mutation.unmarkSpam',
    operation: UNMARK_SPAM,
    prepare: ({ conversationId }, { world }) => world.withKey('all').ask(MARK_SPAM, { input: { conversationId } }),
    variables: ({ conversationId }) => ({ input: { conversationId } }),
    expected: people('conversation.spam_unmarked', 'admin supervisor agent keyAll', 'keyRead'),
  },
  {
    field: 'Mutation.deleteConversation',
    operation: DELETE_CONVERSATION,
    variables: ({ conversationId }) => ({ input: { conversationId, reason: 'A test' } }),
    expected: people('conversation.deleted', 'admin keyAll', 'supervisor agent keyRead'),
  },
  {
    field: 'Mutation.restoreConversation',
    operation: RESTORE_CONVERSATION,
    prepare: deleted,
    variables: ({ conversationId }) => ({ input: { conversationId } }),
    expected: {
      UNAUTHENTICATED: 'anonymous revokedKey',
      'OK conversation.restored': 'admin keyAll',
      'FORBIDDEN auth.access_denied':
        'supervisor agent outsider auditor keyIngest keyRead keyAudit bot silencedBot otherBot',
      NOT_FOUND: 'foreignAdmin',
    },
  },
  {
    field: 'Query.deletedConversations',
    operation: '{ deletedConversations { nodes { conversationId number reason deletedBy { id } } } }',
    prepare: deleted,
    shows: ({ deletedConversations }, scene) => isAmong(deletedConversations.nodes, scene.conversationId),
    expected: {
      UNAUTHENTICATED: 'anonymous revokedKey',
      'OK shown': 'admin keyAll',
      'OK hidden': 'foreignAdmin',
      'FORBIDDEN auth.access_denied':
        'supervisor agent outsider auditor keyIngest keyRead keyAudit bot silencedBot otherBot',
    },
  },
  {
    field: 'Query.conversationTombstones',
    operation:
      'query($from: DateTime) { conversationTombstones(first: 100, deletedFrom: $from) { nodes { conversationId number deletedBy { id } } } }',
    prepare: deleted,
    variables: () => ({ from: new Date(Date.now() - 30_000) }),
    shows: ({ conversationTombstones }, scene) => isAmong(conversationTombstones.nodes, scene.conversationId),
    expected: {
      UNAUTHENTICATED: 'anonymous revokedKey',
      'OK shown': 'admin keyAll',
      'OK hidden': 'foreignAdmin',
      FORBIDDEN: 'supervisor agent outsider auditor keyIngest keyRead keyAudit bot silencedBot otherBot',
    },
  },
  {
    field: 'Mutation.starConversation',
    operation: STAR,
    variables: ({ conversationId }) => ({ input: { conversationId } }),
    expected: people('conversation.starred', 'admin supervisor agent', 'keyAll keyRead'),
  },
  {
    field: 'Mutation.unstarConversation',
    operation: UNSTAR,
    prepare: ({ conversationId }, _, caller) => caller.send(STAR, { input: { conversationId } }),
    variables: ({ conversationId }) => ({ input: { conversationId } }),
    expected: people('conversation.unstarred', 'admin supervisor agent', 'keyAll keyRead'),
  },
  {
    field: 'Mutation.markConversationRead',
    operation: MARK_READ,
    variables: ({ conversationId }) => ({ input: { conversationId } }),
    expected: people('conversation.marked_read', 'admin supervisor agent', 'keyAll keyRead'),
  },
  {
    field: 'Mutation.addNote',
    operation: ADD_NOTE,
    variables: ({ conversationId }) => ({ input: { conversationId, text: 'Call back' } }),
    expected: people('note.created', 'admin supervisor agent keyAll', 'keyRead'),
  },
  {
    field: 'Mutation.editNote',
    operation: EDIT_NOTE,
    withNote: true,
    variables: ({ noteId }) => ({ input: { noteId, text: 'Write instead' } }),
    // By who wrote it, or an administrator. No bot learns that there is a note.
    expected: {
      UNAUTHENTICATED: 'anonymous revokedKey',
      'OK note.edited': 'admin agent',
      'FORBIDDEN auth.access_denied': 'supervisor keyAll keyRead',
      'NOT_FOUND auth.access_denied': 'outsider auditor keyIngest keyAudit',
      'NOT_FOUND bot.reply_suppressed': 'bot silencedBot otherBot',
      NOT_FOUND: 'foreignAdmin',
    },
  },
  {
    field: 'Mutation.editMessage',
    operation: EDIT_MESSAGE,
    variables: ({ messageId }) => ({ input: { messageId, text: 'My order is very late' } }),
    expected: editors('message.edited', 'admin', 'supervisor agent keyAll keyRead'),
  },
  {
    field: 'Mutation.deleteMessage',
    operation: DELETE_MESSAGE,
    variables: ({ messageId }) => ({ input: { messageId } }),
    expected: editors('message.deleted', 'admin', 'supervisor agent keyAll keyRead'),
  },
  {
    field: 'Mutation.setPresence',
    operation: SET_PRESENCE,
    variables: () => ({ input: { status: 'BUSY', reason: `Meeting ${randomUUID()}` } }),
    expected: {
      UNAUTHENTICATED: 'anonymous revokedKey',
      'OK agent.presence_changed': 'admin supervisor agent outsider auditor foreignAdmin',
      FORBIDDEN: 'keyAll keyIngest keyRead keyAudit bot silencedBot otherBot',
    },
  },
  {
    field: 'Mutation.setTyping',
    operation: SET_TYPING,
    variables: ({ conversationId }) => ({ input: { conversationId, activity: 'TYPING' } }),
    expected: {
      UNAUTHENTICATED: 'anonymous revokedKey',
      OK: 'admin supervisor agent',
      FORBIDDEN: 'keyAll keyRead bot silencedBot',
      'NOT_FOUND auth.access_denied': 'outsider auditor keyIngest keyAudit otherBot',
      NOT_FOUND: 'foreignAdmin',
    },
  },
  {
    field: 'Mutation.revokeSession',
    operation: REVOKE_SESSION,
    variables: async (_, stage) => ({ input: { sessionId: (await stage.session('agent')).sessionId } }),
    expected: {
      UNAUTHENTICATED: 'anonymous revokedKey',
      'OK auth.session_revoked': 'admin agent',
      'NOT_FOUND auth.access_denied':
        'supervisor outsider auditor keyAll keyIngest keyRead keyAudit bot silencedBot otherBot',
      NOT_FOUND: 'foreignAdmin',
    },
  },
];
