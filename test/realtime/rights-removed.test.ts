import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { customerWrites } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { BusyWriter } from './busy-writer.js';
import { drawPlan, watchableOf, ways, type Conversations } from './removals.js';
import { takeSeats } from './seats.js';
import { WatchedStream } from './watched-stream.js';
import { Witnesses } from './witnesses.js';

const ROUNDS = 10;
const SEATS = 100;
/** Of each of two conversations; with those of presence at the earliest an event every 20 ms. */
const EVENT_EVERY_MS = 50;
/** Within a round rights end at random moments of so many milliseconds. */
const WINDOW_MS = 1_000;
/** Nothing may arrive later than so long after the removal was acknowledged. */
const BOUND_MS = 1_000;
const PATIENCE_MS = 8_000;
/** A hundred connect at once, which takes long where others need the machine too. */
const CONNECTING_MS = 30_000;

let server: TestServer;
let world: World;
let owner: pg.Pool;
let conversations: Conversations;
const stops: (() => Promise<void>)[] = [];
beforeAll(async () => {
  // All that is written here is written by two callers, which is no way to be fair to them.
  const unlimited = { COST_BUCKET_POINTS: '100000000', COST_REFILL_PER_SECOND: '100000000' };
  server = await startTestServer({ env: unlimited });
  world = await createWorld(server);
  owner = new pg.Pool({ connectionString: server.database.url, max: 4 });
  const { conversationId: supports } = await customerWrites(world);
  const { conversationId: billings } = await customerWrites(world, { inboxId: world.ids.emailInbox });
  conversations = { supports, billings };
});
afterAll(async () => {
  await Promise.allSettled(stops.map((stop) => stop()));
  await owner.end();
  await server.stop();
});

const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
const random = randomFrom(seed);

/** Numbers from 0 to 1 that a seed decides: mulberry32. */
function randomFrom(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Removal {
  /** What was taken from whom, and what they followed. */
  what: string;
  way: string;
  removedAt: number;
  /** From the acknowledged removal to the last frame that carried anything, in milliseconds; below 0 = before it. */
  lastMs: number;
  /** The codes of errors, and of the closed socket. */
  ends: (string | number)[];
  asDocumented: boolean;
}

/** Where the record stands. */
async function cursorNow(): Promise<string> {
  const { conversations: now } = await world.withKey('read').ask('{ conversations(first: 1) { eventCursor } }');
  return now.eventCursor;
}

/** Many people and programs follow streams, and each loses a right at a moment of its own. */
async function playRound(): Promise<Removal[]> {
  const plans = Array.from({ length: SEATS }, () => ({ ...drawPlan(random), afterMs: random() * WINDOW_MS }));
  const hands = { owner, admin: await world.as('admin') };
  const kinds = plans.map(({ kind }) => kind);
  const seats = await takeSeats(server, world, owner, kinds);
  const watched = plans.map(
    (plan, index) => new WatchedStream(server.url, seats[index]!.credential, watchableOf(plan, conversations)),
  );
  await Promise.all(watched.map((stream) => stream.until(({ told }) => told.length > 0, CONNECTING_MS)));
  const whats = plans.map(({ kind, stream, name }) => `${kind} at ${stream}: ${name}`);
  const silent = watched.flatMap(({ told, ends }, index) => (told.length > 0 ? [] : [{ what: whats[index], ends }]));
  expect(silent, `told nothing while they had the right, seed ${seed}`).toEqual([]);
  const lose = async ({ name, way, afterMs }: (typeof plans)[number], index: number): Promise<Removal> => {
    const stream = watched[index]!;
    await pause(afterMs);
    await way.remove(seats[index]!, hands);
    const removedAt = performance.now();
    await stream.until(({ ends }) => ends.includes(way.ends), PATIENCE_MS);
    const ends = [...stream.ends];
    stream.close();
    // Before a socket is closed its stream may have said why.
    const asDocumented = ends.at(-1) === way.ends && (ends.length === 1 || ends[0] === 'UNAUTHENTICATED');
    const lastMs = stream.told.at(-1)! - removedAt;
    return { what: whats[index]!, way: name, removedAt, lastMs, ends, asDocumented };
  };
  return Promise.all(plans.map(lose));
}

it('delivers nothing later than a second after the right to it has ended, in whichever way, a thousand times', async () => {
  const witnesses = await Witnesses.begin(world, owner, conversations.supports);
  stops.push(() => witnesses.stop());
  const busy = [
    { conversationId: conversations.supports, teamId: world.ids.support },
    { conversationId: conversations.billings, teamId: world.ids.billing },
  ];
  const writer = new BusyWriter(world.withKey('all'), await world.as('colleague'), busy, EVENT_EVERY_MS);
  stops.push(() => writer.stop());
  const removals: Removal[] = [];
  for (let round = 0; round < ROUNDS; round += 1) removals.push(...(await playRound()));
  await writer.stop();

  expect(removals).toHaveLength(1_000);
  expect(new Set(removals.map(({ way }) => way)), `seed ${seed}`).toEqual(new Set(Object.keys(ways)));
  const late = removals.filter(({ lastMs }) => lastMs > BOUND_MS);
  expect(late, `frames came too late, seed ${seed}`).toEqual([]);
  const odd = removals.filter(({ asDocumented }) => !asDocumented);
  expect(odd, `ended in another way, seed ${seed}`).toEqual([]);
  // It was not for want of events.
  const { toldAt } = witnesses;
  const quiet = removals.filter(({ removedAt }) => !toldAt.some((at) => at > removedAt && at < removedAt + BOUND_MS));
  expect(quiet.length, `nothing happened after so many, seed ${seed}`).toBeLessThan(removals.length / 10);

  // Those from whom nothing was taken were told everything, once and in order.
  const upTo = await cursorNow();
  const nothingMissing = async () => {
    for (const [stream, { told, recorded, ends }] of Object.entries(await witnesses.account(upTo))) {
      expect({ stream, told, ends }).toEqual({ stream, told: recorded, ends: [] });
      expect(recorded.length, `seed ${seed}`).toBeGreaterThan(ROUNDS);
    }
  };
  await vi.waitFor(nothingMissing, { timeout: PATIENCE_MS, interval: 100 });

  // However a stream has ended, it holds nothing any more.
  await witnesses.stop();
  await vi.waitFor(() => expect(server.app.tails.size).toBe(0), { timeout: PATIENCE_MS, interval: 10 });
}, 180_000);
