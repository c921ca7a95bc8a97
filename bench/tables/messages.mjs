// How fast messages are searched, by how common the words are and how much the caller sees, and what the index takes:
// npm run bench -- messages --messages 1000000 --runs 40
import { parseArgs } from 'node:util';
import pg from 'pg';
import { newId } from '../../dist/services/ids.js';
import { searchMessages } from '../../dist/services/message-search/search-messages.js';
import { compile } from '../../dist/services/sql.js';
import { startPostgres } from '../measure/postgres.mjs';
import { Report, shown } from '../measure/report.mjs';
import { percentile } from '../measure/statistics.mjs';
import { seedDatabase } from '../seed/seed.mjs';
import { settings } from './stage.mjs';

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: { messages: { type: 'string', default: '1000000' }, runs: { type: 'string', default: '40' } },
});
const [messages, runs] = [Number(values.messages), Number(values.runs)];
/** Messages of the generator at scale 1. */
const AT_ONE = 400_000;
/** What 95 of a hundred must stay below, in milliseconds. */
const WANTED_MS = 100;

const report = new Report('messages', 'Messages searched by what they say', ['pg']);
const postgres = await startPostgres({ ...settings, shared_preload_libraries: '' });
const url = await postgres.database('messages');
const { app, large, tookMs } = await seedDatabase({
  dataDir: postgres.dataDir,
  url,
  scale: messages / AT_ONE,
  words: true,
});
const owner = new pg.Client(url);
await owner.connect();

const request = { id: newId(), ipAddress: null, userAgent: null };
const call = async (agentId, more = {}) => ({
  app,
  principal: { ...(await app.principals.signingIn(large.id, agentId, newId())), ...more },
  request,
});
const team = large.teamIds.slice(0, 3);
const callers = {
  admin: await call(large.adminId),
  'supervisor of three teams in ten': await call(large.agentIds[1], { role: 'SUPERVISOR', supervisedTeamIds: team }),
  'agent of an inbox in twenty': await call(large.agentId),
  'agent of nothing but what they have': await call(large.agentIds[2], { inboxIds: [], teamIds: [] }),
};
const day = (days) => new Date(Date.parse('2026-01-01') - days * 86_400_000);
const shapes = {
  'a word of one in ten': ['battery'],
  'a word of one in a hundred': ['z8'],
  'a word of one in a thousand': ['z80'],
  'a word of one in ten thousand': ['z800'],
  'a word that hardly ever comes': ['z180000'],
  'a word that there is not': ['quagga'],
  'a common beginning': ['th'],
  'a rare beginning': ['z18000'],
  'two common words': ['battery invoice'],
  'a common and a rare word': ['battery z800'],
  'common words that never come together': ['z1 z2'],
  'a name': ['okafor'],
  'a common word in an inbox': ['battery', { inboxIds: [large.inboxIds[3]] }],
  'a word of one in a thousand in an inbox': ['z80', { inboxIds: [large.inboxIds[3]] }],
  'a common word in a channel': ['battery', { channels: [large.channels[1]] }],
  'a common word under a label': ['battery', { labelIds: [large.labelIds[2]] }],
  'a common word of one sender': ['battery', { senderIds: [large.agentIds[5]] }],
  'a common word of one sender, there none': ['battery', { senderIds: [newId()] }],
  'a common word in notes': ['battery', { kinds: ['NOTE'] }],
  'a common word of a month': ['battery', { from: day(60), to: day(30) }],
  'a word of one in a thousand of a month': ['z80', { from: day(60), to: day(30) }],
  'a deep page of a common word': ['battery', {}, 45],
  'a deep page of a word of one in a thousand': ['z80', {}, 45],
};

const rows = [];
const plans = [];
const all = [];
for (const [caller, who] of Object.entries(callers)) {
  for (const [name, shape] of Object.entries(shapes)) {
    const { times, found, plan } = await measure(who, ...shape);
    const [p50, p95] = [percentile(times, 0.5), percentile(times, 0.95)];
    all.push(...times);
    rows.push([caller, name, found, shown(p50), shown(p95), p95 < WANTED_MS ? '' : 'slow']);
    plans.push(`${caller}: ${name}\n${plan}`);
  }
}
report.say(
  `${messages.toLocaleString('en-US')} messages of one workspace, a note to every twenty; pages of 25, ${runs} times each after two more, one at a time, ` +
    `through our services and not over HTTP. Filled in ${shown(tookMs / 1000)} s, 1 GB of shared buffers.`,
);
report.table(['caller', 'searched for', 'found', 'p50 ms', 'p95 ms', `≥ ${WANTED_MS} ms`], rows);

report.say(
  `All of them together: p50 ${shown(percentile(all, 0.5))} ms, p95 ${shown(percentile(all, 0.95))}, p99 ${shown(percentile(all, 0.99))}.`,
);

report.head('Size');
const sizes = await owner.query(
  `select c.relname as name, case c.relkind when 'i' then pg_relation_size(c.oid) else pg_table_size(c.oid) end::float8 / $1 as bytes
  from pg_class c where (c.relname like 'search\\_entry%' or c.relname = 'message') and c.relkind in ('r', 'i') order by 2 desc`,
  [messages],
);
report.table(
  ['table or index', 'bytes a message'],
  sizes.rows.map(({ name, bytes }) => [name, shown(bytes)]),
);

report.head('Plans');
report.say(plans.map((plan) => `\`\`\`\n${plan}\n\`\`\``).join('\n\n'));
await owner.end();
await app.close();
await postgres.stop();
await report.write();
process.exit(0);

/** Asks for a page again and again. @param {number} [days] from so long before the newest on */
async function measure(who, query, filter = {}, days) {
  const after =
    days === undefined
      ? null
      : Buffer.from(JSON.stringify(['FOUND_DESC', day(days).toISOString(), newId()])).toString('base64url');
  const times = [];
  let asked = [];
  app.db.searchedRows = (statement) => {
    asked.push(compile(statement));
    return Object.getPrototypeOf(app.db).searchedRows.call(app.db, statement);
  };
  let found = 0;
  for (let run = -2; run < runs; run += 1) {
    asked = [];
    const began = performance.now();
    const { nodes } = await searchMessages(who, query, filter, { after });
    if (run >= 0) times.push(performance.now() - began);
    found = nodes.length;
  }
  await owner.query('begin');
  // As the pool for searches: of its role, in its schema.
  await owner.query('set local role verbatim_read');
  await owner.query('set local search_path = reading, public');
  const lines = [];
  for (const { sql, parameters } of asked) {
    const explained = await owner.query(
      `explain (analyze, costs off, timing off, summary off, buffers off) ${sql}`,
      parameters,
    );
    // Of a thousand ids none tells anything.
    lines.push(...explained.rows.map((line) => line['QUERY PLAN'].replaceAll(/\{[^{}]{80,}\}/g, '{…}')));
  }
  await owner.query('rollback');
  return { times, found, plan: lines.join('\n') };
}
