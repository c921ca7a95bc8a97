// Where our own CPU time goes under Q1, Q2 and W1: a sampling profile of the server by its inspector, and PostgreSQL's own
// counts of its statements: npm run bench -- profile --seconds 10 --name before --queries W1,W16
import { parseArgs } from 'node:util';
import { freePort } from '../measure/processes.mjs';
import { Report, shown } from '../measure/report.mjs';
import { ours, setStage } from './stage.mjs';
import { Inspector, summary } from './cpu-profile.mjs';

const CONNECTIONS = { Q1: 16, Q2: 16, W1: 32, W16: 32 };
/** Workspaces of W16. */
const SPACES = 16;
const WARM_UP_MS = 4_000;
const INTERVAL_US = 500;

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: {
    seconds: { type: 'string', default: '10' },
    name: { type: 'string' },
    queries: { type: 'string', default: 'Q1,Q2,W1,W16' },
  },
});
const seconds = Number(values.seconds);

const report = new Report(
  values.name ? `profile-${values.name}` : 'profile',
  'Where the time goes: Q1, Q2 and W1 of our own server, W16 being W1 over sixteen workspaces',
);
const stage = await setStage({ small: SPACES });
const { large, small, owner } = stage;
const port = await freePort();
const api = await stage.startOurs({
  execArgv: [`--inspect=127.0.0.1:${port}`, '--disable-warning=ExperimentalWarning'],
});
const inspector = await Inspector.connect(port);
for (const space of [large, ...small]) space.token = await stage.token(space, space.adminId);
const operations = ours(large.token);

const { rows: places } = await owner.query(
  `select to_char(last_activity_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as time, id from conversation
   where workspace_id = $1 and status = 'OPEN' order by last_activity_at desc limit 20`,
  [large.id],
);
const conversationsOf = async (space, count) =>
  (
    await owner.query('select id from conversation where workspace_id = $1 order by md5(id::text) limit $2', [
      space.id,
      count,
    ])
  ).rows;
const conversations = await conversationsOf(large, 960);
const inSixteen = await Promise.all(small.map((space) => conversationsOf(space, 960 / small.length)));
const work = {
  Q1: places.map((place) => operations.inbox(place)),
  Q2: conversations.map(({ id }) => operations.conversation(id)),
  W1: conversations.map(({ id }) => operations.message(large, id)),
  W16: inSixteen[0].flatMap((_, at) => small.map((space, which) => operations.message(space, inSixteen[which][at].id))),
};

report.say(
  `An admin over one workspace of 20,000 conversations; ${seconds} s of each after ${WARM_UP_MS / 1000} s, sampled every ${INTERVAL_US} µs. Shares are of the time ` +
    'in which the process was not idle; a moment in which it wanted to run but another process had the core counts for where it stood, most often in a ' +
    'write to a socket. What the engine does for somebody (JSON, regular expressions) counts for whoever called it.',
);
for (const query of values.queries.split(',')) {
  const requests = work[query];
  const load = { requests, connections: CONNECTIONS[query], unique: query };
  const run = (ms, part) => stage.measure(api, { ...load, ms, unique: `${query} ${part}` });
  await run(WARM_UP_MS, 'warm-up');
  await inspector.start(INTERVAL_US);
  const { perSecond, serverCpuMs, postgresCpuMs } = await run(seconds * 1000, 'measured');
  const { categories, functions, places: lines } = summary(await inspector.stop());
  report.head(
    `${query}: ${shown(perSecond)}/s while profiled, ${serverCpuMs.toFixed(2)} ms CPU each, and ${postgresCpuMs.toFixed(2)} ms of PostgreSQL`,
  );
  const share = (rows) =>
    rows.map(([name, part]) => [name, `${(100 * part).toFixed(1)} %`, (part * serverCpuMs).toFixed(3)]);
  report.table(['by category', 'self', 'ms each'], share(categories));
  report.table(['by package or file', 'self', 'ms each'], share(lines.slice(0, 25)));
  report.table(['by function', 'self', 'ms each'], share(functions.slice(0, 40)));
  report.table(['statement', 'a request', 'planned ms', 'executed ms'], await statementsOf(run));
}
await stage.strikeAfter(async () => {});
await report.write();
process.exit(0);

/** What PostgreSQL says of its statements during a run of their own: how often each, and how long it took each time. */
async function statementsOf(run) {
  await owner.query('alter system set pg_stat_statements.track_planning = on');
  let requests = 0;
  let rows = [];
  await stage.counting.during(async () => {
    const { latencies } = await run(2_000, 'counted');
    requests = latencies.length;
    ({ rows } = await owner.query(
      `select calls, plans, total_plan_time / calls as planned, mean_exec_time as executed, query from pg_stat_statements
       where query not ilike '%pg_stat_statements%' order by total_plan_time + total_exec_time desc limit 14`,
    ));
    return requests;
  });
  await owner.query('alter system reset pg_stat_statements.track_planning');
  return rows.map(({ calls, planned, executed, query }) => [
    `\`${query.replaceAll(/\s+/g, ' ').replaceAll('|', '¦').slice(0, 110)}\``,
    (calls / requests).toFixed(2),
    planned.toFixed(3),
    executed.toFixed(3),
  ]);
}
