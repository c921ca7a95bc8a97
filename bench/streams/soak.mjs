// npm run bench -- soak --minutes 60: one server of ours under a mixed load that leaves half of the machine idle. Does anything
// grow that should not: memory, handles, connections to PostgreSQL?
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { pause, until } from '../measure/clock.mjs';
import { closingOf, memoryOf, observed } from '../measure/observed.mjs';
import { startPostgres } from '../measure/postgres.mjs';
import { startFile, startRedis } from '../measure/processes.mjs';
import { percent, Report, shown } from '../measure/report.mjs';
import { spread, trend } from '../measure/statistics.mjs';
import { machineCpu, sampling, usageOf } from '../measure/usage.mjs';
import { readOptions } from './options.mjs';
import { cursorNow, recordedAfter } from './record.mjs';
import { startOurs } from './servers.mjs';
import { MixedLoad } from './soak-load.mjs';

const options = readOptions({
  minutes: 10,
  sockets: 200,
  still: 50,
  'drop-every-ms': 500,
  reads: 60,
  writes: 20,
  'sign-in-ms': 3_000,
  contacts: 200,
  'sample-ms': 10_000,
  seed: 1,
});
/** Sockets that one caller may have; half of it, since the old one may not be known to be gone when the new one comes. */
const PER_KEY = 10;
const AGENTS = 20;
const COLLECT_MS = 5_000;
/** For what was in use to be given back once nobody is there any more. */
const REST_MS = 60_000;
const ROWS = 30;

const postgres = await startPostgres();
const redis = await startRedis();
const report = new Report('soak', 'One server under a mixed load for long');
const clients = await startFile(join(import.meta.dirname, 'soak-clients.mjs'));
let collected = null;
const server = await startOurs({
  postgres,
  redisUrl: redis.url,
  agents: AGENTS,
  keys: Math.ceil(options.sockets / PER_KEY),
  execArgv: observed,
  onLine: (line) => {
    collected = memoryOf(line) ?? collected;
    const closing = closingOf(line);
    if (closing) void clients.ask('ended', { port: closing.port }).catch(() => {});
  },
});
const owner = new pg.Client({ connectionString: server.databaseUrl });
await owner.connect();
const load = new MixedLoad({ server, ...options });
await load.prepare();
const cursor = await cursorNow(load.channel);
await clients.ask('connect', {
  url: server.url,
  credentials: server.space.keys,
  cursor,
  count: options.sockets,
  still: options.still,
});
await clients.ask('startDropping', { everyMs: options['drop-every-ms'], seed: options.seed });

const sampler = sampling(options['sample-ms'], sample);
const machineBefore = await machineCpu();
load.start();
console.log(`under load for ${options.minutes} minutes …`);
await pause(options.minutes * 60_000);
await load.stop();
const samples = await sampler.stop();
const machineAfter = await machineCpu();

const recorded = await recordedAfter(server, cursor);
const settled = await clients.ask('settle', { last: recorded.at(-1) });
const followed = await clients.ask('report');
const exact = followed.applied.filter((count) => count === recorded.length).length;
await clients.ask('end');
await pause(REST_MS);
const rested = await sample();

const busy = machineAfter.busyMs - machineBefore.busyMs;
const [first, last] = [samples[0], samples.at(-1)];
report.say(
  `One server of ours with a Redis bus, as installed; its limits wide. For ${options.minutes} minutes ${options.reads} reads a second (the inbox and one ` +
    `conversation in turn, as agents), ${options.writes} messages a second (received and sent in turn, over ${options.contacts} conversations), a sign-in with ` +
    `a password every ${options['sign-in-ms']} ms, every other session signed out. ${options.sockets} sockets follow, three of four every event, the others the ` +
    `conversations; ${options.still} of them stop reading once they are connected, and come back when the server ends them; of the others one is cut off every ` +
    `${options['drop-every-ms']} ms. They come back after 250 ms with their cursor. ` +
    `${percent(busy, busy + machineAfter.idleMs - machineBefore.idleMs)} of the machine was busy, the server took ` +
    `${percent(last.cpuMs - first.cpuMs, last.at - first.at)} of a core.`,
);
const measures = [
  ['RSS', 'MB', ({ rssKb }) => rssKb / 1024],
  ['heap after collection', 'MB', ({ heapKb }) => heapKb / 1024],
  ['pages of the heap', 'MB', ({ reservedKb }) => reservedKb / 1024],
  ['external after collection', 'MB', ({ externalKb }) => externalKb / 1024],
  ['handles', '', ({ handles }) => handles],
  ['open files', '', ({ files }) => files],
  ['PostgreSQL connections', '', ({ connections }) => connections],
];
const hours = ({ at }) => (at - first.at) / 3_600_000;
const half = samples.slice(Math.floor(samples.length / 2));
report.head('What grows: the second half of the time');
report.table(
  ['what', 'at its beginning', 'at its end', 'least', 'most', 'slope per hour', '± (two standard errors)'],
  measures.map(([name, unit, of]) => {
    const values = half.map(of);
    const { slope, error } = trend(half.map((each) => ({ x: hours(each), y: of(each) })));
    const figures = [values[0], values.at(-1), Math.min(...values), Math.max(...values), slope, 2 * error];
    return [unit ? `${name}, ${unit}` : name, ...figures.map(shown)];
  }),
);
report.say(
  `By least squares over ${half.length} samples. RSS is what it is before garbage is collected; it is collected with every sample, so memory is ` +
    'seen sooner than it would be otherwise. Handles are what the event loop would wait for: sockets, timers, requests under way.',
);
report.head('What is kept: a minute after everybody has gone');
report.table(
  ['what', 'before the load', 'at most', 'afterwards'],
  measures.map(([name, unit, of]) => [
    unit ? `${name}, ${unit}` : name,
    ...[of(first), Math.max(...samples.map(of)), of(rested)].map(shown),
  ]),
);
report.head('The load');
report.table(
  ['what', 'answered', 'p50 ms', 'p99 ms', 'max ms'],
  load.kinds.map(([name, times]) => {
    const { count, p50, p99, max } = spread(times);
    return [name, count.toLocaleString('en-US'), shown(p50), shown(p99), shown(max)];
  }),
);
const checked = followed.applied.length;
report.say(
  `${exact} of ${checked} sockets that follow every event applied exactly the ${recorded.length.toLocaleString('en-US')} events of the record, each once, over ` +
    `${followed.drops.toLocaleString('en-US')} connections lost by all. Faults: ${followed.faults.length + server.errors.length + load.refused.length}. ` +
    `Writes answered with UNAVAILABLE and sent again: ${load.channel.repeated}.`,
);
report.head('Over time');
const every = Math.ceil(samples.length / ROWS);
report.table(
  ['minute', ...measures.map(([name, unit]) => (unit ? `${name}, ${unit}` : name)), 'CPU, share of a core'],
  samples
    .map((each, index) => [each, samples[Math.max(0, index - every)]])
    .filter((_, index) => index % every === 0)
    .map(([each, before]) => [
      ((each.at - first.at) / 60_000).toFixed(1),
      ...measures.map(([, , of]) => shown(of(each))),
      before === each ? '–' : percent(each.cpuMs - before.cpuMs, each.at - before.at),
    ]),
);
for (const fault of [...followed.faults, ...server.errors, ...load.refused].slice(0, 10))
  console.log(`fault: ${fault}`);
await report.write();
await owner.end();
await server.stop();
await clients.stop();
await redis.stop();
await postgres.stop();
const promised = settled && exact === checked && load.refused.length === 0;
console.log(promised ? 'What is promised was kept.' : 'What is promised was NOT kept.');
process.exit(promised ? 0 : 1);

/** RSS as it is, and after that what is in use when garbage has been collected. */
async function sample() {
  const usage = await usageOf(server.pid);
  const files = (await readdir(`/proc/${server.pid}/fd`)).length;
  const { rows } = await owner.query(
    `select count(*)::int as count from pg_stat_activity
     where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()`,
  );
  collected = null;
  process.kill(server.pid, 'SIGUSR2');
  if (!(await until(() => collected !== null, COLLECT_MS))) throw new Error('the server does not say what it uses');
  const { heapKb, reservedKb, externalKb, handles } = collected;
  return { ...usage, files, connections: rows[0].count, heapKb, reservedKb, externalKb, handles };
}
