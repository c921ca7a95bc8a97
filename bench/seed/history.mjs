// Fills the record of sixteen workspaces with years of work, in SQL: the bodies and disclosures are what our code writes and
// reads, the hashes are only as long as real ones, so this log does not verify.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { historyIndexes } from '../../dist/entities/history-indexes.js';
import { commit } from '../../dist/services/commit.js';
import { addAgent } from '../../dist/services/workspaces/add-agent.js';
import { addTeam } from '../../dist/services/workspaces/add-team.js';
import { setUpCall, setUpWorkspace } from '../../dist/services/workspaces/create-workspace.js';
import { openBeside } from '../measure/space.mjs';

const AGENTS = 100;
const TEAMS = 10;
const OTHERS = 15;
/** Of the events, those of the large workspace; the others share the rest. */
const SHARE = 0.8;
const CHUNK = 250_000;

/** Actions with their category, how many of 10,000 events they are, who does them, to what, and their words. */
const ACTIONS = [
  ['message.received', 'MESSAGE', 3000, 'CONTACT', 'message', 'wrote in conversation'],
  ['message.sent', 'MESSAGE', 2600, 'AGENT', 'message', 'answered in conversation'],
  ['transcript.viewed', 'ACCESS', 1500, 'AGENT', 'conversation', 'read conversation'],
  ['conversation.assigned', 'CONVERSATION', 800, 'AGENT', 'conversation', 'assigned conversation to'],
  ['conversation.resolved', 'CONVERSATION', 700, 'AGENT', 'conversation', 'resolved conversation'],
  ['handover.requested', 'HANDOVER', 300, 'BOT', 'conversation', 'asked to hand conversation over to needs expertise'],
  ['handover.accepted', 'HANDOVER', 300, 'AGENT', 'conversation', 'accepted the handover of conversation'],
  ['note.created', 'NOTE', 300, 'AGENT', 'note', 'added a note to conversation'],
  ['conversation.created', 'CONVERSATION', 300, 'CONTACT', 'conversation', 'opened conversation'],
  ['auth.signed_in', 'AUTH', 159, 'AGENT', 'agent', 'signed in'],
  ['contact.created', 'CONTACT', 20, 'CONTACT', 'contact', 'became a contact'],
  ['auth.access_denied', 'AUTH', 19, 'AGENT', 'conversation', 'was refused conversation read on'],
  ['api_key.created', 'PEOPLE', 1, 'AGENT', 'api_key', 'created the API key'],
  ['agent.joined', 'PEOPLE', 1, 'SYSTEM', 'agent', 'joined as'],
];

/** What was filled is described in this file beside it, so that a database that is kept is filled once. */
const fileOf = (dataDir, events) => join(dataDir, `history-${events}.json`);

/**
 * Fills a database, or finds it filled.
 * @param {{ dataDir: string, url: string, events: number }} options
 */
export async function seedHistory(options) {
  const file = fileOf(options.dataDir, options.events);
  let filled;
  try {
    filled = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    filled = await fillHistory(options);
    writeFileSync(file, JSON.stringify(filled));
  }
  const client = new pg.Client(options.url);
  await client.connect();
  await forgetAppended(client, filled.sizes);
  // A run before may have measured without them.
  for (const { name, on } of historyIndexes)
    await client.query(`create index if not exists "${name}" on record_body ${on}`);
  await client.end();
  return { app: await openBeside(options), ...filled };
}

async function fillHistory({ dataDir, url, events }) {
  const app = await openBeside({ dataDir, url });
  const passwordHash = await app.passwords.hash('never used here');
  const large = await setUp(app, 'history', passwordHash);
  const others = [];
  for (let index = 1; index <= OTHERS; index += 1) others.push(await setUp(app, `history-${index}`, passwordHash));
  const client = new pg.Client(url);
  await client.connect();
  const began = performance.now();
  await client.query('set session_replication_role = replica');
  await client.query('set synchronous_commit = off');
  await client.query('set maintenance_work_mem = "512MB"');
  for (const { name } of historyIndexes) await client.query(`drop index "${name}"`);
  const most = Math.round(events * SHARE);
  const lap = (what) => console.error(`${what} after ${Math.round((performance.now() - began) / 1000)} s`);
  await fill(client, large, most);
  lap('the large workspace is filled');
  for (const other of others) await fill(client, other, Math.floor((events - most) / OTHERS));
  lap('the others are filled');
  for (const { name, on } of historyIndexes) await client.query(`create index "${name}" on record_body ${on}`);
  lap('the indexes are made');
  await client.query('vacuum analyze');
  lap('all is analyzed');
  const { rows: sizes } = await client.query('select workspace_id as id, size::int from record_head');
  await client.end();
  await app.close();
  return { large, others, most, sizes, tookMs: performance.now() - began };
}

/** Takes away what a run before has appended, so that each begins with the same log. */
async function forgetAppended(client, sizes) {
  await client.query('set session_replication_role = replica');
  for (const { id, size } of sizes) {
    for (const table of ['record_body', 'record_entry'])
      await client.query(`delete from ${table} where workspace_id = $1 and sequence >= $2`, [id, size]);
    await setHead(client, id, size);
  }
  await client.query('reset session_replication_role');
  await client.query('vacuum analyze record_body, record_entry');
}

async function setUp(app, slug, passwordHash) {
  return commit(setUpCall(app), async (tx) => {
    const people = { adminEmail: `admin@${slug}.test`, adminDisplayName: 'Admin' };
    const { workspaceId, agentId } = await setUpWorkspace(
      tx,
      { name: slug, slug, logHost: 'bench.test', ...people },
      passwordHash,
    );
    const add = async (name, role) =>
      (await addAgent(tx, { email: `${name}@${slug}.test`, displayName: name, role, passwordHash })).agentId;
    const agentIds = [];
    for (let index = 0; index < (slug === 'history' ? AGENTS : 3); index += 1)
      agentIds.push(await add(`agent-${index}`, 'AGENT'));
    const supervisorId = await add('supervisor', 'SUPERVISOR');
    const teamIds = [];
    for (let index = 0; index < TEAMS; index += 1) {
      const memberIds = agentIds.filter((_, number) => number % TEAMS === index);
      const supervisorIds = index === 3 ? [supervisorId] : [];
      teamIds.push(await addTeam(tx, { name: `Team ${index}`, memberIds, supervisorIds }));
    }
    return { id: workspaceId, adminId: agentId, agentIds, teamIds, supervisorId };
  });
}

/** Ids that are the same whenever they are made of the same number. */
const id = (kind, number) => `md5('${kind}' || ${number})::uuid`;
const disclosed = (name, value) =>
  `translate(encode(convert_to(json_build_array(left(md5(n || '${name}'), 22), '${name}', ${value})::text, 'UTF8'), 'base64'), E'+/=\\n', '-_')`;

async function fill(client, { id: workspaceId, agentIds, teamIds }, count) {
  const { rows } = await client.query('select size::int from record_head where workspace_id = $1', [workspaceId]);
  const first = rows[0].size;
  const bounds = [];
  for (const [, , share] of ACTIONS) bounds.push((bounds.at(-1) ?? 0) + share);
  for (let from = first; from < first + count; from += CHUNK) {
    const to = Math.min(from + CHUNK, first + count) - 1;
    await client.query(statement, [
      workspaceId,
      from,
      to,
      agentIds,
      teamIds,
      bounds,
      ACTIONS.map(([name]) => name),
      ACTIONS.map(([, category]) => category),
      ACTIONS.map(([, , , actor]) => actor),
      ACTIONS.map(([, , , , target]) => target),
      ACTIONS.map(([, , , , , words]) => words),
    ]);
  }
  await setHead(client, workspaceId, first + count);
}

/** The head of a log of so many events. */
async function setHead(client, workspaceId, size) {
  await client.query(
    `update record_head set size = $2, last_recorded_at = now(),
       frontier = array(select sha256(convert_to(g::text, 'UTF8')) from generate_series(1, bit_count($2::bigint::bit(64))) g)
     where workspace_id = $1`,
    [workspaceId, size],
  );
}

const statement = `
  with numbered as (
    select n, hashint4extended(n, 7) & 2147483647 as r, hashint4extended(n, 8) & 2147483647 as s,
      -- What happens in a conversation happens within a while.
      (n / 400) * 16 + (hashint4extended(n, 9) & 15) as c
    from generate_series($2::int, $3::int) n),
  chosen as (
    select *, 1 + (select count(*) from unnest($6::int[]) b where b <= r % 10000)::int as a, 'Contact ' || c as contact,
      $5::uuid[] as teams, $4::uuid[] as agents from numbered),
  made as (
    select n, r, c, contact, ($7::text[])[a] as action, ($8::text[])[a] as category, ($9::text[])[a] as actor_kind,
      ($10::text[])[a] as target_type, ($11::text[])[a] as words, teams[1 + c % cardinality(teams)] as team_id,
      -- The last agent is hardly ever there, the first does a tenth of all.
      case when s % 10 = 0 then 1 when s % 100000 = 1 then cardinality(agents) else 1 + s % (cardinality(agents) - 1) end as g,
      agents, ${id('c', 'c')} as conversation_id, ${id('p', 'c')} as contact_id,
      $1::uuid as ws, ${id('e', 'n || $1::text')} as event_id, ${id('r', 'n / 2 || $1::text')}::text as request_id,
      '10.' || s % 4 || '.' || s / 7 % 250 || '.' || s / 13 % 250 as ip,
      case when s % 20 = 0 then 'goodwill reason ' || s % 1000 end as reason,
      timestamptz '2024-01-01' + n * interval '12 seconds' as at from chosen),
  entry as (
    insert into record_entry (workspace_id, sequence, recorded_at, body_hash, leaf_hash)
    select ws, n, at, sha256(int8send(n)), sha256(int8send(r)) from made)
  insert into record_body (workspace_id, sequence, body, disclosures, event_id, action, category, severity, outcome,
    actor_kind, actor_id, target_type, target_id, conversation_id, contact_id, team_id, request_id, session_id, occurred_at,
    audience, search, ip_address)
  select ws, n,
    json_build_object('_sd', array(select record_base64url(sha256(int8send(n + i))) from generate_series(1, 5) i), 'action', action,
      'actor', json_build_object('id', actor_id, 'kind', actor_kind), 'audience', audience, 'category', category,
      'contact', contact_id, 'conversation', conversation_id, 'id', event_id, 'net', json_build_object('ipPrefix', '10.0.0.0/24'),
      'occurred', to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'outcome', outcome, 'request', request_id,
      'salt', left(md5(n::text), 22), 'severity', (array['INFO', 'NOTICE', 'WARNING', 'CRITICAL'])[severity + 1],
      'target', json_build_object('id', target_id, 'type', target_type), 'team', team_id, 'v', 1, 'ws', ws)::text,
    array[${disclosed('actor.label', 'label')}, ${disclosed('target.label', "'#' || c")}, ${disclosed('net.ip', 'ip')},
      ${disclosed('net.userAgent', "'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'")}]
      || case when reason is null then '{}' else array[${disclosed('reason', 'reason')}] end,
    event_id, action, category, severity, outcome, actor_kind, actor_id, target_type, target_id, conversation_id, contact_id,
    team_id, request_id, case when actor_kind = 'AGENT' then ${id('s', 'g')} end, at, audience,
    to_tsvector('simple', label || ' ' || words || ' ' || c || ' ' || coalesce(reason, '')), ip
  from (
    select *, case actor_kind when 'AGENT' then agents[g] when 'CONTACT' then contact_id when 'BOT' then ${id('b', "'1'")} end as actor_id,
      case actor_kind when 'AGENT' then 'agent ' || g when 'CONTACT' then contact else actor_kind end as label,
      case when target_type = 'conversation' then conversation_id::text when target_type = 'contact' then contact_id::text
        else ${id('t', 'n')}::text end as target_id,
      case when action = 'auth.access_denied' then 1 when action = 'api_key.created' then 2
        when action = 'agent.joined' and n % 50 = 0 then 3 else 0 end as severity,
      case when action = 'auth.access_denied' then 'DENIED' else 'SUCCESS' end as outcome,
      array['inbox:' || ${id('i', 'c % 20')}, 'team:' || team_id] as audience
    from made) m`;
