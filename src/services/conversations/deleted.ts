import type { Conversation } from '../../entities/conversation.js';
import { sql } from '../sql.js';
import type { Tx } from '../transaction.js';

/**
 * Shows a transaction what was deleted, which the database hides from all others. For what must reach it all the same:
 * deleting and restoring, what changes or erases a contact's conversations, and what is said to be there already.
 */
export const showDeleted = ({ rows }: Pick<Tx, 'rows'>): Promise<unknown> =>
  rows(sql`select set_config('verbatim.deleted', 'shown', true)`);

/** Hides it again, for the rest of the transaction. */
export const hideDeleted = ({ rows }: Pick<Tx, 'rows'>): Promise<unknown> =>
  rows(sql`select set_config('verbatim.deleted', '', true)`);

/** Whether a conversation, whose lock is held, is one of which what it held has begun to go for good. */
export async function isPurged(
  { rows, principal }: Pick<Tx, 'rows' | 'principal'>,
  { id, deletedAt }: Pick<Conversation, 'id' | 'deletedAt'>,
): Promise<boolean> {
  if (!deletedAt) return false;
  const purged = await rows(sql`
    select 1 as found from conversation_deletion d where d.workspace_id = ${principal.workspaceId}
      and d.conversation_id = ${id} and d.purge_run_id is not null`);
  return purged.length > 0;
}
