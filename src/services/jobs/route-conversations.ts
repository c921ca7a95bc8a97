import type { Application } from '../application.js';
import { commit, type Tx } from '../commit.js';
import { sql } from '../database.js';
import { newId } from '../ids.js';
import { systemPrincipal } from '../principal.js';
import { assignWaiting } from '../routing/assign-waiting.js';
import { requeueUnanswered } from '../routing/requeue-unanswered.js';

/** Unanswered ones of one sweep; the rest waits for the next one, a second later. */
const BATCH = 100;
/** Teams of one look. */
const PAGE = 100;
/** Batches of one team in one sweep, so that one with much makes nobody wait. */
const BATCHES = 20;
const FIRST = '00000000-0000-0000-0000-000000000000';

/**
 * Puts back what nobody has answered in time, and gives what waits to who is there and has room: so also when somebody
 * comes, takes more, or has done with something. Safe in several processes at once. One team that fails holds up no other.
 */
export async function routeConversations(app: Application): Promise<void> {
  const due = await app.db.rows<{ workspaceId: string; id: string }>(
    sql`select workspace_id as "workspaceId", id from routing_checks_due(${app.now()}, ${BATCH})`,
  );
  for (const { workspaceId, id } of due) await quietly(app, workspaceId, (tx) => requeueUnanswered(tx, id));
  for (let [workspace, team] = [FIRST, FIRST]; ;) {
    const teams = await app.db.rows<{ workspaceId: string; teamId: string }>(
      sql`select workspace_id as "workspaceId", team_id as "teamId" from routing_due(${workspace}::uuid, ${team}::uuid, ${PAGE}::int)`,
    );
    for (const { workspaceId, teamId } of teams) {
      for (let batch = 0; batch < BATCHES; batch += 1) {
        if (!(await quietly(app, workspaceId, (tx) => assignWaiting(tx, teamId)))) break;
      }
    }
    const last = teams.at(-1);
    if (!last || teams.length < PAGE) return;
    [workspace, team] = [last.workspaceId, last.teamId];
  }
}

/** A failure is logged, and tried again with the next sweep. */
async function quietly<T>(app: Application, workspaceId: string, work: (tx: Tx) => Promise<T>): Promise<T | null> {
  const request = { id: newId(), ipAddress: null, userAgent: null };
  try {
    return await commit({ app, principal: systemPrincipal(workspaceId), request }, work);
  } catch (error) {
    app.log.warn({ err: error, workspaceId }, 'conversations could not be routed; it is tried again');
    return null;
  }
}
