import { Redis } from 'ioredis';
import { BusOverRedis, RING_TIMEOUT_MS } from './bus-over-redis.js';

/** The bus of several processes: Redis pub/sub, one connection to ring with and one to hear on. */
export class RedisBus extends BusOverRedis {
  readonly #ringing: Redis;
  readonly #hearing: Redis;

  /** @param onError hears of connection faults, once an outage; they are healed by reconnecting and never thrown. */
  constructor(url: string, onError: (error: Error) => void) {
    super();
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
    this.#hearing.on('message', (topic: string, message: string) => this.deliver(topic, message));
    this.#hearing.on('ready', () => void this.#followAgain());
    this.#ringing.connect().catch(() => {});
    this.#hearing.connect().catch(() => {});
  }

  healthy(): boolean {
    return this.#ringing.status === 'ready' && this.#hearing.status === 'ready';
  }

  override async close(): Promise<void> {
    await super.close();
    this.#ringing.disconnect();
    this.#hearing.disconnect();
  }

  protected partOf(): string {
    return '';
  }

  protected publish(topic: string, message: string): Promise<unknown> {
    return this.#ringing.publish(topic, message);
  }

  protected async subscribe(topic: string): Promise<void> {
    await this.#hearing.subscribe(topic).catch(() => {});
  }

  protected async unsubscribe(topic: string): Promise<void> {
    await this.#hearing.unsubscribe(topic).catch(() => {});
  }

  async #followAgain(): Promise<void> {
    const { topics } = this;
    if (topics.length > 0) await this.#hearing.subscribe(...topics).catch(() => {});
    this.announceGap();
  }
}
