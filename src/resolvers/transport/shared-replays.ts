import type { RecordRow } from '../../services/record/read.js';
import type { Situation } from '../../services/streams/stream-definition.js';
import type { Frame } from './frame.js';

/**
 * What was loaded for one is good for others for so long, in milliseconds: with the age that a decision may have, a
 * frame still says how things were at most a second ago.
 */
const SHARED_MS = 250;
/** Longer frames are made for each, not to be kept, in characters. */
const MAX_KEPT = 16_384;

/** The frame of an event: one that was made a moment ago for somebody who follows alike, or the one that is made now. */
export type ShareFrame = (event: object, make: () => Promise<Frame | null>) => Promise<Frame | null>;

interface Kept<T> {
  value: Promise<T>;
  at: number;
}

/**
 * What is loaded and made of one log, for a moment: whoever comes back together with others who follow alike, as all do
 * when a node has ended, or just behind those who follow live, costs little more than one of them.
 */
export class SharedReplays {
  readonly #runs = new Map<string, Kept<unknown>>();
  /** What was made last, by what it was made of and for whom; and what was before that. */
  #frames = new Map<object, Map<string, Kept<Frame | null>>>();
  #older = new Map<object, Map<string, Kept<Frame | null>>>();
  #forgets = false;

  constructor(private readonly now: () => number) {}

  /** @param key of all that follow alike. */
  load<L>(key: string, events: readonly RecordRow[], situation: Situation, load: () => Promise<L>): Promise<L> {
    const run = `${events[0]!.sequence} ${events.length} ${situation.replaying} ${key}`;
    const known = this.#runs.get(run);
    if (known && this.#isFresh(known)) return known.value as Promise<L>;
    const kept: Kept<L> = { value: load(), at: this.now() };
    this.#runs.set(run, kept);
    const forget = () => {
      if (this.#runs.get(run) === kept) this.#runs.delete(run);
    };
    kept.value.catch(forget);
    setTimeout(forget, SHARED_MS).unref();
    return kept.value;
  }

  /**
   * The frame of an event, where somebody else is making it or made it a moment ago; else as it is made now.
   * @param key of all that follow alike.
   */
  frame(key: string, event: object, make: () => Promise<Frame | null>): Promise<Frame | null> {
    const known = this.#frames.get(event)?.get(key) ?? this.#older.get(event)?.get(key);
    // What went wrong for who made it, or was given up by them, is tried again by each.
    if (known && this.#isFresh(known)) return known.value.then((frame) => frame ?? make(), make);
    const kept = { value: make(), at: this.now() };
    let frames = this.#frames.get(event);
    if (!frames) this.#frames.set(event, (frames = new Map()));
    frames.set(key, kept);
    const forget = (made?: Frame | null) => {
      if ((!made || made.length > MAX_KEPT) && frames.get(key) === kept) frames.delete(key);
    };
    kept.value.then(forget, () => forget());
    this.#forgetLater();
    return kept.value;
  }

  /** One timer for all frames: there are too many for one each. */
  #forgetLater(): void {
    if (this.#forgets) return;
    this.#forgets = true;
    setTimeout(() => {
      this.#forgets = false;
      [this.#older, this.#frames] = [this.#frames, new Map()];
      if (this.#older.size > 0) this.#forgetLater();
    }, SHARED_MS).unref();
  }

  #isFresh({ at }: Kept<unknown>): boolean {
    const age = this.now() - at;
    return age >= 0 && age < SHARED_MS;
  }
}
