import {
  ADD_LABELS,
  ADD_NOTE,
  CHANGE_CONVERSATIONS,
  ANNOTATE,
  CUSTOM,
  DELETE_MESSAGE,
  EDIT_MESSAGE,
  DELETE_CONVERSATION,
  EDIT_NOTE,
  ERASE,
  MARK_READ,
  MARK_SPAM,
  PIN,
  PRIORITY,
  REMOVE_LABELS,
  RESTORE_CONVERSATION,
  REVOKE_SESSION,
  SET_TYPING,
  STAR,
  UNMARK_SPAM,
  UNPIN,
  UNSTAR,
  UPDATE,
} from './details.js';
import { ACCEPT, ASSIGN, CANCEL, DECLINE, REQUEST, SEND, SET_STATUS } from '../support/operations.js';
import type { IsolationRow, Tried } from './tried.js';

export type { IsolationRow, Tried } from './tried.js';

const list = (field: string, filterType: string) =>
  `query($filter: ${filterType}) { ${field}(filter: $filter) { nodes { id } } }`;
const conversations = list('conversations', 'ConversationFilter');
const contacts = list('contacts', 'ContactFilter');
const handovers = list('handovers', 'HandoverFilter');
const events = list('auditEvents', 'AuditEventFilter');
const receive = 'mutation($input: ReceiveMessageInput!) { receiveMessage(input: $input) { message { id } } }';

export const isolationRows: IsolationRow[] = [
  [
    'Query.conversation.id',
    'query($id: ID!) { conversation(id: $id) { id } }',
    (at) => ({ id: at.there.conversationId }),
    'NOT_FOUND',
  ],
  [
    'Query.contact.id',
    'query($id: ID!) { contact(id: $id) { id email } }',
    (at) => ({ id: at.there.contactId }),
    'NOT_FOUND',
  ],
  [
    'an external id of a contact',
    'query($id: String!) { contactByExternalId(externalId: $id) { id email } }',
    (at) => ({ id: at.there.externalId }),
    'NOT_FOUND',
  ],
  ['ContactFilter.labelIds', contacts, (at) => ({ filter: { labelIds: Object.values(at.other.ids.labels) } }), 'empty'],
  ['what is searched for', contacts, (at) => ({ filter: { search: at.there.externalId } }), 'empty'],
  [
    'ConversationFilter.labelIds',
    conversations,
    (at) => ({ filter: { labelIds: Object.values(at.other.ids.labels) } }),
    'empty',
  ],
  [
    'an external id',
    'query($id: String!) { conversationByExternalId(externalId: $id) { id } }',
    (at) => ({ id: at.there.externalId }),
    'NOT_FOUND',
  ],
  [
    'a number',
    'query($number: Int!) { conversationByNumber(number: $number) { id } }',
    (at) => ({ number: at.there.number }),
    'NOT_FOUND',
  ],
  [
    'AgentFilter.teamIds',
    list('agents', 'AgentFilter'),
    (at) => ({ filter: { teamIds: [at.other.ids.support] } }),
    'empty',
  ],
  [
    'ConversationFilter.assigneeIds',
    conversations,
    (at) => ({ filter: { assigneeIds: Object.values(at.other.ids.agents) } }),
    'empty',
  ],
  ['ConversationFilter.contactId', conversations, (at) => ({ filter: { contactId: at.there.contactId } }), 'empty'],
  ['ConversationFilter.inboxIds', conversations, (at) => ({ filter: { inboxIds: [at.other.ids.inbox] } }), 'empty'],
  ['ConversationFilter.teamIds', conversations, (at) => ({ filter: { teamIds: [at.other.ids.support] } }), 'empty'],
  [
    'HandoverFilter.conversationId',
    handovers,
    (at) => ({ filter: { conversationId: at.there.conversationId } }),
    'empty',
  ],
  ['HandoverFilter.toAgentIds', handovers, (at) => ({ filter: { toAgentIds: [at.other.ids.agents.agent] } }), 'empty'],
  ['HandoverFilter.toTeamIds', handovers, (at) => ({ filter: { toTeamIds: [at.other.ids.support] } }), 'empty'],
  [
    'AuditEventFilter.actorIds',
    events,
    (at) => ({ filter: { actorIds: Object.values(at.other.ids.agents) } }),
    'empty audit.viewed',
  ],
  ['AuditEventFilter.contactId', events, (at) => ({ filter: { contactId: at.there.contactId } }), 'empty audit.viewed'],
  [
    'AuditEventFilter.conversationId',
    events,
    (at) => ({ filter: { conversationId: at.there.conversationId } }),
    'empty audit.viewed',
  ],
  [
    'AuditEventFilter.targetIds',
    events,
    (at) => ({ filter: { targetIds: [at.there.conversationId] } }),
    'empty audit.viewed',
  ],
  ['AuditEventFilter.teamIds', events, (at) => ({ filter: { teamIds: [at.other.ids.support] } }), 'empty audit.viewed'],
  ['a request id', events, (at) => ({ filter: { requestId: at.requestId } }), 'empty audit.viewed'],
  [
    'ReceiveMessageInput.inboxId',
    receive,
    (at) => ({ input: { inboxId: at.other.ids.inbox, externalId: 'x', contact: { address: 'y' }, text: 'Hello' } }),
    'NOT_FOUND',
  ],
  [
    'SendMessageInput.conversationId',
    SEND,
    (at) => ({ input: { conversationId: at.there.conversationId, text: 'Hello' } }),
    'NOT_FOUND',
  ],
  [
    'AssignConversationInput.conversationId',
    ASSIGN,
    (at) => ({ input: { conversationId: at.there.conversationId, assigneeId: at.own.ids.agents.agent } }),
    'NOT_FOUND',
  ],
  [
    'AssignConversationInput.assigneeId',
    ASSIGN,
    (at) => ({ input: { conversationId: at.ownConversation, assigneeId: at.other.ids.agents.agent } }),
    'VALIDATION_FAILED assigneeId',
  ],
  [
    'AssignConversationInput.teamId',
    ASSIGN,
    (at) => ({ input: { conversationId: at.ownConversation, teamId: at.other.ids.billing } }),
    'VALIDATION_FAILED teamId',
  ],
  [
    'ChangeConversationsInput.conversationIds',
    CHANGE_CONVERSATIONS,
    (at) => ({ input: { conversationIds: [at.there.conversationId], priority: 'URGENT' } }),
    'of one NOT_FOUND',
  ],
  ...(
    [
      ['assigneeId', (at) => at.other.ids.agents.agent],
      ['teamId', (at) => at.other.ids.billing],
      ['addLabelIds', (at) => [at.other.ids.labels.vip]],
      ['removeLabelIds', (at) => [at.other.ids.labels.vip]],
    ] as [string, (at: Tried) => unknown][]
  ).map(([field, idOf]): IsolationRow => [
    `ChangeConversationsInput.${field}`,
    CHANGE_CONVERSATIONS,
    (at) => ({ input: { conversationIds: [at.ownConversation], [field]: idOf(at) } }),
    'of one VALIDATION_FAILED',
  ]),
  [
    'SetConversationStatusInput.conversationId',
    SET_STATUS,
    (at) => ({ input: { conversationId: at.there.conversationId, status: 'RESOLVED' } }),
    'NOT_FOUND',
  ],
  [
    'RequestHandoverInput.conversationId',
    REQUEST,
    (at) => ({ input: { conversationId: at.there.conversationId, toTeamId: at.own.ids.support, reason: 'OTHER' } }),
    'NOT_FOUND',
  ],
  ...(['toAgentId', 'toTeamId', 'toBotId'] as const).map((target): IsolationRow => [
    `RequestHandoverInput.${target}`,
    REQUEST,
    (at) => {
      const { agents, support, bot } = at.other.ids;
      const id = { toAgentId: agents.agent, toTeamId: support, toBotId: bot }[target];
      return { input: { conversationId: at.free, [target]: id, reason: 'OTHER' } };
    },
    `VALIDATION_FAILED ${target}`,
  ]),
  ['AcceptHandoverInput.handoverId', ACCEPT, (at) => ({ input: { handoverId: at.there.handoverId } }), 'NOT_FOUND'],
  ['DeclineHandoverInput.handoverId', DECLINE, (at) => ({ input: { handoverId: at.there.handoverId } }), 'NOT_FOUND'],
  ['CancelHandoverInput.handoverId', CANCEL, (at) => ({ input: { handoverId: at.there.handoverId } }), 'NOT_FOUND'],
  ...(
    [
      ['SetConversationPriorityInput', PRIORITY, { priority: 'HIGH' }],
      ['UpdateConversationInput', UPDATE, { subject: 'Late' }],
      ['PinConversationInput', PIN, {}],
      ['UnpinConversationInput', UNPIN, {}],
      ['MarkSpamInput', MARK_SPAM, {}],
      ['UnmarkSpamInput', UNMARK_SPAM, {}],
      ['DeleteConversationInput', DELETE_CONVERSATION, { reason: 'A test' }],
      ['RestoreConversationInput', RESTORE_CONVERSATION, {}],
      ['StarConversationInput', STAR, {}],
      ['UnstarConversationInput', UNSTAR, {}],
      ['MarkConversationReadInput', MARK_READ, {}],
      ['SetTypingInput', SET_TYPING, { activity: 'TYPING' }],
      ['AddNoteInput', ADD_NOTE, { text: 'Call back' }],
    ] as const
  ).map(([type, operation, input]): IsolationRow => [
    `${type}.conversationId`,
    operation,
    (at) => ({ input: { conversationId: at.there.conversationId, ...input } }),
    'NOT_FOUND',
  ]),
  ...(
    [
      ['AddLabelsInput', ADD_LABELS],
      ['RemoveLabelsInput', REMOVE_LABELS],
    ] as const
  ).flatMap(([type, operation]): IsolationRow[] => [
    [
      `${type}.conversationId`,
      operation,
      (at) => ({ input: { conversationId: at.there.conversationId, labelIds: [at.own.ids.labels.vip] } }),
      'NOT_FOUND',
    ],
    [
      `${type}.contactId`,
      operation,
      (at) => ({ input: { contactId: at.there.contactId, labelIds: [at.own.ids.labels.vip] } }),
      'NOT_FOUND',
    ],
    [
      `${type}.labelIds`,
      operation,
      (at) => ({ input: { conversationId: at.free, labelIds: [at.own.ids.labels.vip, at.other.ids.labels.vip] } }),
      'VALIDATION_FAILED labelIds.1',
    ],
  ]),
  [
    'AnnotateEventInput.eventId',
    ANNOTATE,
    (at) => ({ input: { eventId: at.there.eventId, text: 'Looked at' } }),
    'NOT_FOUND',
  ],
  [
    'RecordCustomEventInput.conversationId',
    CUSTOM,
    (at) => ({ input: { namespace: 'shop', event: 'paid', conversationId: at.there.conversationId } }),
    'NOT_FOUND',
  ],
  [
    'RecordCustomEventInput.contactId',
    CUSTOM,
    (at) => ({ input: { namespace: 'shop', event: 'paid', contactId: at.there.contactId } }),
    'NOT_FOUND',
  ],
  [
    'AddNoteInput.mentionIds',
    ADD_NOTE,
    (at) => ({
      input: {
        conversationId: at.free,
        text: 'Call back',
        mentionIds: [at.own.ids.agents.agent, at.other.ids.agents.agent],
      },
    }),
    'VALIDATION_FAILED mentionIds.1',
  ],
  ['EditNoteInput.noteId', EDIT_NOTE, (at) => ({ input: { noteId: at.there.noteId, text: 'Hello' } }), 'NOT_FOUND'],
  [
    'EditMessageInput.messageId',
    EDIT_MESSAGE,
    (at) => ({ input: { messageId: at.there.messageId, text: 'Hello' } }),
    'NOT_FOUND',
  ],
  ['DeleteMessageInput.messageId', DELETE_MESSAGE, (at) => ({ input: { messageId: at.there.messageId } }), 'NOT_FOUND'],
  [
    'EraseContactInput.contactId',
    ERASE,
    (at) => ({ input: { contactId: at.there.contactId, reason: 'They asked for it' } }),
    'NOT_FOUND',
  ],
  ['RevokeSessionInput.sessionId', REVOKE_SESSION, (at) => ({ input: { sessionId: at.sessionId } }), 'NOT_FOUND'],
  [
    'Subscription.transcriptChanges.conversationId',
    'subscription($id: ID!) { transcriptChanges(conversationId: $id) { entryId } }',
    (at) => ({ id: at.there.conversationId }),
    'NOT_FOUND',
  ],
  [
    'Subscription.typing.conversationId',
    'subscription($id: ID!) { typing(conversationId: $id) { actor { id } } }',
    (at) => ({ id: at.there.conversationId }),
    'NOT_FOUND',
  ],
];
