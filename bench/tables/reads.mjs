// Reads side by side: Q1, the inbox, and Q2, one conversation, of ours and of the peers over the same data:
// npm run bench -- reads --scale 10 --seconds 6 --rounds 3
import { parseArgs } from 'node:util';
import { Report, shown } from '../measure/report.mjs';
import { medians } from '../measure/statistics.mjs';
import { conversationShape, inboxShape, mustBeEqual } from '../peers/equality.mjs';
import { verify } from '../../test/crash/processes.mjs';
import { pagesOf } from './pages.mjs';
import { cells, columns, measureRounds, said } from './rounds.mjs';
import { ours, PEERS, setStage } from './stage.mjs';

const CONNECTIONS = 16;
const PAGES = 20;
const CONVERSATIONS = 1_000;

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: {
    scale: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '6' },
    rounds: { type: 'string', default: '3' },
    seed: { type: 'string', default: '7' },
    minutes: { type: 'string', default: '20' },
    /** In front of the name of the file of results. */
    name: { type: 'string' },
  },
});
const [scale, seconds, rounds, seed, minutes] = ['scale', 'seconds', 'rounds', 'seed', 'minutes'].map((name) =>
  Number(values[name]),
);
const thousands = (value) => value.toLocaleString('en-US');

const table = `${values.name ? `${values.name}-` : ''}reads${scale === 1 ? '' : `-${scale}x`}`;
const report = new Report(table, `Reads at ${scale}×: the inbox (Q1) and one conversation (Q2)`, [
  'postgraphile',
  'mercurius',
  'graphql-yoga',
  'pg',
]);
const stage = await setStage({ scale, seed });
const { large, owner } = stage;
const peers = await stage.startPeers();
const api = await stage.startOurs();
const unrecorded = await stage.startOurs({
  execArgv: ['--import', new URL('../peers/unrecorded.mjs', import.meta.url).href],
});

const places = await pagesOf(owner, large, PAGES);
await addCursors(peers.PostGraphile, places);
const ids = await conversationIds(`true`, []);
const visible = `(inbox_id = $2 or assignee_id = $3)`;
const agentIds = await conversationIds(visible, [large.inboxIds[0], large.agentId]);

/** Who is measured at what; made anew each round because tokens end. */
async function contestants() {
  const admin = await stage.token(large, large.adminId);
  const agent = await stage.token(large, large.agentId);
  const of = (server, operations, over = ids) => ({ server, operations, ids: over });
  const both = {
    ...Object.fromEntries(PEERS.map((name) => [name, of(peers[name], peers[name].operations)])),
    'ours, as an admin': of(api, ours(admin)),
    'ours, with an API key': of(api, ours(large.key)),
    'ours, as an agent of one inbox in twenty': of(api, ours(agent), agentIds),
  };
  return {
    Q1: both,
    Q2: {
      ...both,
      'ours, as an admin, with e-mail and phone': of(api, ours(admin, { profile: true })),
      'ours, as an admin, reading not recorded': of(unrecorded, ours(admin)),
    },
  };
}

const requestsOf = (query, { operations, ids: over }) =>
  query === 'Q1' ? places.map((place) => operations.inbox(place)) : over.map((id) => operations.conversation(id));

await compare();

const queries = {
  Q1: `Q1: the inbox, 50 open conversations by last activity, ${PAGES} pages in turn`,
  Q2: `Q2: one conversation with its last 50 messages, notes, contact, labels; ${thousands(CONVERSATIONS)} in turn`,
};
const names = Object.fromEntries(Object.entries(await contestants()).map(([query, all]) => [query, Object.keys(all)]));
const keys = Object.keys(queries).flatMap((query) => names[query].map((name) => `${query} ${name}`));
const results = await measureRounds(stage, {
  names: keys,
  rounds,
  seconds,
  minutes,
  prepare: async () => {
    const all = await contestants();
    return (key) => {
      const query = key.slice(0, 2);
      const contestant = all[query][key.slice(3)];
      return { server: contestant.server, requests: requestsOf(query, contestant), connections: CONNECTIONS };
    };
  },
});

report.say(
  `One workspace of ${thousands(20_000 * scale)} conversations and ${thousands(400_000 * scale)} messages, seed ${seed}, loaded and checked in ` +
    `${shown(stage.seededMs / 1000)} s. All servers gave the same data for ${PAGES} pages and 100 conversations. Ours signs in, decides, counts its limits ` +
    `and records; the peers do nothing of that. ${said({ rounds, seconds, connections: CONNECTIONS })}`,
);
const rowOf = (query, name) => medians(results.get(`${query} ${name}`).windows);
for (const [query, title] of Object.entries(queries)) {
  const base = { raw: rowOf(query, 'raw'), graphile: rowOf(query, 'PostGraphile') };
  report.head(title);
  report.table(
    columns('requests/s'),
    names[query].map((name) => cells(name, rowOf(query, name), results.get(`${query} ${name}`), base)),
  );
}
const [recorded, not] = [rowOf('Q2', 'ours, as an admin'), rowOf('Q2', 'ours, as an admin, reading not recorded')];
report.say(
  `Q2 recorded has ${(recorded.perSecond / not.perSecond).toFixed(2)} of the requests/s of Q2 not recorded, and takes ` +
    `${(recorded.serverCpuMs - not.serverCpuMs).toFixed(2)} ms more CPU of the server and ${(recorded.postgresCpuMs - not.postgresCpuMs).toFixed(2)} ms of ` +
    'PostgreSQL: the same server with its access log replaced by nothing.',
);
const { rows: viewed } = await owner.query(
  `select count(*)::int as events from record_body where workspace_id = $1 and action = 'transcript.viewed'`,
  [large.id],
);
const verified = await stage.strikeAfter(() => verify({ dataDir: stage.dataDir, url: stage.url }));
if (verified.code !== 0) throw new Error(`the record does not verify: ${verified.said}`);
report.say(`The record verifies after it, with ${viewed[0].events.toLocaleString('en-US')} readings of conversations.`);
await report.write();
process.exit(0);

/** PostGraphile's own cursors of the same places: it gives them out page by page. */
async function addCursors({ url, operations }, found) {
  for (const [index, place] of found.entries()) {
    const [text] = await stage.load.ask('answers', { url, requests: [operations.inbox(place)] });
    if (found[index + 1]) found[index + 1].cursor = operations.endCursor(JSON.parse(text));
  }
}

async function conversationIds(condition, more) {
  const { rows } = await owner.query(
    `select id from (select id, row_number() over (order by md5(id::text)) as n from conversation where workspace_id = $1 and ${condition}) c
     order by n limit ${CONVERSATIONS}`,
    [large.id, ...more],
  );
  return rows.map(({ id }) => id);
}

/** Everybody answers with the same data; the agent with what they may see of it. */
async function compare() {
  const { Q2: all } = await contestants();
  const pages = [];
  const conversations = [];
  for (const [name, { server, operations }] of Object.entries(all)) {
    const ask = async (requests) =>
      (await stage.load.ask('answers', { url: server.url, requests })).map((text) => JSON.parse(text));
    if (name.includes('one inbox')) continue;
    const inbox = (await ask(places.map((place) => operations.inbox(place)))).map((answer) =>
      inboxShape(operations.readInbox(answer)),
    );
    // A key has read everything; in all else it is answered like everybody.
    const counted = (row, page, index) =>
      name.includes('API key') ? { ...row, unreadCount: pages[0].shapes[page][index]?.unreadCount } : row;
    pages.push({ name, shapes: inbox.map((page, number) => page.map((row, index) => counted(row, number, index))) });
    const one = await ask(ids.slice(0, 100).map((id) => operations.conversation(id)));
    conversations.push({ name, shapes: one.map((answer) => conversationShape(operations.readConversation(answer))) });
  }
  mustBeEqual('Q1', pages);
  mustBeEqual('Q2', conversations);
  await compareAgent(all['ours, as an agent of one inbox in twenty']);
}

async function compareAgent({ server, operations }) {
  const [text] = await stage.load.ask('answers', { url: server.url, requests: [operations.inbox(null)] });
  const { rows } = await owner.query(
    `select id from conversation where workspace_id = $1 and status = 'OPEN' and ${visible} order by last_activity_at desc, id desc limit 50`,
    [large.id, large.inboxIds[0], large.agentId],
  );
  mustBeEqual('Q1 as an agent', [
    { name: 'SQL', shapes: rows.map(({ id }) => id) },
    { name: 'ours', shapes: operations.readInbox(JSON.parse(text)).map(({ id }) => id) },
  ]);
}
