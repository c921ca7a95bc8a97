import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Bell, Bus } from '../../src/pubsub/bus.js';
import { openBus as openAt } from '../../src/pubsub/open-bus.js';
import { startRedisCluster, type TestCluster } from '../support/redis-cluster.js';
import { startRedis, type TestRedis } from '../support/redis.js';

let redis: TestRedis;
let cluster: TestCluster;
let open: Bus[] = [];
beforeAll(async () => {
  [redis, cluster] = await Promise.all([startRedis(), startRedisCluster()]);
});
afterEach(async () => {
  await Promise.all(open.map((bus) => bus.close()));
  open = [];
});
afterAll(() => Promise.all([redis.stop(), cluster.stop()]));

const faults: Error[] = [];
async function openBus(name: string): Promise<Bus> {
  const addresses: Record<string, string | null> = {
    'in process': null,
    Redis: redis.url,
    'Redis Cluster': cluster.url,
  };
  const bus = openAt(addresses[name]!, (error) => faults.push(error));
  open.push(bus);
  await vi.waitFor(() => expect(bus.healthy()).toBe(true), 5_000);
  return bus;
}

/** Follows a topic and keeps what it hears. */
async function listen(bus: Bus, topic: string) {
  const bells: Bell[] = [];
  const stop = await bus.follow(topic, (bell) => bells.push(bell));
  return { bells, stop, heard: (expected: Bell[]) => vi.waitFor(() => expect(bells).toEqual(expected), 5_000) };
}

const bell = (sequence: number): Bell => ({ sequence, count: 1 });

describe.each(['in process', 'Redis', 'Redis Cluster'])('the bus %s', (name) => {
  it('delivers to every follower of the topic, in the order of the rings, and to nobody else', async () => {
    const bus = await openBus(name);
    const [one, two, other] = await Promise.all([listen(bus, 'a'), listen(bus, 'a'), listen(bus, 'b')]);
    for (const sequence of [1, 2, 3]) bus.ring('a', bell(sequence));
    bus.ring('b', bell(9));
    await one.heard([bell(1), bell(2), bell(3)]);
    await two.heard([bell(1), bell(2), bell(3)]);
    await other.heard([bell(9)]);
  });

  it('hears what is rung from the moment on that following has begun, each time', async () => {
    const bus = await openBus(name);
    for (let sequence = 0; sequence < 20; sequence += 1) {
      const { heard, stop } = await listen(bus, 'again');
      bus.ring('again', bell(sequence));
      await heard([bell(sequence)]);
      await stop();
    }
  });

  it('tells nothing any more to who has stopped, and goes on for the others', async () => {
    const bus = await openBus(name);
    const [leaving, staying] = await Promise.all([listen(bus, 'a'), listen(bus, 'a')]);
    await leaving.stop();
    await leaving.stop();
    bus.ring('a', bell(1));
    await staying.heard([bell(1)]);
    await staying.stop();
    const later = await listen(bus, 'a');
    bus.ring('a', bell(2));
    await later.heard([bell(2)]);
    expect([leaving.bells, staying.bells]).toEqual([[], [bell(1)]]);
  });

  it('takes rings that nobody hears, also after it was closed', async () => {
    const bus = await openBus(name);
    bus.ring('silence', bell(1));
    await bus.close();
    bus.ring('silence', bell(2));
  });
});

it('carries the bells from one node to the other over Redis', async () => {
  const [writer, reader] = await Promise.all([openBus('Redis'), openBus('Redis')]);
  const { heard } = await listen(reader, 'a');
  writer.ring('a', { sequence: 2 ** 40, count: 64 });
  await heard([{ sequence: 2 ** 40, count: 64 }]);
});

it('neither throws nor waits while Redis is down, announces the gap when it is back, and hears again', async () => {
  const bus = await openBus('Redis');
  const { heard, bells } = await listen(bus, 'a');
  let gaps = 0;
  bus.onGap(() => (gaps += 1));
  await redis.kill();
  await vi.waitFor(() => expect(bus.healthy()).toBe(false), 5_000);
  const began = performance.now();
  for (let sequence = 0; sequence < 1_000; sequence += 1) bus.ring('a', bell(sequence));
  expect(performance.now() - began).toBeLessThan(200);
  // One who comes meanwhile is not sent away.
  const late = await listen(bus, 'b');
  // A connection that is only closed is no fault; an attempt to connect again that fails is one.
  await vi.waitFor(() => expect(faults.length).toBeGreaterThan(0), 5_000);
  await redis.restart();
  await vi.waitFor(() => expect(gaps).toBe(1), 8_000);
  expect(bells).toEqual([]);
  await vi.waitFor(() => {
    // The breaker may still be open.
    bus.ring('a', bell(5));
    bus.ring('b', bell(6));
    expect([bells.length > 0, late.bells.length > 0]).toEqual([true, true]);
  }, 8_000);
  expect(bells[0]).toEqual(bell(5));
  expect(late.bells[0]).toEqual(bell(6));
  void heard;
});

it('gives a ring up that Redis does not answer, and spares it the next ones', async () => {
  const bus = await openBus('Redis');
  redis.pause();
  try {
    const began = performance.now();
    for (let sequence = 0; sequence < 1_000; sequence += 1) bus.ring('a', bell(sequence));
    expect(performance.now() - began).toBeLessThan(200);
  } finally {
    redis.resume();
  }
});

it('takes nothing for a bell that is none', async () => {
  const [stranger, bus] = await Promise.all([openBus('Redis'), openBus('Redis')]);
  const { heard } = await listen(bus, 'a');
  const strange = stranger as unknown as { ring(topic: string, bell: unknown): void };
  for (const nonsense of [{}, { sequence: '1', count: 1 }, { sequence: 1.5, count: 1 }, { sequence: 1, count: null }]) {
    strange.ring('a', nonsense);
  }
  stranger.ring('a', bell(7));
  await heard([bell(7)]);
});
