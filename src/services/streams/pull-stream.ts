import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Call } from '../application.js';
import type { CursorOutcome } from '../metrics/stream-tallies.js';
import type { Principal } from '../principal.js';
import type { RecordRow } from '../record/read.js';
import { cursorAfter, encodeCursor } from './cursor.js';
import type { EventCursor } from './cursor.js';
import { patiently } from './patiently.js';
import { rightsChanged, rightsOf } from './rights.js';
import { laidOut, refusePruned, type Delivered, type Delivery } from './stream-definition.js';
import type { Tail } from './tail.js';

/** While nothing is delivered, the cursor is sent on at least so often, in milliseconds. */
export const CURSOR_EVERY_MS = 30_000;
/** How long a decision over who sees an event holds, in milliseconds: the object may have left their sight since. */
export const MAX_DECISION_AGE_MS = 750;
/** Events that are loaded and decided together: in a replay the more, the fewer frames say what is outdated by the next. */
const RUN = { live: 100, replay: 500 };

/** A replay gives way to everything else after so many frames. */
const YIELD_EVERY = 16;

/** A stream at its reader's own pace: frames while there are any, and where it stands between them. */
export class PullStream<T> implements AsyncGenerator<T, void, void> {
  /** What its caller saw when it was opened, by `rightsOf`. */
  rights: string;
  /** The event up to which everything is delivered. */
  at: number;
  /** When the reader last heard anything, in milliseconds. */
  sentAt: number;
  /** What came of the cursor that it was opened with; null = it began from now. */
  readonly resumed: CursorOutcome | null;
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
  /** How many of the last ones were given to the reader, where that is not all. */
  #given: number | null = null;
  /** When what was pulled last was decided, in milliseconds. */
  decidedAt = 0;

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
    this.resumed = !resuming ? null : this.#replaying ? 'replayed' : 'caught_up';
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

  /**
   * Says that of the frames pulled last only the first so many were given to the reader, because the others had grown
   * old: they are decided again, as things are then. What is left of the event of the last one given is pulled next, and
   * must be given.
   */
  giveAgainAfter(given: number): void {
    this.#given = given;
  }

  /**
   * Goes back to before this event, of which the reader may have some frames: they come again. Only where it was caught up.
   * @returns whether it could.
   */
  goBackBefore({ sequence }: Pick<RecordRow, 'sequence'>): boolean {
    const before = sequence > 0 ? this.tail.after(sequence - 2, 1)?.[0] : undefined;
    if (before) this.goOnAfter(before);
    return before !== undefined;
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
        if (this.delivery.definition) refusePruned(this.delivery.definition, events, tail.cursor);
        this.decidedAt = app.now().getTime();
        const before = this.cursor;
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
          const isOld = sent > 0 && app.now().getTime() - this.decidedAt > MAX_DECISION_AGE_MS;
          outdated = isOld && run[sent]!.sequence > this.at;
          if (outdated) break;
          const frames: T[] = [];
          for (const delivered of run.slice(sent, sent + this.#atOnce)) {
            if (isOld && delivered.sequence > this.at) break;
            sent += 1;
            this.at = delivered.sequence;
            // Only the last frame of an event moves the cursor: who leaves before has the others to come again.
            const isLast = run[sent]?.sequence !== this.at;
            if (isLast) this.cursor = cursorAfter(rowOf(events, delivered), tail.epoch);
            frames.push(laidOut(delivered, this.cursor));
          }
          yield frames;
          if (this.#given !== null) {
            sent -= frames.length - this.#given;
            this.#given = null;
            this.at = run[sent - 1]!.sequence;
            const whole = run.slice(0, sent).findLast((one, index) => run[index + 1]?.sequence !== one.sequence);
            this.cursor = whole ? cursorAfter(rowOf(events, whole), tail.epoch) : before;
          }
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

  #patiently<R>(work: () => Promise<R>): Promise<R> {
    return patiently(work, () => this.#signal);
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
