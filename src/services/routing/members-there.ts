import type { Tx } from '../commit.js';
import { takesAttention } from '../presence/capacity.js';
import { sql, type Sql } from '../sql.js';
import { hasRoom, type Candidate } from './choose.js';

/**
 * The members of a team who are given something as far as they have room, as `a` with their presence `p`: what follows
 * FROM, with its conditions.
 */
export const membersThere = (workspaceId: string, teamId: string): Sql => sql`team_member m
    join agent a on a.workspace_id = m.workspace_id and a.id = m.agent_id
    join presence p on p.workspace_id = a.workspace_id and p.agent_id = a.id
    where m.workspace_id = ${workspaceId} and m.team_id = ${teamId} and a.active and a.role <> 'AUDITOR'
      and p.status = 'ONLINE'`;

/**
 * Whether what is taken from an agent would be given to them again: they are there, would have room without it, and
 * nobody else has. Nobody is locked for it: who comes or goes meanwhile is seen with the next look.
 */
export async function wouldHaveItAgain(tx: Tx, teamId: string, agentId: string): Promise<boolean> {
  const members = await tx.rows<Candidate>(sql`
    select a.id, a.capacity, (select count(*)::int from conversation c where c.workspace_id = a.workspace_id
      and c.assignee_id = a.id and ${takesAttention}) as open
    from ${membersThere(tx.principal.workspaceId, teamId)}`);
  const withRoom = members
    .map((member) => (member.id === agentId ? { ...member, open: member.open - 1 } : member))
    .filter(hasRoom);
  return withRoom.length === 1 && withRoom[0]!.id === agentId;
}
