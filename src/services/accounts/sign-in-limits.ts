import type { Cluster, Redis } from 'ioredis';
import {
  RateLimiterMemory,
  RateLimiterRedis,
  type RateLimiterAbstract,
  type RateLimiterRes,
} from 'rate-limiter-flexible';
import { addressPrefix } from '../address.js';
import { AppError } from '../errors.js';

/** Failures of one account from one network before the delays begin, and how long a failure counts, in seconds. */
const FREE_FAILURES = 5;
const FAILURE_SECONDS = 15 * 60;
const MAX_DELAY_SECONDS = 60;
/** Attempts of one address a minute. */
const ATTEMPTS_PER_MINUTE = 30;

/**
 * Slows down guessing without ever letting a stranger lock somebody out: failures count per account and network, and
 * each one past the fifth makes the next attempt from there wait longer, 1 to 60 seconds.
 */
export class SignInLimits {
  readonly #failures: RateLimiterAbstract;
  readonly #delays: RateLimiterAbstract;
  readonly #attempts: RateLimiterAbstract;
  readonly #redis: Redis | Cluster | null;

  /** @param redis where several processes count together; without it, or while it is away, each counts alone. */
  constructor(redis: Redis | Cluster | null) {
    this.#redis = redis;
    this.#redis?.on('error', () => {});
    const limiter = (keyPrefix: string, points: number, duration: number): RateLimiterAbstract => {
      const memory = new RateLimiterMemory({ keyPrefix, points, duration });
      return this.#redis
        ? new RateLimiterRedis({ storeClient: this.#redis, keyPrefix, points, duration, insuranceLimiter: memory })
        : memory;
    };
    this.#failures = limiter('verbatim:sign-in:failures', Number.MAX_SAFE_INTEGER, FAILURE_SECONDS);
    this.#delays = limiter('verbatim:sign-in:delays', 1, MAX_DELAY_SECONDS);
    this.#attempts = limiter('verbatim:sign-in:attempts', ATTEMPTS_PER_MINUTE, 60);
  }

  /** @throws AppError RATE_LIMITED, with the seconds to wait, before the password is even looked at. */
  async admit(email: string, address: string | null): Promise<void> {
    const delayed = await this.#delays.get(keyOf(email, address));
    if (delayed && delayed.consumedPoints > 0 && delayed.msBeforeNext > 0) throw tooMany(delayed.msBeforeNext);
    try {
      await this.#attempts.consume(address ?? 'unknown');
    } catch (refused) {
      if (refused instanceof Error) throw refused;
      throw tooMany((refused as RateLimiterRes).msBeforeNext);
    }
  }

  /** Counts a failure. */
  async failed(email: string, address: string | null): Promise<void> {
    const key = keyOf(email, address);
    const { consumedPoints } = await this.#failures.penalty(key);
    if (consumedPoints < FREE_FAILURES) return;
    const seconds = Math.min(2 ** (consumedPoints - FREE_FAILURES), MAX_DELAY_SECONDS);
    await this.#delays.set(key, 1, seconds);
  }

  /** Forgets the failures of who has proven to be right. */
  async succeeded(email: string, address: string | null): Promise<void> {
    await Promise.all([this.#failures.delete(keyOf(email, address)), this.#delays.delete(keyOf(email, address))]);
  }

  async close(): Promise<void> {
    this.#redis?.disconnect();
  }
}

const keyOf = (email: string, address: string | null): string =>
  `${email}/${address ? addressPrefix(address) : 'unknown'}`;

const tooMany = (milliseconds: number): AppError => {
  const retryAfterSeconds = Math.max(1, Math.ceil(milliseconds / 1000));
  return new AppError('RATE_LIMITED', `Too many attempts. Try again in ${retryAfterSeconds} s.`, { retryAfterSeconds });
};
