import type { Tx } from '../commit.js';
import { sql, type Sql } from '../database.js';
import { rowLimit } from '../paging.js';
import { pruningLists } from '../record/announcements.js';
import type { Announced, Run } from './run-steps.js';

/** Events that one step announces and the next one removes. */
const BATCH = 5_000;

/** What can be pruned: recorded before its category's moment. What happened outside, and when, decides nothing. */
export const prunable = (workspaceId: string, cutoffs: Readonly<Record<string, string>>): Sql => sql`
  record_body b join record_entry e on e.workspace_id = b.workspace_id and e.sequence = b.sequence
  join jsonb_each_text(${JSON.stringify(cutoffs)}::jsonb) k on k.key = b.category
  where b.workspace_id = ${workspaceId} and b.category not in ('AUDIT', 'PRIVACY')
    and e.workspace_id = ${workspaceId} and e.recorded_at < k.value::timestamptz`;

/** Announces the next events that have been kept long enough. @returns null when there are none left. */
export async function announcePruning(tx: Tx, run: Run): Promise<Announced | null> {
  const rows = await tx.rows<{ sequence: number }>(sql`
    select b.sequence from ${prunable(run.workspaceId, run.cutoffs ?? {})} and b.sequence > ${run.position}
    order by b.sequence limit ${rowLimit(BATCH)}`);
  if (rows.length === 0) return null;
  const sequences = rows.map(({ sequence }) => sequence);
  const eventIds = pruningLists(sequences).map(({ list, count }) =>
    tx.record({
      action: 'audit.pruned',
      target: { type: 'record', id: run.workspaceId, label: 'the record' },
      metadata: { run: run.id, sequences: list, count },
    }),
  );
  return { eventIds, position: sequences.at(-1)!, count: sequences.length };
}

/** Says that the run is done. @returns that there is no more. */
export function completePruning(tx: Tx, run: Run): boolean {
  tx.record({
    action: 'retention.run_completed',
    target: { type: 'record', id: run.workspaceId, label: 'the record' },
    metadata: { run: run.id, count: run.announced },
  });
  return false;
}
