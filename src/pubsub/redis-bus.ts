import { Redis } from 'ioredis';
import type { Bell, Bus, Words } from './bus.js';

/** How long a ring may take before it is given up, in milliseconds. */
const RING_TIMEOUT_MS = 200;
/** After a failed ring none is tried for so long: a dead Redis must not cost every write a timeout. */
const BREAKER_MS = 1_000;

/** The bus of several processes: Redis pub/sub, one connection to ring with and one to hear on. */
export class RedisBus implements Bus {
  readonly #ringing: Redis;
  readonly #hearing: Redis;
  readonly #followers = new Map<string, Set<(words: Words) => void>>();
  readonly #gapCallbacks: (() => void)[] = [];
  #brokenUntil = 0;

  /** @param onError hears of connection faults, once an outage; they are healed by reconnecting and never thrown. */
  constructor(url: string, onError: (error: Error) => void) {
    const options = {
      lazyConnect: true,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      commandTimeout: RING_TIMEOUT_MS,
      retryStrategy: (attempt: number) => Math.min(50 * attempt, 1_000),
    };
    this.#ringing = new Redis(url, options);
    // Subscribing again after a reconnection is ours: ioredis would do it without saying when it is done.
    this.#hearing = new Redis(url, { ...options, commandTimeout: 5_000, autoResubscribe: false });
    for (const connection of [this.#ringing, this.#hearing]) {
      // Each attempt to reconnect fails again; once an outage says it all.
      let reported = false;
      connection.on('ready', () => {
        reported = false;
      });
      connection.on('error', (error: Error) => {
        if (!reported) onError(error);
        reported = true;
      });
    }
    this.#hearing.on('message', (topic: string, message: string) => {
      const words = readWords(message);
      if (words) for (const hear of this.#followers.get(topic) ?? []) hear(words);
    });
    this.#hearing.on('ready', () => void this.#followAgain());
    this.#ringing.connect().catch(() => {});
    this.#hearing.connect().catch(() => {});
  }

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
    if (Date.now() < this.#brokenUntil) return;
    this.#ringing.publish(topic, JSON.stringify(words)).catch(() => {
      this.#brokenUntil = Date.now() + BREAKER_MS;
    });
  }

  async listen(topic: string, hear: (words: Words) => void): Promise<() => Promise<void>> {
    let followers = this.#followers.get(topic);
    if (!followers) this.#followers.set(topic, (followers = new Set()));
    followers.add(hear);
    // Out of reach now: it is followed as soon as the connection is ready, and the gap is announced then.
    if (followers.size === 1) await this.#hearing.subscribe(topic).catch(() => {});
    return async () => {
      followers.delete(hear);
      if (followers.size > 0 || this.#followers.get(topic) !== followers) return;
      this.#followers.delete(topic);
      await this.#hearing.unsubscribe(topic).catch(() => {});
    };
  }

  onGap(callback: () => void): void {
    this.#gapCallbacks.push(callback);
  }

  healthy(): boolean {
    return this.#ringing.status === 'ready' && this.#hearing.status === 'ready';
  }

  async close(): Promise<void> {
    this.#followers.clear();
    this.#ringing.disconnect();
    this.#hearing.disconnect();
  }

  async #followAgain(): Promise<void> {
    const topics = [...this.#followers.keys()];
    if (topics.length > 0) await this.#hearing.subscribe(...topics).catch(() => {});
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
