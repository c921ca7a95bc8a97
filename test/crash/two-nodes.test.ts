import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { openApplication } from '../../src/application-wiring.js';
import { loadConfig } from '../../src/config.js';
import { decodeCursor } from '../../src/services/streams/cursor.js';
import { makeDataDir, runCli } from '../cli/run-cli.js';
import type { ApiClient } from '../support/client.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { ACCEPT, customerWrites, offer, SEND, SET_STATUS } from '../support/operations.js';
import { Reader } from '../support/reader.js';
import { startRedis, type TestRedis } from '../support/redis.js';
import { createWorld, type World } from '../support/world.js';
import { ServerNode } from './node.js';

let database: TestDatabase;
let redis: TestRedis;
let dataDir: string;
let world: World;
let nodes: [ServerNode, ServerNode];
let readers: Reader[] = [];
beforeAll(async () => {
  [database, redis, dataDir] = await Promise.all([createTestDatabase(), startRedis(), makeDataDir()]);
  const env = {
    DATA_DIR: dataDir,
    DATABASE_URL: database.url,
    REDIS_URL: redis.url,
    DATABASE_POOL_SIZE: '8',
    // All that is written here is written by a few callers, which is no way to be fair to them.
    COST_BUCKET_POINTS: '100000000',
    COST_REFILL_PER_SECOND: '100000000',
  };
  // Opened beside them, and first: the signing keys that it makes are those of both.
  const app = await openApplication({
    config: loadConfig({ DATA_DIR: dataDir, DATABASE_POOL_SIZE: '2' }),
    databaseUrl: database.url,
    log: pino({ level: 'silent' }),
  });
  nodes = await Promise.all([ServerNode.start(env), ServerNode.start(env)]);
  world = await createWorld({ app, url: nodes[0].url });
  await app.close();
});
afterAll(async () => {
  await Promise.all(readers.map(({ follower }) => follower.stop()));
  for (const node of nodes ?? []) await node.kill();
  await redis.stop();
  await database.drop();
  await rm(dataDir, { recursive: true, force: true });
});

/** The same world, asked through a node. */
const through = (node: ServerNode): World => ({
  ...world,
  withKey: (key) => world.withKey(key).at(node.url),
  as: async (person) => (await world.as(person)).at(node.url),
});

const VISITORS = 8;
const AT_ONCE = 6;

/**
 * Customers write, some messages at once and through these nodes in turn. What was not answered is delivered again
 * through the next node, as channels do.
 * @returns the ids of what was acknowledged.
 */
async function chatter(
  among: readonly ServerNode[],
  count: number,
  onAcknowledged: (count: number) => unknown = () => {},
): Promise<string[]> {
  const ids: string[] = [];
  let begun = 0;
  const line = async () => {
    while (begun < count) {
      const turn = begun++;
      const contact = { address: `visitor ${turn % VISITORS}`, name: 'Ravi' };
      const input = { externalId: randomUUID(), contact, text: `Message ${turn}` };
      const deliver = (tries: number): Promise<{ messageId: string }> =>
        customerWrites(through(among[(turn + tries) % among.length]!), input).catch((error: unknown) => {
          // Cut off, and not refused.
          if (!(error instanceof TypeError) || tries === 3) throw error;
          return deliver(tries + 1);
        });
      ids.push((await deliver(0)).messageId);
      onAcknowledged(ids.length);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, line));
  return ids;
}

/** Where the record stands; asking this is no event itself. */
async function headNow(client: ApiClient): Promise<number> {
  const { conversations } = await client.ask('{ conversations(first: 1) { eventCursor } }');
  return decodeCursor(conversations.eventCursor).sequence;
}

const eventually = <T>(holds: () => T | Promise<T>): Promise<T> => vi.waitFor(holds, { timeout: 8_000, interval: 10 });
const readiness = () => Promise.all(nodes.map((node) => node.readiness()));

it('carries the story over two nodes, without Redis and after a node is lost, and every follower learns exactly what happened', async () => {
  const [one, two] = nodes;
  const [at1, at2] = [through(one), through(two)];
  const [admin, agent, colleague] = [await at2.as('admin'), await at1.as('agent'), await at2.as('colleague')];
  const [auditor, supervisor, integrator] = [
    await world.as('auditor'),
    await world.as('supervisor'),
    world.withKey('feed'),
  ];
  const followingAt = (urls: string[]) =>
    Promise.all([
      Reader.begin(auditor, 'auditEvents', urls),
      Reader.begin(supervisor, 'auditEvents', urls),
      Reader.begin(integrator, 'workspaceEvents', urls),
      Reader.begin(agent, 'conversationChanges', urls),
      Reader.begin(agent, 'handoverChanges', urls),
    ]);
  const [near, far] = [await followingAt([one.url, two.url]), await followingAt([two.url, one.url])];
  readers = [...near, ...far];
  const connected = (of: Reader[]) => of.map(({ follower }) => follower.connected);
  await eventually(() =>
    expect(connected(readers)).toEqual([...near.map(() => [one.url]), ...far.map(() => [two.url])]),
  );
  const before = Math.max(...readers.map(({ follower }) => follower.start));

  const { conversationId } = await customerWrites(at1);
  const written = await chatter(nodes, 24);
  await at2.withKey('bot').ask(SEND, { input: { conversationId, text: 'I am Robin' } });
  written.push(...(await chatter(nodes, 24)));

  // Redis is lost: what happens at one node is found by the other’s comparison.
  await redis.kill();
  await eventually(async () => expect(await readiness()).toEqual(['degraded', 'degraded']));
  const handoverId = await offer(at1.withKey('bot'), conversationId, { toTeamId: world.ids.support });
  const offeredAt = performance.now();
  const tellsOfIt = (frame: unknown) => /"handover.requested"|"REQUESTED"/.test(JSON.stringify(frame));
  const toldAt = () =>
    far.map(({ follower }) => follower.arrived.find(({ frame }) => tellsOfIt(frame))?.at ?? Infinity);
  await eventually(() => expect(Math.max(...toldAt())).toBeLessThan(Infinity));
  const slowest = Math.max(...toldAt()) - offeredAt;
  expect(slowest, 'milliseconds until the handover arrived without Redis').toBeLessThan(3_000);
  written.push(...(await chatter(nodes, 24)));

  const answers = await Promise.all([agent, colleague].map((client) => client.send(ACCEPT, { input: { handoverId } })));
  expect(answers.filter((answer) => !answer.errors)).toHaveLength(1);
  const winner = answers.findIndex((answer) => !answer.errors);
  const winnerId = world.ids.agents[winner === 0 ? 'agent' : 'colleague'];
  expect(answers[1 - winner]!.errors![0]!.extensions).toMatchObject({
    code: 'CONFLICT',
    current: { handoverId, status: 'ACCEPTED', settledBy: { kind: 'AGENT', id: winnerId } },
  });
  const taker = [agent, colleague][winner]!.at(two.url);

  await redis.restart();
  await eventually(async () => expect(await readiness()).toEqual(['ready', 'ready']));
  await taker.ask(SEND, { input: { conversationId, text: 'On its way' } });
  written.push(...(await chatter(nodes, 24)));

  // A node is lost while customers write through both.
  const kills: Promise<void>[] = [];
  written.push(...(await chatter(nodes, 48, (count) => count === 20 && kills.push(one.kill()))));
  await Promise.all(kills);
  await eventually(() => expect(connected(near)).toEqual(near.map(() => [one.url, two.url])));
  written.push(...(await chatter([two], 24)));
  await taker.ask(SET_STATUS, { input: { conversationId, status: 'RESOLVED' } });

  const upTo = await headNow(admin);
  for (const reader of readers) {
    const fresh = await reader.fresh(two.url, upTo);
    await eventually(() => expect(reader.seen(upTo)).toEqual(fresh));
    expect(reader.follower.ends).toEqual([]);
  }
  expect(connected(far)).toEqual(far.map(() => [two.url]));

  // The auditor’s are all there are: none is missing, and none came twice.
  const events = near[0].seen(upTo) as { sequence: number; action: string }[];
  const first = near[0].follower.start + 1;
  const contiguous = Array.from({ length: upTo - first + 1 }, (_, index) => first + index);
  expect(events.map(({ sequence }) => sequence)).toEqual(contiguous);
  // What was acknowledged happened, and what was delivered twice happened once.
  const happened = Map.groupBy(
    events.filter(({ sequence }) => sequence > before),
    ({ action }) => action,
  );
  const count = (action: string) => happened.get(action)?.length;
  expect(new Set(written).size).toBe(168);
  expect(count('message.received')).toBe(1 + written.length);
  expect(['handover.requested', 'handover.accepted', 'conversation.resolved'].map(count)).toEqual([1, 1, 1]);
  const { conversation } = await taker.ask(
    `query($id: ID!) { conversation(id: $id) { transcript { nodes {
      actor { __typename } ... on Message { text } ... on ConversationEvent { action } } } } }`,
    { id: conversationId },
  );
  expect(conversation.transcript.nodes).toEqual([
    { actor: { __typename: 'Contact' }, action: 'conversation.created' },
    { actor: { __typename: 'Contact' }, text: 'My order is late' },
    { actor: { __typename: 'Bot' }, text: 'I am Robin' },
    { actor: { __typename: 'Bot' }, action: 'handover.requested' },
    { actor: { __typename: 'Agent' }, action: 'handover.accepted' },
    { actor: { __typename: 'Agent' }, text: 'On its way' },
    { actor: { __typename: 'Agent' }, action: 'conversation.resolved' },
  ]);

  await Promise.all(readers.map(({ follower }) => follower.stop()));
  expect(await two.stop()).toBe(0);
  expect([...one.faults, ...two.faults]).toEqual([]);
  const verified = await runCli(['verify'], { DATA_DIR: dataDir, DATABASE_URL: database.url });
  expect(verified).toMatchObject({ code: 0, stdout: expect.stringMatching(/^acme: VALID, \d+ events, root \S+\n$/) });
}, 60_000);
