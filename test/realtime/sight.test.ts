import pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { newId } from '../../src/services/ids.js';
import { conversationChanges } from '../../src/services/streams/conversation-changes.js';
import type { ApiClient, Subscription } from '../support/client.js';
import { ASSIGN, customerWrites, SEND, SET_STATUS } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';

const CHANGES = `subscription($filter: ConversationFilter, $afterEvent: String) {
  conversationChanges(filter: $filter, afterEvent: $afterEvent) {
    changeType conversationId changedFields actor { id } occurredAt conversation { id status team { id } } } }`;
const AUDIT = 'subscription($afterEvent: String) { auditEvents(afterEvent: $afterEvent) { event { sequence } } }';

let server: TestServer;
let world: World;
let database: pg.Client;
let ahead = 0;
beforeEach(async () => {
  server = await startTestServer({ now: () => new Date(Date.now() + ahead) });
  world = await createWorld(server);
  database = new pg.Client({ connectionString: server.database.url });
  await database.connect();
});
afterEach(async () => {
  await database.end();
  await server.stop();
});

/** What is known of callers is asked afresh from now on. */
const aSecondLater = () => (ahead += 1_001);

const inBilling = () => customerWrites(world, { inboxId: world.ids.emailInbox });

/** Opens a stream from now on, and waits until it is open: a CURSOR frame says so. */
async function watch(client: ApiClient, filter: Record<string, unknown> = {}): Promise<Subscription> {
  const { conversations } = await client.ask('{ conversations(first: 1) { eventCursor } }');
  const stream = client.subscribe(CHANGES, { filter, afterEvent: conversations.eventCursor });
  await stream.until((frame) => frame.conversationChanges.changeType === 'CURSOR');
  return stream;
}

/** The conversations of everything that was delivered. */
const delivered = (stream: Subscription): string[] =>
  stream.frames.map((frame) => frame.conversationChanges.conversationId).filter((id) => id !== null);

const next = async (stream: Subscription) => (await stream.next()).conversationChanges;
const removed = (conversationId: string) => ({
  changeType: 'REMOVED',
  conversationId,
  changedFields: [],
  actor: null,
  occurredAt: null,
  conversation: null,
});

it('tells who loses sight the id alone, who gains it everything, and who never saw it nothing at all', async () => {
  const [admin, outsider, agent] = [await world.as('admin'), await world.as('outsider'), await world.as('agent')];
  const { conversationId } = await inBilling();
  const [losing, gaining] = [await watch(outsider), await watch(agent)];
  await admin.ask(ASSIGN, { input: { conversationId, teamId: world.ids.support } });
  expect(await next(losing)).toEqual(removed(conversationId));
  expect(await next(gaining)).toMatchObject({
    changeType: 'ADDED',
    conversationId,
    conversation: { id: conversationId, team: { id: world.ids.support } },
  });

  // From here on it is Support's alone: whatever happens to it, Billing hears nothing until its own next conversation.
  await admin.ask(SEND, { input: { conversationId, text: 'We are on it' } });
  await admin.ask(SET_STATUS, { input: { conversationId, status: 'RESOLVED' } });
  await customerWrites(world);
  const theirs = await inBilling();
  expect(await next(losing)).toMatchObject({ changeType: 'ADDED', conversationId: theirs.conversationId });
  expect(new Set(delivered(losing))).toEqual(new Set([conversationId, theirs.conversationId]));
  await Promise.all([losing.stop(), gaining.stop()]);
});

it('tells that a conversation has left the filter, and shows it again when it is back', async () => {
  const admin = await world.as('admin');
  const { conversationId } = await customerWrites(world);
  const stream = await watch(admin, { statuses: ['OPEN'] });
  await admin.ask(SET_STATUS, { input: { conversationId, status: 'RESOLVED' } });
  expect(await next(stream)).toEqual(removed(conversationId));
  await admin.ask(SET_STATUS, { input: { conversationId, status: 'OPEN' } });
  expect(await next(stream)).toMatchObject({ changeType: 'UPDATED', conversation: { status: 'OPEN' } });
  await stream.stop();
});

it('delivers nothing more once rights were taken away, and says where to go on from', async () => {
  const agent = await world.as('agent');
  const { conversationId } = await customerWrites(world);
  const stream = await watch(agent);
  await agent.ask(SEND, { input: { conversationId, text: 'one' } });
  await stream.next();
  await database.query('delete from inbox_member where agent_id = $1', [world.ids.agents.agent]);
  aSecondLater();
  await (await world.as('admin')).ask(SEND, { input: { conversationId, text: 'two' } });
  expect(await stream.end()).toMatchObject([
    { extensions: { code: 'RESYNC_REQUIRED', eventCursor: expect.stringMatching(/^[\w-]+$/) } },
  ]);
  expect(delivered(stream)).toEqual([conversationId]);
  await stream.stop();
});

it('ends the stream of the record when a supervisor stops being one', async () => {
  const supervisor = await world.as('supervisor');
  const { auditEvents } = await supervisor.ask('{ auditEvents(first: 1) { eventCursor } }');
  const stream = supervisor.subscribe(AUDIT, { afterEvent: auditEvents.eventCursor });
  await stream.until((frame) => frame.auditEvents.event === null);
  const { conversationId } = await customerWrites(world);
  await stream.next();
  await database.query('delete from team_supervisor where agent_id = $1', [world.ids.agents.supervisor]);
  aSecondLater();
  const { rows } = await database.query<{ last: number }>('select max(sequence)::int as last from record_entry');
  await (await world.as('admin')).ask(SET_STATUS, { input: { conversationId, status: 'RESOLVED' } });
  expect(await stream.end()).toMatchObject([{ extensions: { code: 'RESYNC_REQUIRED' } }]);
  const sequences = stream.frames.map((frame) => frame.auditEvents.event?.sequence ?? -1);
  expect(Math.max(...sequences)).toBeLessThanOrEqual(rows[0]!.last);
  await stream.stop();
});

it('closes the socket of an agent who was deactivated', async () => {
  const agent = await world.as('agent');
  const stream = await watch(agent);
  await database.query('update agent set active = false where id = $1', [world.ids.agents.agent]);
  aSecondLater();
  await customerWrites(world);
  await stream.end();
  await stream.stop();
  expect(delivered(stream)).toEqual([]);
});

it('decides again what a slow reader has not taken yet, with the rights of then', async () => {
  const agent = await world.as('agent');
  const principal = await server.app.principals.authenticate(agent.credential!);
  const call = { app: server.app, principal, request: { id: newId(), ipAddress: null, userAgent: null } };
  const stream = await conversationChanges(call, {}, null);
  const first = stream.next();
  await Promise.all(Array.from({ length: 20 }, () => customerWrites(world)));
  expect((await first).value).toMatchObject({ changeType: 'ADDED' });
  await stream.next();
  await database.query('delete from inbox_member where agent_id = $1', [world.ids.agents.agent]);
  await database.query('delete from team_member where agent_id = $1', [world.ids.agents.agent]);
  ahead += 60_000;
  await expect(
    (async () => {
      // The rest of an event of which a part is delivered may still come, and no more.
      for (let taken = 0; taken < 3; taken += 1) await stream.next();
    })(),
  ).rejects.toMatchObject({ code: 'RESYNC_REQUIRED' });
  expect(server.app.tails.size).toBe(0);
});
