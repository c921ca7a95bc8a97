import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Conversation } from '../../src/entities/conversation.js';
import { audienceOf } from '../../src/services/audience.js';
import { conversationSight, covers } from '../../src/services/policy.js';
import type { Principal } from '../../src/services/principal.js';
import { newId } from '../../src/services/ids.js';
import { findAction } from '../../src/services/record/actions.js';
import { readAfter } from '../../src/services/record/read.js';
import { conversationChanges } from '../../src/services/streams/conversation-changes.js';
import { cursorAfter, decodeCursor } from '../../src/services/streams/cursor.js';
import type { ApiClient } from '../support/client.js';
import { ADD_LABELS, REMOVE_LABELS } from '../security/details.js';
import { ASSIGN, customerWrites, offer, SEND, SET_STATUS } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { Executions } from './executions.js';
import { RawSocket } from './raw-socket.js';

const CHANGES = `subscription($statuses: [ConversationStatus!], $afterEvent: String) {
  conversationChanges(filter: { statuses: $statuses }, afterEvent: $afterEvent) {
    changeType cursor conversationId conversation { id status } } }`;
const PEOPLE = ['admin', 'supervisor', 'agent', 'colleague', 'outsider'] as const;
const KEYS = ['all', 'read', 'feed', 'bot'] as const;

let server: TestServer;
let world: World;
beforeAll(async () => {
  const plenty = String(Number.MAX_SAFE_INTEGER);
  server = await startTestServer({ env: { COST_BUCKET_POINTS: plenty, COST_REFILL_PER_SECOND: plenty } });
  world = await createWorld(server);
});
afterAll(() => server.stop());

/** What one event is for one caller: a frame for each conversation, in any order, of which the last moves the cursor. */
interface Told {
  frames: string[];
  cursor: string;
  movesEarly: boolean;
}

/** One of many callers with the same document, and what the policy says that they must get. */
class Member {
  readonly expected: Told[] = [];
  #shown = 0;

  private constructor(
    readonly name: string,
    private readonly principal: Principal,
    private readonly statuses: readonly string[] | null,
    private readonly socket: RawSocket,
  ) {}

  static async open(name: string, client: ApiClient, statuses: string[] | null, afterEvent: string): Promise<Member> {
    const principal = await server.app.principals.authenticate(client.credential!);
    const socket = await RawSocket.signedIn(server.url, client.credential!);
    socket.subscribe('1', CHANGES, { statuses, afterEvent });
    await socket.until(({ payload }) => payload?.data?.conversationChanges.changeType === 'CURSOR');
    return new Member(name, principal, statuses, socket);
  }

  get #frames(): {
    changeType: string;
    cursor: string;
    conversationId: string;
    conversation: { status: string } | null;
  }[] {
    return this.socket.messages
      .flatMap(({ payload }) => payload?.data?.conversationChanges ?? [])
      .filter(({ changeType }) => changeType !== 'CURSOR');
  }

  /** Whether there are as many frames as there must be. */
  get isComplete(): boolean {
    return this.#frames.length >= this.#shown;
  }

  /** What came, event by event as it was expected, and whatever came besides. */
  get seen(): Told[] {
    const frames = this.#frames;
    const told = (some: typeof frames, last: string): Told => ({
      frames: some.map((frame) => shown(frame.changeType, frame.conversationId, frame.conversation?.status)).toSorted(),
      cursor: some.at(-1)?.cursor ?? 'none',
      movesEarly: some.slice(0, -1).some((frame) => sequenceOf(frame.cursor) >= sequenceOf(last)),
    });
    const events = this.expected.map((event) => told(frames.splice(0, event.frames.length), event.cursor));
    return frames.length > 0 ? [...events, told(frames, frames[0]!.cursor)] : events;
  }

  /** The rule in its plainest form: over one event, the conversations as they are now, and one caller. */
  expect(row: Row, conversations: readonly ConversationNow[]): void {
    const sight = conversationSight(this.principal);
    const could = covers(sight, row.audience ?? []);
    const frames = conversations.flatMap((conversation) => {
      const sees = covers(sight, audienceOf(conversation));
      if (!sees || (this.statuses && !this.statuses.includes(conversation.status))) {
        return could ? [shown('REMOVED', conversation.id, undefined)] : [];
      }
      const isNew = row.action === 'conversation.created' || (!could && row.conversationId !== null);
      return [shown(isNew ? 'ADDED' : 'UPDATED', conversation.id, conversation.status)];
    });
    if (frames.length === 0) return;
    this.#shown += frames.length;
    this.expected.push({ frames: frames.toSorted(), cursor: cursorAfter(row, 1), movesEarly: false });
  }

  async close(): Promise<void> {
    this.socket.ws.close();
    await this.socket.closed;
  }
}
const shown = (changeType: string, id: string, status: string | undefined) => `${changeType} ${id} ${status ?? '-'}`;
const sequenceOf = (cursor: string) => decodeCursor(cursor).sequence;
type Row = Awaited<ReturnType<typeof readAfter>>[number];
type ConversationNow = Awaited<ReturnType<typeof conversationsById>> extends Map<string, infer C> ? C : never;

const conversationsById = async (ids: readonly string[]) =>
  new Map((await server.app.db.byIds(Conversation, world.ids.workspace, ids)).map((row) => [row.id, row]));

/** What each must get of what was written after a sequence, now that nothing is being written. */
async function expectOf(members: readonly Member[], after: number): Promise<number> {
  const { app } = server;
  const rows = await readAfter(app.db, world.ids.workspace, after, 1_000);
  const changing = rows.filter(({ action }) => findAction(action!)?.streams?.includes('conversation'));
  const all = await conversationsById(conversationIds);
  for (const row of changing) {
    const changed = row.conversationId
      ? [all.get(row.conversationId)!]
      : [...all.values()].filter(({ contactId }) => contactId === row.contactId);
    for (const member of members) member.expect(row, changed);
  }
  return rows.at(-1)?.sequence ?? after;
}

let conversationIds: string[] = [];
let runs = 0;

const person = fc.constantFrom(...PEOPLE);
const which = fc.nat({ max: 20 });
const act = fc.oneof(
  fc.record({ do: fc.constant('write' as const), inbox: fc.boolean(), customer: fc.nat({ max: 1 }) }),
  fc.record({
    do: fc.constant('assign' as const),
    which,
    team: fc.constantFrom('support', 'billing', null),
    to: fc.option(person),
  }),
  fc.record({ do: fc.constant('offer' as const), which, to: person }),
  fc.record({ do: fc.constant('send' as const), which }),
  // Every customer has a conversation in each inbox, by and by.
  fc.record({ do: fc.constant('label' as const), which, add: fc.boolean() }),
  fc.record({ do: fc.constant('status' as const), which, status: fc.constantFrom('OPEN', 'PENDING', 'RESOLVED') }),
);
/** In place of a number: the newest conversation. */
const LAST = -1;
type Act = typeof act extends fc.Arbitrary<infer A> ? A : never;

async function perform(one: Act): Promise<void> {
  const { ids } = world;
  const admin = await world.as('admin');
  if (one.do === 'write' || conversationIds.length === 0) {
    const inboxId = one.do === 'write' && one.inbox ? ids.inbox : ids.emailInbox;
    const name = `customer ${runs} ${one.do === 'write' ? one.customer : 0}`;
    const { conversationId } = await customerWrites(world, { inboxId, contact: { address: name, externalId: name } });
    if (!conversationIds.includes(conversationId)) conversationIds.push(conversationId);
    return;
  }
  const conversationId = conversationIds.at(one.which === LAST ? -1 : one.which % conversationIds.length)!;
  if (one.do === 'label') {
    const [row] = (await conversationsById([conversationId])).values();
    const input = { contactId: row!.contactId, labelIds: [ids.labels.vip] };
    await admin.ask(one.add ? ADD_LABELS : REMOVE_LABELS, { input });
  } else if (one.do === 'send') await admin.ask(SEND, { input: { conversationId, text: 'Hello' } });
  else if (one.do === 'status') await admin.ask(SET_STATUS, { input: { conversationId, status: one.status } });
  else if (one.do === 'assign') {
    const teamId = one.team && ids[one.team];
    await admin.ask(ASSIGN, { input: { conversationId, teamId, assigneeId: one.to && ids.agents[one.to] } });
  } else {
    // A second offer, or one of a conversation that is over, is refused and changes nothing.
    await offer(world.withKey('all'), conversationId, { toAgentId: ids.agents[one.to] }).catch((error: unknown) => {
      if (!/CONFLICT/.test(String(error))) throw error;
    });
  }
}

it('gives everybody in a group exactly what the policy says of them alone', { timeout: 120_000 }, async () => {
  const executions = new Executions();
  let [given, made] = [0, 0];
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 8, maxLength: 14 }), async (acts) => {
      conversationIds = [];
      runs += 1;
      const { eventCursor } = (await world.withKey('all').ask('{ conversations(first: 1) { eventCursor } }'))
        .conversations;
      const clients = [
        ...(await Promise.all(PEOPLE.map(async (name) => [name, await world.as(name)] as const))),
        ...KEYS.map((name) => [name, world.withKey(name)] as const),
      ];
      const members = await Promise.all(
        clients.flatMap(([name, client]) => [
          Member.open(name, client, null, eventCursor),
          Member.open(`${name}, open`, client, ['OPEN', 'PENDING'], eventCursor),
        ]),
      );
      let at = decodeCursor(eventCursor).sequence;
      const before = executions.count;
      // One event of two conversations; and the last is seen by everybody, so that whatever came before it has come.
      const toAll: Act[] = [
        { do: 'write', inbox: false, customer: 2 },
        { do: 'write', inbox: true, customer: 2 },
        { do: 'label', which: LAST, add: true },
        { do: 'assign', which: LAST, team: 'support', to: 'outsider' },
      ];
      for (const one of [...acts, ...toAll]) {
        await perform(one);
        at = await expectOf(members, at);
        await expect.poll(() => members.every(({ isComplete }) => isComplete), { timeout: 8_000 }).toBe(true);
      }
      for (const { name, seen, expected } of members) expect({ name, seen }).toEqual({ name, seen: expected });
      given += members.reduce((sum, { seen }) => sum + seen.length, 0);
      made += executions.count - before;
      await Promise.all(members.map((member) => member.close()));
    }),
    { numRuns: 6, endOnFailure: true },
  );
  // They did share.
  expect(made).toBeLessThan(given);
  executions.restore();
});

it(
  'gives everybody who comes back in the same moment exactly what each would get alone',
  { timeout: 60_000 },
  async () => {
    const cursorNow = async (): Promise<string> =>
      (await world.withKey('all').ask('{ conversations(first: 1) { eventCursor } }')).conversations.eventCursor;
    conversationIds = [];
    runs += 1;
    const start = await cursorNow();
    for (const one of fc.sample(act, { seed: 7, numRuns: 40 })) await perform(one);
    const clients = [
      ...(await Promise.all(PEOPLE.map(async (name) => [name, await world.as(name)] as const))),
      ...KEYS.map((name) => [name, world.withKey(name)] as const),
    ];
    /** What the stream itself says, read by nobody else. */
    const alone = async (client: ApiClient): Promise<string[]> => {
      const principal = await server.app.principals.authenticate(client.credential!);
      const call = { app: server.app, principal, request: { id: newId(), ipAddress: null, userAgent: null } };
      const frames: string[] = [];
      for await (const { changeType, conversationId, conversation, cursor } of await conversationChanges(
        call,
        {},
        start,
      )) {
        if (changeType === 'CURSOR') break;
        frames.push(`${shown(changeType, conversationId!, conversation?.status)} ${cursor}`);
      }
      return frames;
    };
    const together = async (client: ApiClient): Promise<string[]> => {
      const socket = await RawSocket.signedIn(server.url, client.credential!);
      socket.subscribe('1', CHANGES, { statuses: null, afterEvent: start });
      await socket.until(({ payload }) => payload?.data?.conversationChanges.changeType === 'CURSOR');
      socket.ws.terminate();
      return socket.messages
        .flatMap(({ payload }) => payload?.data?.conversationChanges ?? [])
        .filter(({ changeType }) => changeType !== 'CURSOR')
        .map((frame) => `${shown(frame.changeType, frame.conversationId, frame.conversation?.status)} ${frame.cursor}`);
    };
    const executions = new Executions();
    const all = [...clients, ...clients, ...clients, ...clients];
    const got = await Promise.all(all.map(([, client]) => together(client)));
    // One for each says that it has caught up.
    const made = executions.count - all.length;
    executions.restore();
    const expected = await Promise.all(clients.map(([, client]) => alone(client)));
    expect(got).toEqual([...expected, ...expected, ...expected, ...expected]);
    expect(new Set(expected.map((frames) => frames.join())).size).toBeGreaterThanOrEqual(4);
    expect(made).toBeLessThan(got.flat().length * 0.75);
  },
);
