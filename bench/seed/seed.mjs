// Fills a database with the work of performance tables: one large workspace, and small ones for writes spread over many.
import pg from 'pg';
import { Channel, Scope } from '../../dist/entities/enums.js';
import { openSession } from '../../dist/services/accounts/sessions.js';
import { commit } from '../../dist/services/commit.js';
import { newId } from '../../dist/services/ids.js';
import { addAgent } from '../../dist/services/workspaces/add-agent.js';
import { addApiKey } from '../../dist/services/workspaces/add-api-key.js';
import { addInbox } from '../../dist/services/workspaces/add-inbox.js';
import { addLabel } from '../../dist/services/workspaces/add-label.js';
import { addTeam } from '../../dist/services/workspaces/add-team.js';
import { setUpCall, setUpWorkspace } from '../../dist/services/workspaces/create-workspace.js';
import { openBeside } from '../measure/space.mjs';
import { recordMessages, recordTranscripts } from './record.mjs';
import { entriesOf } from '../../dist/entities/migrations/0026-message-search.js';
import { functions, MESSAGES_EACH, NOTES_EACH, statements } from './sql.mjs';

const LARGE = { slug: 'bench', conversations: 20_000, agents: 50, inboxes: 20, teams: 10, labels: 20, events: 5_000 };
const SMALL = { conversations: 240, agents: 4, inboxes: 2, teams: 2, labels: 5, events: 50 };
const channels = Object.keys(Channel);

/**
 * Migrates a database and fills it, deterministically by the seed.
 * @param {{ dataDir: string, url: string, scale?: number, seed?: number, small?: number, transcripts?: number, words?: boolean }} options `scale`: 1, 10 or 100 times the rows;
 *   `small`: so many further workspaces; `transcripts`: of so many conversations (× scale) every message is on the record, of about
 *   20 each, instead of the newest 5,000; `words`: as of `functions`
 * @returns {Promise<{ app: object, large: object, small: object[], tookMs: number }>} `app` is open, for `signIn`
 */
export async function seedDatabase({ dataDir, url, scale = 1, seed = 7, small = 0, transcripts = 0, words = false }) {
  const began = performance.now();
  const app = await openBeside({ dataDir, url });
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(functions(seed, { words }));
    const large = await fill(app, client, {
      ...LARGE,
      conversations: LARGE.conversations * scale,
      transcripts: transcripts * scale,
    });
    const others = [];
    for (let index = 1; index <= small; index += 1) {
      others.push(await fill(app, client, { ...SMALL, slug: `bench-${index}` }));
    }
    await client.query('drop table bench.plan');
    await client.query('vacuum analyze');
    const filled = { large, small: others, tookMs: Math.round(performance.now() - began) };
    await client.query('create table bench.filled as select $1::jsonb as filled', [JSON.stringify(filled)]);
    return { app, ...filled };
  } finally {
    await client.end();
  }
}

/** Opens a database that `seedDatabase` has filled before; null where it has not, or not to its end. @param {{ dataDir: string, url: string }} options */
export async function openSeeded({ dataDir, url }) {
  const client = new pg.Client(url);
  await client.connect();
  try {
    const { rows: there } = await client.query(`select to_regclass('bench.filled') as filled`);
    if (there[0].filled === null) return null;
    const { rows } = await client.query('select filled from bench.filled');
    return { app: await openBeside({ dataDir, url }), ...rows[0].filled };
  } finally {
    await client.end();
  }
}

async function fill(app, client, size) {
  const space = await setUp(app, size);
  const values = [
    space.id,
    space.slug,
    size.conversations,
    space.agentIds,
    space.inboxIds,
    space.channels,
    space.teamIds,
    space.labelIds,
    [space.adminId, space.agentId],
  ];
  await client.query('begin');
  // The rows refer to each other by how they are made; `check` proves it faster than a million single look-ups.
  await client.query('set local session_replication_role = replica');
  for (const statement of statements) {
    const used = new Set([...statement.matchAll(/\$(\d)/g)].map(([, number]) => Number(number)));
    // Only what a statement names may be given to it, numbered without gaps.
    const numbers = [...used].toSorted((a, b) => a - b);
    const text = statement.replace(/\$(\d)/g, (_, number) => `$${numbers.indexOf(Number(number)) + 1}`);
    await client.query(
      text,
      numbers.map((number) => values[number - 1]),
    );
  }
  // No trigger has seen these rows.
  for (const [table, entries] of Object.entries(entriesOf)) {
    await client.query(
      `insert into search_entry ${entries(`(select * from ${table} where workspace_id = '${space.id}')`)}`,
    );
  }
  await client.query('commit');
  await check(client, space, size);
  if (size.transcripts) await recordTranscripts(client, space, size.transcripts);
  else await recordMessages(client, space, size.events);
  return space;
}

/** A workspace by our own services, with all that its conversations refer to. */
async function setUp(app, { slug, agents, inboxes, teams, labels }) {
  const passwordHash = await app.passwords.hash('never used here');
  return commit(setUpCall(app), async (tx) => {
    const { workspaceId, agentId: adminId } = await setUpWorkspace(
      tx,
      { name: slug, slug, logHost: 'bench.test', adminEmail: `admin@${slug}.test`, adminDisplayName: 'Admin' },
      passwordHash,
    );
    const agentIds = await each(agents - 1, async (index) => {
      const person = {
        email: `agent-${index}@${slug}.test`,
        displayName: `Agent ${index}`,
        role: 'AGENT',
        passwordHash,
      };
      return (await addAgent(tx, person)).agentId;
    });
    // The first agent sees one inbox and what is assigned to them; the others are in two inboxes and one team.
    const [, ...others] = agentIds;
    const share = (members, index, of) => members.filter((_, number) => number % of === index);
    const teamIds = await each(teams, (index) =>
      addTeam(tx, { name: `Team ${index}`, memberIds: share(others, index, teams) }),
    );
    const inboxIds = await each(inboxes, (index) =>
      addInbox(tx, {
        name: `Inbox ${index}`,
        channel: channels[index % channels.length],
        memberIds: [
          ...new Set([
            ...(index === 0 ? [agentIds[0]] : []),
            ...share(others, index, inboxes),
            ...share(others, (index + 1) % inboxes, inboxes),
          ]),
        ],
        defaultTeamId: teamIds[index % teams],
      }),
    );
    const labelIds = await each(labels, (index) =>
      addLabel(tx, {
        name: `label-${String(index).padStart(2, '0')}`,
        color: `#${(0x100000 + index * 4_321).toString(16)}`,
      }),
    );
    const { key } = await addApiKey(tx, { displayName: 'Everything', scopes: Object.values(Scope) });
    const inboxChannels = inboxIds.map((_, index) => channels[index % channels.length]);
    return {
      id: workspaceId,
      slug,
      adminId,
      agentId: agentIds[0],
      agentIds,
      teamIds,
      inboxIds,
      channels: inboxChannels,
      labelIds,
      key,
    };
  });
}

async function each(count, make) {
  const made = [];
  for (let index = 0; index < count; index += 1) made.push(await make(index));
  return made;
}

/** Refuses a database that is not what it should be. */
async function check(client, space, { conversations }) {
  const { rows } = await client.query(
    `select (select count(*) from conversation where workspace_id = $1)::int as conversations,
       (select count(*) from message where workspace_id = $1)::int as messages,
       (select count(*) from note where workspace_id = $1)::int as notes,
       (select count(*) from contact where workspace_id = $1)::int as contacts,
       (select count(*) from conversation c where c.workspace_id = $1 and (
         not exists (select from contact x where x.workspace_id = $1 and x.id = c.contact_id)
         or not exists (select from message m where m.workspace_id = $1 and m.id = c.last_message_id and m.conversation_id = c.id
           and m.created_at <= c.last_activity_at)
         or c.last_position <> (select max(e.position) from transcript_entry e where e.workspace_id = $1 and e.conversation_id = c.id)
         or c.last_position <> (select count(*) from transcript_entry e where e.workspace_id = $1 and e.conversation_id = c.id)
         or c.last_activity_at <> (select max(e.occurred_at) from transcript_entry e where e.workspace_id = $1 and e.conversation_id = c.id)
         or c.inbound_count <> (select count(*) from message m where m.workspace_id = $1 and m.conversation_id = c.id and m.direction = 'INBOUND')))::int
         as wrong`,
    [space.id],
  );
  const expected = {
    conversations,
    messages: conversations * MESSAGES_EACH,
    notes: conversations * NOTES_EACH,
    contacts: conversations,
    wrong: 0,
  };
  for (const [what, count] of Object.entries(expected)) {
    if (rows[0][what] !== count) throw new Error(`${space.slug}: ${rows[0][what]} ${what}, not ${count}`);
  }
}

/** A fresh access token of an agent, good for ten minutes. */
export async function signIn(app, space, agentId) {
  const principal = await app.principals.signingIn(space.id, agentId, newId());
  return (await openSession({ app, principal, request: { id: newId(), ipAddress: null, userAgent: null } }))
    .accessToken;
}
