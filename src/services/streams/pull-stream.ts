import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import type { Call } from '../application.js';
import { AppError } from '../errors.js';
import type { Principal } from '../principal.js';
import type { RecordRow } from '../record/read.js';
import { accessCursor, cursorAfter, decodeCursor, encodeCursor, isSameEvent, resyncRequired } from './cursor.js';
import type { EventCursor } from './cursor.js';
import { rightsChanged, rightsOf } from './rights.js';
import { deliveryOf, laidOut, type Delivered, type Delivery, type StreamDefinition } from './stream-definition.js';
import type { Tail } from './tail.js';

/** Further behind than this, a fresh query is cheaper than the replay. */
const MAX_BEHIND = 100_000;
/** While nothing is delivered, the cursor is sent on at least so often, in milliseconds. */
export const CURSOR_EVERY_MS = 30_000;
/** After the database was out of reach a stream tries again so much later, in milliseconds. */
export const RETRY_MS = 500;
/** How long a decision over who sees an event holds, in milliseconds: the object may have left their sight since. */
export const MAX_DECISION_AGE_MS = 750;
/** Events that are loaded and decided together: in a replay the more, the fewer frames say what is outdated by the next. */
const RUN = { live: 100, replay: 500 };

/** A replay gives way to everything else after so many frames. */
const YIELD_EVERY = 16;

/** Opens a stream that can be shared, see `openStream`. */
export const openSharedStream = <T, L>(
  call: Call,
  afterEvent: string | null | undefined,
  definition: StreamDefinition<T, L>,
): Promise<PullStream<T>> => openStream(call, afterEvent, deliveryOf(call, definition));

/**
 * Opens a stream over the record for a caller: from a cursor, or from now. Nothing is pushed: the reader's own pace
 * moves it, so one that stalls costs no memory. Every event is decided with the caller's rights as they are then.
 * @throws AppError VALIDATION_FAILED, RESYNC_REQUIRED for a cursor that cannot be gone on from.
 */
export async function openStream<T>(
  call: Call,
  afterEvent: string | null | undefined,
  delivery: Delivery<T>,
): Promise<PullStream<T>> {
  const { app, principal } = call;
  const asked = afterEvent ? decodeCursor(afterEvent) : null;
  // Live first, then the replay, never the other way round: nothing falls between the two.
  const { tail, release } = await app.tails.follow(principal.workspaceId);
  try {
    const start = asked ? await access(call, tail, asked) : tail.cursor;
    return new PullStream(call, tail, release, start, delivery, asked !== null);
  } catch (error) {
    release();
    throw error;
  }
}

/** Whoever comes back is mostly found in what this node has read already, and costs the database nothing. */
async function access(call: Call, tail: Tail, asked: EventCursor): Promise<EventCursor> {
  const { app, principal } = call;
  const known = await isKnown(call, tail, asked);
  const head = known ? tail.cursor : await accessCursor(app.db, principal.workspaceId, asked);
  if (head.sequence - asked.sequence > MAX_BEHIND) {
    throw resyncRequired(`The cursor is more than ${MAX_BEHIND} events behind.`, head);
  }
  return asked;
}

async function isKnown({ app }: Call, tail: Tail, asked: EventCursor): Promise<boolean> {
  if (tail.holds(asked)) return true;
  const behind = tail.head - asked.sequence;
  if (asked.epoch !== tail.epoch || asked.sequence < 0 || behind <= 0 || behind > MAX_BEHIND) return false;
  // The page that it stands on is the one that is replayed first.
  const [event] = await tail.pages.after(asked.sequence - 1, () => app.replays.take('all'));
  return event !== undefined && isSameEvent(event.leafHash, asked.tag);
}

/** A stream at its reader's own pace: frames while there are any, and where it stands between them. */
export class PullStream<T> implements AsyncGenerator<T, void, void> {
  /** What its caller saw when it was opened, by `rightsOf`. */
  rights: string;
  /** The event up to which everything is delivered. */
  at: number;
  /** When the reader last heard anything, in milliseconds. */
  sentAt: number;
  /** Where the reader goes on who leaves now. */
  cursor: string;
  #abort: AbortController | null = null;
  #ended = false;
  #released = false;
  #replaying: boolean;
  /** The cursor itself is still to be sent. */
  #announce: boolean;
  /** Only while there is something to read: most streams wait for most of the time. */
  #frames: AsyncGenerator<T[], void, void> | null = null;
  /** How many frames are taken at once. */
  #atOnce = 1;

  constructor(
    readonly call: Call,
    readonly tail: Tail,
    private readonly release: () => void,
    start: EventCursor,
    /** Whoever follows for many may replace it by one that shares what it loads. */
    public delivery: Delivery<T>,
    resuming: boolean,
  ) {
    this.rights = rightsOf(call.principal);
    this.at = start.sequence;
    this.cursor = encodeCursor(start);
    this.sentAt = call.app.now().getTime();
    this.#replaying = resuming && this.at < tail.head;
    this.#announce = resuming && delivery.cursorFrame !== null;
  }

  /** The next frame, when there is one. */
  async next(): Promise<IteratorResult<T, void>> {
    for (;;) {
      const frames = await this.pull(1);
      if (this.#ended) return { value: undefined, done: true };
      if (frames.length > 0) return { value: frames[0]!, done: false };
      await this.tail.wait(this.at, this.#signal);
    }
  }

  /** The next frames, so many at the most, which are given to the reader at once; none when there is nothing newer. */
  async pull(atOnce: number): Promise<T[]> {
    this.#atOnce = atOnce;
    const frames = (this.#frames ??= this.#run());
    const { value, done } = await frames.next();
    if (!done) return value;
    this.#frames = null;
    return [];
  }

  /** The caller as they are now. @throws AppError RESYNC_REQUIRED when they may see something else than at the start. */
  async caller(): Promise<Principal> {
    const current = await this.call.app.principals.current(this.call.principal);
    if (rightsOf(current) !== this.rights) throw rightsChanged(this.tail.cursor);
    return current;
  }

  /** Says that its reader has been given everything up to this event by another way. Only where it was caught up. */
  goOnAfter(row: Pick<RecordRow, 'sequence' | 'leafHash'>): void {
    this.at = row.sequence;
    this.cursor = cursorAfter(row, this.tail.epoch);
  }

  /** Ends the stream also while it waits: the wait is broken off first. */
  async return(): Promise<IteratorResult<T, void>> {
    this.#ended = true;
    this.#abort?.abort();
    await this.#frames?.return();
    this.#letGo();
    return { value: undefined, done: true };
  }

  async throw(error: unknown): Promise<IteratorResult<T, void>> {
    await this.return();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** Made when something is waited for, which those who follow live never do. */
  get #signal(): AbortSignal {
    this.#abort ??= new AbortController();
    if (this.#ended) this.#abort.abort();
    return this.#abort.signal;
  }

  /** Up to where there is nothing newer. */
  async *#run(): AsyncGenerator<T[], void, void> {
    const { app } = this.call;
    const { tail } = this;
    const { cursorFrame } = this.delivery;
    try {
      while (!this.#ended) {
        const events =
          tail.after(this.at, this.#replaying ? RUN.replay : RUN.live) ?? (await this.#patiently(() => this.#page()));
        if (events.length === 0) {
          this.#replaying = false;
          if (!this.#announce) return;
          this.#announce = false;
          this.sentAt = app.now().getTime();
          yield [cursorFrame!(this.cursor)];
          continue;
        }
        const decidedAt = app.now().getTime();
        const run = await this.#patiently(async () =>
          this.delivery.deliver(events, await this.caller(), { replaying: this.#replaying }),
        );
        let sent = 0;
        let sinceYield = 0;
        let outdated = false;
        while (sent < run.length) {
          if (this.#ended) return;
          // The rights of now, also where the frames before took their time to leave.
          if (sent > 0) await this.#patiently(() => this.caller());
          // A slow reader has let the decision grow old: the rest is decided again, as things are now.
          // Not between two frames of one event: it would begin with that event again, and with a slow reader for ever.
          const isNext = sent > 0 && run[sent]!.sequence > this.at;
          outdated = isNext && app.now().getTime() - decidedAt > MAX_DECISION_AGE_MS;
          if (outdated) break;
          const frames: T[] = [];
          for (const delivered of run.slice(sent, sent + this.#atOnce)) {
            sent += 1;
            this.at = delivered.sequence;
            // Only the last frame of an event moves the cursor: who leaves before has the others to come again.
            const isLast = run[sent]?.sequence !== this.at;
            if (isLast) this.cursor = cursorAfter(rowOf(events, delivered), tail.epoch);
            frames.push(laidOut(delivered, this.cursor));
          }
          yield frames;
          if (this.#replaying && (sinceYield += frames.length) >= YIELD_EVERY) {
            sinceYield = 0;
            await nextTurn();
          }
        }
        if (outdated) continue;
        this.goOnAfter(events.at(-1)!);
        const now = app.now().getTime();
        if (sent > 0) this.sentAt = now;
        else if (now - this.sentAt >= CURSOR_EVERY_MS) this.#announce = cursorFrame !== null;
        if (this.#announce && !this.#replaying && this.at >= tail.head) {
          this.#announce = false;
          this.sentAt = now;
          yield [cursorFrame!(this.cursor)];
        }
        if (this.#replaying) await nextTurn();
      }
    } catch (error) {
      // Whoever has left is not told how.
      if (this.#ended) return;
      this.#ended = true;
      this.#letGo();
      throw error;
    }
  }

  /**
   * Does something, again and again while the database is out of reach: a stream outlives a restart of PostgreSQL, and
   * what could not be decided is never passed over.
   */
  async #patiently<R>(work: () => Promise<R>): Promise<R> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!isUnavailable(error)) throw error;
        await pause(RETRY_MS, undefined, { signal: this.#signal });
      }
    }
  }

  #page(): Promise<readonly RecordRow[]> {
    return this.tail.pages.after(this.at, () => this.call.app.replays.take('all'));
  }

  #letGo(): void {
    if (this.#released) return;
    this.#released = true;
    this.release();
  }
}

/** The event that something is delivered for. */
export const rowOf = (events: readonly RecordRow[], { sequence }: Pick<Delivered<unknown>, 'sequence'>): RecordRow =>
  events[sequence - events[0]!.sequence]!;

export const isUnavailable = (error: unknown): boolean => error instanceof AppError && error.code === 'UNAVAILABLE';
