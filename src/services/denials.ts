const WINDOW_MS = 60_000;
const MAX_KEYS = 10_000;

/** Counts refusals, so that a caller who tries the same thing over and over fills a line of the record a minute. */
export class Denials {
  readonly #seen = new Map<string, { since: number; suppressed: number }>();

  /**
   * Whether this refusal is recorded now.
   * @returns how many were passed over since the last recorded one, or null when this one is passed over too.
   */
  admit(key: string, now: number): number | null {
    const seen = this.#seen.get(key);
    if (seen && now - seen.since < WINDOW_MS) {
      seen.suppressed += 1;
      return null;
    }
    // Moved to the end: the oldest keys are the first to go.
    this.#seen.delete(key);
    if (this.#seen.size >= MAX_KEYS) this.#seen.delete(this.#seen.keys().next().value!);
    this.#seen.set(key, { since: now, suppressed: 0 });
    return seen?.suppressed ?? 0;
  }
}
