import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import type { Bell } from '../../src/pubsub/bus.js';
import { openCounters } from '../../src/pubsub/open-bus.js';
import { RedisClusterBus } from '../../src/pubsub/redis-cluster-bus.js';
import { recordTopic, typingTopic } from '../../src/pubsub/topics.js';
import { SignInLimits } from '../../src/services/accounts/sign-in-limits.js';
import { SET_TYPING } from '../security/details.js';
import { customerWrites } from '../support/operations.js';
import { startTestServer } from '../support/server.js';
import { createWorld } from '../support/world.js';
import { startRedisCluster, type TestCluster } from '../support/redis-cluster.js';

const PATIENCE = { timeout: 10_000, interval: 20 };
const bell = (sequence: number): Bell => ({ sequence, count: 1 });

let cluster: TestCluster;
let open: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  cluster = await startRedisCluster();
});
afterEach(async () => {
  await Promise.all(open.map((bus) => bus.close()));
  open = [];
});
afterAll(() => cluster.stop());

const faults: Error[] = [];
async function openBus(): Promise<RedisClusterBus> {
  const bus = new RedisClusterBus(cluster.url, (error) => faults.push(error));
  open.push(bus);
  await vi.waitFor(() => expect(bus.healthy()).toBe(true), PATIENCE);
  return bus;
}

/** A writer, and a reader with a topic on each of the masters. */
async function threeTopics() {
  const [writer, reader] = await Promise.all([openBus(), openBus()]);
  const topics: string[] = [];
  const heard = new Map<string, Bell[]>();
  while (topics.length < cluster.masters.length) {
    const topic = recordTopic(randomUUID());
    if ((await cluster.ownerOf(topic)) !== topics.length) continue;
    topics.push(topic);
    heard.set(topic, []);
    await reader.follow(topic, (sound) => heard.get(topic)!.push(sound));
  }
  const gaps = vi.fn<() => void>();
  reader.onGap(gaps);
  let sequence = 0;
  /** Rings on every topic until each of the rings of one round is heard. */
  const allHeard = () =>
    vi.waitFor(async () => {
      sequence += 1;
      for (const topic of topics) writer.ring(topic, bell(sequence));
      const now = sequence;
      await vi.waitFor(
        () =>
          expect(topics.map((topic) => heard.get(topic)!.some((sound) => sound.sequence === now))).not.toContain(false),
        { timeout: 500, interval: 5 },
      );
    }, PATIENCE);
  return { writer, reader, topics, gaps, allHeard };
}

it('has all topics of a workspace on one node, and those of many workspaces on all', async () => {
  const owners = new Set<number>();
  for (let count = 0; count < 30; count += 1) {
    const [workspace, conversation] = [randomUUID(), randomUUID()];
    const owner = await cluster.ownerOf(recordTopic(workspace));
    expect(await cluster.ownerOf(typingTopic(workspace, conversation))).toBe(owner);
    owners.add(owner);
  }
  expect(owners.size).toBe(cluster.masters.length);
});

it('carries the bells from one node to the other, whichever master has the topic, and follows nothing for nobody', async () => {
  const [writer, reader] = await Promise.all([openBus(), openBus()]);
  const topics = Array.from({ length: 12 }, () => recordTopic(randomUUID()));
  const heard: string[] = [];
  const stops = await Promise.all(topics.map((topic) => reader.follow(topic, () => heard.push(topic))));
  const again = await reader.follow(topics[0]!, () => {});
  for (const topic of topics) expect(await cluster.followersOf(topic)).toBe(1);
  for (const topic of topics) writer.ring(topic, bell(1));
  await vi.waitFor(() => expect(heard.toSorted()).toEqual(topics.toSorted()), PATIENCE);
  for (const stop of stops) await stop();
  expect(await cluster.followersOf(topics[0]!)).toBe(1);
  await again();
  for (const topic of topics) expect(await cluster.followersOf(topic)).toBe(0);
});

it('announces the gap when the connection to one node is lost, and hears again', async () => {
  const { topics, gaps, allHeard, reader } = await threeTopics();
  await allHeard();
  expect(gaps).not.toHaveBeenCalled();
  await cluster.cutFollowers(1);
  await vi.waitFor(() => expect(gaps).toHaveBeenCalled(), PATIENCE);
  await allHeard();
  expect(reader.healthy()).toBe(true);
  for (const topic of topics) await vi.waitFor(async () => expect(await cluster.followersOf(topic)).toBe(1), PATIENCE);
});

it('announces the gap when a slot has moved to another node, and hears there', async () => {
  const { topics, gaps, allHeard } = await threeTopics();
  await allHeard();
  await cluster.moveSlotOf(topics[2]!);
  expect(await cluster.ownerOf(topics[2]!)).toBe(0);
  await vi.waitFor(() => expect(gaps).toHaveBeenCalled(), PATIENCE);
  await allHeard();
  await vi.waitFor(async () => expect(await cluster.followersOf(topics[2]!)).toBe(1), PATIENCE);
});

it.each([
  ['one node', [1]],
  ['every node', [0, 1, 2]],
])(
  'neither throws nor waits while %s is down, announces the gap when it is back, and hears again',
  async (_, down) => {
    const { writer, reader, topics, gaps, allHeard } = await threeTopics();
    await allHeard();
    faults.length = 0;
    await Promise.all(down.map((index) => cluster.masters[index]!.kill()));
    await vi.waitFor(() => expect(reader.healthy()).toBe(false), PATIENCE);
    const began = performance.now();
    for (let count = 0; count < 1_000; count += 1) writer.ring(topics[1]!, bell(-1));
    expect(performance.now() - began).toBeLessThan(200);
    // One who comes meanwhile is not sent away.
    const late: Bell[] = [];
    const topic = topics[1]!.replace('record', 'late');
    await reader.follow(topic, (sound) => late.push(sound));
    await vi.waitFor(() => expect(faults.length).toBeGreaterThan(0), PATIENCE);
    await Promise.all(down.map((index) => cluster.masters[index]!.restart()));
    await cluster.whole();
    await vi.waitFor(() => expect(reader.healthy()).toBe(true), PATIENCE);
    expect(gaps).toHaveBeenCalled();
    await allHeard();
    await vi.waitFor(() => {
      writer.ring(topic, bell(7));
      expect(late.length).toBeGreaterThan(0);
    }, PATIENCE);
    // Two buses: an outage is told once by each of their two connections at the most.
    expect(faults.length).toBeLessThanOrEqual(4);
  },
  60_000,
);

it('gives a ring up that a node does not answer, and spares it the next ones', async () => {
  const { writer, topics } = await threeTopics();
  cluster.masters[1]!.pause();
  try {
    const began = performance.now();
    for (let count = 0; count < 1_000; count += 1) writer.ring(topics[1]!, bell(count));
    expect(performance.now() - began).toBeLessThan(200);
  } finally {
    cluster.masters[1]!.resume();
  }
  await cluster.whole();
});

it('tells at one node what was said at another', async () => {
  const server = await startTestServer({ env: { REDIS_URL: cluster.url } });
  const other = await server.another();
  try {
    const world = await createWorld(server);
    const { conversationId } = await customerWrites(world);
    const [reader, writer] = [(await world.as('agent')).at(other.url), await world.as('colleague')];
    await vi.waitFor(async () => {
      const answer = await fetch(`${other.url}/readyz`);
      expect(await answer.json()).toMatchObject({ status: 'ready', bus: true });
    }, PATIENCE);
    // Of what is on no record the bus alone can tell.
    const stream = reader.subscribe(
      'subscription($id: ID!) { typing(conversationId: $id) { activity actor { id } } }',
      {
        id: conversationId,
      },
    );
    await vi.waitFor(
      async () => expect(await cluster.followersOf(typingTopic(world.ids.workspace, conversationId))).toBe(1),
      PATIENCE,
    );
    await writer.ask(SET_TYPING, { input: { conversationId, activity: 'TYPING' } });
    expect(await stream.next()).toEqual({ typing: { activity: 'TYPING', actor: { id: world.ids.agents.colleague } } });
    await stream.stop();
  } finally {
    await other.stop();
    await server.stop();
  }
});

it('is where processes count failures to sign in together', async () => {
  const stores = [openCounters(cluster.url), openCounters(cluster.url)];
  const [one, other] = stores.map((store) => new SignInLimits(store));
  open.push(one!, other!);
  await vi.waitFor(() => expect(stores.map(({ status }) => status)).toEqual(['ready', 'ready']), PATIENCE);
  const email = `${randomUUID()}@test`;
  for (let count = 0; count < 6; count += 1) await one!.failed(email, '192.0.2.7');
  await expect(other!.admit(email, '192.0.2.7')).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  await other!.succeeded(email, '192.0.2.7');
  await one!.admit(email, '192.0.2.7');
});
