import type { JudgingRule } from './rule.js';

/** Something that a rule remembers. */
export interface Remembered {
  readonly ruleId: string;
  readonly key: string;
  readonly version: number;
  /** Null = no longer. */
  readonly state: unknown;
  /** Milliseconds since 1970, by the time of the events. */
  readonly expiresAt: number;
  /** Milliseconds since 1970, by the clock. */
  readonly dueAt: number | null;
}

/** What rules remember between events, and what of it has changed. */
export class Memory {
  readonly #known = new Map<string, Remembered>();
  readonly #changed = new Set<string>();

  constructor(remembered: readonly Remembered[] = []) {
    for (const one of remembered) this.#known.set(placeOf(one.ruleId, one.key), one);
  }

  /** What is remembered at a time: nothing of what has expired, or was made by a rule that has changed since. */
  get(rule: Pick<JudgingRule, 'id' | 'version'>, key: string, at: number): unknown {
    const found = this.#known.get(placeOf(rule.id, key));
    return found && found.version === rule.version && found.expiresAt >= at ? found.state : null;
  }

  /** Remembers, or forgets. */
  set(
    rule: Pick<JudgingRule, 'id' | 'version'>,
    key: string,
    state: unknown,
    expiresAt: number,
    dueAt: number | null,
  ): void {
    const place = placeOf(rule.id, key);
    if (state === null && !this.#known.has(place)) return;
    this.#known.set(place, { ruleId: rule.id, key, version: rule.version, state, expiresAt, dueAt });
    this.#changed.add(place);
  }

  /** What must be written down. */
  get changed(): Remembered[] {
    return [...this.#changed].map((place) => this.#known.get(place)!);
  }
}

const placeOf = (ruleId: string, key: string): string => `${ruleId} ${key}`;
