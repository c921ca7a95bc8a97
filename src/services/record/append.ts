import type { BoundTransaction } from '../bound-transaction.js';
import { sql } from '../sql.js';
import type { PreparedEvent } from './event.js';

export interface Appended {
  /** The sequence of the newest of the events. */
  sequence: number;
  count: number;
}

/**
 * Appends events to the workspace's log, in their order, and commits: the append is the last statement, because it takes
 * the lock that orders all writers of the workspace, and COMMIT travels with it, because nobody else can write until
 * then.
 */
export async function appendAndCommit(
  transaction: BoundTransaction,
  workspaceId: string,
  events: readonly PreparedEvent[],
): Promise<Appended> {
  const rows = await transaction.commitAfter<{ sequence: number | string }>(
    sql`select "sequence" from record_append(${workspaceId}, ${JSON.stringify(events.map((event) => event.row))}::jsonb)`,
  );
  return { sequence: Number(rows.at(-1)!.sequence), count: rows.length };
}
