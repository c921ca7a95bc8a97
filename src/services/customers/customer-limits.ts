import type { Cluster, Redis } from 'ioredis';
import {
  RateLimiterMemory,
  RateLimiterRedis,
  type RateLimiterAbstract,
  type RateLimiterRes,
} from 'rate-limiter-flexible';
import { AppError } from '../errors.js';
import type { Principal } from '../principal.js';

/** Messages of one contact a minute, in all of their conversations; those that begin one count too. */
export const MESSAGES_PER_MINUTE = 30;
/** Conversations that one contact begins in an hour. */
export const CONVERSATIONS_PER_HOUR = 10;

/** How much one customer may write, whatever tokens they come by. */
export class CustomerLimits {
  readonly #messages: RateLimiterAbstract;
  readonly #conversations: RateLimiterAbstract;

  /** @param redis where several processes count together; without it, or while it is away, each counts alone. */
  constructor(redis: Redis | Cluster | null) {
    const limiter = (keyPrefix: string, points: number, duration: number): RateLimiterAbstract => {
      const memory = new RateLimiterMemory({ keyPrefix, points, duration });
      return redis
        ? new RateLimiterRedis({ storeClient: redis, keyPrefix, points, duration, insuranceLimiter: memory })
        : memory;
    };
    this.#messages = limiter('verbatim:customer:messages', MESSAGES_PER_MINUTE, 60);
    this.#conversations = limiter('verbatim:customer:conversations', CONVERSATIONS_PER_HOUR, 60 * 60);
  }

  /** Counts a message. @throws AppError RATE_LIMITED, with the seconds to wait. */
  async admitMessage(customer: Principal): Promise<void> {
    await take(this.#messages, customer);
  }

  /** Counts a conversation that begins, and its message. @throws AppError RATE_LIMITED, with the seconds to wait. */
  async admitConversation(customer: Principal): Promise<void> {
    await this.admitMessage(customer);
    await take(this.#conversations, customer);
  }
}

async function take(limiter: RateLimiterAbstract, { workspaceId, id }: Principal): Promise<void> {
  try {
    await limiter.consume(`${workspaceId}/${id}`);
  } catch (refused) {
    if (refused instanceof Error) throw refused;
    const retryAfterSeconds = Math.max(1, Math.ceil((refused as RateLimiterRes).msBeforeNext / 1000));
    const message = `You write too much. Try again in ${retryAfterSeconds} s.`;
    throw new AppError('RATE_LIMITED', message, { retryAfterSeconds });
  }
}
