import { sql } from '../sql.js';
import type { Tx } from '../transaction.js';

/**
 * Has what is still to be answered looked at as soon as it can be due at all, since by when that is has changed.
 * @param teamId null = of all teams.
 */
export async function lookAgain(tx: Tx, teamId: string | null): Promise<void> {
  await tx.rows(sql`
    update routing_assignment r set check_at = r.assigned_at + make_interval(secs => p.requeue_after_seconds)
    from routing_policy p
    where r.workspace_id = ${tx.principal.workspaceId} and r.check_at is not null
      and p.workspace_id = r.workspace_id and p.team_id = r.team_id and p.requeue_after_seconds is not null
      and (${teamId}::uuid is null or r.team_id = ${teamId}::uuid)`);
}
