// How our reads grow with the data: the inbox, one conversation and the history, the same load over databases of different
// sizes that stand side by side in one PostgreSQL:
// npm run bench -- growth --scales 1,10,100 --seconds 4 --rounds 3 --keep /some/directory
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { startPostgres } from '../measure/postgres.mjs';
import { startApi, startFile } from '../measure/processes.mjs';
import { Report, shown } from '../measure/report.mjs';
import { medians } from '../measure/statistics.mjs';
import { openSeeded, seedDatabase, signIn } from '../seed/seed.mjs';
import { verify } from '../../test/crash/processes.mjs';
import { pagesOf } from './pages.mjs';
import { measureRounds, said } from './rounds.mjs';
import { calm, meterOf, ours, settings, statementCounter } from './stage.mjs';

const PAGES = 20;
const CONVERSATIONS = 1_000;
/** The most that a hundred times the data may cost. */
const MOST = 1.3;
/** Conversations (× scale) whose every message is on the record. */
const TRANSCRIPTS = 500;
/** What fills the databases is thrown away if the machine stops. */
const filling = { ...settings, max_wal_size: '16GB', fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: {
    scales: { type: 'string', default: '1,10,100' },
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '16' },
    seed: { type: 'string', default: '7' },
    minutes: { type: 'string', default: '10' },
    queries: { type: 'string', default: 'inbox,agent,conversation,history,about' },
    /** A directory in which the databases are kept, and used again by the next run. */
    keep: { type: 'string' },
  },
});
const [seconds, rounds, connections, seed, minutes] = ['seconds', 'rounds', 'connections', 'seed', 'minutes'].map(
  (name) => Number(values[name]),
);
const scales = values.scales
  .split(',')
  .map(Number)
  .toSorted((a, b) => a - b);
const thousands = (value) => value.toLocaleString('en-US');

const report = new Report('growth', 'Growth: the same reads over more data', ['pg']);
const postgres = await startFilled();
const load = await startFile(join(import.meta.dirname, '../load/client.mjs'));
const sizes = [];
for (const scale of scales) sizes.push(await open(scale));
// As many at every scale: more of them would be more pages of the database to have at hand.
const alike = Math.min(...sizes.map(({ recorded }) => recorded.length));
for (const size of sizes) size.recorded.length = alike;

const all = {
  inbox: [
    `Q1 as an admin: the inbox, 50 open conversations by last activity, ${PAGES} pages in turn`,
    ({ places, admin }) => places.map((place) => admin.inbox(place)),
  ],
  agent: [
    'Q1 as an agent of one inbox in twenty, from the same places on',
    ({ places, agent }) => places.map((place) => agent.inbox(place)),
  ],
  conversation: [
    `Q2: one conversation with its last 50 messages, notes, contact, labels; ${thousands(CONVERSATIONS)} in turn`,
    ({ ids, admin }) => ids.map((id) => admin.conversation(id)),
  ],
  history: ['The history: the newest 50 events of the record', ({ admin }) => [admin.history()]],
  about: [
    `The history of one conversation: its newest 50 events; ${alike} conversations with more than 50 in turn`,
    ({ recorded, admin }) => recorded.map((id) => admin.history(id)),
  ],
};
const queries = Object.fromEntries(values.queries.split(',').map((name) => [name, all[name]]));
const results = await measureRounds(
  { measure: meterOf(postgres, load), calm },
  {
    names: Object.keys(queries).flatMap((query) => scales.map((scale) => `${query} ${scale}`)),
    rounds,
    seconds,
    minutes,
    prepare: async () => {
      for (const size of sizes) {
        size.admin = ours(await signIn(size.app, size.large, size.large.adminId));
        size.agent = ours(await signIn(size.app, size.large, size.large.agentId));
      }
      await mustBeFull();
      await warm();
      return (key) => {
        const [query, scale] = key.split(' ');
        const size = sizes[scales.indexOf(Number(scale))];
        return { server: size.server, requests: queries[query][1](size), connections };
      };
    },
  },
);

report.say(
  'The same generator at several scales, each in a database of its own, all in one PostgreSQL with 1 GB of shared buffers; a server of ours for each, ' +
    'with sign-in, rights, limits and record on. Idle servers stay up, the load goes to one at a time. ' +
    said({ rounds, seconds, connections }),
);
report.head('The databases');
report.table(
  ['scale', 'conversations', 'messages', 'events on the record', 'GB', 'filled and checked in s'],
  sizes.map(({ scale, tookMs, gb, events }) => [
    `${scale}×`,
    thousands(20_000 * scale),
    thousands(400_000 * scale),
    thousands(events),
    shown(gb),
    shown(Math.round(tookMs / 1000)),
  ]),
);
const worst = [];
const cpuOf = ({ serverCpuMs, postgresCpuMs }) => serverCpuMs + postgresCpuMs;
for (const [query, [title]] of Object.entries(queries)) {
  const rowOf = (scale) => medians(results.get(`${query} ${scale}`).windows);
  const smallest = rowOf(scales[0]);
  report.head(title);
  report.table(
    [
      'scale',
      'p50 ms',
      `of ${scales[0]}×`,
      'p99 ms',
      'requests/s',
      'CPU ms',
      'PostgreSQL CPU ms',
      `both, of ${scales[0]}×`,
      'SQL',
      'others',
    ],
    scales.map((scale) => {
      const { windows, statements } = results.get(`${query} ${scale}`);
      const row = rowOf(scale);
      return [
        `${scale}×`,
        shown(row.p50),
        (row.p50 / smallest.p50).toFixed(2),
        shown(row.p99),
        shown(row.perSecond),
        row.serverCpuMs.toFixed(2),
        row.postgresCpuMs.toFixed(2),
        (cpuOf(row) / cpuOf(smallest)).toFixed(2),
        statements.toFixed(2),
        `${Math.round(100 * row.others)} % (${windows.length})`,
      ];
    }),
  );
  worst.push(rowOf(scales.at(-1)).p50 / smallest.p50);
}
report.say(
  `Wanted: p50 at 100× no more than ${MOST} of that at 1×. At ${scales.at(-1)}× the worst of them is ${Math.max(...worst).toFixed(2)}.`,
);
await load.stop();
for (const { server, app, owner } of sizes) {
  await server.stop();
  await app.close();
  await owner.end();
}
for (const { url, scale } of sizes) {
  const verified = await verify({ dataDir: postgres.dataDir, url });
  if (verified.code !== 0) throw new Error(`the record at ${scale}× does not verify: ${verified.said}`);
}
report.say('All records verify afterwards.');
await postgres.stop();
await report.write();
process.exit(0);

/** PostgreSQL with a filled database of each scale, durable from here on. */
async function startFilled() {
  const filler = await startPostgres(filling, values.keep);
  for (const scale of scales) {
    const place = { dataDir: filler.dataDir, url: await filler.database(`scale_${scale}`) };
    const { app, tookMs } =
      (await openSeeded(place)) ?? (await seedDatabase({ ...place, scale, seed, transcripts: TRANSCRIPTS }));
    await app.close();
    console.error(`${scale}× is there, filled in ${shown(tookMs / 1000)} s`);
  }
  await filler.stop();
  return startPostgres(settings, filler.dataDir);
}

/** A database of a scale with its server, and what is asked of it. */
async function open(scale) {
  const url = await postgres.database(`scale_${scale}`);
  const { app, large, tookMs } = await openSeeded({ dataDir: postgres.dataDir, url });
  const owner = new pg.Pool({ connectionString: url, max: 2 });
  owner.on('error', () => {});
  const counting = statementCounter(owner);
  await counting.off();
  const rows = async (text) => (await owner.query(text, [large.id])).rows;
  const idsOf = async (text) => (await rows(text)).map(({ id }) => id);
  const anyOf = (condition) =>
    `select id from conversation where workspace_id = $1 and ${condition} order by md5(id::text) limit ${CONVERSATIONS}`;
  const [measures] = await rows(
    `select (pg_database_size(current_database()) / 1e9)::float8 as gb, (select count(*) from record_entry where workspace_id = $1)::int as events`,
  );
  return {
    scale,
    url,
    app,
    large,
    tookMs,
    owner,
    ...measures,
    server: { ...(await startApi({ dataDir: postgres.dataDir, databaseUrl: url })), counting },
    places: await pagesOf(owner, large, PAGES),
    ids: await idsOf(anyOf('true')),
    recorded: await idsOf(
      anyOf(`id in (select conversation_id from record_body where workspace_id = $1 and conversation_id is not null
        group by 1 having count(*) > 50)`),
    ),
  };
}

/** All that will be asked, once and one after another: what was just started reads from disk, and 16 at once would time out. */
async function warm() {
  for (const size of sizes) {
    for (const [, requestsOf] of Object.values(queries)) {
      await load.ask('answers', { url: size.server.url, requests: requestsOf(size) });
    }
  }
}

/** Everybody must answer with a full page: less would be a smaller question. */
async function mustBeFull() {
  for (const { scale, server, admin, agent, recorded } of sizes) {
    const requests = [admin.inbox(null), agent.inbox(null), admin.history(), admin.history(recorded[0])];
    const answers = await load.ask('answers', { url: server.url, requests });
    for (const text of answers) {
      const [{ nodes }] = Object.values(JSON.parse(text).data);
      if (nodes.length !== 50) throw new Error(`${nodes.length} rows at ${scale}×: ${text.slice(0, 200)}`);
    }
  }
}
