import { afterAll, beforeAll, expect, it } from 'vitest';
import { ERASE } from '../security/details.js';
import { customerWrites } from '../support/operations.js';
import { setViewWindow, startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';

let server: TestServer;
let world: World;
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
  // Every reading is an event here; view-windows.test.ts has the others.
  await setViewWindow(server, 0);
});
afterAll(() => server.stop());

/** The readings on the record, oldest first, as the auditor sees them: whose, and of what. */
async function readings(): Promise<string[]> {
  const { auditEvents } = await (
    await world.as('auditor')
  ).ask(
    '{ auditEvents(filter: { categories: [ACCESS] }, orderBy: RECORDED_ASC, first: 100) { nodes { action actor { label } target { label } } } }',
  );
  return auditEvents.nodes
    .filter((event: { actor: { label: string } }) => event.actor.label !== 'Ines')
    .map((event: { action: string; actor: { label: string }; target: { label: string } }) =>
      [event.action, event.actor.label, event.target.label].join(' '),
    );
}

it('records who reads a conversation, a profile and the record, wherever the fields stand', async () => {
  const [agent, admin] = [await world.as('agent'), await world.as('admin')];
  const { conversationId, number } = await customerWrites(world);
  const before = (await readings()).length;
  await agent.ask('{ conversations { nodes { id lastMessage { text } contact { displayName } } } }');
  expect((await readings()).slice(before)).toEqual([]);
  await agent.ask(
    'query($id: ID!) { conversation(id: $id) { transcript { nodes { id } } messages { nodes { id } } } }',
    {
      id: conversationId,
    },
  );
  await agent.ask('query($id: ID!) { conversation(id: $id) { contact { email identities { address } } } }', {
    id: conversationId,
  });
  await admin.ask('{ auditEvents { nodes { id } } }');
  expect((await readings()).slice(before)).toEqual([
    `transcript.viewed Bo #${number}`,
    'contact.profile_viewed Bo Asha',
    'audit.viewed Ada the record',
  ]);
});

it('records who reads what is left of a contact that was erased, and shows nothing of what is gone', async () => {
  const [agent, admin] = [await world.as('agent'), await world.as('admin')];
  const contact = { address: 'gone@example.test', name: 'Gil Gone', email: 'gone@example.test' };
  const { conversationId, number } = await customerWrites(world, { contact, text: 'I am Gil Gone' });
  const ids = await agent.ask('query($id: ID!) { conversation(id: $id) { contact { id } } }', { id: conversationId });
  const contactId = ids.conversation.contact.id;
  await admin.ask(ERASE, { input: { contactId, reason: 'They asked for it' } });
  const before = (await readings()).length;
  const answers = [
    await agent.ask(
      `query($id: ID!) { conversation(id: $id) { transcript { nodes { id ... on Message { text } ... on ConversationEvent { summary } } }
        messages { nodes { text revisions { text } } } contact { name email identities { address } } } }`,
      { id: conversationId },
    ),
    await admin.ask(
      `query($contactId: ID!) { auditEvents(filter: { contactId: $contactId }) { nodes { state summary
        actor { label } target { label } changes { field before after } } } }`,
      { contactId },
    ),
  ];
  expect(answers[1].auditEvents.nodes.map(({ state }: { state: string }) => state)).toContain('ERASED');
  expect(JSON.stringify(answers)).not.toContain('Gil');
  expect(JSON.stringify(answers)).not.toContain('gone@');
  expect((await readings()).slice(before).toSorted()).toEqual([
    'audit.viewed Ada the record',
    'contact.profile_viewed Bo Unknown contact',
    `transcript.viewed Bo #${number}`,
  ]);
});

it('records the opening of a live transcript and of the live record once, not each frame', async () => {
  const [agent, admin] = [await world.as('agent'), await world.as('admin')];
  const contact = { address: 'live', name: 'Asha' };
  const { conversationId, number } = await customerWrites(world, { contact });
  const before = (await readings()).length;
  const after = (await admin.ask('{ conversations(first: 1) { eventCursor } }')).conversations.eventCursor;
  const transcript = agent.subscribe(
    'subscription($id: ID!, $after: String) { transcriptChanges(conversationId: $id, afterEvent: $after) { entryId } }',
    { id: conversationId, after },
  );
  const record = admin.subscribe(
    'subscription($after: String) { auditEvents(afterEvent: $after) { event { action } } }',
    { after },
  );
  await customerWrites(world, { contact });
  await transcript.until((frame) => frame.transcriptChanges.entryId !== null);
  await record.until((frame) => frame.auditEvents.event?.action === 'message.received');
  expect((await readings()).slice(before).toSorted()).toEqual(
    [`audit.subscribed Ada the record`, `transcript.viewed Bo #${number}`].toSorted(),
  );
  await Promise.all([transcript.stop(), record.stop()]);
});

it('records who reads what a message said before, also where a list shows the message', async () => {
  const agent = await world.as('agent');
  const { conversationId, number } = await customerWrites(world);
  const before = (await readings()).length;
  const { conversation } = await agent.ask(
    'query($id: ID!) { conversation(id: $id) { lastMessage { text revisions { text } } } }',
    { id: conversationId },
  );
  expect(conversation.lastMessage).toEqual({ text: 'My order is late', revisions: [] });
  expect((await readings()).slice(before)).toEqual([`transcript.viewed Bo #${number}`]);
});

it('withholds how a contact can be reached from who may not read contacts, and records no reading of it', async () => {
  const { conversationId } = await customerWrites(world, {
    contact: { address: 'secret', email: 'asha@example.test' },
  });
  const before = (await readings()).length;
  const query =
    'query($id: ID!) { conversation(id: $id) { contact { displayName email phone identities { address } } } }';
  const { conversation } = await world.withKey('read').ask(query, { id: conversationId });
  expect(conversation.contact).toEqual({ displayName: 'Unknown contact', email: null, phone: null, identities: [] });
  expect((await readings()).slice(before)).toEqual([]);
});

it('shows nothing that cannot be recorded', async () => {
  const agent = await world.as('agent');
  const { conversationId } = await customerWrites(world);
  const { accessLog } = server.app;
  const record = accessLog.record;
  accessLog.record = () => Promise.reject(new Error('the log is full'));
  try {
    const { data, errors } = await agent.send(
      'query($id: ID!) { conversation(id: $id) { messages { nodes { text } } } }',
      {
        id: conversationId,
      },
    );
    expect(data ?? null).toBeNull();
    expect(errors![0]!.extensions.code).toBe('INTERNAL');
  } finally {
    accessLog.record = record;
  }
});

const REVEALING = [
  'messages { nodes { text } }',
  'notes { nodes { id } }',
  'transcript { nodes { id } }',
  'lastMessage { revisions { text } }',
  'contact { email }',
  'contact { phone }',
  'contact { identities { address } }',
];
/** A way from each stream to a conversation, and the type that it begins at. */
const WAYS: readonly (readonly [string, string, readonly string[]])[] = [
  ['conversationChanges', 'ConversationChange', ['conversation']],
  ['handoverChanges', 'HandoverChange', ['handover', 'conversation']],
  ['workspaceEvents', 'WorkspaceEvent', ['conversation']],
  ['notificationEvents', 'NotificationEvent', ['conversation']],
  ['auditEvents', 'AuditEventDelivery', ['event', 'conversation']],
  ['transcriptChanges(conversationId: $id)', 'TranscriptChange', ['entry', '... on Message', 'conversation']],
];
const within = (way: readonly string[], fields: string): string =>
  way.reduceRight((inner, field) => `${field} { ${inner} }`, fields);

it.each(WAYS)('refuses what reveals inside %s, also in fragments', async (stream, type, way) => {
  const caller = stream === 'workspaceEvents' ? world.withKey('all') : await world.as('admin');
  const { conversationId: id } = await customerWrites(world);
  const opening = stream.includes('$id') ? 'subscription($id: ID!)' : 'subscription';
  for (const fields of REVEALING) {
    const inside = within(way, fields);
    for (const document of [
      `${opening} { ${stream} { ${inside} } }`,
      `${opening} { ${stream} { ...F } } fragment F on ${type} { ${inside} }`,
      `${opening} { ... { ${stream} { ... on ${type} { ...F } } } }
       fragment F on ${type} { ${within(way, '...G')} } fragment G on Conversation { ${fields} }`,
    ]) {
      const [error] = await caller.subscribe(document, { id }).end();
      expect(error.extensions.code).toBe('VALIDATION_FAILED');
      expect(error.message).toMatch(/ reveals .* inside a subscription; query it/);
    }
  }
});

it('shows in a live transcript what its lines said before, in a fragment too: its opening is on the record', async () => {
  const agent = await world.as('agent');
  const contact = { address: 'revised', name: 'Asha' };
  const { conversationId } = await customerWrites(world, { contact });
  const { eventCursor } = (await agent.ask('{ conversations(first: 1) { eventCursor } }')).conversations;
  const frames = agent.subscribe(
    `subscription($id: ID!, $after: String) { transcriptChanges(conversationId: $id, afterEvent: $after) { entry { ...Line } } }
     fragment Line on TranscriptEntry { ... on Message { text revisions { text } } }`,
    { id: conversationId, after: eventCursor },
  );
  await customerWrites(world, { contact });
  const frame = await frames.until(({ transcriptChanges }) => transcriptChanges.entry !== null);
  expect(frame.transcriptChanges.entry).toEqual({ text: 'My order is late', revisions: [] });
  await frames.stop();
});
