import type { Conversation } from '../../entities/conversation.js';
import { sql } from '../sql.js';
import type { Tx } from '../transaction.js';

/**
 * Takes a conversation that comes back from who is not there to have it any more, so that somebody else sees that it
 * waits. The caller holds its lock and tells of the change.
 */
export async function leaveGoneAssignee(tx: Tx, conversation: Conversation): Promise<void> {
  if (!conversation.assignee) return;
  const gone = await goneAmong(tx, tx.principal.workspaceId, [conversation.assignee.id]);
  if (gone.has(conversation.assignee.id)) conversation.release();
}

/** Those of the agents who are not there to have conversations; nobody who is can go before this transaction has ended. */
export async function goneAmong(
  { rows }: Pick<Tx, 'rows'>,
  workspaceId: string,
  agentIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const found = await rows<{ id: string; gone: boolean }>(sql`
    select a.id, not a.active or a.role = 'AUDITOR' as gone from agent a
    where a.workspace_id = ${workspaceId} and a.id = any(${agentIds}::uuid[]) order by a.id for share`);
  return new Set(found.filter(({ gone }) => gone).map(({ id }) => id));
}
