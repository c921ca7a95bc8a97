import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import type { Call } from '../application.js';
import { AppError } from '../errors.js';
import type { Principal } from '../principal.js';
import { readAfter, type RecordRow } from '../record/read.js';
import {
  accessCursor,
  cursorAfter,
  decodeCursor,
  encodeCursor,
  headCursor,
  resyncRequired,
  type EventCursor,
} from './cursor.js';
import { refuseChanged, rightsOf } from './rights.js';
import { refuseHoles, type Tail } from './tail.js';

/** Replays are read in pages of so many events. */
const PAGE = 500;
/** Further behind than this, a fresh query is cheaper than the replay. */
const MAX_BEHIND = 100_000;
/** While nothing is delivered, the cursor is sent on at least so often, in milliseconds. */
const CURSOR_EVERY_MS = 30_000;
/** After the database was out of reach a stream tries again so much later, in milliseconds. */
const RETRY_MS = 500;
/** How long a decision over who sees an event holds, in milliseconds: the object may have left their sight since. */
const MAX_DECISION_AGE_MS = 750;
/** A replay gives way to everything else after so many events. */
const YIELD_EVERY = 100;

/** What a stream makes of a run of events, for one caller as they are now. */
export interface Delivered<T> {
  sequence: number;
  frame: (cursor: string) => T;
}

export interface StreamDefinition<T> {
  /** Decides and loads, in order. Called with every event after the cursor exactly once. */
  deliver: (
    events: readonly RecordRow[],
    principal: Principal,
    situation: { replaying: boolean },
  ) => Promise<Delivered<T>[]>;
  /** The frame that carries nothing but the cursor; null for streams without one. */
  cursorFrame: ((cursor: string) => T) | null;
}

/**
 * Opens a stream over the record for a caller: from a cursor, or from now. Nothing is pushed: the reader's own pace
 * moves it, so one that stalls costs no memory. Every event is decided with the caller's rights as they are then.
 * @throws AppError VALIDATION_FAILED, RESYNC_REQUIRED for a cursor that cannot be gone on from.
 */
export async function openStream<T>(
  call: Call,
  afterEvent: string | null | undefined,
  definition: StreamDefinition<T>,
): Promise<AsyncGenerator<T, void, void>> {
  const { app, principal } = call;
  const asked = afterEvent ? decodeCursor(afterEvent) : null;
  // Live first, then the replay, never the other way round: nothing falls between the two.
  const { tail, release } = await app.tails.follow(principal.workspaceId);
  try {
    let start: EventCursor;
    if (asked) {
      const head = await accessCursor(app.db, principal.workspaceId, asked);
      if (head.sequence - asked.sequence > MAX_BEHIND) {
        throw resyncRequired(`The cursor is more than ${MAX_BEHIND} events behind.`, head);
      }
      start = asked;
    } else {
      start = await headCursor(app.db, principal.workspaceId);
    }
    return new PullStream(call, tail, release, start, definition, asked !== null);
  } catch (error) {
    release();
    throw error;
  }
}

class PullStream<T> implements AsyncGenerator<T, void, void> {
  readonly #abort = new AbortController();
  readonly #frames: AsyncGenerator<T, void, void>;
  #released = false;

  constructor(
    private readonly call: Call,
    private readonly tail: Tail,
    private readonly release: () => void,
    private readonly start: EventCursor,
    private readonly definition: StreamDefinition<T>,
    private readonly resuming: boolean,
  ) {
    this.#frames = this.#run();
  }

  next(): Promise<IteratorResult<T, void>> {
    return this.#frames.next();
  }

  /** Ends the stream also while it waits: the wait is broken off first. */
  async return(): Promise<IteratorResult<T, void>> {
    this.#abort.abort();
    await this.#frames.return();
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

  async *#run(): AsyncGenerator<T, void, void> {
    const { app } = this.call;
    const { signal } = this.#abort;
    const rights = rightsOf(this.call.principal);
    let at = this.start.sequence;
    let cursor = encodeCursor(this.start);
    let sentAt = app.now().getTime();
    let replaying = this.resuming && at < this.tail.head;
    const { cursorFrame } = this.definition;
    let announce = this.resuming && cursorFrame !== null;
    try {
      while (!signal.aborted) {
        const events = this.tail.after(at, YIELD_EVERY) ?? (await this.#patiently(() => this.#page(at)));
        if (events.length === 0) {
          replaying = false;
          if (announce) {
            announce = false;
            sentAt = app.now().getTime();
            yield cursorFrame!(cursor);
            continue;
          }
          await this.tail.wait(at, signal);
          continue;
        }
        const decidedAt = app.now().getTime();
        const run = await this.#patiently(async () => {
          const principal = await app.principals.current(this.call.principal);
          await refuseChanged(app, rights, principal);
          return this.definition.deliver(events, principal, { replaying });
        });
        let sent = false;
        let outdated = false;
        for (const [index, delivered] of run.entries()) {
          if (signal.aborted) return;
          // A slow reader has let the decision grow old: the rest is decided again, as things are now.
          // Not between two frames of one event: it would begin with that event again, and with a slow reader for ever.
          const isNext = sent && delivered.sequence > at;
          outdated = isNext && app.now().getTime() - decidedAt > MAX_DECISION_AGE_MS;
          if (outdated) break;
          at = delivered.sequence;
          // Only the last frame of an event moves the cursor: who leaves before has the others to come again.
          if (run[index + 1]?.sequence !== at) {
            cursor = cursorAfter(events[at - events[0]!.sequence]!, this.tail.epoch);
          }
          yield delivered.frame(cursor);
          sent = true;
        }
        if (outdated) continue;
        const last = events.at(-1)!;
        at = last.sequence;
        cursor = cursorAfter(last, this.tail.epoch);
        const now = app.now().getTime();
        if (sent) sentAt = now;
        else if (now - sentAt >= CURSOR_EVERY_MS) announce = cursorFrame !== null;
        if (announce && !replaying && at >= this.tail.head) {
          announce = false;
          sentAt = now;
          yield cursorFrame!(cursor);
        }
        if (replaying) await nextTurn();
      }
    } catch (error) {
      // Whoever has left is not told how.
      if (!signal.aborted) throw error;
    } finally {
      this.#letGo();
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
        if (!(error instanceof AppError) || error.code !== 'UNAVAILABLE') throw error;
        await pause(RETRY_MS, undefined, { signal: this.#abort.signal });
      }
    }
  }

  /** One page of a replay, when it is this stream's turn. Asked for only where there are newer events. */
  async #page(after: number): Promise<RecordRow[]> {
    const { app, principal } = this.call;
    const giveBack = await app.replays.take('all');
    try {
      const events = await readAfter(app.db, principal.workspaceId, after, PAGE);
      refuseHoles(after, events);
      return events;
    } finally {
      giveBack();
    }
  }

  #letGo(): void {
    if (this.#released) return;
    this.#released = true;
    this.release();
  }
}
