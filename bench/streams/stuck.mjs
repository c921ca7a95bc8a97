// npm run bench -- stuck: of many who follow the same stream some stop reading their socket. What does that cost the
// server and the others, how does it end, and do they have everything once they are back?
import { join } from 'node:path';
import { now, pause } from '../measure/clock.mjs';
import { closingOf, collectGarbage, memoryOf, observed } from '../measure/observed.mjs';
import { startPostgres } from '../measure/postgres.mjs';
import { startFile } from '../measure/processes.mjs';
import { percent, Report, shown } from '../measure/report.mjs';
import { percentile, slope } from '../measure/statistics.mjs';
import { sampling, usageOf } from '../measure/usage.mjs';
import { readOptions } from './options.mjs';
import { cursorNow, recordedAfter } from './record.mjs';
import { startOurs, startPeer } from './servers.mjs';
import { Writer } from './writer.mjs';

const options = readOptions({
  clients: 1_000,
  stuck: 50,
  // The kernel takes 4 to 8 MB for a reader who does not read before anybody can notice.
  rate: 6,
  bytes: 16_384,
  before: 10,
  during: 70,
  after: 10,
  'stuck-ms': 10_000,
  // So that it is not a missing pong that ends them; 25,000 unless told otherwise.
  'ping-ms': 600_000,
});
const events = options.rate * (options.before + options.during + options.after);
const PER_KEY = 20;
const CONVERSATIONS = 20;
const WARM_UP = 60;
/**
 * While they are stuck garbage is collected so often, to see what is really in use; frames of the second after do not
 * count.
 */
const COLLECT_EVERY_MS = 8_000;
const DISTURBED_MS = 1_000;

const postgres = await startPostgres();
const report = new Report('stuck', 'Readers that stop reading', [
  '@apollo/server',
  'graphql-ws',
  'graphql-subscriptions',
]);
const clients = await startFile(join(import.meta.dirname, 'stuck-clients.mjs'));
const env = { WS_STUCK_MS: String(options['stuck-ms']), WS_PING_MS: String(options['ping-ms']) };
const contenders = [
  ['Verbatim', (watch) => startOurs({ postgres, keys: Math.ceil((2 * options.clients) / PER_KEY), env, ...watch })],
  ['Apollo, graphql-ws, PubSub', (watch) => startPeer('apollo', { postgres, ...watch })],
];
const results = [];
for (const [name, start] of contenders) {
  console.log(`${name} …`);
  results.push({ name, ...(await measure(start)) });
}

report.say(
  `${options.clients} sockets follow the same feed; ${options.rate} messages a second of ${options.bytes} characters are written, and ` +
    `after ${options.before} s ${options.stuck} of the sockets stop being read (their TCP connection is paused). Once the server has ended ` +
    'one of them, it comes back 1 s later: every other one reads on before that and learns why, the rest just connect anew. ' +
    `Verbatim with WS_STUCK_MS=${options['stuck-ms']} and WS_PING_MS=${options['ping-ms']}; Apollo and graphql-ws as they come ` +
    '(a ping every 12 s). No Redis. The servers were measured one after the other.',
);
report.head('The server');
report.table(
  [
    'server',
    'RSS before MB',
    'just before the first was ended MB',
    'at most MB',
    'after MB',
    'RSS’s slope while stuck KB/s',
    'slope of what is in use KB/s',
    'CPU, share of a core',
  ],
  results.map(({ name, memory, cpuShare }) => [name, ...memory.map(shown), cpuShare]),
);
report.head('Those who go on reading');
report.table(
  [
    'server',
    'p50 before ms',
    'p99 before ms',
    'p50 while stuck ms',
    'p99 while stuck ms',
    'max while stuck ms',
    'delivered',
  ],
  results.map(({ name, result: { phases, others } }) => [
    name,
    ...[phases[0].p50, phases[0].p99, phases[1].p50, phases[1].p99, phases[1].max].map(shown),
    percent(others.delivered, others.expected),
  ]),
);
report.say('From the acknowledgement of the write to the arrival.');
report.head('Those who stop');
report.table(
  [
    'server',
    'ended by the server',
    'first and last after s',
    'as said by the server',
    'as learned by who read on',
    'came back and have',
    'complete',
    'doubled',
  ],
  results.map(({ name, endings, codes, result: { stuck, ended } }) => [
    name,
    `${endings.length} of ${options.stuck}`,
    endings.length ? `${shown(Math.min(...endings) / 1000)} to ${shown(Math.max(...endings) / 1000)}` : '–',
    counted(codes),
    counted(ended.filter((_, index) => index % 2 === 0).map((code) => code ?? 'nothing')),
    percent(stuck.delivered, stuck.expected),
    `${stuck.complete} of ${options.stuck}`,
    stuck.doubled,
  ]),
);
const [ours] = results;
report.say(
  `Verbatim: ${ours.result.stuck.exact} of ${options.stuck} who stopped and ${ours.result.others.exact} of ` +
    `${options.clients - options.stuck} who did not applied exactly the ${ours.recorded} sequences that the record holds of the run, ` +
    `each once and in order. Faults: ${results.map(({ name, result, errors }) => `${name} ${result.faults.length + errors.length}`).join(', ')}. ` +
    `Writes answered with UNAVAILABLE and sent again: ${ours.repeated}.`,
);
for (const { name, result, errors } of results)
  for (const fault of [...result.faults, ...errors].slice(0, 5)) console.log(`fault of ${name}: ${fault}`);
await report.write();
await clients.stop();
await postgres.stop();
const promised =
  ours.result.stuck.exact === options.stuck && ours.result.others.exact === options.clients - options.stuck;
console.log(promised ? 'What is promised was kept.' : 'What is promised was NOT kept.');
process.exit(promised ? 0 : 1);

async function measure(start) {
  const watch = watching();
  const server = await start({ execArgv: observed, onLine: watch.onLine });
  const writer = new Writer(server);
  const load = { perSecond: options.rate, bytes: options.bytes, contacts: CONVERSATIONS };
  await writer.writeSteadily({ ...load, first: events, count: WARM_UP, perSecond: 30 });
  const cursor = server.kind === 'ours' ? await cursorNow(writer) : null;
  const ports = await clients.ask('connect', {
    url: server.url,
    kind: server.kind,
    credentials: server.space?.keys ?? [null],
    cursor,
    count: options.clients,
    stuckCount: options.stuck,
    events,
  });
  await collectGarbage(server.pid);
  const sampler = sampling(500, () => usageOf(server.pid));
  const writing = writer.writeSteadily({ ...load, first: 0, count: events });
  await pause(options.before * 1000);

  const stalledAt = now();
  const stalledAtSample = performance.now();
  await clients.ask('stall');
  watch.follow(ports);
  const collected = [];
  while (now() - stalledAt < options.during * 1000) {
    if (watch.endings.length === 0) {
      collected.push(now());
      await collectGarbage(server.pid);
    }
    await pause(Math.max(0, Math.min(COLLECT_EVERY_MS, stalledAt + options.during * 1000 - now())));
  }
  await clients.ask('goOn');
  const written = await writing;
  await watch.back();
  await clients.ask('settle');
  const samples = await sampler.stop();
  await collectGarbage(server.pid);
  const afterMb = (await usageOf(server.pid)).rssKb / 1024;

  const recorded = server.kind === 'ours' ? await recordedAfter(server, cursor) : null;
  const firstOf = (ms) => Math.min(events, Math.ceil((options.rate * ms) / 1000));
  const [stall, on] = [options.before * 1000, (options.before + options.during) * 1000].map(firstOf);
  const result = await clients.ask('report', {
    acknowledged: Float64Array.from(written, ({ acknowledgedAt }) => acknowledgedAt),
    phases: [
      [0, stall],
      [stall, on],
    ],
    disturbed: new Set(
      written
        .filter(({ sentAt, acknowledgedAt }) =>
          collected.some((at) => acknowledgedAt > at && sentAt < at + DISTURBED_MS),
        )
        .map(({ number }) => number),
    ),
    expected: recorded,
  });
  await clients.ask('end');
  writer.close();
  await server.stop();

  const endings = watch.endings.map(({ at }) => at - stalledAt);
  const firstEndMs = Math.min(options.during * 1000, ...endings);
  const firstEnd = stalledAtSample + firstEndMs;
  const before = samples.filter(({ at }) => at < stalledAtSample);
  const stuck = samples.filter(({ at }) => at >= stalledAtSample && at < firstEnd);
  const mb = (of) =>
    percentile(
      of.map(({ rssKb }) => rssKb / 1024),
      0.5,
    );
  const [first, last] = [samples[0], samples.at(-1)];
  return {
    result,
    recorded: recorded?.length,
    repeated: writer.repeated,
    errors: server.errors ?? [],
    endings,
    codes: watch.endings.map(({ codes }) => codes.join(', then ')),
    memory: [
      mb(before),
      mb(stuck.slice(-5)),
      Math.max(...samples.map(({ rssKb }) => rssKb / 1024)),
      afterMb,
      slope(stuck.map(({ at, rssKb }) => ({ x: at / 1000, y: rssKb }))),
      slope(
        watch.memory
          .filter(({ at }) => at > stalledAt && at - stalledAt < firstEndMs)
          .map(({ at, liveKb }) => ({ x: at / 1000, y: liveKb })),
      ),
    ],
    cpuShare: percent(last.cpuMs - first.cpuMs, last.at - first.at),
  };
}

/** Hears what the server says of the sockets that it ends, and has those who are stuck come back. */
function watching() {
  /** By port: the first end, and the codes that the server gave. */
  const byPort = new Map();
  const coming = [];
  const memory = [];
  return {
    memory,
    get endings() {
      return [...byPort.values()].filter((entry) => entry !== null);
    },
    follow(ports) {
      for (const port of ports) byPort.set(port, null);
    },
    onLine(line) {
      const measured = memoryOf(line);
      if (measured) memory.push(measured);
      const said = closingOf(line);
      if (!said || !byPort.has(said.port)) return;
      const { port, code, at } = said;
      const known = byPort.get(port);
      if (known) return void known.codes.push(code);
      const order = [...byPort.keys()].indexOf(port);
      const entry = { at, codes: [code] };
      byPort.set(port, entry);
      const reading = order % 2 === 0;
      // Who never reads again is cut off a little later where it was only asked to go, and comes back after that.
      coming.push(pause(reading || code === 1006 ? 0 : 7_000).then(() => clients.ask('comeBack', { port, reading })));
    },
    back: () => Promise.all(coming),
  };
}

/** How often each value occurs. */
function counted(values) {
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].map(([value, count]) => `${count} × ${value}`).join('; ') || '–';
}
