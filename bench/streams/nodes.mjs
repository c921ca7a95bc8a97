// npm run bench -- nodes: one event to many sockets that are spread over one, two, three and four processes on one
// PostgreSQL, over one Redis and over a cluster of it; what a write costs the bus, and who follows.
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { recordTopic } from '../../dist/pubsub/topics.js';
import { pause, until } from '../measure/clock.mjs';
import { startPostgres } from '../measure/postgres.mjs';
import { startApi, startFile, startRedis } from '../measure/processes.mjs';
import { startRedisCluster } from '../measure/redis-cluster.mjs';
import { percent, Report, shown } from '../measure/report.mjs';
import { prepareSpace, signInAll } from '../measure/space.mjs';
import { median, percentile } from '../measure/statistics.mjs';
import { machineCpu, usageOf, usageOfTree } from '../measure/usage.mjs';
import { CHANGE } from './crowds.mjs';
import { readOptions } from './options.mjs';
import { textOf, Writer } from './writer.mjs';

const MASTERS = 3;
const ARRIVE_MS = 30_000;
const SETTLE_MS = 15_000;
const TEXT_BYTES = textOf(10_000, 0).length + 7;

const options = readOptions({
  sockets: 2_000,
  /** From one up to so many processes. */
  nodes: 4,
  rounds: 2,
  /** Events a round; fewer where it would take longer than this. */
  events: 20,
  'round-ms': 5_000,
  'sockets-per-agent': 20,
  cluster: 1,
});
const env = {
  WS_PING_MS: '3600000',
  WS_MAX_SOCKETS_PER_PRINCIPAL: String(options['sockets-per-agent']),
  DATABASE_POOL_SIZE: '8',
};

const report = new Report('nodes', 'One event to sockets of several nodes', ['ioredis', 'ws']);
const postgres = await startPostgres({ max_connections: '300' });
const { dataDir } = postgres;
const databaseUrl = await postgres.database('ours');
const agents = Math.ceil(options.sockets / options['sockets-per-agent']);
const space = await prepareSpace({ dataDir, url: databaseUrl, agents });
const topic = recordTopic(space.id);
const counts = Array.from({ length: options.nodes }, (_, index) => index + 1);
let number = 1;
let faults = 0;

const redis = await startRedis();
const buses = [
  { name: 'one Redis', url: redis.url, servers: [redis.url], processes: [redis], publish: 'publish', follow: 'NUMSUB' },
];
if (options.cluster) {
  const { url, masters, processes } = await startRedisCluster(MASTERS);
  buses.push({
    name: `a cluster of ${MASTERS}`,
    url,
    servers: masters,
    processes,
    publish: 'spublish',
    follow: 'SHARDNUMSUB',
  });
}
for (const bus of buses) bus.talks = bus.servers.map((url) => new Redis(url));

const results = new Map();
for (let round = 0; round < options.rounds; round += 1) {
  // There and back again, so that what changes with time falls on all.
  const order = buses.flatMap((bus) => counts.map((count) => ({ bus, count })));
  for (const { bus, count } of round % 2 ? order.toReversed() : order) {
    console.log(`${bus.name}, ${count} nodes, round ${round + 1} …`);
    const key = `${bus.name} ${count}`;
    results.set(key, [...(results.get(key) ?? []), await measure(bus, count)]);
  }
}

report.say(
  `One message is written over HTTP at the first node; everybody who is subscribed gets one frame. ${shown(options.sockets)} sockets of ` +
    `${agents} signed-in agents, spread evenly over the nodes, all in one client process; one PostgreSQL; ${options.rounds} rounds of up to ` +
    `${options.events} events, one after the other, with new processes each time; medians of the rounds, percentiles of all events. Times are ` +
    'from sending the write to the last arrival, so they hold the write. Publishes are what Redis counts (INFO commandstats) ' +
    'for each write; nodes that follow are what it says of the workspace’s topic (PUBSUB NUMSUB, SHARDNUMSUB).',
);
report.table(
  [
    'bus',
    'nodes',
    'deliveries/s',
    'last delivery p50 ms',
    'p99 ms',
    'first delivery p50 ms',
    'CPU µs a delivery, all nodes',
    'of the machine in use',
    'by this run',
    'publishes a write',
    'nodes that follow',
    'after the sockets have gone',
    'events',
    'delivered',
  ],
  buses.flatMap((bus) => counts.map((count) => row(bus, count, results.get(`${bus.name} ${count}`)))),
);
report.say(
  'What this machine can show: its two cores are shared by the nodes, PostgreSQL, Redis, the writer and the one process that has all ' +
    'the sockets’ other ends. The column “of the machine in use” says how full it was, “by this run” what all of these together had of it. Where it is full a further node cannot bring ' +
    'more deliveries, only its own share of work: reading the event, deciding and executing once a node. What does not depend on ' +
    'the machine is that a write is one publish, and that a node follows a workspace only while somebody there does.',
);
await report.write();
for (const { talks } of buses) for (const talk of talks) talk.disconnect();
await postgres.stop();
console.log(faults === 0 ? 'Everything arrived, and a write was one publish.' : `${faults} faults, see above.`);
process.exit(faults === 0 ? 0 : 1);

async function measure(bus, count) {
  const nodes = [];
  for (let index = 0; index < count; index += 1) {
    nodes.push(await startApi({ dataDir, databaseUrl, redisUrl: bus.url, env }));
  }
  const writer = new Writer({ url: nodes[0].url, space });
  // The conversation is there.
  for (let warm = 0; warm < 3; warm += 1) await writer.write(number++, TEXT_BYTES);
  const crowd = await startFile(join(import.meta.dirname, 'crowd.mjs'));
  const credentials = await signInAll({ dataDir, url: databaseUrl, space });
  for (let index = 0, skip = 0; index < count; index += 1) {
    const share = Math.floor(((index + 1) * options.sockets) / count) - skip;
    await crowd.ask('connect', { url: nodes[index].url, count: share, skip, query: CHANGE, credentials });
    skip += share;
  }
  // The code has run at every node, and the agents' coming has been told.
  for (let warm = 0; warm < 5; warm += 1) await event(writer, crowd);
  await quiet(bus);

  const look = async () => ({
    publishes: await publishes(bus),
    cpuMs: await cpuOf(nodes),
    all: (await cpuOf([...nodes, ...bus.processes, crowd, process])) + (await usageOfTree(postgres.pid)).cpuMs,
    machine: await machineCpu(),
  });
  const before = await look();
  const events = [];
  const began = performance.now();
  while (events.length < options.events && performance.now() - began < options['round-ms']) {
    events.push(await event(writer, crowd));
  }
  await pause(100);
  const after = await look();
  const following = await followers(bus);
  await crowd.stop();
  await until(async () => (await followers(bus)) === 0, SETTLE_MS);
  const left = await followers(bus);
  writer.close();
  for (const { errors } of nodes) for (const error of errors.slice(0, 3)) console.log(error);
  await Promise.all(nodes.map((node) => node.stop()));

  const published = (after.publishes - before.publishes) / events.length;
  const delivered = events.reduce((sum, { arrived }) => sum + arrived, 0);
  if (published !== 1 || following !== count || left !== 0) {
    faults += 1;
    console.log(`fault: ${published} publishes a write, ${following} of ${count} nodes followed, ${left} afterwards`);
  }
  const busy = after.machine.busyMs - before.machine.busyMs + after.machine.stolenMs - before.machine.stolenMs;
  const whole = busy + after.machine.idleMs - before.machine.idleMs;
  return {
    events,
    delivered,
    published,
    following,
    left,
    perSecond: (1000 * delivered) / events.reduce((sum, { lastMs }) => sum + lastMs, 0),
    cpuUs: (1000 * (after.cpuMs - before.cpuMs)) / delivered,
    busy: (100 * busy) / whole,
    ours: (100 * (after.all - before.all)) / whole,
  };
}

async function event(writer, crowd) {
  const written = await writer.write(number, TEXT_BYTES);
  const {
    count,
    expected,
    first,
    last,
    faults: said,
    closed,
  } = await crowd.ask('arrived', {
    number: number++,
    timeoutMs: ARRIVE_MS,
  });
  if (count !== options.sockets || closed || said.length) {
    faults += 1;
    console.log(`fault: ${count} of ${expected} arrived, ${closed} closed, ${said.slice(0, 3).join(' ')}`);
  }
  return { arrived: count, firstMs: first - written.sentAt, lastMs: last - written.sentAt };
}

function row(bus, count, rounds) {
  const events = rounds.flatMap((round) => round.events);
  const middle = (name) => median(rounds.map((round) => round[name]));
  const all = (name) => [...new Set(rounds.map((round) => round[name]))].map(shown).join(', ');
  return [
    bus.name,
    count,
    shown(Math.round(middle('perSecond'))),
    shown(
      percentile(
        events.map(({ lastMs }) => lastMs),
        0.5,
      ),
    ),
    shown(
      percentile(
        events.map(({ lastMs }) => lastMs),
        0.99,
      ),
    ),
    shown(
      percentile(
        events.map(({ firstMs }) => firstMs),
        0.5,
      ),
    ),
    shown(middle('cpuUs')),
    `${Math.round(middle('busy'))} %`,
    `${Math.round(middle('ours'))} %`,
    all('published'),
    all('following'),
    all('left'),
    events.length,
    percent(
      rounds.reduce((sum, { delivered }) => sum + delivered, 0),
      events.length * options.sockets,
    ),
  ];
}

async function cpuOf(nodes) {
  const used = await Promise.all(nodes.map(({ pid }) => usageOf(pid)));
  return used.reduce((sum, { cpuMs }) => sum + cpuMs, 0);
}

/** How often something was published since Redis was started. */
async function publishes({ talks, publish }) {
  const calls = talks.map(async (talk) => {
    const stats = await talk.info('commandstats');
    return Number(new RegExp(`cmdstat_${publish}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
  });
  return (await Promise.all(calls)).reduce((sum, count) => sum + count, 0);
}

/** How many hear the workspace's topic. */
async function followers({ talks, follow }) {
  const answers = await Promise.all(talks.map((talk) => talk.call('PUBSUB', follow, topic)));
  return answers.reduce((sum, answer) => sum + Number(Array.isArray(answer) ? answer[1] : answer[topic]), 0);
}

/** Waits until nothing has been published for a second. */
async function quiet(bus) {
  let last = -1;
  const still = async () => {
    const now = await publishes(bus);
    const same = now === last;
    last = now;
    return same;
  };
  if (!(await until(still, SETTLE_MS, 1_000))) throw new Error('the nodes went on publishing by themselves');
}
