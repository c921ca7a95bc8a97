import {
  contactReaders,
  directoryReaders,
  everybody,
  feedReaders,
  has,
  listReaders,
  readers,
  recordReaders,
  revealing,
  type RootField,
} from './outcomes.js';
import type { Scene, Stage } from './stage.js';

/** The first who asks for a checkpoint has it signed; here that has happened. */
const prepare = async (_: Scene, { world, foreign }: Stage): Promise<void> => {
  for (const one of [world, foreign]) await one.withKey('audit').ask('{ auditCheckpoint { note } }');
};

/** Whoever sees only a part of the record, or none, learns nothing of the whole. */
const denied = {
  UNAUTHENTICATED: 'anonymous revokedKey',
  FORBIDDEN: 'supervisor agent outsider keyIngest keyRead bot silencedBot otherBot',
} as const;
const wholeRecordReaders = {
  ...denied,
  'OK shown': 'admin auditor keyAll keyAudit',
  'OK hidden': 'foreignAdmin',
} as const;

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
    operation: `query($number: Int!) { conversationByNumber(number: $number) {
      id messages { nodes { text } } contact { email identities { address } } } }`,
    variables: ({ number }) => ({ number }),
    shows: ({ conversationByNumber }, scene) => conversationByNumber.id === scene.conversationId,
    expected: {
      ...revealing(readers, 'transcript.viewed'),
      // How the contact can be reached is for who may read contacts; the others get none of it, and have read none.
      'OK shown transcript.viewed': 'keyRead bot silencedBot',
      'OK shown transcript.viewed contact.profile_viewed': 'admin supervisor agent keyAll',
    },
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
    expected: revealing(recordReaders, 'audit.viewed'),
  },
  {
    field: 'Query.auditEvent',
    operation: 'query($id: ID!) { auditEvent(id: $id) { id summary } }',
    variables: ({ eventId }) => ({ id: eventId }),
    shows: ({ auditEvent }, scene) => auditEvent.id === scene.eventId,
    expected: {
      UNAUTHENTICATED: 'anonymous revokedKey',
      'OK shown audit.viewed': 'admin supervisor auditor keyAll keyAudit',
      'NOT_FOUND auth.access_denied': 'agent outsider keyIngest keyRead bot silencedBot otherBot',
      NOT_FOUND: 'foreignAdmin',
    },
  },
  {
    field: 'Query.auditCheckpoint',
    prepare,
    operation: '{ auditCheckpoint { origin note } }',
    shows: ({ auditCheckpoint }, _, { world }) => auditCheckpoint.origin.includes(world.ids.workspace),
    expected: wholeRecordReaders,
  },
  {
    field: 'Query.auditInclusionProof',
    prepare,
    operation: '{ auditInclusionProof(sequence: 0) { hashes checkpoint { origin } } }',
    shows: ({ auditInclusionProof }, _, { world }) =>
      auditInclusionProof.checkpoint.origin.includes(world.ids.workspace),
    expected: wholeRecordReaders,
  },
  {
    field: 'Query.auditConsistencyProof',
    prepare,
    operation: '{ auditConsistencyProof(fromSize: 1, toSize: 1) { hashes } }',
    expected: {
      ...denied,
      OK: 'admin auditor keyAll keyAudit foreignAdmin',
    },
  },
  {
    field: 'Query.auditCheckpointSince',
    prepare,
    operation: 'query($note: String!) { auditCheckpointSince(note: $note) { checkpoint { origin } } }',
    variables: async (_, { world }) => ({
      note: (await world.withKey('audit').ask('{ auditCheckpoint { note } }')).auditCheckpoint.note,
    }),
    shows: ({ auditCheckpointSince }, _, { world }) =>
      auditCheckpointSince.checkpoint.origin.includes(world.ids.workspace),
    expected: {
      ...denied,
      'OK shown': 'admin auditor keyAll keyAudit',
      // A note of another log proves nothing of theirs.
      VALIDATION_FAILED: 'foreignAdmin',
    },
  },
  {
    field: 'Query.auditKeys',
    prepare,
    operation: '{ auditKeys { vkey } }',
    shows: ({ auditKeys }, _, { world }) => auditKeys[0].vkey.includes(world.ids.workspace),
    expected: wholeRecordReaders,
  },
  {
    field: 'Query.labels',
    operation: '{ labels { id name } }',
    shows: ({ labels }, _, { world }) => has(labels, world.ids.labels.vip),
    expected: directoryReaders,
  },
  {
    field: 'Query.contact',
    operation: 'query($id: ID!) { contact(id: $id) { id email phone identities { address } } }',
    variables: ({ contactId }) => ({ id: contactId }),
    shows: ({ contact }, scene) => contact.id === scene.contactId,
    expected: contactReaders,
  },
  {
    field: 'Query.contactByExternalId',
    operation: 'query($externalId: String!) { contactByExternalId(externalId: $externalId) { id email } }',
    variables: ({ externalId }) => ({ externalId }),
    shows: ({ contactByExternalId }, scene) => contactByExternalId.id === scene.contactId,
    expected: contactReaders,
  },
  {
    field: 'Query.contacts',
    operation:
      'query($filter: ContactFilter) { contacts(filter: $filter) { nodes { id email identities { address } } } }',
    variables: ({ externalId }) => ({ filter: { search: externalId } }),
    shows: ({ contacts }, scene) => has(contacts.nodes, scene.contactId),
    expected: {
      UNAUTHENTICATED: 'anonymous revokedKey',
      'OK shown contact.profile_viewed': 'admin supervisor agent outsider keyAll',
      // Nobody was shown, so nobody was viewed.
      'OK hidden': 'foreignAdmin',
      FORBIDDEN: 'auditor keyIngest keyRead keyAudit bot silencedBot otherBot',
    },
  },
  {
    field: 'Query.sessions',
    operation: '{ sessions { id current ipAddress } }',
    shows: ({ sessions }) => sessions.some(({ current }: { current: boolean }) => current),
    expected: {
      UNAUTHENTICATED: 'anonymous revokedKey',
      'OK shown': 'admin supervisor agent outsider auditor foreignAdmin',
      FORBIDDEN: 'keyAll keyIngest keyRead keyAudit bot silencedBot otherBot',
    },
  },
  {
    field: 'Query.workspaceEvents',
    operation: `query($afterEvent: String) { workspaceEvents(afterEvent: $afterEvent, first: 100, actions: ["message.received"]) {
      nodes { id action conversation { id } message { text } contact { name } } } }`,
    shows: ({ workspaceEvents }, scene) => has(workspaceEvents.nodes, scene.eventId),
    expected: feedReaders,
  },
  {
    field: 'Query.retentionDryRun',
    operation: '{ retentionDryRun { category events } }',
    expected: {
      UNAUTHENTICATED: 'anonymous revokedKey',
      OK: 'admin auditor keyAll keyAudit foreignAdmin',
      FORBIDDEN: 'supervisor agent outsider keyIngest keyRead bot silencedBot otherBot',
    },
  },
];
