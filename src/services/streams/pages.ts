import type { RecordRow } from '../record/read.js';

/** Reads the events after a sequence, in order and without holes. */
export type ReadAfter = (after: number, limit: number) => Promise<RecordRow[]>;

/** Replays are read in pages of so many events, which begin at the same places for everybody. */
const PAGE = 500;
/** How long a page is kept for others who replay the same, in milliseconds. */
const KEPT_MS = 10_000;

/** The older part of one log, in pages that everybody who replays at the same time shares. */
export class Pages {
  readonly #kept = new Map<number, readonly RecordRow[]>();
  readonly #reading = new Map<number, Promise<readonly RecordRow[]>>();

  constructor(private readonly readAfter: ReadAfter) {}

  /**
   * The events after a sequence to the end of their page. Asked for only where there are newer ones.
   * @param turn waits for a place to read in, and gives the function that gives it back.
   */
  async after(sequence: number, turn: () => Promise<() => void>): Promise<readonly RecordRow[]> {
    const page = Math.floor((sequence + 1) / PAGE);
    const skipped = sequence + 1 - page * PAGE;
    const rows = this.#kept.get(page) ?? (await (this.#reading.get(page) ?? this.#read(page, turn)));
    // The newest page grows: this may be how it was before the event that is wanted was there.
    const events = (rows.length > skipped ? rows : await this.#read(page, turn)).slice(skipped);
    refuseHoles(sequence, events);
    return events;
  }

  /** Forgets all that was read, and keeps nothing of what is being read: it may say what has gone from the record. */
  forget(): void {
    this.#kept.clear();
    this.#reading.clear();
  }

  #read(page: number, turn: () => Promise<() => void>): Promise<readonly RecordRow[]> {
    const done = () => {
      if (this.#reading.get(page) === reading) this.#reading.delete(page);
    };
    const isWanted = () => this.#reading.get(page) === reading;
    const reading: Promise<readonly RecordRow[]> = this.#readNow(page, turn, isWanted).finally(done);
    this.#reading.set(page, reading);
    return reading;
  }

  async #readNow(
    page: number,
    turn: () => Promise<() => void>,
    isWanted: () => boolean,
  ): Promise<readonly RecordRow[]> {
    const giveBack = await turn();
    try {
      const rows = await this.readAfter(page * PAGE - 1, PAGE);
      if (isWanted()) this.#keep(page, rows);
      return rows;
    } finally {
      giveBack();
    }
  }

  #keep(page: number, rows: readonly RecordRow[]): void {
    this.#kept.set(page, rows);
    const forget = () => {
      if (this.#kept.get(page) === rows) this.#kept.delete(page);
    };
    setTimeout(forget, KEPT_MS).unref();
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
