// Puts messages onto the record, by the function that everything else is recorded by.
import { contentDigest } from '../../dist/services/record/content-digest.js';
import { prepareEvent } from '../../dist/services/record/event.js';
import { newId } from '../../dist/services/ids.js';
import { systemPrincipal } from '../../dist/services/principal.js';

const BATCH = 250;

const COLUMNS = `m.id, m.direction, m.text, m.salt, m.actor_kind, m.actor_id, m.created_at, c.id as conversation_id, c.number,
  c.contact_id, c.inbox_id, c.team_id`;

/** @param {number} count the last messages of so many conversations, those with the latest activity */
export async function recordMessages(client, space, count) {
  const { rows } = await client.query(
    `select ${COLUMNS}
     from (select * from conversation where workspace_id = $1 order by last_activity_at desc limit $2) c
     join message m on m.workspace_id = $1 and m.id = c.last_message_id order by m.created_at, m.id`,
    [space.id, count],
  );
  for (let start = 0; start < rows.length; start += BATCH)
    await append(client, space, rows.slice(start, start + BATCH));
}

/** @param {number} count all messages of so many conversations, evenly over the whole time */
export async function recordTranscripts(client, space, count) {
  // More than would fit into memory at a large scale.
  await client.query('begin');
  await client.query(
    `declare recorded cursor with hold for select ${COLUMNS}
     from (select * from (select c.*, row_number() over (order by last_activity_at, id) as n, count(*) over () as total
       from conversation c where workspace_id = '${space.id}') x where n % (total / ${Math.trunc(count)}) = 0) c
     join message m on m.workspace_id = c.workspace_id and m.conversation_id = c.id order by m.created_at, m.id`,
  );
  await client.query('commit');
  for (;;) {
    const { rows } = await client.query(`fetch ${BATCH} from recorded`);
    if (rows.length === 0) break;
    await append(client, space, rows);
  }
  await client.query('close recorded');
}

async function append(client, space, rows) {
  const by = systemPrincipal(space.id);
  const origin = { id: newId(), ipAddress: null, userAgent: null };
  const events = rows.map((row) => prepareEvent(eventOf(row), by, origin, row.created_at));
  await client.query('begin');
  await client.query(`select set_config('verbatim.workspace', $1, true)`, [space.id]);
  await client.query('select record_append($1, $2::jsonb)', [space.id, JSON.stringify(events.map(({ row }) => row))]);
  await client.query('commit');
}

const eventOf = (row) => ({
  action: row.direction === 'INBOUND' ? 'message.received' : 'message.sent',
  actor: { kind: row.actor_kind, id: row.actor_id, label: row.actor_kind === 'AGENT' ? 'An agent' : 'A contact' },
  target: { type: 'message', id: row.id, label: `#${row.number}` },
  labels: { conversation: `#${row.number}` },
  content: [{ message: row.id, digest: contentDigest(row.text, row.salt) }],
  conversationId: row.conversation_id,
  contactId: row.contact_id,
  inboxId: row.inbox_id,
  ...(row.team_id ? { teamId: row.team_id } : {}),
  audience: [`inbox:${row.inbox_id}`, ...(row.team_id ? [`team:${row.team_id}`] : [])],
  occurredAt: row.created_at,
});
