import type { Bell, Bus, Words } from './bus.js';

/** How long a ring may take before it is given up, in milliseconds. */
export const RING_TIMEOUT_MS = 200;
/** After a failed ring none is tried for so long: a dead Redis must not cost every write a timeout. */
const BREAKER_MS = 1_000;
/** More parts of a Redis out of reach than this are not told apart any longer. */
const MAX_BROKEN = 1_000;

/** What the buses over Redis share: who hears what here, and what becomes of a ring that fails. */
export abstract class BusOverRedis implements Bus {
  readonly #followers = new Map<string, Set<(words: Words) => void>>();
  readonly #gapCallbacks: (() => void)[] = [];
  /** By the part of Redis that is out of reach. */
  readonly #brokenUntil = new Map<string, number>();

  ring(topic: string, { sequence, count }: Bell): void {
    this.tell(topic, [sequence, count]);
  }

  follow(topic: string, hear: (bell: Bell) => void): Promise<() => Promise<void>> {
    return this.listen(topic, ([sequence, count]) => {
      if (Number.isSafeInteger(sequence) && Number.isSafeInteger(count)) {
        hear({ sequence: sequence as number, count: count as number });
      }
    });
  }

  tell(topic: string, words: Words): void {
    const part = this.partOf(topic);
    if (Date.now() < (this.#brokenUntil.get(part) ?? 0)) return;
    this.#brokenUntil.delete(part);
    this.publish(topic, JSON.stringify(words)).catch(() => {
      if (this.#brokenUntil.size >= MAX_BROKEN) this.#brokenUntil.clear();
      this.#brokenUntil.set(part, Date.now() + BREAKER_MS);
    });
  }

  async listen(topic: string, hear: (words: Words) => void): Promise<() => Promise<void>> {
    let followers = this.#followers.get(topic);
    if (!followers) this.#followers.set(topic, (followers = new Set()));
    followers.add(hear);
    if (followers.size === 1) await this.subscribe(topic);
    return async () => {
      followers.delete(hear);
      if (followers.size > 0 || this.#followers.get(topic) !== followers) return;
      this.#followers.delete(topic);
      await this.unsubscribe(topic);
    };
  }

  onGap(callback: () => void): void {
    this.#gapCallbacks.push(callback);
  }

  abstract healthy(): boolean;

  async close(): Promise<void> {
    this.#followers.clear();
  }

  /** The part of Redis that serves a topic; others may work while it does not. */
  protected abstract partOf(topic: string): string;
  protected abstract publish(topic: string, message: string): Promise<unknown>;
  /** Never fails: what is out of reach now is followed as soon as it is back, and the gap is announced then. */
  protected abstract subscribe(topic: string): Promise<void>;
  protected abstract unsubscribe(topic: string): Promise<void>;

  /** Everything that is followed here. */
  protected get topics(): string[] {
    return [...this.#followers.keys()];
  }

  protected follows(topic: string): boolean {
    return this.#followers.has(topic);
  }

  protected deliver(topic: string, message: string): void {
    const words = readWords(message);
    if (words) for (const hear of this.#followers.get(topic) ?? []) hear(words);
  }

  protected announceGap(): void {
    for (const callback of this.#gapCallbacks) callback();
  }
}

function readWords(message: string): Words | null {
  try {
    const words: unknown = JSON.parse(message);
    return Array.isArray(words) && words.every((word) => typeof word === 'string' || typeof word === 'number')
      ? words
      : null;
  } catch {
    return null; // Not ours; a topic name is no proof of who published.
  }
}
