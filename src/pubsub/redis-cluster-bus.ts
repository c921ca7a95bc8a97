import type { Cluster, Redis } from 'ioredis';
import { BusOverRedis, RING_TIMEOUT_MS } from './bus-over-redis.js';
import { openCluster } from './redis-cluster.js';

const HEARING_TIMEOUT_MS = 5_000;
/** Before another try to hear, in milliseconds: the first one, and the longest. */
const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 1_000;
/** After so long a client has proven itself. Thousands of slots that move one after the other are followed each second. */
const CALM_MS = 10_000;

/** The bus over a cluster of Redis: sharded pub/sub, in which a bell goes to the one node that has the topic. */
export class RedisClusterBus extends BusOverRedis {
  readonly #ringing: Cluster;
  /** The newest; one before it goes on hearing until this one hears everything that it can. */
  #hearing!: Cluster;
  #before: Cluster | null = null;
  #hearsEverything = false;
  #tries = 0;
  #openedAt = 0;
  #retry: NodeJS.Timeout | null = null;
  #reported = false;
  #closed = false;

  /** @param onError hears of connection faults, once an outage; they are healed by reconnecting and never thrown. */
  constructor(
    private readonly address: string,
    private readonly onError: (error: Error) => void,
  ) {
    super();
    this.#ringing = openCluster(address, RING_TIMEOUT_MS);
    this.#ringing.on('error', (error: Error) => this.#report(error));
    this.#ringing.on('ready', () => {
      this.#reported = false;
    });
    this.#open();
  }

  healthy(): boolean {
    const rings = this.#ringing.status === 'ready' && this.#ringing.nodes('master').every(isReady);
    return rings && this.#hearing.status === 'ready' && this.#hearsEverything;
  }

  override async close(): Promise<void> {
    this.#closed = true;
    if (this.#retry) clearTimeout(this.#retry);
    await super.close();
    for (const client of [this.#ringing, this.#hearing, this.#before]) client?.disconnect();
  }

  /** The hash tag, which is what decides over the node. */
  protected partOf(topic: string): string {
    return /\{(.+?)\}/.exec(topic)?.[1] ?? topic;
  }

  protected async publish(topic: string, message: string): Promise<unknown> {
    return this.#ringing.spublish(topic, message);
  }

  protected async subscribe(topic: string): Promise<void> {
    const client = this.#hearing;
    // One that is still being opened follows whatever is followed when it is ready.
    if (client.status === 'ready' && !(await subscribed(client, topic))) this.#lost(client);
  }

  protected async unsubscribe(topic: string): Promise<void> {
    const client = this.#hearing;
    if (client.status !== 'ready') return;
    try {
      await client.sunsubscribe(topic);
    } catch {
      // With its connection the subscription is gone too.
    }
  }

  /**
   * Opens another client and follows everything anew. ioredis would do it after a lost node or a moved slot without
   * saying when it is done, and would not try again where it was refused.
   */
  #open(): void {
    this.#retry = null;
    const client = openCluster(this.address, HEARING_TIMEOUT_MS, {
      shardedSubscribers: true,
      clusterRetryStrategy: () => null,
    });
    // Of two that are not ready the newer one is no worse.
    if (this.#before) this.#hearing.disconnect();
    else this.#before = this.#hearing ?? null;
    this.#hearing = client;
    this.#openedAt = performance.now();
    this.#hearsEverything = false;
    client.on('smessage', (topic: string, message: string) => this.deliver(topic, message));
    client.on('error', (error: Error) => this.#report(error));
    client.once('end', () => this.#lost(client));
    client.once('ready', () => void this.#followAll(client));
  }

  async #followAll(client: Cluster): Promise<void> {
    // From here on it says so when a connection was replaced or a slot has moved.
    client.on('subscribersReady', () => this.#lost(client));
    const followed = await Promise.all(
      this.topics.map(async (topic) => (await subscribed(client, topic)) || !this.follows(topic)),
    );
    if (this.#closed || client !== this.#hearing) return;
    this.#before?.disconnect();
    this.#before = null;
    // Where only some of the nodes are in reach, what they have is heard.
    if (followed.includes(false)) this.#lost(client);
    else if (this.#retry === null) {
      this.#hearsEverything = true;
      this.#reported = false;
    }
    this.announceGap();
  }

  /** What a client hears is not all any more. */
  #lost(client: Cluster): void {
    if (this.#closed || client !== this.#hearing || this.#retry !== null) return;
    this.#hearsEverything = false;
    if (performance.now() - this.#openedAt > CALM_MS) this.#tries = 0;
    const wait = Math.min(FIRST_RETRY_MS * 2 ** this.#tries, LONGEST_RETRY_MS);
    this.#tries += 1;
    this.#retry = setTimeout(() => this.#open(), wait);
  }

  #report(error: Error): void {
    if (!this.#reported && !this.#closed) this.onError(error);
    this.#reported = true;
  }
}

const isReady = ({ status }: Redis): boolean => status === 'ready';

async function subscribed(client: Cluster, topic: string): Promise<boolean> {
  try {
    await client.ssubscribe(topic);
    return true;
  } catch {
    return false;
  }
}
