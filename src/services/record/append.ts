import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { PreparedEvent } from './event.js';

export interface Appended {
  /** The sequence of the newest of the events. */
  sequence: number;
  count: number;
}

/**
 * Appends events to the workspace's log, in their order, inside the caller's transaction: the last statement before
 * COMMIT, because it takes the lock that orders all writers of the workspace.
 */
export async function appendToRecord(
  em: SqlEntityManager,
  workspaceId: string,
  events: readonly PreparedEvent[],
): Promise<Appended> {
  const rows = await em.execute<{ sequence: string }[]>('select "sequence" from record_append(?, ?::jsonb)', [
    workspaceId,
    JSON.stringify(events.map((event) => event.row)),
  ]);
  return { sequence: Number(rows.at(-1)!.sequence), count: rows.length };
}
