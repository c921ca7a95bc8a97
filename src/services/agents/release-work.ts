import type { Agent } from '../../entities/agent.js';
import { changesSince, recordInTranscript, stateOf } from '../conversations/transcript-entries.js';
import { cancelOpenHandover } from '../handovers/settle-handover.js';
import { sql } from '../sql.js';
import type { Tx } from '../transaction.js';
import { lockedWork } from './locked-work.js';

/** Conversations that one transaction releases at the most. */
export const RELEASED_AT_ONCE = 500;

/** The reason that was given for letting somebody go, and the event that caused what follows; null when resumed. */
export interface Why {
  reason: string | null;
  causationId: string | null;
}

/**
 * Gives what somebody is working on back to its team, or to nobody, and withdraws what they were offered: a batch of it.
 * What is resolved stays theirs, and leaves them when it comes back.
 * @param waits for conversations that somebody else is just changing; otherwise they are left for the next batch, which
 *   is what who holds the agent's lock must do: those others wait for it. Who waits has let go of the agent before, and
 *   stops where they were let in again since: what they have then is theirs.
 * @returns how many conversations.
 */
export async function releaseWork(
  tx: Tx,
  agent: Pick<Agent, 'id' | 'displayName'>,
  why: Why,
  { waits }: { waits: boolean },
): Promise<number> {
  const work = await lockedWork(
    tx,
    sql`((c.assignee_id = ${agent.id} and c.status <> 'RESOLVED' and c.deleted_at is null) or c.offered_agent_id = ${agent.id})`,
    { limit: RELEASED_AT_ONCE, waits },
  );
  if (waits && work.length > 0 && !(await haveGone(tx, agent.id))) return 0;
  for (const accessed of work) {
    const { conversation } = accessed;
    if (conversation.offeredAgent?.id === agent.id) await cancelOpenHandover(tx, accessed, why);
    if (conversation.assignee?.id !== agent.id || conversation.status === 'RESOLVED') continue;
    const before = stateOf(conversation);
    conversation.release();
    recordInTranscript(tx, accessed, {
      action: 'conversation.unassigned',
      labels: { assignee: agent.displayName },
      changes: changesSince(before, conversation),
      reason: why.reason,
      ...(why.causationId ? { causationId: why.causationId } : {}),
    });
  }
  return work.length;
}

/** Whether somebody may have no conversations, which stays so until this is done. */
async function haveGone(tx: Tx, agentId: string): Promise<boolean> {
  const gone = await tx.rows(sql`
    select 1 as found from agent a where a.workspace_id = ${tx.principal.workspaceId} and a.id = ${agentId}
      and (not a.active or a.role = 'AUDITOR') for share`);
  return gone.length > 0;
}
