import type { Call } from '../application.js';
import { sql } from '../sql.js';

/** When an agent was last there. */
export interface LastSeen {
  agentId: string;
  /** Null = never signed in. */
  at: Date | null;
}

/**
 * When these agents were last there: now for those who are, for the others the later of the end of their presence and
 * the last refresh of a session, which comes with every new access token.
 */
export const lastSeenOf = ({ app, principal }: Call, agentIds: readonly string[]): Promise<LastSeen[]> =>
  app.db.rows<LastSeen>(sql`
    select a.id as "agentId",
      case when p.status <> 'OFFLINE' then ${app.now()}::timestamptz(3) else greatest(p.since, s.at) end as at
    from agent a
    left join presence p on p.workspace_id = a.workspace_id and p.agent_id = a.id
    left join lateral (
      select max(session.last_seen_at) as at from session
      where session.workspace_id = a.workspace_id and session.agent_id = a.id) s on true
    where a.workspace_id = ${principal.workspaceId} and a.id = any(${agentIds}::uuid[])`);
