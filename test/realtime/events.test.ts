import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { ApiClient } from '../support/client.js';
import { ASSIGN, customerWrites, SEND } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, PASSWORD, type World } from '../support/world.js';
import { EventStream } from './event-stream.js';

const CHANGES = `subscription($after: String) { conversationChanges(afterEvent: $after) {
  changeType cursor conversationId } }`;
const TRANSCRIPT = `subscription($id: ID!, $after: String) { transcriptChanges(conversationId: $id, afterEvent: $after) {
  changeType entry { ... on Message { text } } } }`;

let server: TestServer;
let world: World;
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
});
afterAll(() => server.stop());

const opened: EventStream[] = [];
afterEach(() => opened.splice(0).forEach((stream) => stream.abort()));

/** Opens one that ends with the test. */
async function follow(client: ApiClient, query: string, variables: object = {}): Promise<EventStream> {
  const stream = await EventStream.open(client, query, variables);
  opened.push(stream);
  return stream;
}

const cursorNow = async (client: ApiClient): Promise<string> =>
  (await client.ask('{ conversations(first: 1) { eventCursor } }')).conversations.eventCursor;

/** Reads on to the frame that says that the replay has caught up. */
async function caughtUp(stream: EventStream): Promise<{ ids: string[]; cursor: string }> {
  const ids: string[] = [];
  for (;;) {
    const { changeType, cursor, conversationId } = (await stream.next())!.data.data.conversationChanges;
    if (changeType === 'CURSOR') return { ids, cursor };
    ids.push(conversationId);
  }
}

it('goes on after the last cursor that was read, with exactly what came meanwhile', async () => {
  const admin = await world.as('admin');
  const start = await cursorNow(admin);
  const first = await customerWrites(world);
  const before = await follow(admin, CHANGES, { after: start });
  const { ids, cursor } = await caughtUp(before);
  expect(ids).toEqual([first.conversationId]);
  before.abort();
  const missed = [await customerWrites(world), await customerWrites(world)];
  const again = await follow(admin, CHANGES, { after: cursor });
  expect((await caughtUp(again)).ids).toEqual(missed.map(({ conversationId }) => conversationId));
  const live = await customerWrites(world);
  expect((await again.next())!.data.data.conversationChanges.conversationId).toBe(live.conversationId);
});

it('says why it ends as a next with errors, and then completes', async () => {
  const [admin, billing] = [await world.as('admin'), await world.as('outsider')];
  const { conversationId } = await customerWrites(world, { inboxId: world.ids.emailInbox });
  const stream = await follow(billing, TRANSCRIPT, { id: conversationId, after: await cursorNow(billing) });
  await admin.ask(ASSIGN, { input: { conversationId, teamId: world.ids.support } });
  await admin.ask(SEND, { input: { conversationId, text: 'Not for Billing' } });
  const events = await stream.rest();
  const [error, complete] = events.slice(-2);
  expect([error!.event, error!.data.errors[0].extensions.code]).toEqual(['next', 'NOT_FOUND']);
  expect(complete).toEqual({ event: 'complete', data: null });
  expect(JSON.stringify(events)).not.toContain('Not for Billing');

  const refused = await follow(billing, TRANSCRIPT, { id: conversationId });
  const [only, end] = await refused.rest();
  expect([only!.event, only!.data.errors[0].extensions.code]).toEqual(['next', 'NOT_FOUND']);
  expect(end).toEqual({ event: 'complete', data: null });
});

it('ends, and does not complete, when the session is signed out', async () => {
  const agent = await ApiClient.signIn(server.url, world.email('agent'), PASSWORD);
  const stream = await follow(agent, CHANGES, { after: await cursorNow(agent) });
  await caughtUp(stream);
  await agent.ask('mutation { signOut { signedOut } }');
  await customerWrites(world);
  const events = await stream.rest();
  expect(events.map(({ event }) => event)).not.toContain('complete');
});

it('is over at once when its node stops', async () => {
  const node = await server.another();
  const admin = (await world.as('admin')).at(node.url);
  const streams = await Promise.all([1, 2].map(async () => follow(admin, CHANGES, { after: await cursorNow(admin) })));
  await Promise.all(streams.map(caughtUp));
  const began = performance.now();
  await Promise.all([node.stop(), ...streams.map(async (stream) => expect(await stream.rest()).toEqual([]))]);
  expect(performance.now() - began).toBeLessThan(3_000);
});

it('answers a query with one next, and a refused operation without any stream', async () => {
  const admin = await world.as('admin');
  const stream = await follow(admin, '{ viewer { role } }');
  expect(await stream.rest()).toEqual([
    { event: 'next', data: expect.objectContaining({ data: { viewer: { role: 'ADMIN' } } }) },
    { event: 'complete', data: null },
  ]);
  const response = await fetch(`${server.url}/graphql/stream`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${admin.credential}` },
    body: JSON.stringify({ query: '{ nothing }' }),
  });
  expect(response.headers.get('content-type')).toContain('json');
  expect(JSON.stringify(await response.json())).toContain('VALIDATION_FAILED');
});
