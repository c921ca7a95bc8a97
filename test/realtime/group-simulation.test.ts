import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { buildSchema, parse } from 'graphql';
import { expect, it, vi } from 'vitest';
import type { Execution } from '../../src/resolvers/transport/execution.js';
import { Following } from '../../src/resolvers/transport/following.js';
import type { Frame, Outlet, Pushed } from '../../src/resolvers/transport/frame.js';
import { LiveGroups } from '../../src/resolvers/transport/live-groups.js';
import type { Call } from '../../src/services/application.js';
import { systemPrincipal, type Principal } from '../../src/services/principal.js';
import type { RecordHeadRow, RecordRow } from '../../src/services/record/read.js';
import { Slots } from '../../src/services/slots.js';
import { decodeCursor, encodeCursor } from '../../src/services/streams/cursor.js';
import { openSharedStream } from '../../src/services/streams/open-stream.js';
import { MAX_DECISION_AGE_MS } from '../../src/services/streams/pull-stream.js';
import type { Delivered, StreamDefinition } from '../../src/services/streams/stream-definition.js';
import { Tails } from '../../src/services/streams/tails.js';
import { OneBus } from './one-bus.js';
import { beginsEvent, dataOf, LONG, partsOf, type Part } from './simulated-frames.js';

/** The log in memory, in PostgreSQL's place. */
const log: { rows: RecordRow[]; answer: <T>(value: T) => Promise<T> } = { rows: [], answer: async (value) => value };
vi.mock('../../src/services/record/read.js', async (original) => ({
  ...(await original<object>()),
  readAfter: (_db: unknown, _workspace: string, after: number, limit: number) =>
    log.answer(log.rows.slice(after + 1, after + 1 + limit)),
  readHeads: (_db: unknown, [workspaceId]: string[]) =>
    log.answer<RecordHeadRow[]>([
      { workspaceId: workspaceId!, epoch: 1, size: log.rows.length, lastLeafHash: log.rows.at(-1)?.leafHash ?? null },
    ]),
  readLeafHash: (_db: unknown, _workspace: string, sequence: number) =>
    log.answer(log.rows[sequence]?.leafHash ?? null),
}));

const WORKSPACE = '01890000-0000-7000-8000-000000000000';
const rowAt = (sequence: number): RecordRow =>
  ({ sequence, leafHash: createHash('sha256').update(String(sequence)).digest() }) as RecordRow;
const cursorAt = (sequence: number): string =>
  encodeCursor({ epoch: 1, sequence, tag: log.rows[sequence]?.leafHash.subarray(0, 8) ?? Buffer.alloc(8) });

const schema = buildSchema('type Query { a: Int } type Subscription { s(afterEvent: String): Int }');
const document = parse('subscription($a: String) { s(afterEvent: $a) }');

/** Takes frames at a pace of its own, leaves, and comes back. */
class Client implements Outlet {
  /** What came, each as its event and its place in it. */
  readonly seen: [number, number][] = [];
  /** By which way frames came, and how often it fell behind. */
  readonly ways = { sent: 0, pushed: 0, behind: 0, late: 0 };
  /** When what came too late was decided; nothing else that was decided with it may come. */
  #lateSince = -1;
  readonly start: number;
  #cursor: string;
  #following: Promise<Following> | null = null;
  #leaving: Promise<void> | null = null;
  #gone = true;
  /** What is not yet taken of what was pushed; more than a little of it is too much. */
  #waiting = 0;
  #drained: (() => void)[] = [];

  constructor(
    private readonly call: Call,
    private readonly definition: StreamDefinition<Part, Loaded>,
    private readonly groups: LiveGroups,
    private readonly execution: Execution,
    private readonly leaves: <T>(value: T) => Promise<T>,
    /** How many frames it may have waiting. */
    private readonly patience: number,
  ) {
    this.start = log.rows.length - 1;
    this.#cursor = cursorAt(this.start);
  }

  get sees(): boolean {
    return this.call.principal.scopes.includes('CONVERSATIONS_READ');
  }

  get expected(): [number, number][] {
    return log.rows
      .slice(this.start + 1)
      .flatMap(({ sequence }) => partsOf(sequence, this.sees).map((part): [number, number] => [sequence, part]));
  }

  follow(): void {
    this.#following ??= this.#open();
  }

  /** Who is leaving already leaves once: it must not take the next following with it. */
  leave(): Promise<void> {
    return (this.#leaving ??= this.#leave().finally(() => (this.#leaving = null)));
  }

  async #leave(): Promise<void> {
    const following = await this.#following;
    this.#gone = true;
    this.#waiting = 0;
    await following?.return();
    this.#following = null;
  }

  async #open(): Promise<Following> {
    const stream = await openSharedStream(this.call, this.#cursor, this.definition);
    const operation = { document, operationName: null, variables: { a: this.#cursor }, key: 's' };
    const following = new Following(stream, operation, this, this.execution, this.groups);
    this.#gone = false;
    void following.next();
    return following;
  }

  /** Takes all that was pushed. */
  take(): void {
    this.#waiting = 0;
    for (const resolve of this.#drained.splice(0)) resolve();
  }

  async send(frames: readonly Frame[]): Promise<void> {
    this.ways.sent += frames.length;
    const { stream } = (await this.#following)!;
    const isLate = stream.call.app.now().getTime() - stream.decidedAt > MAX_DECISION_AGE_MS;
    // The rest of an event that has begun to arrive comes whatever happens; no other event does.
    if (isLate && beginsEvent(frames[0]!)) {
      expect(stream.decidedAt).not.toBe(this.#lateSince);
      this.ways.late += 1;
    }
    if (isLate) this.#lateSince = stream.decidedAt;
    for (const frame of frames) this.#note(frame);
    await this.leaves(null);
  }

  push(frames: readonly Frame[]): Pushed {
    for (const [index, frame] of frames.entries()) {
      this.ways.pushed += 1;
      this.#note(frame);
      this.#waiting += 1;
      if (this.#waiting <= this.patience) continue;
      this.ways.behind += 1;
      return { sent: index + 1, behind: true };
    }
    return { sent: frames.length, behind: false };
  }

  drained(): Promise<void> {
    return this.#waiting === 0 ? Promise.resolve() : new Promise((resolve) => this.#drained.push(resolve));
  }

  #note(frame: Frame): void {
    // Whoever has left is given nothing more.
    expect(this.#gone).toBe(false);
    const data = dataOf(frame);
    expect(decodeCursor(data.cursor).sequence).toBeGreaterThanOrEqual(decodeCursor(this.#cursor).sequence);
    // What comes again after leaving in the middle of an event has come already, for who goes on by cursors.
    const before = this.seen.findLastIndex(([sequence]) => sequence <= decodeCursor(this.#cursor).sequence);
    this.#cursor = data.cursor;
    if (!('sequence' in data)) return;
    if (data.part === 0 && this.seen.at(-1)?.[0] === data.sequence) this.seen.splice(before + 1);
    this.seen.push([data.sequence, data.part]);
  }
}

const client = fc.nat({ max: 3 });
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 1, max: 9 }) }) },
  // More than is made at once, and more than a replay reads at once.
  { weight: 3, arbitrary: fc.record({ do: fc.constant('append' as const), count: fc.constantFrom(20, 30, 130) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('follow' as const), client }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('take' as const), client }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('leave' as const), client }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('time' as const), passes: fc.constantFrom(499, 751, 30_001) }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('turns' as const), count: fc.constantFrom(1, 3, 10, 60) }) },
);
const SEEDS = Number(process.env['SEEDS'] ?? 300);

it(
  'gives everybody in a group each frame once and in order, however they join, fall behind, leave and return',
  async () => {
    const taken = { sent: 0, pushed: 0, behind: 0, late: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(step, { minLength: 10, maxLength: 60 }),
        async (scheduler, schedule) => {
          log.rows = [0, 1, 2].map(rowAt);
          const late = <T>(value: T): Promise<T> => scheduler.schedule(Promise.resolve(value));
          log.answer = late;
          let clock = 0;
          const bus = new OneBus();
          const warn = vi.fn<() => void>();
          const tails = new Tails({} as never, bus, { warn } as never);
          const app = {
            tails,
            replays: new Slots(2, 100),
            principals: {
              current: async (one: unknown) => one,
              known: (one: unknown) => (clock % 2 === 0 ? one : null),
            },
            now: () => new Date(clock),
          };
          const execution = {
            schema,
            run: (_operation: unknown, _context: unknown, event: Part) => late({ data: event }),
          } as unknown as Execution;
          const definition: StreamDefinition<Part, Loaded> = {
            perViewer: false,
            needsContent: false,
            load: async (_call, events) =>
              late(
                events.map(({ sequence }) => ({
                  sequence,
                  frames: partsOf(sequence, true).map((part) => ({
                    sequence,
                    frame: (cursor: string) => ({
                      sequence,
                      part,
                      cursor,
                      ...(sequence % 10 < 2 ? { text: LONG } : {}),
                    }),
                  })),
                })),
              ),
            decide: (loaded, reader) =>
              loaded.flatMap(({ sequence, frames }) =>
                frames.slice(0, partsOf(sequence, reader.conversations.everything).length),
              ),
            cursorFrame: (cursor) => ({ cursor }),
          };
          const groups = new LiveGroups(execution);
          // Two callers of one kind who see different things.
          const principals = ['1', '2'].map((apiKeyId): Principal => ({
            ...systemPrincipal(WORKSPACE),
            kind: 'API_KEY',
            id: apiKeyId,
            apiKeyId,
            scopes: apiKeyId === '1' ? ['CONVERSATIONS_READ'] : ['AUDIT_READ'],
          }));
          const clients = Array.from({ length: 4 }, (_, index) => {
            const call = { app, principal: principals[index % 2]!, request: {} } as unknown as Call;
            return new Client(call, definition, groups, execution, late, index < 2 ? 2 : 50);
          });
          const turn = async () => {
            await new Promise(setImmediate);
            if (scheduler.count() > 3) void scheduler.waitOne();
            if (scheduler.count() > 0) await scheduler.waitOne();
          };
          const append = (count: number) => {
            for (let index = 0; index < count; index += 1) log.rows.push(rowAt(log.rows.length));
            bus.ring('', { sequence: log.rows.length - 1, count });
          };
          // Most of them are there when it begins.
          for (const one of clients.slice(1)) one.follow();
          for (let count = 0; count < 40; count += 1) await turn();
          for (const action of schedule) {
            if (action.do === 'append') append(action.count);
            else if (action.do === 'follow') clients[action.client]!.follow();
            else if (action.do === 'take') clients[action.client]!.take();
            else if (action.do === 'leave') void clients[action.client]!.leave();
            else if (action.do === 'time') clock += action.passes;
            else for (let count = 0; count < action.count; count += 1) await turn();
            await turn();
          }
          // In the end everybody is there and takes what comes.
          const wanted = clients.map(({ expected }) => expected.length);
          const isLate = () => clients.some(({ seen }, index) => seen.length < wanted[index]!);
          for (let turns = 0; isLate() && turns < 5_000; turns += 1) {
            for (const one of clients) {
              one.follow();
              one.take();
            }
            for (let count = 0; count < 8; count += 1) await turn();
          }
          for (const one of clients) expect(one.seen).toEqual(one.expected);
          for (const { ways } of clients) {
            taken.sent += ways.sent;
            taken.pushed += ways.pushed;
            taken.behind += ways.behind;
            taken.late += ways.late;
          }
          const left = Promise.all(clients.map((one) => one.leave()));
          while (scheduler.count() > 0 || tails.size > 0) await turn();
          await left;
          await tails.close();
          expect(warn).not.toHaveBeenCalled();
        },
      ),
      // To make one that fails shorter takes far longer than to find it.
      { numRuns: SEEDS, endOnFailure: true },
    );
    // All ways were taken, each many times.
    expect(Math.min(taken.sent, taken.pushed, taken.behind)).toBeGreaterThan(SEEDS / 2);
  },
  Math.max(120_000, SEEDS * 100),
);

type Loaded = { sequence: number; frames: Delivered<Part>[] }[];
