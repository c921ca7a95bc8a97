import type { RecordRow } from '../record/read.js';
import { isSameEvent, START_TAG, type EventCursor } from './cursor.js';
import { Pages, refuseHoles, type ReadAfter } from './pages.js';

const PAGE = 500;
/** How many of the newest events stay in memory for those who are only a little behind. */
const KEPT = 1_000;

/** What is recorded when something is about to go from earlier events, and when it has. */
const TELLS_OF_REMOVAL: ReadonlySet<string> = new Set([
  'audit.erased',
  'audit.pruned',
  'contact.erased',
  'retention.run_completed',
]);

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
  /** What is further back than is kept. */
  readonly pages: Pages;

  /**
   * @param head the newest sequence when following began; −1 for an empty log.
   * @param tag of the newest event's leaf.
   * @param onOtherHistory the log is not the one that was followed: it was restored from a backup, and must fail this.
   */
  constructor(
    readonly epoch: number,
    head: number,
    private readonly readAfter: ReadAfter,
    private readonly onReadFailure: (error: unknown) => void,
    private tag: Buffer = START_TAG,
    private readonly onOtherHistory: () => Promise<void> = async () => {},
  ) {
    this.#head = head;
    this.#known = head;
    this.pages = new Pages(readAfter);
  }

  /** The newest sequence that has been read. */
  get head(): number {
    return this.#head;
  }

  /** It has ended, and everybody who followed with it: whoever comes now needs another one. */
  get failed(): boolean {
    return this.#failure !== null;
  }

  /** Where it stands. */
  get cursor(): EventCursor {
    return { epoch: this.epoch, sequence: this.#head, tag: this.tag };
  }

  /** Whether a cursor is a place in what is kept here. Where it is not, only the log can say whether it is in there. */
  holds({ epoch, sequence, tag }: EventCursor): boolean {
    if (this.#failure || epoch !== this.epoch || sequence > this.#head) return false;
    if (sequence === -1) return isSameEvent(START_TAG, tag);
    if (sequence === this.#head) return isSameEvent(this.tag, tag);
    const first = this.#events[0];
    const event = first && this.#events[sequence - first.sequence];
    return event !== undefined && isSameEvent(event.leafHash, tag);
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
        const events = await this.#readOn();
        if (events === null) return await this.onOtherHistory();
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

  /**
   * What comes after the newest known event. It is read once more itself: a log that was restored, and has grown past
   * it since, has another one in its place, and to go on after that would join two histories.
   * @returns null when it is another history.
   */
  async #readOn(): Promise<RecordRow[] | null> {
    if (this.#head < 0) return this.readAfter(this.#head, PAGE);
    const [known, ...events] = await this.readAfter(this.#head - 1, PAGE + 1);
    return known?.sequence === this.#head && isSameEvent(known.leafHash, this.tag) ? events : null;
  }

  #take(events: RecordRow[]): void {
    try {
      refuseHoles(this.#head, events);
    } catch (error) {
      this.fail(error);
      return;
    }
    const removal = events.findLastIndex(({ action }) => action !== null && TELLS_OF_REMOVAL.has(action));
    // What was read before is read again by whoever wants it: it may say what has gone.
    if (removal >= 0) this.pages.forget();
    this.#events = removal >= 0 ? events.slice(removal) : [...this.#events, ...events].slice(-KEPT);
    this.#head = events.at(-1)!.sequence;
    this.tag = events.at(-1)!.leafHash;
    for (const listener of this.#listeners) listener(events);
    this.#wake();
  }

  #wake(): void {
    for (const done of this.#waiting) done();
  }
}
