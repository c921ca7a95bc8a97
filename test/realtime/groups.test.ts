import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { decodeCursor } from '../../src/services/streams/cursor.js';
import { ASSIGN, customerWrites, SEND, SET_STATUS } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type Person, type World } from '../support/world.js';
import { STAR } from '../security/details.js';
import { Executions } from './executions.js';
import { CHANGES, conversationOfSupport, Followers, framesOf } from './followers.js';
import type { RawSocket, Message } from './raw-socket.js';

const OWN = CHANGES.replace('status', 'viewerState { starred } status');
const AUDIT = `subscription($afterEvent: String) { auditEvents(afterEvent: $afterEvent) {
  cursor event { sequence action ipAddress changes { field after redacted } } } }`;

let server: TestServer;
let world: World;
let other: World;
let ahead = 0;
beforeAll(async () => {
  server = await startTestServer({
    env: { WS_MAX_SOCKETS_PER_PRINCIPAL: '200' },
    now: () => new Date(Date.now() + ahead),
  });
  [world, other] = [await createWorld(server), await createWorld(server, 'other')];
});
afterAll(() => server.stop());

let executions: Executions;
const followers = new Followers();
beforeEach(() => {
  executions = new Executions();
});
afterEach(async () => {
  executions.restore();
  await followers.close();
});

it('executes each event once for fifty who follow alike, and gives it to each of them once, in order', async () => {
  const agent = await world.as('agent');
  const conversationId = await conversationOfSupport(world, agent);
  const key = world.withKey('all');
  const sockets = await Promise.all(Array.from({ length: 50 }, () => followers.follow(key)));
  await executions.settleAt(1, () => followers.answered(agent, conversationId, sockets));
  const texts: string[] = [];
  const count = await executions.during(async () => {
    for (let event = 0; event < 10; event += 1) texts.push(await followers.answered(agent, conversationId, sockets));
  });
  expect(count).toBe(10);
  const last = sockets.map((socket) => framesOf(socket).slice(-10));
  for (const frames of last) expect(frames).toEqual(last[0]);
  expect(last[0]!.map(({ conversation }) => conversation!.lastMessage.text)).toEqual(texts);
  expect(new Set(last[0]!.map(({ cursor }) => cursor)).size).toBe(10);
});

it('takes variables for the same in whatever order and from whatever event, and other values for others', async () => {
  const agent = await world.as('agent');
  const conversationId = await conversationOfSupport(world, agent);
  const key = world.withKey('all');
  const one = { statuses: ['OPEN', 'IN_PROGRESS'], pinned: false };
  const same = [await followers.follow(key, CHANGES, one)];
  await followers.answered(agent, conversationId, same);
  same.push(await followers.follow(key, CHANGES, { pinned: false, statuses: ['OPEN', 'IN_PROGRESS'] }));
  await executions.settleAt(1, () => followers.answered(agent, conversationId, same));
  // Another order in a list could mean something else, for all that anybody knows here.
  const others = [await followers.follow(key, CHANGES, { ...one, statuses: ['IN_PROGRESS', 'OPEN'] })];
  await executions.settleAt(2, () => followers.answered(agent, conversationId, [...same, ...others]));
});

it('never shows a workspace anything of another one with the same documents and variables', async () => {
  const sockets = await Promise.all([world, other].map(async (of) => followers.follow(of.withKey('all'))));
  const agents = await Promise.all([world, other].map((of) => of.as('agent')));
  const ids = await Promise.all(
    [world, other].map(async (of, index) => {
      const { conversationId } = await customerWrites(of);
      await agents[index]!.ask(SEND, { input: { conversationId, text: 'Hello' } });
      return conversationId;
    }),
  );
  for (let round = 0; round < 5; round += 1) {
    await Promise.all([0, 1].map((index) => followers.answered(agents[index]!, ids[index]!, [sockets[index]!])));
  }
  for (const index of [0, 1]) {
    const seen = new Set(framesOf(sockets[index]!).flatMap(({ conversationId }) => conversationId ?? []));
    expect(seen).toEqual(new Set([ids[index]]));
    expect(JSON.stringify(sockets[index]!.messages)).not.toContain(ids[1 - index]);
  }
});

it('tells each member of a group what it is to them: nothing, the whole, or that it is gone', async () => {
  const admin = await world.as('admin');
  const { conversationId } = await customerWrites(world, { inboxId: world.ids.emailInbox });
  const people = ['admin', 'agent', 'outsider'] as const;
  const sockets = await Promise.all(people.map(async (person) => followers.follow(await world.as(person))));
  const [all, support, billing] = sockets as [RawSocket, RawSocket, RawSocket];
  const last = (socket: RawSocket) => framesOf(socket).at(-1)!;
  await admin.ask(ASSIGN, { input: { conversationId, teamId: world.ids.support } });
  const about = ({ payload }: Message) => payload?.data?.conversationChanges?.conversationId === conversationId;
  await Promise.all(sockets.map((socket) => socket.until(about)));
  expect(last(all)).toMatchObject({ changeType: 'UPDATED', conversation: { status: 'OPEN' } });
  expect(last(support)).toMatchObject({ changeType: 'ADDED', conversation: { status: 'OPEN' } });
  expect(last(billing)).toEqual({
    changeType: 'REMOVED',
    conversationId,
    conversation: null,
    cursor: last(all).cursor,
  });
  await admin.ask(SET_STATUS, { input: { conversationId, status: 'RESOLVED' } });
  const resolved = ({ payload }: Message) => payload?.data?.conversationChanges?.conversation?.status === 'RESOLVED';
  await Promise.all([all, support].map((socket) => socket.until(resolved)));
  const { conversationId: theirs } = await customerWrites(world, { inboxId: world.ids.emailInbox });
  await billing.until(({ payload }) => payload?.data?.conversationChanges?.conversationId === theirs);
  expect(framesOf(billing).filter((frame) => frame.conversationId === conversationId)).toHaveLength(1);
});

it('never gives who may not read contacts what those who may get of the same event', async () => {
  const agent = await world.as('agent');
  const query = CHANGES.replace('status', 'status contact { displayName }');
  const keys = ['all', 'read'] as const;
  // In both orders, so that each of them is the first of its group once.
  for (const order of [keys, keys.toReversed()]) {
    const sockets: RawSocket[] = [];
    for (const key of order) sockets.push(await followers.follow(world.withKey(key), query));
    const { conversationId } = await customerWrites(world, {
      inboxId: world.ids.inbox,
      contact: { address: `${order[0]}@example.test`, email: `${order[0]}@example.test` },
    });
    await agent.ask(SEND, { input: { conversationId, text: 'Hello' } });
    for (let event = 0; event < 5; event += 1) await followers.answered(agent, conversationId, sockets);
    const texts = sockets.map((socket) => JSON.stringify(socket.messages));
    expect(texts.map((text) => text.includes('@example.test'))).toEqual(order.map((key) => key === 'all'));
    for (const { ws } of sockets) ws.terminate();
  }
});

it('executes what is the viewer’s own for each viewer, and everything else once', async () => {
  const agent = await world.as('agent');
  const colleague = await world.as('colleague');
  const conversationId = await conversationOfSupport(world, agent);
  await agent.ask(STAR, { input: { conversationId } });
  const shared = [await followers.follow(agent), await followers.follow(colleague)];
  const own = [
    await followers.follow(agent, OWN),
    await followers.follow(agent, OWN),
    await followers.follow(colleague, OWN),
  ];
  await executions.settleAt(3, () => followers.answered(agent, conversationId, [...shared, ...own]));
  expect(own.map((socket) => framesOf(socket).at(-1)!.conversation!.viewerState)).toEqual([
    { starred: true },
    { starred: true },
    { starred: false },
  ]);
  // A filter that asks who the viewer is makes the rest their own too.
  const unread = [
    await followers.follow(agent, CHANGES, { unread: false }),
    await followers.follow(colleague, CHANGES, { unread: true }),
  ];
  await executions.settleAt(5, () => followers.answered(agent, conversationId, [...shared, ...own]));
  const last = () => unread.map((socket) => framesOf(socket).at(-1)!.changeType);
  await expect.poll(last, { timeout: 5_000 }).toEqual(['REMOVED', 'UPDATED']);
});

it('never gives a reader of masked events what those who may read all of them get', async () => {
  const people: Person[] = ['admin', 'auditor', 'supervisor'];
  const sockets = await Promise.all(
    people.map(async (person) => {
      const client = await world.as(person);
      const socket = await followers.connect(client);
      const { auditEvents } = await client.ask('{ auditEvents(first: 1) { eventCursor } }');
      socket.subscribe('1', AUDIT, { afterEvent: auditEvents.eventCursor });
      await socket.until(({ payload }) => payload?.data?.auditEvents.event === null);
      return socket;
    }),
  );
  const agent = await world.as('agent');
  const { conversationId } = await customerWrites(world, {
    contact: { address: 'masked', email: 'masked@example.test' },
  });
  for (let round = 0; round < 3; round += 1)
    await agent.ask(SEND, { input: { conversationId, text: `round ${round}` } });
  await agent.ask(SET_STATUS, { input: { conversationId, status: 'RESOLVED' } });
  type Event = { sequence: number; action: string; ipAddress: string | null };
  const isResolved = ({ payload }: Message) => payload?.data?.auditEvents?.event?.action === 'conversation.resolved';
  await Promise.all(sockets.map((socket) => socket.until(isResolved)));
  const [admin, auditor, supervisor] = sockets.map(({ messages }) =>
    messages.flatMap(({ payload }): Event[] => payload?.data?.auditEvents?.event ?? []),
  ) as [Event[], Event[], Event[]];
  const bySequence = new Map(admin.map((event) => [event.sequence, event]));
  expect(auditor.filter(({ sequence }) => bySequence.has(sequence))).toEqual(
    admin.filter(({ sequence }) => auditor.some((event) => event.sequence === sequence)),
  );
  const sent = (events: Event[]) => events.filter(({ action }) => action === 'message.sent');
  expect(sent(admin)).toHaveLength(3);
  expect(sent(admin).every(({ ipAddress }) => ipAddress === '127.0.0.1')).toBe(true);
  expect(sent(supervisor)).toHaveLength(3);
  expect(supervisor.every(({ ipAddress }) => ipAddress === null)).toBe(true);
  expect(JSON.stringify(admin)).toContain('masked@example.test');
  expect(JSON.stringify(sockets[2]!.messages)).not.toContain('masked@example.test');
});

it('keeps quiet members where the log is, at least every thirty seconds', async () => {
  const agent = await world.as('agent');
  const conversationId = await conversationOfSupport(world, agent);
  const [busy, quiet] = [await followers.follow(agent), await followers.follow(await world.as('outsider'))];
  await executions.settleAt(1, () => followers.answered(agent, conversationId, [busy]));
  const cursors = () => framesOf(quiet).filter(({ changeType }) => changeType === 'CURSOR');
  expect(cursors()).toHaveLength(1);
  const before = framesOf(busy).at(-1)!;
  ahead += 30_001;
  await followers.answered(agent, conversationId, [busy]);
  await expect.poll(() => cursors().length, { timeout: 5_000 }).toBe(2);
  // It comes with the first event since then, which may be one that the node itself recorded, such as who is there.
  const at = ({ cursor }: { cursor: string }) => decodeCursor(cursor).sequence;
  const { eventCursor } = (await agent.ask('{ conversations(first: 1) { eventCursor } }')).conversations;
  expect(at(cursors().at(-1)!)).toBeGreaterThan(at(before));
  expect(at(cursors().at(-1)!)).toBeLessThanOrEqual(at({ cursor: eventCursor }));
  await followers.answered(agent, conversationId, [busy]);
  expect(cursors()).toHaveLength(2);
});
