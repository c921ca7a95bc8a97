import type { Agent } from '../../entities/agent.js';
import type { Team } from '../../entities/team.js';
import type { Call } from '../application.js';
import type { Tx } from '../commit.js';
import { sql } from '../database.js';

/** Whether anybody of those a conversation is offered to is there to take it. */
export async function isAttended({ em, principal }: Tx, agent: Agent | null, team: Team | null): Promise<boolean> {
  const [row] = await em.execute<{ attended: boolean }[]>(
    `select exists (
      select 1 from presence p where p.workspace_id = ? and p.status = 'ONLINE' and (p.agent_id = ? or exists (
        select 1 from team_member m
        where m.workspace_id = p.workspace_id and m.agent_id = p.agent_id and m.team_id = ?))) as attended`,
    [principal.workspaceId, agent?.id ?? null, team?.id ?? null],
  );
  return row!.attended;
}

/** Which of these teams have a member who is online. */
export async function attendedTeams({ app, principal }: Call, teamIds: readonly string[]): Promise<Set<string>> {
  const rows = await app.db.rows<{ id: string }>(sql`
    select distinct m.team_id as id from team_member m
    join presence p on p.workspace_id = m.workspace_id and p.agent_id = m.agent_id and p.status = 'ONLINE'
    where m.workspace_id = ${principal.workspaceId} and m.team_id = any(${teamIds}::uuid[])`);
  return new Set(rows.map((row) => row.id));
}
