import type { Agent } from '../../entities/agent.js';
import type { Call } from '../application.js';
import { sql } from '../database.js';
import { rowLimit } from '../paging.js';
import { commit } from '../commit.js';
import { releaseWork, type Why } from './release-work.js';

/** More than anybody has. */
const MAX_BATCHES = 1_000;

/**
 * Releases, batch by batch, what is left of somebody's work after the transaction that let them go has released what it
 * could: nobody gives them anything more, unless they are let in again, which ends it. Where this is interrupted, the same request once more goes on with it.
 */
export async function releaseAll(call: Call, agent: Pick<Agent, 'id' | 'displayName'>, why: Why): Promise<void> {
  const { app, principal } = call;
  for (let batch = 0; batch < MAX_BATCHES; batch += 1) {
    const [left] = await app.db.rows(sql`
      select 1 as found from conversation c where c.workspace_id = ${principal.workspaceId}
        and ((c.assignee_id = ${agent.id} and c.status <> 'RESOLVED') or c.offered_agent_id = ${agent.id})
      limit ${rowLimit(1)}`);
    if (!left) return;
    // As who was let do it a moment ago, who may have let themself go by it.
    if ((await commit(call, (tx) => releaseWork(tx, agent, why, { waits: true }))) === 0) return;
  }
}
