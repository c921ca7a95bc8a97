import type { RecordRow } from '../record/read.js';

/** Reads the events after a sequence, in order and without holes. */
export type ReadAfter = (after: number, limit: number) => Promise<RecordRow[]>;

const PAGE = 500;
/** How many of the newest events stay in memory for those who are only a little behind. */
const KEPT = 1_000;

/**
 * The newest end of one workspace's log on this node: read from PostgreSQL once, when a bell or the comparison says
 * that there is more, and shared by everybody who follows. It never skips: bells only say how far to read.
 */
export class Tail {
  #events: RecordRow[] = [];
  #head: number;
  #known: number;
  #reading = false;
  #waiting = new Set<() => void>();
  #failure: unknown = null;
  readonly #listeners = new Set<(events: readonly RecordRow[]) => void>();

  /** @param head the newest sequence when following began; −1 for an empty log. */
  constructor(
    readonly epoch: number,
    head: number,
    private readonly readAfter: ReadAfter,
    private readonly onReadFailure: (error: unknown) => void,
  ) {
    this.#head = head;
    this.#known = head;
  }

  /** The newest sequence that has been read. */
  get head(): number {
    return this.#head;
  }

  /** It has ended, and everybody who followed with it: whoever comes now needs another one. */
  get failed(): boolean {
    return this.#failure !== null;
  }

  /** Somebody says that the log has grown to this sequence. Lost, doubled and late words do no harm. */
  heard(sequence: number): void {
    if (sequence > this.#known) this.#known = sequence;
    if (this.#known > this.#head) void this.#read();
  }

  /** The kept events after a sequence, or null when they reach further back than is kept. */
  after(sequence: number, limit: number): readonly RecordRow[] | null {
    if (this.#failure) throw this.#failure;
    if (sequence >= this.#head) return [];
    const first = this.#events[0];
    if (!first || sequence < first.sequence - 1) return null;
    const start = sequence - first.sequence + 1;
    return this.#events.slice(start, start + limit);
  }

  /** Resolves when there is more than this sequence, when the tail has failed, or when the signal says so. */
  async wait(sequence: number, signal: AbortSignal): Promise<void> {
    if (this.#head > sequence || this.#failure || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        this.#waiting.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#waiting.add(done);
      signal.addEventListener('abort', done);
    });
  }

  /** Calls back with every batch of new events, before those who wait go on; with none when the tail has ended. */
  listen(callback: (events: readonly RecordRow[]) => void): () => void {
    this.#listeners.add(callback);
    return () => this.#listeners.delete(callback);
  }

  /** Ends everybody who follows, with this error. */
  fail(error: unknown): void {
    this.#failure = error;
    for (const listener of this.#listeners) listener([]);
    this.#wake();
  }

  async #read(): Promise<void> {
    if (this.#reading) return;
    this.#reading = true;
    try {
      while (this.#known > this.#head && !this.#failure) {
        const events = await this.readAfter(this.#head, PAGE);
        // A bell may be ahead of what is visible here; the comparison will ask again.
        if (events.length === 0) break;
        this.#take(events);
      }
    } catch (error) {
      // Whoever follows waits a little longer; the next bell or comparison reads again.
      this.onReadFailure(error);
    } finally {
      this.#reading = false;
    }
  }

  #take(events: RecordRow[]): void {
    try {
      refuseHoles(this.#head, events);
    } catch (error) {
      this.fail(error);
      return;
    }
    this.#events = [...this.#events, ...events].slice(-KEPT);
    this.#head = events.at(-1)!.sequence;
    for (const listener of this.#listeners) listener(events);
    this.#wake();
  }

  #wake(): void {
    for (const done of this.#waiting) done();
  }
}

/**
 * Sequences have no holes. If they do, somebody has removed history, and nobody may be told a story without it.
 * @throws Error unless these are the events right after a sequence that has newer ones.
 */
export function refuseHoles(after: number, events: readonly RecordRow[]): void {
  if (events[0]?.sequence !== after + 1 || events.at(-1)!.sequence !== after + events.length) {
    throw new Error(`the record has a hole after sequence ${after}`);
  }
}
