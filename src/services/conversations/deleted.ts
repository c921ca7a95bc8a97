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
