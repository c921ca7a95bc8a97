// Puts the newest messages onto the record, by the function that everything else is recorded by.
import { contentDigest } from '../../dist/services/record/content-digest.js';
import { prepareEvent } from '../../dist/services/record/event.js';
import { newId } from '../../dist/services/ids.js';
import { systemPrincipal } from '../../dist/services/principal.js';

const BATCH = 250;

/** @param {number} count the last messages of so many conversations, those with the latest activity */
export async function recordMessages(client, space, count) {
  const { rows } = await client.query(
    `select m.id, m.direction, m.text, m.salt, m.actor_kind, m.actor_id, m.created_at, c.id as conversation_id, c.number,
       c.contact_id, c.inbox_id, c.team_id
     from (select * from conversation where workspace_id = $1 order by last_activity_at desc limit $2) c
     join message m on m.workspace_id = $1 and m.id = c.last_message_id order by m.created_at, m.id`,
    [space.id, count],
  );
  const by = systemPrincipal(space.id);
  const origin = { id: newId(), ipAddress: null, userAgent: null };
  for (let start = 0; start < rows.length; start += BATCH) {
    const events = rows
      .slice(start, start + BATCH)
      .map((row) => prepareEvent(eventOf(row), by, origin, row.created_at));
    await client.query('begin');
    await client.query(`select set_config('verbatim.workspace', $1, true)`, [space.id]);
    await client.query('select record_append($1, $2::jsonb)', [space.id, JSON.stringify(events.map(({ row }) => row))]);
    await client.query('commit');
  }
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
