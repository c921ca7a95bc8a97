import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { expect, vi } from 'vitest';
import { freePort, startRedis, type TestRedis } from './redis.js';

const MASTERS = 3;
const SLOTS = 16_384;
const PASSWORD = 'a s@cret/word';

export interface TestCluster {
  /** As REDIS_URL has it. */
  url: string;
  masters: TestRedis[];
  /** Which of the masters has a topic, by its slot. */
  ownerOf(topic: string): Promise<number>;
  /** Gives a topic's slot to the next of the masters, all of which know it at once. */
  moveSlotOf(topic: string): Promise<void>;
  /** Closes every connection of the clients that follow sharded topics on one master. */
  cutFollowers(master: number): Promise<void>;
  /** How many hear a topic, as the master says that has it. */
  followersOf(topic: string): Promise<number>;
  /** Resolves when every master takes the cluster for whole. */
  whole(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a real cluster of three masters without replicas, which want to be told a password. */
export async function startRedisCluster(): Promise<TestCluster> {
  const directory = mkdtempSync(join(tmpdir(), 'verbatim-redis-cluster-'));
  const masters: TestRedis[] = [];
  const busPorts: number[] = [];
  for (let index = 0; index < MASTERS; index += 1) {
    const dir = join(directory, `${index}`);
    mkdirSync(dir);
    busPorts.push(await freePort());
    masters.push(
      await startRedis({
        'cluster-enabled': 'yes',
        requirepass: PASSWORD,
        'cluster-port': `${busPorts[index]}`,
        'cluster-node-timeout': '1000',
        dir,
      }),
    );
  }
  const ports = masters.map(({ url }) => Number(new URL(url).port));
  const talks = masters.map(({ url }) => {
    const talk = new Redis(url, { retryStrategy: () => 50, password: PASSWORD });
    talk.on('error', () => {});
    return talk;
  });
  const first = talks[0]!;
  const whole = () =>
    vi.waitFor(
      async () => {
        for (const talk of talks) expect(await talk.cluster('INFO')).toContain('cluster_state:ok');
      },
      { timeout: 15_000, interval: 50 },
    );
  const slotOf = async (topic: string) => Number(await first.cluster('KEYSLOT', topic));
  const ownerOf = async (topic: string) => {
    const slot = await slotOf(topic);
    const ranges = await first.cluster('SLOTS');
    const range = ranges.find(([from, to]) => from <= slot && slot <= to);
    return ports.indexOf(Number(range![2]?.[1]));
  };
  for (const [index, talk] of talks.entries()) {
    await talk.cluster('SET-CONFIG-EPOCH', index + 1);
    const [from, to] = [index, index + 1].map((part) => Math.floor((SLOTS * part) / MASTERS));
    await talk.call('CLUSTER', 'ADDSLOTSRANGE', from!, to! - 1);
    if (index > 0) await first.call('CLUSTER', 'MEET', '127.0.0.1', ports[index]!, busPorts[index]!);
  }
  await whole();
  return {
    url: `redis+cluster://:${encodeURIComponent(PASSWORD)}@${ports.map((port) => `127.0.0.1:${port}`).join(',')}`,
    masters,
    ownerOf,
    async moveSlotOf(topic) {
      const slot = await slotOf(topic);
      const from = await ownerOf(topic);
      const to = (from + 1) % MASTERS;
      const id = await talks[to]!.call('CLUSTER', 'MYID');
      // The new owner first, so that nobody is sent to one who knows of nothing.
      for (const index of [to, from, (to + 1) % MASTERS]) {
        await talks[index]!.call('CLUSTER', 'SETSLOT', slot, 'NODE', String(id));
      }
    },
    async cutFollowers(master) {
      await talks[master]!.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    },
    async followersOf(topic) {
      const answer = await talks[await ownerOf(topic)]!.call('PUBSUB', 'SHARDNUMSUB', topic);
      return Array.isArray(answer) ? Number(answer[1]) : Number((answer as Record<string, number>)[topic]);
    },
    whole,
    async stop() {
      for (const talk of talks) talk.disconnect();
      await Promise.all(masters.map((master) => master.stop()));
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
