import { AppError } from '../../services/errors.js';
import { exceeded } from './limits.js';

export interface CostBucketOptions {
  /** The only clock; tests replace it. */
  now: () => Date;
  /** Points of a full bucket. */
  capacity?: number;
  pointsPerSecond?: number;
  /** Buckets kept at once. */
  maxKeys?: number;
}

/**
 * A token bucket for each caller, in the memory of this process: a caller may spend a bucketful at once, and gets
 * points back continuously. Kept as one number a caller: when the bucket will be full again. Time is counted in the
 * points that flow back in it, which are whole numbers where milliseconds to a full bucket would be rounded.
 */
export class CostBucket {
  readonly #now: () => Date;
  readonly #capacity: number;
  readonly #pointsPerMs: number;
  readonly #maxKeys: number;
  /** A bucket that is full again is the same as none. */
  readonly #fullAt = new Map<string, number>();

  constructor({ now, capacity = 20_000, pointsPerSecond = 5_000, maxKeys = 10_000 }: CostBucketOptions) {
    this.#now = now;
    this.#capacity = capacity;
    this.#pointsPerMs = pointsPerSecond / 1000;
    this.#maxKeys = maxKeys;
  }

  /** How many callers have a bucket that is kept. */
  get size(): number {
    return this.#fullAt.size;
  }

  /**
   * Takes points from a caller's bucket and says how many are left, in whole points; a refusal takes none.
   * @throws AppError RATE_LIMITED with `retryAfterSeconds`, LIMIT_EXCEEDED when not even a full bucket has so many.
   */
  take(key: string, cost: number): { remaining: number } {
    if (cost > this.#capacity) throw exceeded('cost', this.#capacity, cost);
    const now = this.#now().getTime() * this.#pointsPerMs;
    // At most a bucketful: a clock set back must not make anybody wait for longer than an empty bucket takes.
    const missing = Math.min(Math.max(0, (this.#fullAt.get(key) ?? now) - now), this.#capacity);
    const remaining = this.#capacity - missing - cost;
    if (remaining < 0) throw this.#tooMuch(-remaining);
    if (!this.#fullAt.has(key) && this.#fullAt.size >= this.#maxKeys) this.#makeRoom(now);
    this.#fullAt.set(key, now + missing + cost);
    return { remaining: Math.floor(remaining) };
  }

  #tooMuch(lacking: number): AppError {
    const retryAfterSeconds = Math.max(1, Math.ceil(lacking / this.#pointsPerMs / 1000));
    const message = `Too much was asked for in a short time. Try again in ${retryAfterSeconds} s.`;
    return new AppError('RATE_LIMITED', message, { retryAfterSeconds });
  }

  /** Forgets the buckets that are full, or else the fullest, whose owner gains the least by it. */
  #makeRoom(now: number): void {
    let fullest: string | undefined;
    let earliest = Infinity;
    for (const [key, fullAt] of this.#fullAt) {
      if (fullAt <= now) {
        this.#fullAt.delete(key);
      } else if (fullAt < earliest) {
        earliest = fullAt;
        fullest = key;
      }
    }
    if (this.#fullAt.size >= this.#maxKeys && fullest !== undefined) this.#fullAt.delete(fullest);
  }
}
