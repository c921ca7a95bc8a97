// npm run bench -- resume: clients whose sockets are cut off every 2 s while events are written. What of them arrives?
import { join } from 'node:path';
import { pause } from '../measure/clock.mjs';
import { startPostgres } from '../measure/postgres.mjs';
import { startFile, startRedis } from '../measure/processes.mjs';
import { percent, Report, shown } from '../measure/report.mjs';
import { sampling, usageOf, usageOfTree } from '../measure/usage.mjs';
import { readOptions } from './options.mjs';
import { cursorNow, recordedAfter } from './record.mjs';
import { startOurs, startPeer } from './servers.mjs';
import { Writer } from './writer.mjs';

const options = readOptions({
  seconds: 60,
  clients: 200,
  rate: 50,
  bytes: 120,
  'drop-every-ms': 2_000,
  // 0: as the client library has it.
  'retry-ms': 250,
  seed: 1,
});
const events = options.seconds * options.rate;
/** Sockets that one caller may have, unless told otherwise. */
const PER_KEY = 20;
const CONVERSATIONS = 20;
/** Events before the measurement: conversations are made, code is compiled. */
const WARM_UP = 100;

const postgres = await startPostgres();
const redis = await startRedis();
const report = new Report('resume', 'Sockets that drop every 2 s', [
  '@apollo/server',
  'graphql-ws',
  'graphql-subscriptions',
  'graphql-redis-subscriptions',
]);
const clients = await startFile(join(import.meta.dirname, 'resume-clients.mjs'));

const contenders = [
  // Half of the sockets that a caller may have: the old one may not be known to be gone yet when the new one comes.
  [
    'Verbatim, over Redis',
    () => startOurs({ postgres, redisUrl: redis.url, keys: Math.ceil((2 * options.clients) / PER_KEY) }),
  ],
  ['Apollo, graphql-ws, PubSub in memory', () => startPeer('apollo', { postgres })],
  ['Apollo, graphql-ws, PubSub over Redis', () => startPeer('apollo', { postgres, redisUrl: redis.url })],
];
const results = [];
for (const [name, start] of contenders) {
  console.log(`${name} …`);
  const server = await start();
  results.push({ name, kind: server.kind, ...(await measure(server)) });
  await server.stop();
}

report.say(
  `${options.clients} clients follow every event of one workspace while ${options.rate} messages a second are written for ` +
    `${options.seconds} s (${events} events) to ${CONVERSATIONS} conversations over HTTP, each committed to the same PostgreSQL. ` +
    `Every client’s socket is cut off every ${options['drop-every-ms']} ms, at moments of its own (seed ${options.seed}), the same ` +
    'for each server. All clients are the stock client of graphql-ws, in one process of their own; they reconnect after ' +
    (options['retry-ms']
      ? `${options['retry-ms']} ms ± 50 %. `
      : 'the time that the library waits by default (1.3 to 4 s). ') +
    'Ours put the last cursor into the variables that the library sends again. The peers are the ordinary way: Apollo Server 5 with ' +
    'Express, graphql-ws and PubSub as their documentation has it. The servers were measured one after the other.',
);
report.table(
  ['server', 'delivered', 'complete clients', 'doubled on the wire', 'drops', 'delay p50 ms', 'p99 ms', 'max ms'],
  results.map(({ name, result }) => [
    name,
    percent(result.delivered, events * options.clients),
    `${result.complete} of ${options.clients}`,
    result.doubled,
    result.drops,
    shown(result.delays.p50),
    shown(result.delays.p99),
    shown(result.delays.max),
  ]),
);
report.say(
  'Delay: from the acknowledgement of the write to the arrival, of what arrived; it holds the time without a socket.',
);
report.table(
  [
    'server',
    'CPU, share of a core',
    'CPU µs a delivery',
    'PostgreSQL’s CPU',
    'RSS before MB',
    'RSS at most MB',
    'RSS after MB',
    'write p50 ms',
    'write p99 ms',
  ],
  results.map(({ name, result, cpuMs, postgresMs, tookMs, rss, writes }) => [
    name,
    percent(cpuMs, tookMs),
    shown((1000 * cpuMs) / result.delivered),
    percent(postgresMs, tookMs),
    ...rss.map((kb) => shown(Math.round(kb / 1024))),
    ...writes.map(shown),
  ]),
);
const [ours] = results;
const exactly = ours.result.exact === options.clients;
report.say(
  `Verbatim: ${ours.result.exact} of ${options.clients} clients applied exactly the ${ours.recorded} sequences that the record holds ` +
    `of the run, each once and in order. Faults: ${results.map(({ name, result, errors }) => `${name} ${result.faults.length + errors.length}`).join(', ')}. ` +
    `Writes answered with UNAVAILABLE and sent again: ${ours.repeated}.`,
);
for (const { name, result, errors } of results) {
  for (const fault of [...result.faults, ...errors].slice(0, 5)) console.log(`fault of ${name}: ${fault}`);
}
await report.write();
await clients.stop();
await redis.stop();
await postgres.stop();
const promised = exactly && ours.result.delivered === events * options.clients;
console.log(promised ? 'What is promised was kept.' : 'What is promised was NOT kept.');
process.exit(promised ? 0 : 1);

async function measure(server) {
  const writer = new Writer(server);
  await writer.writeSteadily({
    first: events,
    count: WARM_UP,
    perSecond: 100,
    bytes: options.bytes,
    contacts: CONVERSATIONS,
  });
  const cursor = server.kind === 'ours' ? await cursorNow(writer) : null;
  await clients.ask('connect', {
    url: server.url,
    kind: server.kind,
    credentials: server.space?.keys ?? [null],
    cursor,
    clients: options.clients,
    events,
    retryMs: options['retry-ms'],
    seed: options.seed,
  });
  await pause(1_000);
  const usage = async () => ({ ...(await usageOf(server.pid)), postgresMs: (await usageOfTree(postgres.pid)).cpuMs });
  const sampler = sampling(1_000, usage);
  const before = await usage();
  const began = performance.now();
  await clients.ask('startDropping', { everyMs: options['drop-every-ms'], seed: options.seed });
  const written = await writer.writeSteadily({
    first: 0,
    count: events,
    perSecond: options.rate,
    bytes: options.bytes,
    contacts: CONVERSATIONS,
  });
  await clients.ask('settle', { events });
  const after = await usage();
  const tookMs = performance.now() - began;
  const samples = await sampler.stop();
  const expected = server.kind === 'ours' ? await recordedAfter(server, cursor) : null;
  const result = await clients.ask('report', {
    acknowledged: Float64Array.from(written, ({ acknowledgedAt }) => acknowledgedAt),
    expected,
  });
  await clients.ask('end');
  writer.close();
  const took = written.map(({ sentAt, acknowledgedAt }) => acknowledgedAt - sentAt).toSorted((a, b) => a - b);
  return {
    result,
    recorded: expected?.length,
    repeated: writer.repeated,
    errors: server.errors ?? [],
    tookMs,
    cpuMs: after.cpuMs - before.cpuMs,
    postgresMs: after.postgresMs - before.postgresMs,
    rss: [before.rssKb, Math.max(...samples.map(({ rssKb }) => rssKb)), after.rssKb],
    writes: [took[Math.floor(took.length / 2)], took[Math.floor(took.length * 0.99)]],
  };
}
