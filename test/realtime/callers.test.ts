import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { ApiKey } from '../../src/entities/api-key.js';
import { PrincipalCache } from '../../src/services/accounts/principals.js';
import type { Database } from '../../src/services/database.js';
import { newId } from '../../src/services/ids.js';
import type { Principal } from '../../src/services/principal.js';
import { conversationChanges } from '../../src/services/streams/conversation-changes.js';
import { ApiClient } from '../support/client.js';
import { customerWrites, SEND } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { RawSocket } from './raw-socket.js';
import { takeSeats, type Seat } from './seats.js';

let server: TestServer;
let world: World;
let owner: pg.Pool;
let ahead = 0;
beforeAll(async () => {
  server = await startTestServer({ now: () => new Date(Date.now() + ahead) });
  world = await createWorld(server);
  owner = new pg.Pool({ connectionString: server.database.url, max: 1 });
});
afterAll(async () => {
  await owner.end();
  await server.stop();
});

/** A cache over the real database with a clock of its own, and how many statements it has sent since it was asked. */
function countingCache() {
  const { db, tokens } = server.app;
  const rows = vi.fn<Database['rows']>((statement) => db.rows(statement));
  const asApplication = vi.fn<Database['asApplication']>(async () => []);
  const counting = { rows, asApplication } as unknown as Database;
  const clock = { now: Date.now() };
  const cache = new PrincipalCache(counting, tokens, () => new Date(clock.now));
  return { cache, clock, statements: () => rows.mock.calls.splice(0).length };
}

let seats: Seat[];
beforeEach(async () => {
  const kinds = Array.from({ length: 20 }, () => ['inboxMember', 'reader'] as const).flat();
  seats = await takeSeats(server, world, owner, kinds);
});

it('asks about everybody who is there with one statement for people and one for keys, every half a second at the most', async () => {
  const { cache, clock, statements } = countingCache();
  const principals = await Promise.all(seats.map(({ credential }) => cache.authenticate(credential)));
  statements();
  const askAll = () => Promise.all(principals.map((principal) => cache.current(principal)));
  for (let time = 0; time < 3; time += 1) {
    clock.now += 500;
    await askAll();
    await askAll();
    expect(statements()).toBe(2);
  }
  clock.now += 499;
  expect(await askAll()).toEqual(principals);
  expect(statements()).toBe(0);
});

it('looks a key up once, and then asks about it like about everybody', async () => {
  const { cache, clock, statements } = countingCache();
  const { credential, id } = seats[1]!;
  const principal = await cache.authenticate(credential);
  expect(statements()).toBe(2);
  expect(await cache.authenticate(credential)).toBe(principal);
  expect(statements()).toBe(0);
  clock.now += 500;
  expect(await cache.authenticate(credential)).toEqual(principal);
  expect(statements()).toBe(1);
  await owner.query('update api_key set revoked_at = now() where id = $1', [id]);
  clock.now += 500;
  await expect(cache.authenticate(credential)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  await expect(cache.authenticate(`${credential.slice(0, -1)}_`)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

it('lets each hear only of their own end, whoever it was asked for', async () => {
  const { cache, clock } = countingCache();
  const principals = await Promise.all(seats.map(({ credential }) => cache.authenticate(credential)));
  await owner.query('update agent set active = false where id = $1', [seats[0]!.id]);
  await owner.query('update api_key set revoked_at = now() where id = $1', [seats[1]!.id]);
  await owner.query('delete from inbox_member where agent_id = $1', [seats[2]!.id]);
  clock.now += 500;
  const answers = await Promise.allSettled(principals.toReversed().map((principal) => cache.current(principal)));
  const told = answers.toReversed().map((answer) => (answer.status === 'fulfilled' ? answer.value : answer.reason));
  expect(told.slice(0, 2)).toMatchObject([{ code: 'UNAUTHENTICATED' }, { code: 'UNAUTHENTICATED' }]);
  expect(told[2]).toEqual({ ...principals[2], inboxIds: [] });
  expect(told.slice(3)).toEqual(principals.slice(3));
});

it('does not go on asking about those who have left', async () => {
  const { cache, clock, statements } = countingCache();
  const principals = await Promise.all(seats.map(({ credential }) => cache.authenticate(credential)));
  const person = principals[0]!;
  const keysWereAsked: boolean[] = [];
  for (let time = 0; time < 3; time += 1) {
    statements();
    clock.now += 500;
    await cache.current(person);
    keysWereAsked.push(statements() === 2);
  }
  expect(keysWereAsked).toEqual([true, false, false]);
});

it('asks nobody’s rights again because somebody else has signed out', async () => {
  const [staying, leaving] = [seats[0]!, seats[2]!];
  const asked = vi.spyOn(server.app.principals, 'fresh');
  const watching = await RawSocket.signedIn(server.url, staying.credential);
  const gone = await RawSocket.signedIn(server.url, leaving.credential);
  await (
    await world.as('admin')
  )
    .at(server.url)
    .ask('mutation($input: RevokeSessionInput!) { revokeSession(input: $input) { sessionId } }', {
      input: { sessionId: leaving.sessionId },
    });
  expect((await gone.closed).code).toBe(4401);
  const sessions = asked.mock.calls.map(([principal]: [Principal]) => principal.sessionId);
  expect(sessions).toContain(leaving.sessionId);
  expect(sessions).not.toContain(staying.sessionId);
  asked.mockRestore();
  watching.ws.close();
});

const callOf = async ({ credential }: Pick<ApiClient, 'credential'>) => ({
  app: server.app,
  principal: await server.app.principals.authenticate(credential!),
  request: { id: newId(), ipAddress: null, userAgent: null },
});

it('sends no frame whose reader has lost the right to it while it was being made', async () => {
  const { conversationId } = await customerWrites(world, { inboxId: world.ids.emailInbox });
  const reader = new ApiClient(server.url, seats[0]!.credential);
  const stream = await reader
    .subscribe('subscription { conversationChanges { conversationId actor { displayName } } }')
    .connected();
  const { db } = server.app;
  const [asked, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const byIds = db.byIds.bind(db);
  const loading = vi.spyOn(db, 'byIds').mockImplementation(async (entity, workspaceId, ids) => {
    if ((entity as unknown) === ApiKey) {
      asked.resolve();
      await goOn.promise;
    }
    return byIds(entity, workspaceId, ids);
  });
  await world.withKey('all').ask(SEND, { input: { conversationId, text: 'For members alone' } });
  await asked.promise;
  await owner.query('delete from inbox_member where agent_id = $1', [seats[0]!.id]);
  ahead += 501;
  goOn.resolve();
  expect(await stream.end()).toMatchObject([{ extensions: { code: 'RESYNC_REQUIRED' } }]);
  expect(stream.frames).toEqual([]);
  loading.mockRestore();
  await stream.stop();
  await vi.waitFor(() => expect(server.app.tails.size).toBe(0));
});

it('gives what an event did to other conversations to whoever left after the first of its frames', async () => {
  const contact = { address: 'somebody', externalId: 'somebody' };
  const both = [
    await customerWrites(world, { inboxId: world.ids.emailInbox, contact }),
    await customerWrites(world, { contact }),
  ].map(({ conversationId }) => conversationId);
  const admin = await world.as('admin');
  const { conversation } = await admin.ask('query($id: ID!) { conversation(id: $id) { contact { id } } }', {
    id: both[0],
  });
  const call = await callOf(admin);
  const { conversations } = await admin.ask('{ conversations(first: 1) { eventCursor } }');
  await admin.ask('mutation($input: AddLabelsInput!) { addLabels(input: $input) { contact { id } } }', {
    input: { contactId: conversation.contact.id, labelIds: [world.ids.labels.vip] },
  });
  /** The frames after a cursor, and where it goes on after each. */
  const framesAfter = async (afterEvent: string) => {
    const frames: { conversationId: string | null; cursor: string }[] = [];
    for await (const { conversationId, cursor } of await conversationChanges(call, {}, afterEvent)) {
      if (conversationId === null) break;
      frames.push({ conversationId, cursor });
    }
    return frames;
  };
  const frames = await framesAfter(conversations.eventCursor);
  expect(frames.map(({ conversationId }) => conversationId).toSorted()).toEqual(both.toSorted());
  expect(await framesAfter(frames[0]!.cursor)).toEqual(frames);
  expect(await framesAfter(frames[1]!.cursor)).toEqual([]);
});
