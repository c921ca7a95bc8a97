import type { Database } from '../database.js';
import { sql } from '../sql.js';
import type { AlertEvent } from './alert-event.js';

/**
 * Whether who caused each of these events had to do with its conversation before, by sequence. The record alone is
 * asked, as it was then: whether an earlier event of the conversation names them, as who acted, had it or was offered it,
 * and whether they had been added to its team or inbox and not been taken out again. Having read it is no connection.
 */
export async function connectionsOf(
  db: Database,
  workspaceId: string,
  events: readonly AlertEvent[],
): Promise<Map<number, boolean>> {
  const asked = events.flatMap(({ sequence, row: { actorId, conversationId, teamId, inboxId } }) =>
    actorId !== null && conversationId !== null ? [{ sequence, actorId, conversationId, teamId, inboxId }] : [],
  );
  if (asked.length === 0) return new Map();
  const member = (noun: 'team' | 'inbox') => sql`coalesce((
    select m.action = ${`${noun}.member_added`} from record_body m
    where m.workspace_id = ${workspaceId} and m.action in (${`${noun}.member_added`}, ${`${noun}.member_removed`})
      and m.${sql.raw(noun)}_id = k.${sql.raw(`"${noun}Id"`)} and m.sequence < k.sequence
      and m.body::jsonb -> 'metadata' ->> 'agentId' = k."actorId"::text
    order by m.sequence desc limit 1), false)`;
  const rows = await db.rows<{ sequence: number; connected: boolean }>(sql`
    select k.sequence, (${member('team')} or ${member('inbox')} or exists (
      select 1 from record_body b
      where b.workspace_id = ${workspaceId} and b.conversation_id = k."conversationId" and b.sequence < k.sequence
        and b.category not in ('ACCESS', 'AUTH', 'ALERT') and position(k."actorId"::text in b.body) > 0)) as connected
    from jsonb_to_recordset(${JSON.stringify(asked)}::jsonb)
      as k(sequence bigint, "actorId" uuid, "conversationId" uuid, "teamId" uuid, "inboxId" uuid)`);
  return new Map(rows.map(({ sequence, connected }) => [sequence, connected]));
}
