import type { Call } from '../application.js';
import type { Database } from '../database.js';
import { LIST_CAP } from '../directory.js';
import { forbidden } from '../errors.js';
import { rowLimit } from '../paging.js';
import { queueSight } from '../policy-of-routing.js';
import { takesAttention } from '../presence/capacity.js';
import type { Principal } from '../principal.js';
import { sql } from '../sql.js';
import { queueOf } from './queue.js';

/** What waits for a team, and who is there for it. */
export interface TeamQueueRow {
  teamId: string;
  depth: number;
  oldestWaitingSince: Date | null;
  onlineMembers: number;
  /** null = as many as there are. */
  freeCapacity: number | null;
}

/** More than this is not counted. */
const COUNT_CAP = 10_001;
/** What a team's key begins with. */
const TEAM = 'team:';

/**
 * What waits for each team that the caller may see, by the team's name, 250 at most.
 * @throws AppError FORBIDDEN for who sees no team's conversations at all.
 */
export async function listQueues(call: Call): Promise<TeamQueueRow[]> {
  const sight = seenBy(call.principal);
  const teamKeys = sight.keys.filter((key) => key.startsWith(TEAM));
  const teamIds = sight.everything ? null : teamKeys.map((key) => key.slice(TEAM.length));
  return readQueues(call.app.db, call.principal.workspaceId, teamIds);
}

/**
 * Whose queues a caller may see.
 * @throws AppError FORBIDDEN
 */
export function sightOf(principal: Principal): (teamId: string) => boolean {
  const sight = seenBy(principal);
  const keys = new Set(sight.keys);
  return (teamId) => sight.everything || keys.has(`${TEAM}${teamId}`);
}

/** @throws AppError FORBIDDEN */
function seenBy(principal: Principal) {
  const sight = queueSight(principal);
  if (!sight) throw forbidden('You may not see what waits for teams.');
  return sight;
}

/**
 * What waits for teams in use, by name: one statement.
 * @param teamIds only these, since each is counted; null = all.
 */
export function readQueues(
  db: Database,
  workspaceId: string,
  teamIds: readonly string[] | null,
): Promise<TeamQueueRow[]> {
  return db.rows<TeamQueueRow>(sql`
    select t.id as "teamId", w.depth, w.since as "oldestWaitingSince", m.online as "onlineMembers", m.free as "freeCapacity"
    from (
      select t.id, t.name from team t where t.workspace_id = ${workspaceId} and t.deactivated_at is null
        ${teamIds ? sql`and t.id = any(${teamIds}::uuid[])` : sql``}
      order by t.name, t.id limit ${LIST_CAP}) t
    cross join lateral (
      select count(*)::int as depth, min(q.since) as since from (
        select q.since from (${queueOf(sql`${workspaceId}`, sql`t.id`)}) q
        order by q.since limit ${rowLimit(COUNT_CAP)}) q) w
    cross join lateral (
      select count(*)::int as online,
        case when bool_or(a.capacity is null) then null
          else coalesce(sum(greatest(a.capacity - o.open, 0)), 0)::int end as free
      from team_member m
      join agent a on a.workspace_id = m.workspace_id and a.id = m.agent_id and a.active and a.role <> 'AUDITOR'
      join presence p on p.workspace_id = a.workspace_id and p.agent_id = a.id and p.status = 'ONLINE'
      cross join lateral (
        select count(*)::int as open from conversation c
        where c.workspace_id = a.workspace_id and c.assignee_id = a.id and ${takesAttention}) o
      where m.workspace_id = ${workspaceId} and m.team_id = t.id) m
    order by t.name, t.id`);
}
