import type { Conversation } from '../../entities/conversation.js';
import { sql } from '../sql.js';
import type { Tx } from '../transaction.js';

/**
 * Takes a conversation that comes back from who is not there to have it any more, so that somebody else sees that it
 * waits. The caller holds its lock and tells of the change.
 */
export async function leaveGoneAssignee(tx: Tx, conversation: Conversation): Promise<void> {
  if (!conversation.assignee) return;
  const [agent] = await tx.rows<{ gone: boolean }>(sql`
    select not a.active or a.role = 'AUDITOR' as gone from agent a
    where a.workspace_id = ${tx.principal.workspaceId} and a.id = ${conversation.assignee.id} for share`);
  if (agent?.gone) conversation.assignee = null;
}
