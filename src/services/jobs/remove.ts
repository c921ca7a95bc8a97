import type { Application } from '../application.js';
import { commit } from '../commit.js';
import { sql } from '../database.js';
import { newId } from '../ids.js';
import { systemPrincipal } from '../principal.js';
import { prunable } from '../removals/prune-step.js';
import { cutoffsOf, type Rule } from '../removals/retention.js';
import { finishRun } from '../removals/run-steps.js';
import { rowLimit } from '../paging.js';

/** Runs and their steps that one sweep takes further; the rest wait for the next one. */
const RUNS = 20;
const STEPS = 20;

/** So long who has asked for a removal takes it further themselves, in milliseconds. */
export const REMOVING_MS = 10_000;

/**
 * Takes up the removals that were begun before and are not done, also those that a crash has interrupted. Safe in several
 * processes at once.
 */
export async function continueRemovals(app: Application, begunBefore: Date): Promise<void> {
  const open = await app.db.asApplication<{ workspaceId: string; id: string }>(
    sql`select workspace_id as "workspaceId", id from removal_runs_open(${begunBefore}, ${RUNS})`,
  );
  for (const { workspaceId, id } of open) await finishRun(app, workspaceId, id, STEPS);
}

/**
 * Begins to prune what has been kept long enough, in every workspace in which there is anything; `continueRemovals` does
 * the rest. Safe in several processes at once.
 * @returns how many runs were begun.
 */
export async function startPruning(app: Application): Promise<number> {
  const workspaces = await app.db.asApplication<{ workspaceId: string }>(
    sql`select workspace_id as "workspaceId" from retention_workspaces()`,
  );
  let started = 0;
  for (const { workspaceId } of workspaces) started += await startRun(app, workspaceId);
  return started;
}

async function startRun(app: Application, workspaceId: string): Promise<number> {
  const request = { id: newId(), ipAddress: null, userAgent: null };
  return commit({ app, principal: systemPrincipal(workspaceId), request }, async (tx) => {
    // The rules as they are when the run is announced, and one run at a time.
    await tx.rows(sql`select pg_advisory_xact_lock(hashtextextended(${`${workspaceId}/retention`}, 0))`);
    const rules = await tx.rows<Rule>(
      sql`select r.category, r.days from retention_rule r where r.workspace_id = ${workspaceId}`,
    );
    const cutoffs = cutoffsOf(rules, tx.now);
    const [wanted] = await tx.rows(sql`
      select 1 as wanted from ${prunable(workspaceId, cutoffs)} and not exists (
        select from removal_run r where r.workspace_id = ${workspaceId} and r.kind = 'PRUNING' and r.finished_at is null)
      limit ${rowLimit(1)}`);
    if (!wanted) return 0;
    const id = newId();
    await tx.rows(sql`
      insert into removal_run (workspace_id, id, kind, cutoffs, position, pending, announced, messages, notes, started_at)
      values (${workspaceId}, ${id}, 'PRUNING', ${JSON.stringify(cutoffs)}::jsonb, -1, '{}', 0, 0, 0, ${tx.now})`);
    tx.record({
      action: 'retention.run_started',
      target: { type: 'record', id: workspaceId, label: 'the record' },
      metadata: { run: id, before: cutoffs },
    });
    return 1;
  });
}
