import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { RecordRow } from '../../src/services/record/read.js';
import { Tail } from '../../src/services/streams/tail.js';

const row = (sequence: number) => ({ sequence, leafHash: Buffer.alloc(32) }) as RecordRow;
const upTo = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

/** A log in memory that grows, and whose reads can fail. */
class Log {
  size: number;
  failures = 0;

  constructor(
    size: number,
    private readonly missing = new Set<number>(),
  ) {
    this.size = size;
  }

  readAfter = async (after: number, limit: number): Promise<RecordRow[]> => {
    if (this.failures > 0) {
      this.failures -= 1;
      throw new Error('out of reach');
    }
    return upTo(after + 1, this.size - 1)
      .filter((sequence) => !this.missing.has(sequence))
      .slice(0, limit)
      .map(row);
  };
}

/** Reads as a stream does: what is kept, else from the log; until the sequence, or until the tail fails. */
async function follow(tail: Tail, log: Log, from: number, until: number, signal: AbortSignal): Promise<number[]> {
  const seen: number[] = [];
  let at = from;
  while (at < until && !signal.aborted) {
    const events = tail.after(at, 100) ?? (await log.readAfter(at, 500));
    seen.push(...events.map(({ sequence }) => sequence));
    at = events.at(-1)?.sequence ?? at;
    if (events.length === 0) await tail.wait(at, signal);
  }
  return seen;
}

type Step =
  | { kind: 'append'; count: number }
  /** Bells of what was appended, as they come: late, doubled, out of order, or ahead of what can be read. */
  | { kind: 'bell'; back: number }
  | { kind: 'early'; ahead: number }
  | { kind: 'failures'; count: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('append' as const), count: fc.integer({ min: 1, max: 900 }) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('bell' as const), back: fc.integer({ min: 0, max: 2_000 }) }),
    },
    fc.record({ kind: fc.constant('early' as const), ahead: fc.integer({ min: 1, max: 50 }) }),
    fc.record({ kind: fc.constant('failures' as const), count: fc.integer({ min: 1, max: 3 }) }),
  ),
  { maxLength: 20 },
);

it('tells everybody every event once and in order, whatever becomes of the bells and the reads', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.integer({ min: 0, max: 5 }), steps, async (scheduler, size, schedule) => {
      const log = new Log(size);
      // What is read is read at once, and arrives when the schedule says so.
      const late = scheduler.scheduleFunction((after: number, limit: number) =>
        log.readAfter(after, limit).catch((error: unknown) => error as Error),
      );
      const readAfter = async (after: number, limit: number) => {
        const result = await late(after, limit);
        if (result instanceof Error) throw result;
        return result;
      };
      const tail = new Tail(1, size - 1, readAfter, () => {});
      const heard: number[] = [];
      tail.listen((events) => heard.push(...events.map(({ sequence }) => sequence)));
      const end = size - 1 + schedule.reduce((sum, step) => sum + (step.kind === 'append' ? step.count : 0), 0);
      const { signal } = new AbortController();
      const readers = [1, 2].map(() => follow(tail, new Log(end + 1), size - 1, end, signal));
      for (const step of schedule) {
        if (step.kind === 'append') log.size += step.count;
        else if (step.kind === 'bell') tail.heard(log.size - 1 - step.back);
        else if (step.kind === 'early') tail.heard(log.size - 1 + step.ahead);
        else log.failures = step.count;
        if (scheduler.count() > 0) await scheduler.waitOne();
      }
      // In the end the database is back, and the comparison says where the log stands.
      log.failures = 0;
      while (tail.head < end) {
        tail.heard(end);
        await scheduler.waitIdle();
      }
      expect(await Promise.all(readers)).toEqual([upTo(size, end), upTo(size, end)]);
      expect(heard).toEqual(upTo(size, end));
    }),
    { numRuns: 300 },
  );
});

it('goes on with the next word after a read has failed, and says that it had', async () => {
  const log = new Log(3);
  const faults: unknown[] = [];
  const tail = new Tail(1, -1, log.readAfter, (error) => faults.push(error));
  log.failures = 1;
  tail.heard(2);
  await new Promise(setImmediate);
  expect([tail.head, faults]).toEqual([-1, [new Error('out of reach')]]);
  tail.heard(0);
  await tail.wait(-1, new AbortController().signal);
  expect(tail.after(-1, 100)?.map(({ sequence }) => sequence)).toEqual([0, 1, 2]);
});

it('fails everybody rather than tell a story that has a hole, wherever the hole is', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 1_200 }), fc.nat(), async (size, where) => {
      // The newest cannot be known to be missing: it might just not be there yet.
      const log = new Log(size + 1, new Set([where % size]));
      const tail = new Tail(1, -1, log.readAfter, () => {});
      const { signal } = new AbortController();
      const reader = follow(tail, log, -1, size, signal);
      tail.heard(size);
      await expect(reader).rejects.toThrow('the record has a hole after sequence');
      expect(() => tail.after(-1, 1)).toThrow('the record has a hole');
    }),
    { numRuns: 50 },
  );
});

it('keeps the newest thousand, and sends who is further behind to the log', async () => {
  const log = new Log(1_500);
  const tail = new Tail(1, -1, log.readAfter, () => {});
  tail.heard(1_499);
  while (tail.head < 1_499) await tail.wait(tail.head, new AbortController().signal);
  expect(tail.after(498, 1)).toBeNull();
  expect(tail.after(499, 2)?.map(({ sequence }) => sequence)).toEqual([500, 501]);
  expect(tail.after(1_499, 2)).toEqual([]);
});

it('lets somebody who leaves stop waiting, and leaves the others waiting', async () => {
  const log = new Log(0);
  const tail = new Tail(1, -1, log.readAfter, () => {});
  const leaving = new AbortController();
  const left = tail.wait(-1, leaving.signal);
  let woken = false;
  const other = tail.wait(-1, new AbortController().signal).then(() => (woken = true));
  leaving.abort();
  await left;
  expect(woken).toBe(false);
  log.size = 1;
  tail.heard(0);
  await other;
});
