// How fast the audit history is searched and filtered, what an event takes of the disk, and what its indexes cost the append:
// npm run bench -- history --events 5000000 --runs 40 --seconds 5 --keep /some/directory
import { parseArgs } from 'node:util';
import pg from 'pg';
import { historyIndexes } from '../../dist/entities/history-indexes.js';
import { commit } from '../../dist/services/commit.js';
import { newId } from '../../dist/services/ids.js';
import { systemPrincipal } from '../../dist/services/principal.js';
import { listEvents } from '../../dist/services/record/list-events.js';
import { compile } from '../../dist/services/sql.js';
import { startPostgres } from '../measure/postgres.mjs';
import { Report, shown } from '../measure/report.mjs';
import { percentile } from '../measure/statistics.mjs';
import { seedHistory } from '../seed/history.mjs';
import { settings } from './stage.mjs';

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: {
    events: { type: 'string', default: '5000000' },
    runs: { type: 'string', default: '40' },
    seconds: { type: 'string', default: '5' },
    writers: { type: 'string', default: '16' },
    keep: { type: 'string' },
  },
});
const [events, runs, seconds, writers] = ['events', 'runs', 'seconds', 'writers'].map((name) => Number(values[name]));
/** What nine of ten and five of a hundred more must stay below, in milliseconds. */
const WANTED_MS = 50;
const request = { id: newId(), ipAddress: null, userAgent: null };

const report = new Report('history', 'The audit history: search, filters, size, append', ['pg']);
const postgres = await startPostgres({ ...settings, shared_preload_libraries: '' }, values.keep);
const url = await postgres.database(`history_${events}`);
const { app, large, others, most, tookMs } = await seedHistory({ dataDir: postgres.dataDir, url, events });
const owner = new pg.Client(url);
await owner.connect();
// A database that was kept is on the disk alone: read once, it is in memory as far as that goes.
await owner.query('select count(*) from record_body where search is null');

const call = async (agentId) => ({
  app,
  principal: await app.principals.signingIn(large.id, agentId, newId()),
  request,
});
const [admin, supervisor, agent, rarely] = await Promise.all(
  [large.adminId, large.supervisorId, large.agentIds[0], large.agentIds.at(-1)].map(call),
);
const [some] = (
  await owner.query('select * from record_body where workspace_id = $1 and sequence = $2', [
    large.id,
    Math.round(most / 3),
  ])
).rows;
const at = (share) => new Date(Date.parse('2024-01-01') + most * share * 12_000);
const number = Math.floor(Math.round(most / 3) / 400) * 16;
const shapes = {
  nothing: [{}],
  action: [{ actions: ['handover.accepted'] }],
  'action, rare': [{ actions: ['api_key.created'] }],
  'actions by prefix': [{ actions: ['handover.*'] }],
  'actions that there are none of': [{ actions: ['erasure.*', 'custom.*'] }],
  category: [{ categories: ['AUTH'] }],
  'category that there is none of': [{ categories: ['PRIVACY'] }],
  categories: [{ categories: ['AUTH', 'PEOPLE'] }],
  'severity NOTICE': [{ minSeverity: 'NOTICE' }],
  'severity CRITICAL': [{ minSeverity: 'CRITICAL' }],
  'outcome DENIED': [{ outcomes: ['DENIED'] }],
  'outcome FAILURE': [{ outcomes: ['FAILURE'] }],
  actor: [{ actorIds: [large.agentIds[5]] }],
  actors: [{ actorIds: large.agentIds.slice(5, 15) }],
  'actor, rare': [{ actorIds: [large.agentIds.at(-1)] }],
  'actor kind': [{ actorKinds: ['BOT'] }],
  'actor kind that there is none of': [{ actorKinds: ['API_KEY'] }],
  'target type': [{ targetTypes: ['api_key'] }],
  target: [{ targetIds: [some.target_id] }],
  conversation: [{ conversationId: some.conversation_id }],
  contact: [{ contactId: some.contact_id }],
  team: [{ teamIds: [large.teamIds[2]] }],
  teams: [{ teamIds: large.teamIds.slice(2, 5) }],
  address: [{ ipAddress: some.ip_address }],
  request: [{ requestId: some.request_id }],
  'a day, a year ago': [{ from: at(0.5), to: new Date(at(0.5).getTime() + 86_400_000) }],
  'actor and category': [{ actorIds: [large.agentIds[5]], categories: ['HANDOVER'] }],
  'actor, action, an early month': [
    { actorIds: [large.agentIds[5]], actions: ['message.sent'], from: at(0.1), to: at(0.15) },
  ],
  'rare actor and common action': [{ actorIds: [large.agentIds.at(-1)], actions: ['message.sent'] }],
  'team, category, severity': [{ teamIds: [large.teamIds[2]], categories: ['AUTH'], minSeverity: 'NOTICE' }],
  'a common word': [{ search: 'answered' }],
  'a rare word': [{ search: String(number) }],
  'a word that there is not': [{ search: 'zzyzx' }],
  'a common beginning': [{ search: 'conv' }],
  'a rare beginning': [{ search: `${String(number).slice(0, -1)}` }],
  'a common and a rare word': [{ search: `conversation ${number}` }],
  'two common words': [{ search: 'agent resolved' }],
  'a word of a reason': [{ search: 'goodwill 17' }],
  'a word and an actor': [{ search: 'goodwill', actorIds: [large.agentIds[5]] }],
  'a common word and a rare actor': [{ search: 'answered', actorIds: [large.agentIds.at(-1)] }],
  'a deep page of nothing': [{}, 0.5],
  'a deep page of an action': [{ actions: ['handover.accepted'] }, 0.5],
  'a deep page of a common word': [{ search: 'answered' }, 0.5],
};

const rows = [];
const plans = [];
for (const [caller, who, which] of [
  ['admin', admin, Object.keys(shapes)],
  ['supervisor', supervisor, Object.keys(shapes).filter((name) => name !== 'address')],
  ['agent', agent, Object.keys(shapes).filter((name) => name !== 'address')],
  ['agent, rarely there', rarely, ['nothing', 'category', 'a common word', 'a rare word']],
]) {
  for (const name of which) {
    const measured = await measure(who, ...shapes[name]).catch((error) => {
      if (error.code !== 'UNAVAILABLE') throw error;
      return null;
    });
    console.error(`${caller}: ${name}${measured ? '' : ' timed out'}`);
    if (!measured) {
      rows.push([caller, name, '–', 'timed out', 'timed out', 'slow']);
      continue;
    }
    const { times, plan, found } = measured;
    const [p50, p95] = [percentile(times, 0.5), percentile(times, 0.95)];
    rows.push([caller, name, found, shown(p50), shown(p95), p95 < WANTED_MS ? '' : 'slow']);
    plans.push(`${caller}: ${name}\n${plan}`);
  }
}
report.say(
  `${events.toLocaleString('en-US')} events of 16 workspaces, ${most.toLocaleString('en-US')} of them in the one that is asked; pages of 25, ${runs} times each after two more, ` +
    `one at a time, through our services and not over HTTP. Filled in ${shown(tookMs / 1000)} s, 1 GB of shared buffers. The team of the supervisor has a tenth of all.`,
);
report.table(['caller', 'asked for', 'found', 'p50 ms', 'p95 ms', `≥ ${WANTED_MS} ms`], rows);

report.head('Size');
const sizes = await owner.query(
  `select c.relname as name, case c.relkind when 'i' then pg_relation_size(c.oid) else pg_table_size(c.oid) end::float8 / $1 as bytes
  from pg_class c where c.relname like 'record\\_%' and c.relkind in ('r', 'i') order by 2 desc`,
  [events],
);
const total = sizes.rows.reduce((sum, { bytes }) => sum + bytes, 0);
report.table(
  ['table or index', 'bytes an event'],
  [
    ['all', shown(total)],
    ...sizes.rows.filter(({ bytes }) => bytes > 0.5).map(({ name, bytes }) => [name, shown(bytes)]),
  ],
);

report.head('Append');
const appended = [];
for (const [what, without] of [
  ['as it is', []],
  ['without the index of words', ['record_body_search']],
  ['without any index of the history', historyIndexes.map(({ name }) => name)],
]) {
  for (const name of without) await owner.query(`drop index if exists "${name}"`);
  for (const spaces of [[large], [large, ...others]]) appended.push([what, spaces.length, await append(spaces)]);
}
report.say(`${writers} writers, one event a transaction, ${seconds} s each, in this one process.`);
report.table(
  ['indexes', 'workspaces', 'events/s'],
  appended.map((row) => row.map((cell) => (typeof cell === 'number' ? shown(cell) : cell))),
);

report.head('Plans');
report.say(plans.map((plan) => `\`\`\`\n${plan}\n\`\`\``).join('\n\n'));
await owner.end();
await app.close();
await postgres.stop();
await report.write();
process.exit(0);

/** Asks for a page again and again. @param {number} [deep] from this share of the log on */
async function measure(who, filter, deep) {
  const after =
    deep === undefined
      ? null
      : Buffer.from(JSON.stringify(['RECORDED_DESC', String(Math.round(most * deep))])).toString('base64url');
  const times = [];
  let asked = null;
  for (const way of ['rows', 'searchedRows']) {
    app.db[way] = (statement) => {
      if (/from record_(entry|body)/.test(compile(statement).sql)) asked = { way, ...compile(statement) };
      return Object.getPrototypeOf(app.db)[way].call(app.db, statement);
    };
  }
  let found = 0;
  for (let run = -2; run < runs; run += 1) {
    const began = performance.now();
    const asking = listEvents(who, filter, 'RECORDED_DESC', { after });
    // What was never read before may take longer than a statement may: only the next time counts.
    const page = run < 0 ? await asking.catch(() => null) : await asking;
    if (run >= 0) times.push(performance.now() - began);
    if (page) found = page.nodes.length;
  }
  await owner.query('begin');
  await owner.query('set local role verbatim_read');
  const { rows: lines } = await owner.query(
    `explain (analyze, costs off, timing off, summary off, buffers off) ${asked.sql}`,
    asked.parameters,
  );
  await owner.query('rollback');
  return { times, found, plan: lines.map((line) => line['QUERY PLAN']).join('\n') };
}

/** Events that are recorded in a second, spread over workspaces. */
async function append(spaces) {
  const until = performance.now() + 1000 * seconds;
  const counts = await Promise.all(
    Array.from({ length: writers }, async (_, index) => {
      const space = spaces[index % spaces.length];
      const principal = systemPrincipal(space.id);
      let count = 0;
      for (; performance.now() < until; count += 1) {
        await commit(
          { app, principal, request: { id: newId(), ipAddress: '10.0.0.1', userAgent: 'bench' } },
          async (tx) => {
            tx.record({
              action: 'message.sent',
              actor: { kind: 'AGENT', id: space.agentIds[index % space.agentIds.length], label: `agent ${index}` },
              target: { type: 'message', id: newId(), label: `#${index}` },
              labels: { conversation: `#${index}` },
              conversationId: newId(),
              contactId: newId(),
              teamId: space.teamIds[0],
            });
          },
        );
      }
      return count;
    }),
  );
  return counts.reduce((sum, count) => sum + count, 0) / seconds;
}
