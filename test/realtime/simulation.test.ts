import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import type { Bell, Bus } from '../../src/pubsub/bus.js';
import type { Call } from '../../src/services/application.js';
import { systemPrincipal } from '../../src/services/principal.js';
import type { RecordHeadRow, RecordRow } from '../../src/services/record/read.js';
import { Slots } from '../../src/services/slots.js';
import { encodeCursor } from '../../src/services/streams/cursor.js';
import { openStream } from '../../src/services/streams/open-stream.js';
import { Tails } from '../../src/services/streams/tails.js';

/** The log in memory, in PostgreSQL's place; an answer says how things were when it was asked. */
const log: { rows: RecordRow[]; answer: <T>(value: T) => Promise<T> } = { rows: [], answer: async (value) => value };
vi.mock('../../src/services/record/read.js', async (original) => ({
  ...(await original<object>()),
  readAfter: (_db: unknown, _workspace: string, after: number, limit: number) =>
    log.answer(log.rows.slice(after + 1, after + 1 + limit)),
  readHeads: (_db: unknown, [workspaceId]: string[]) =>
    log.answer<RecordHeadRow[]>([
      {
        workspaceId: workspaceId!,
        epoch: 1,
        size: log.rows.length,
        lastLeafHash: log.rows.at(-1)?.leafHash ?? null,
      },
    ]),
  readLeafHash: (_db: unknown, _workspace: string, sequence: number) =>
    log.answer(log.rows[sequence]?.leafHash ?? null),
}));

const WORKSPACE = '01890000-0000-7000-8000-000000000000';
const rows: RecordRow[] = [];
const rowAt = (sequence: number): RecordRow =>
  (rows[sequence] ??= { sequence, leafHash: createHash('sha256').update(String(sequence)).digest() } as RecordRow);

/** Keeps every bell until the schedule says what becomes of it. */
class LossyBus implements Bus {
  readonly pending: Bell[] = [];
  #hear: ((bell: Bell) => void) | null = null;
  ring(_topic: string, bell: Bell): void {
    this.pending.push(bell);
  }
  async follow(_topic: string, hear: (bell: Bell) => void) {
    this.#hear = hear;
    return async () => {
      if (this.#hear === hear) this.#hear = null;
    };
  }
  /** Delivers one of the bells, any of them, once or twice, or loses it. */
  settle(which: number, fate: 'deliver' | 'double' | 'lose'): void {
    const [bell] = this.pending.splice(which % Math.max(1, this.pending.length), 1);
    if (!bell || fate === 'lose') return;
    this.#hear?.(bell);
    if (fate === 'double') this.#hear?.(bell);
  }
  tell(): void {}
  async listen() {
    return async () => {};
  }
  onGap(): void {}
  healthy = () => true;
  async close(): Promise<void> {}
}

const cursorAt = (sequence: number): string =>
  encodeCursor({ epoch: 1, sequence, tag: log.rows[sequence]?.leafHash.subarray(0, 8) ?? Buffer.alloc(8) });

/** Reads a stream, stalls, leaves, and comes back with the last cursor that it got. */
class Client {
  readonly seen: number[] = [];
  readonly #start: number;
  #cursor: string;
  #stream: Promise<AsyncGenerator<Frame, void, void>> | null = null;
  #busy = false;

  constructor(private readonly call: Call) {
    this.#start = log.rows.length - 1;
    this.#cursor = cursorAt(this.#start);
  }

  get expected(): number[] {
    return log.rows.slice(this.#start + 1).map(({ sequence }) => sequence);
  }

  /** Takes one frame; does nothing while it is waiting for one already. */
  pull(): void {
    if (this.#busy) return;
    this.#busy = true;
    this.#stream ??= openStream<Frame>(this.call, this.#cursor, {
      deliver: async (events) =>
        events.map(({ sequence }) => ({ sequence, frame: (cursor) => ({ sequence, cursor }) })),
      cursorFrame: (cursor) => ({ sequence: null, cursor }),
    });
    void this.#take(this.#stream);
  }

  async #take(opening: Promise<AsyncGenerator<Frame, void, void>>): Promise<void> {
    const { value } = await (await opening).next();
    if (value) {
      this.#cursor = value.cursor;
      if (value.sequence !== null) this.seen.push(value.sequence);
    }
    this.#busy = false;
  }

  leave(): void {
    const opening = this.#stream;
    this.#stream = null;
    void opening?.then((stream) => stream.return());
  }
}

interface Frame {
  sequence: number | null;
  cursor: string;
}

/** Schedules that are played in every run of the suite; SEEDS plays more of them. */
const SEEDS = Number(process.env['SEEDS'] ?? 2_000);

const client = fc.nat({ max: 2 });
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 1, max: 12 }) }) },
  // More than a page of a replay, and now and then more than a tail keeps.
  { weight: 1, arbitrary: fc.record({ do: fc.constant('append' as const), count: fc.constantFrom(130, 510, 1_100) }) },
  {
    weight: 9,
    arbitrary: fc.record({
      do: fc.constant('bell' as const),
      which: fc.nat({ max: 20 }),
      fate: fc.constantFrom('deliver' as const, 'double' as const, 'lose' as const),
    }),
  },
  {
    weight: 15,
    arbitrary: fc.record({ do: fc.constant('pull' as const), client, times: fc.constantFrom(1, 2, 5, 40, 300) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('leave' as const), client }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('compare' as const) }) },
  // A slow reader's decision grows old after a second; a quiet stream says where it is after thirty.
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('time' as const), passes: fc.constantFrom(1, 999, 1_001, 30_001) }),
  },
);

it('delivers to each client exactly what came after its start, whatever becomes of bells, answers and sockets', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(step, { maxLength: 40 }), async (scheduler, schedule) => {
      log.rows = [];
      log.answer = (value) => scheduler.schedule(Promise.resolve(value));
      const bus = new LossyBus();
      const warn = vi.fn<() => void>();
      const tails = new Tails({} as never, bus, { warn } as never);
      const app = {
        tails,
        replays: new Slots(2, 100),
        principals: { current: async (principal: unknown) => principal },
        now: () => new Date(clock),
      };
      let clock = 0;
      const call = { app, principal: systemPrincipal(WORKSPACE), request: {} } as unknown as Call;
      const turn = async () => {
        await new Promise(setImmediate);
        if (scheduler.count() > 0) await scheduler.waitOne();
      };
      const append = (count: number) => {
        for (let index = 0; index < count; index += 1) log.rows.push(rowAt(log.rows.length));
        bus.ring('', { sequence: log.rows.length - 1, count });
      };
      append(3);
      const clients = [0, 1, 2].map(() => new Client(call));
      for (const action of schedule) {
        if (action.do === 'append') append(action.count);
        else if (action.do === 'bell') bus.settle(action.which, action.fate);
        else if (action.do === 'leave') clients[action.client]!.leave();
        else if (action.do === 'compare') void tails.compare();
        else if (action.do === 'time') clock += action.passes;
        else {
          for (let time = 0; time < action.times; time += 1) {
            clients[action.client]!.pull();
            await Promise.resolve();
          }
        }
        await turn();
      }
      // In the end every bell is lost, and only the comparison says that there is more.
      const late = () => clients.filter(({ seen, expected }) => seen.length < expected.length);
      for (let turns = 0; late().length > 0 && turns < 20_000; turns += 1) {
        void tails.compare();
        for (let time = 0; time < 200; time += 1) {
          for (const one of late()) one.pull();
          await Promise.resolve();
        }
        await turn();
      }
      for (const one of clients) expect(one.seen).toEqual(one.expected);
      for (const one of clients) one.leave();
      while (scheduler.count() > 0 || tails.size > 0) await turn();
      await tails.close();
      expect(warn).not.toHaveBeenCalled();
    }),
    { numRuns: SEEDS },
  );
}, 120_000);

/** In the same place of another history. */
const otherRowAt = (sequence: number): RecordRow => ({
  ...rowAt(sequence),
  leafHash: rowAt(sequence + 100_000).leafHash,
});

it('tells a log that was restored from a backup from an answer that is only older than what was read meanwhile', async () => {
  log.rows = [0, 1, 2].map(rowAt);
  log.answer = async (value) => value;
  const bus = new LossyBus();
  const tails = new Tails({} as never, bus, { warn() {} } as never);
  const { tail, release } = await tails.follow(WORKSPACE);

  let arrive = (): void => {};
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  log.answer = async (value) => arrived.then(() => value);
  const comparing = tails.compare();
  log.answer = async (value) => value;
  log.rows.push(rowAt(3));
  bus.ring('', { sequence: 3, count: 1 });
  bus.settle(0, 'deliver');
  await tail.wait(2, new AbortController().signal);
  arrive();
  await comparing;
  expect(tail.after(2, 10)?.map(({ sequence }) => sequence)).toEqual([3]);

  log.rows.length = 2;
  await tails.compare();
  expect(() => tail.after(2, 10)).toThrow('restored from a backup');
  const again = await tails.follow(WORKSPACE);
  expect(again.tail.after(1, 10)).toEqual([]);
  again.release();
  release();

  // Restored to the same length with another last event, and grown past what was known before anybody compared.
  const restorations = [
    () => log.rows.splice(1, 1, otherRowAt(1)),
    () => log.rows.splice(1, 1, ...[1, 2, 3].map(otherRowAt)),
  ];
  for (const restore of restorations) {
    log.rows = [0, 1].map(rowAt);
    const followed = await tails.follow(WORKSPACE);
    restore();
    bus.ring('', { sequence: log.rows.length - 1, count: 1 });
    bus.settle(0, 'deliver');
    await tails.compare();
    await expect.poll(() => followed.tail.failed).toBe(true);
    expect(() => followed.tail.after(1, 10)).toThrow('restored from a backup');
    followed.release();
  }
  expect(tails.size).toBe(0);
  await tails.close();
});
