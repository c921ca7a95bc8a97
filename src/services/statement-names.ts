import { createHash } from 'node:crypto';

/** Statements that are kept prepared; each costs memory in every connection, and no connection forgets one. */
const MAX_NAMED = 2_000;
/** Texts whose use is counted before they get a name. */
const MAX_COUNTED = 10_000;
/** A text that comes so often is worth preparing. */
const WORTH = 3;

/**
 * Names for prepared statements. What callers select shapes the text, so there is no end to the texts that there may
 * be: only those that come again get a name, and only so many.
 */
export class StatementNames {
  readonly #named = new Map<string, string>();
  readonly #uses = new Map<string, number>();

  /** The name of a statement's text; undefined = not to be prepared. */
  of(text: string): string | undefined {
    const name = this.#named.get(text);
    if (name !== undefined || this.#named.size >= MAX_NAMED) return name;
    const uses = (this.#uses.get(text) ?? 0) + 1;
    if (uses < WORTH) {
      if (this.#uses.size >= MAX_COUNTED) this.#uses.delete(this.#uses.keys().next().value!);
      this.#uses.set(text, uses);
      return undefined;
    }
    this.#uses.delete(text);
    const made = createHash('sha256').update(text).digest('base64url').slice(0, 32);
    this.#named.set(text, made);
    return made;
  }
}
