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

interface Kept<T> {
  value: Promise<T>;
  at: number;
}

/**
 * What is loaded and made for those who catch up, for a moment: whoever comes back together with others who follow
 * alike, as all do when a node has ended, costs little more than one of them.
 */
export class SharedReplays {
  readonly #runs = new Map<string, Kept<unknown>>();
  readonly #frames = new WeakMap<object, Kept<Frame | null>>();

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

  /** The frame of an event, where somebody else is making it or made it a moment ago; else as it is made now. */
  frame(event: object, make: () => Promise<Frame | null>): Promise<Frame | null> {
    const known = this.#frames.get(event);
    // What went wrong for who made it, or was given up by them, is tried again by each.
    if (known && this.#isFresh(known)) return known.value.then((frame) => frame ?? make(), make);
    const kept = { value: make(), at: this.now() };
    this.#frames.set(event, kept);
    const forget = (made?: Frame | null) => {
      if ((!made || made.length > MAX_KEPT) && this.#frames.get(event) === kept) this.#frames.delete(event);
    };
    kept.value.then(forget, () => forget());
    return kept.value;
  }

  #isFresh({ at }: Kept<unknown>): boolean {
    const age = this.now() - at;
    return age >= 0 && age < SHARED_MS;
  }
}
