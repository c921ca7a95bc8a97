import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actions } from '../../src/services/record/actions.js';
import { decodeCursor } from '../../src/services/streams/cursor.js';
import type { ApiClient } from '../support/client.js';
import { ACCEPT, ASSIGN, customerWrites, newestSequence, offer, SEND } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type Person, type World } from '../support/world.js';
import { recording } from './recorded.js';

let server: TestServer;
let world: World;
let admin: ApiClient;
let now = Date.now();
beforeAll(async () => {
  server = await startTestServer({ now: () => new Date(now) });
  world = await createWorld(server);
  admin = await world.as('admin');
});
afterAll(() => server.stop());

const EVENTS = `query($filter: AuditEventFilter, $orderBy: AuditEventOrder) { auditEvents(filter: $filter, orderBy: $orderBy, first: 100) {
  nodes { id sequence state category action recordedAt occurredAt requestId sessionId ipAddress userAgent leafData leafHash summary
    actor { id label actor { __typename } } target { label } conversation { id } team { id } changes { field before after redacted } } } }`;
// oxlint-disable-next-line typescript/no-explicit-any
const eventsOf = async (client: ApiClient, filter: object = {}, orderBy = 'RECORDED_ASC'): Promise<any[]> =>
  (await client.ask(EVENTS, { filter, orderBy })).auditEvents.nodes;

it('is one gapless sequence in ascending time, each entry with the hash of its exact text', async () => {
  await customerWrites(world);
  const events = await eventsOf(admin);
  expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index));
  let last = '';
  for (const { leafData, leafHash, sequence, recordedAt } of events) {
    const leaf = JSON.parse(leafData);
    expect(Object.keys(leaf)).toEqual(['b', 'seq', 't', 'ws']);
    expect(leaf).toMatchObject({ seq: sequence, ws: world.ids.workspace });
    expect(`${leaf.t.slice(0, 23)}Z`).toBe(recordedAt);
    expect(leaf.t > last).toBe(true);
    last = leaf.t;
    expect(leafHash).toBe(createHash('sha256').update(`\0${leafData}`).digest('base64'));
  }
});

it('tells in plain English what happened, with names as they were', async () => {
  const { result, events } = await recording(admin, async () => {
    const { conversationId, number } = await customerWrites(world, { contact: { address: 'asha', name: 'Asha' } });
    const agent = await world.as('agent');
    const handoverId = await offer(world.withKey('bot'), conversationId, { toTeamId: world.ids.support });
    await agent.ask(ACCEPT, { input: { handoverId } });
    await agent.ask(SEND, { input: { conversationId, text: 'On its way' } });
    return `#${number}`;
  });
  expect(events.filter(({ action }) => action !== 'auth.signed_in').map(({ summary }) => summary)).toEqual([
    'Asha became a contact',
    'Asha can be reached over WEB_CHAT',
    `Asha opened conversation ${result}`,
    `Asha wrote in conversation ${result}`,
    `Robin asked to hand conversation ${result} over to Support: needs expertise`,
    `Bo accepted the handover of conversation ${result}`,
    `Bo answered in conversation ${result}`,
  ]);
});

it('gives all events of one request its id, and those of a session its own', async () => {
  const before = await newestSequence(admin);
  const { conversationId } = await customerWrites(world);
  const agent = await world.as('agent');
  await agent.ask(SEND, { input: { conversationId, text: 'Hello' } });
  const { viewer } = await agent.ask('{ viewer { session { id } } }');
  const events = (await eventsOf(admin)).filter(
    ({ sequence, category }) => sequence > before && !['AUTH', 'ACCESS', 'PRESENCE'].includes(category),
  );
  const [contact, , , received, sent] = events;
  expect(events.slice(0, 4).map(({ requestId }) => requestId)).toEqual(Array(4).fill(contact.requestId));
  expect([received.sessionId, sent.sessionId]).toEqual([null, viewer.session.id]);
  expect(sent.requestId).not.toBe(received.requestId);
  expect(await eventsOf(admin, { requestId: contact.requestId })).toEqual(events.slice(0, 4));
});

describe('shows', () => {
  it('administrators and auditors addresses and personal values, and supervisors none', async () => {
    const { conversationId } = await customerWrites(world, {
      contact: { address: 'secret-address', name: 'Asha', email: 'asha@customer.test' },
    });
    await (await world.as('agent')).ask(SEND, { input: { conversationId, text: 'Hello' } });
    const look = async (person: Person) => {
      const events = await eventsOf(await world.as(person), { conversationId });
      return events.find(({ action }) => action === 'message.sent');
    };
    const [ofAdmin, ofAuditor, ofSupervisor] = [await look('admin'), await look('auditor'), await look('supervisor')];
    expect(ofAdmin).toMatchObject({ ipAddress: '127.0.0.1', userAgent: 'node', conversation: { id: conversationId } });
    expect(ofAuditor).toMatchObject({ ipAddress: '127.0.0.1', conversation: null, team: { id: world.ids.support } });
    expect(ofSupervisor).toMatchObject({ ipAddress: null, userAgent: null, conversation: { id: conversationId } });

    const { conversation } = await admin.ask('query($id: ID!) { conversation(id: $id) { contact { id } } }', {
      id: conversationId,
    });
    const [created, added] = await eventsOf(admin, { contactId: conversation.contact.id });
    expect(created.changes).toContainEqual({
      field: 'email',
      before: null,
      after: 'asha@customer.test',
      redacted: false,
    });
    expect(added.changes).toEqual([{ field: 'address', before: null, after: 'secret-address', redacted: false }]);
  });

  it('supervisors a handover’s words only as redacted', async () => {
    const { conversationId } = await customerWrites(world);
    await offer(admin, conversationId, { toTeamId: world.ids.support, comment: 'Between us' });
    const [event] = await eventsOf(await world.as('supervisor'), { conversationId, actions: ['handover.requested'] });
    expect(event.changes).toEqual([
      { field: 'handoverStatus', before: null, after: 'REQUESTED', redacted: false },
      { field: 'comment', before: null, after: null, redacted: true },
    ]);
  });

  it('agents what they did themselves, and supervisors what concerns their teams and people', async () => {
    const { conversationId } = await customerWrites(world);
    const [agent, colleague] = [await world.as('agent'), await world.as('colleague')];
    await colleague.ask(SEND, { input: { conversationId, text: 'Hello' } });
    await agent.ask(ASSIGN, { input: { conversationId, assigneeId: world.ids.agents.agent } });
    const seen = async (client: ApiClient) => (await eventsOf(client, { conversationId })).map(({ action }) => action);
    expect(await seen(agent)).toEqual(['conversation.assigned']);
    expect(await seen(colleague)).toEqual(['message.sent']);
    expect(await seen(await world.as('outsider'))).toEqual([]);
    expect(await seen(await world.as('supervisor'))).toEqual([
      'conversation.created',
      'message.received',
      'message.sent',
      'conversation.assigned',
    ]);
    const own = await eventsOf(agent);
    expect(new Set(own.map(({ actor }) => actor.id))).toEqual(new Set([world.ids.agents.agent]));
  });
});

it('records a refusal once a minute, with how many were passed over', async () => {
  const { conversationId } = await customerWrites(world);
  const outsider = await world.as('outsider');
  const read = () => outsider.refused('query($id: ID!) { conversation(id: $id) { id } }', { id: conversationId });
  const minute = async (times: number) => {
    const { events } = await recording(admin, () => Promise.all(Array.from({ length: times }, read)));
    return events.map(({ action, metadata }) => [action, metadata]);
  };
  expect(await minute(3)).toEqual([['auth.access_denied', { attempted: 'conversation.read', suppressed: 0 }]]);
  expect(await minute(2)).toEqual([]);
  now += 60_000;
  expect(await minute(1)).toEqual([['auth.access_denied', { attempted: 'conversation.read', suppressed: 4 }]]);
});

it('delivers over its stream exactly what the list then holds, to each what they may read', async () => {
  const people = ['admin', 'auditor', 'supervisor', 'agent'] as const;
  const clients = await Promise.all(people.map((person) => world.as(person)));
  const { eventCursor } = (await admin.ask('{ auditEvents(first: 1) { eventCursor } }')).auditEvents;
  const from = decodeCursor(eventCursor).sequence;
  const streams = clients.map((client) =>
    client.subscribe(
      'subscription($after: String) { auditEvents(afterEvent: $after) { cursor event { id sequence action summary } } }',
      { after: eventCursor },
    ),
  );
  const { conversationId } = await customerWrites(world);
  await clients[3]!.ask(SEND, { input: { conversationId, text: 'Hello' } });
  const list = '{ auditEvents(first: 100) { nodes { id sequence action category summary } } }';
  for (const [index, client] of clients.entries()) {
    const { auditEvents } = await client.ask(list);
    const listed: { sequence: number; category: string }[] = auditEvents.nodes
      .filter((event: { sequence: number }) => event.sequence > from)
      .toReversed();
    const done = listed.filter(({ category }) => !['AUTH', 'ACCESS', 'PRESENCE'].includes(category));
    expect(done).toHaveLength({ admin: 5, auditor: 5, supervisor: 3, agent: 1 }[people[index]!]);
    // What comes after the list, such as the list itself, is on the stream too.
    const delivered = () =>
      streams[index]!.frames.flatMap((frame) => frame.auditEvents.event ?? []).filter(
        ({ sequence }) => sequence <= listed.at(-1)!.sequence,
      );
    await streams[index]!.settle(() => delivered().length >= listed.length, 'the events');
    expect(delivered()).toEqual(listed.map(({ category: _category, ...event }) => event));
  }
  await Promise.all(streams.map((stream) => stream.stop()));
});

it('names every action that can be recorded, and finds events by prefix, severity, outcome and time', async () => {
  const { auditActions } = await admin.ask('{ auditActions { name category severity description } }');
  expect(auditActions).toEqual(
    Object.entries(actions).map(([name, { category, severity, description }]) => ({
      name,
      category,
      severity,
      description,
    })),
  );
  const count = async (filter: object) => (await eventsOf(admin, filter)).map(({ action }) => action);
  expect(new Set(await count({ actions: ['team.*', 'bot.created'] }))).toEqual(
    new Set(['bot.created', 'team.created', 'team.member_added']),
  );
  expect(await count({ minSeverity: 'CRITICAL' })).toEqual(['agent.joined', 'api_key.created']);
  expect(await count({ from: '2100-01-01T00:00:00Z' })).toEqual([]);
  expect(await count({ to: '2000-01-01T00:00:00Z' })).toEqual([]);
});

it('refuses ids that cannot be any, and says which', async () => {
  const filter = { actorIds: [world.ids.support, 'Bo'], conversationId: '#1001' };
  expect((await admin.refused(EVENTS, { filter })).extensions).toMatchObject({
    code: 'VALIDATION_FAILED',
    fields: [
      { path: 'filter.actorIds.1', message: 'is not an id' },
      { path: 'filter.conversationId', message: 'is not an id' },
    ],
  });
  for (const id of ['no id', world.ids.inbox]) {
    const error = await admin.refused('query($id: ID!) { auditEvent(id: $id) { id } }', { id });
    expect(error.extensions.code).toBe('NOT_FOUND');
  }
});
