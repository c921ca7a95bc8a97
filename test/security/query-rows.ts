import { directoryReaders, everybody, has, listReaders, readers, recordReaders, type RootField } from './outcomes.js';

export const queryRows: RootField[] = [
  {
    field: 'Query.viewer',
    operation: '{ viewer { actor { id } workspace { id } role scopes permissions session { id } } }',
    shows: ({ viewer }, _, { world }) => viewer.workspace.id === world.ids.workspace,
    expected: {
      UNAUTHENTICATED: 'anonymous revokedKey',
      'OK shown': 'admin supervisor agent outsider auditor keyAll keyIngest keyRead keyAudit bot silencedBot otherBot',
      'OK hidden': 'foreignAdmin',
    },
  },
  { field: 'Query.errorCodes', operation: '{ errorCodes { code } }', expected: everybody('OK') },
  {
    field: 'Query.auditActions',
    operation: '{ auditActions { name } }',
    expected: {
      UNAUTHENTICATED: 'anonymous revokedKey',
      OK: 'admin supervisor agent outsider auditor keyAll keyIngest keyRead keyAudit bot silencedBot otherBot foreignAdmin',
    },
  },
  {
    field: 'Query.agents',
    operation: '{ agents { nodes { id email teams { id } } } }',
    shows: ({ agents }, _, { world }) => has(agents.nodes, world.ids.agents.agent),
    expected: directoryReaders,
  },
  {
    field: 'Query.teams',
    operation: '{ teams { id members { id } supervisors { id } } }',
    shows: ({ teams }, _, { world }) => has(teams, world.ids.support),
    expected: directoryReaders,
  },
  {
    field: 'Query.inboxes',
    operation: '{ inboxes { id members { id } bot { id } } }',
    shows: ({ inboxes }, _, { world }) => has(inboxes, world.ids.inbox),
    expected: directoryReaders,
  },
  {
    field: 'Query.conversation',
    operation: 'query($id: ID!) { conversation(id: $id) { id contact { name } lastMessage { text } } }',
    variables: ({ conversationId }) => ({ id: conversationId }),
    shows: ({ conversation }, scene) => conversation.id === scene.conversationId,
    expected: readers,
  },
  {
    field: 'Query.conversationByNumber',
    operation: 'query($number: Int!) { conversationByNumber(number: $number) { id } }',
    variables: ({ number }) => ({ number }),
    shows: ({ conversationByNumber }, scene) => conversationByNumber.id === scene.conversationId,
    expected: readers,
  },
  {
    field: 'Query.conversationByExternalId',
    operation: 'query($externalId: String!) { conversationByExternalId(externalId: $externalId) { id } }',
    variables: ({ externalId }) => ({ externalId }),
    shows: ({ conversationByExternalId }, scene) => conversationByExternalId.id === scene.conversationId,
    expected: readers,
  },
  {
    field: 'Query.conversations',
    operation: 'query($filter: ConversationFilter) { conversations(filter: $filter) { nodes { id } } }',
    variables: ({ contactId }) => ({ filter: { contactId } }),
    shows: ({ conversations }, scene) => has(conversations.nodes, scene.conversationId),
    expected: listReaders,
  },
  {
    field: 'Query.handovers',
    operation: 'query($filter: HandoverFilter) { handovers(filter: $filter) { nodes { id comment } } }',
    withHandover: true,
    variables: ({ conversationId }) => ({ filter: { conversationId } }),
    shows: ({ handovers }, scene) => has(handovers.nodes, scene.handoverId),
    // A team's offer shows nothing to a bot that never had the conversation.
    expected: listReaders,
  },
  {
    field: 'Query.auditEvents',
    operation: 'query($filter: AuditEventFilter) { auditEvents(filter: $filter) { nodes { id changes { after } } } }',
    variables: ({ conversationId }) => ({ filter: { conversationId } }),
    shows: ({ auditEvents }, scene) => has(auditEvents.nodes, scene.eventId),
    expected: recordReaders,
  },
  {
    field: 'Query.auditEvent',
    operation: 'query($id: ID!) { auditEvent(id: $id) { id summary } }',
    variables: ({ eventId }) => ({ id: eventId }),
    shows: ({ auditEvent }, scene) => auditEvent.id === scene.eventId,
    expected: {
      UNAUTHENTICATED: 'anonymous revokedKey',
      'OK shown': 'admin supervisor auditor keyAll keyAudit',
      'NOT_FOUND auth.access_denied': 'agent outsider keyIngest keyRead bot silencedBot otherBot',
      NOT_FOUND: 'foreignAdmin',
    },
  },
];
