import { rowLimit } from '../paging.js';
import { sql } from '../sql.js';
import type { Tx } from '../transaction.js';

/**
 * The lock of all that is given out in a workspace, which comes before those of its teams: so what changes many
 * assignments at once never meets who holds some of them in another order.
 */
export async function lockRouting(tx: Tx): Promise<void> {
  await tx.rows(sql`select pg_advisory_xact_lock(hashtextextended(${`${tx.principal.workspaceId}/routing`}, 0))`);
}

/**
 * Has what was given out, and still is whose it was given to, looked at as soon as it can be due at all, since by when
 * that is has changed: also what was not looked at any more. What is over falls out when it is. The caller has called `lockRouting` first.
 * @param teamId null = of all teams.
 * @param conversationIds only of these, under their locks; absent = of all.
 */
export async function lookAgain(tx: Tx, teamId: string | null, conversationIds?: readonly string[]): Promise<void> {
  await tx.rows(sql`
    update routing_assignment r set check_at = r.assigned_at + make_interval(secs => p.requeue_after_seconds)
    from routing_policy p, conversation c
    where r.workspace_id = ${tx.principal.workspaceId}
      and p.workspace_id = r.workspace_id and p.team_id = r.team_id and p.enabled and p.requeue_after_seconds is not null
      and c.workspace_id = r.workspace_id and c.id = r.conversation_id
      and (r.check_at is not null
        or (c.assignee_id = r.agent_id and c.team_id = r.team_id and c.status <> 'RESOLVED'))
      and (${teamId}::uuid is null or r.team_id = ${teamId}::uuid)
      and ${conversationIds ? sql`r.conversation_id = any(${conversationIds}::uuid[])` : sql`true`}`);
}

/**
 * The same of conversations that are spam no longer, which were not looked at any more. The caller holds their locks and
 * no others yet: who gives out what waits waits for none of these.
 */
export async function lookAgainAt(tx: Tx, conversationIds: readonly string[]): Promise<void> {
  const [over] = await tx.rows(sql`
    select 1 as found from routing_assignment r where r.workspace_id = ${tx.principal.workspaceId}
      and r.conversation_id = any(${conversationIds}::uuid[]) and r.check_at is null limit ${rowLimit(1)}`);
  if (!over) return;
  await lockRouting(tx);
  await lookAgain(tx, null, conversationIds);
}
