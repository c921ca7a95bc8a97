import type { Tx } from '../commit.js';
import { sql, type Database, type Sql } from '../database.js';
import { rowLimit } from '../paging.js';
import { pruningLists } from '../record/announcements.js';
import { firstSince } from '../record/read.js';
import type { Announced, Run } from './run-steps.js';

/** Events that one step announces and the next one removes. */
const BATCH = 5_000;

/** By category the sequence before which events are pruned. */
export type Bounds = Readonly<Record<string, number>>;

/**
 * The moments as sequences, which ascend with them: when an event was recorded decides, never when it is said to have
 * happened. A moment that is still to come has no sequence, and everything is before it.
 */
export async function boundsOf(
  db: Pick<Database, 'rows'>,
  workspaceId: string,
  cutoffs: Readonly<Record<string, string>>,
): Promise<Bounds> {
  const bounds: Record<string, number> = {};
  for (const [category, at] of Object.entries(cutoffs)) {
    bounds[category] = (await firstSince(db, workspaceId, new Date(at))) ?? Number.MAX_SAFE_INTEGER;
  }
  return bounds;
}

/**
 * What can be pruned, as `b` with its `k.category`. Of each category by itself, so that an index leads to it: what is
 * younger, or of other categories, is not even looked at, however long the log is.
 */
export const prunable = (workspaceId: string, bounds: Bounds, which: Sql = sql.raw('')): Sql => sql`
  jsonb_each_text(${JSON.stringify(bounds)}::jsonb) k(category, bound) cross join lateral (
    select b.sequence from record_body b where b.workspace_id = ${workspaceId} and b.category = k.category
      and b.category not in ('AUDIT', 'PRIVACY') and b.sequence < k.bound::bigint ${which}) b`;

/** The next of what can be pruned, of all categories. */
export const nextPrunable = (workspaceId: string, bounds: Bounds, after: number): Sql => {
  const next = sql`order by b.sequence limit ${rowLimit(BATCH)}`;
  return sql`select b.sequence from ${prunable(workspaceId, bounds, sql`and b.sequence > ${after} ${next}`)} ${next}`;
};

/** Announces the next events that have been kept long enough. @returns null when there are none left. */
export async function announcePruning(tx: Tx, run: Run): Promise<Announced | null> {
  const bounds = await boundsOf(tx, run.workspaceId, run.cutoffs ?? {});
  const rows = await tx.rows<{ sequence: number }>(nextPrunable(run.workspaceId, bounds, run.position));
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

/**
 * Leaves of the lines that transcripts have of these events only that something was there. Before the bodies go, which
 * say of which events the lines are.
 */
export const emptyLines = (tx: Tx, run: Run): Promise<unknown> =>
  tx.rows(sql`
    update transcript_entry t set action = 'audit.pruned', changes = null, handover_id = null, actor_kind = 'SYSTEM', actor_id = null,
      removal_id = ${run.id}
    from record_body a, unnest(string_to_array(a.body::jsonb -> 'metadata' ->> 'sequences', ',')) r, record_body b
    where t.workspace_id = ${run.workspaceId} and t.id = b.event_id and t.kind = 'EVENT'
      and a.workspace_id = ${run.workspaceId} and a.event_id = any(${run.pending}::uuid[])
      and b.workspace_id = ${run.workspaceId} and b.sequence between split_part(r, '-', 1)::bigint
        and coalesce(nullif(split_part(r, '-', 2), ''), split_part(r, '-', 1))::bigint`);

/** Says that the run is done. @returns that there is no more. */
export function completePruning(tx: Tx, run: Run): boolean {
  tx.record({
    action: 'retention.run_completed',
    target: { type: 'record', id: run.workspaceId, label: 'the record' },
    metadata: { run: run.id, count: run.announced },
  });
  return false;
}
