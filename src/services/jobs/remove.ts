import type { Application } from '../application.js';
import { commit } from '../commit.js';
import { sql } from '../database.js';
import { newId } from '../ids.js';
import { systemPrincipal } from '../principal.js';
import { boundsOf, prunable } from '../removals/prune-step.js';
import { cutoffsOf, type Rule } from '../removals/retention.js';
import { finishRun } from '../removals/run-steps.js';
import { startPurges } from '../removals/start-purges.js';
import { rowLimit } from '../paging.js';
import { atMostEvery, every } from './every.js';
import { Turn } from './turn.js';

const SWEEP_MS = 1_000;
const PRUNE_MS = 3_600_000;
/** Runs that one sweep takes further, the oldest first: many, so that those that fail again and again hide no other. */
const RUNS = 1_000;
/** Steps of each; the rest waits for the next sweep, so that a long one makes nobody wait. */
const STEPS = 20;
/** So long who has asked for a removal takes it further themselves, in milliseconds. */
const REMOVING_MS = 10_000;

/** Removes on one node at a time, beside everything else: a long log may take its time. */
export function startRemovals(app: Application): { stop(): Promise<void> } {
  const turn = new Turn(app.db, 'removals');
  const prune = atMostEvery(PRUNE_MS, startPruning);
  const removing = every(SWEEP_MS, 'remove', app, async () => {
    if (!(await turn.take())) return;
    await prune(app);
    await startPurges(app);
    await continueRemovals(app, new Date(app.now().getTime() - REMOVING_MS));
  });
  return {
    stop: async () => {
      await removing.stop();
      await turn.passOn().catch((error: unknown) => app.log.warn({ err: error }, 'the turn could not be passed on'));
    },
  };
}

/**
 * Takes up the removals that were begun before and are not done, also those that a crash has interrupted. Safe in several
 * processes at once. One that fails holds up no other.
 */
export async function continueRemovals(app: Application, begunBefore: Date): Promise<void> {
  const open = await app.db.asApplication<{ workspaceId: string; id: string }>(
    sql`select workspace_id as "workspaceId", id from removal_runs_open(${begunBefore}, ${RUNS})`,
  );
  for (const { workspaceId, id } of open) {
    try {
      await finishRun(app, workspaceId, id, STEPS);
    } catch (error) {
      app.log.warn({ err: error, workspaceId, runId: id }, 'a removal could not go on; it is tried again');
    }
  }
}

/**
 * Begins to prune what has been kept long enough, in every workspace in which there is anything; `continueRemovals` does
 * the rest. Safe in several processes at once. A workspace in which it fails holds up no other.
 * @returns how many runs were begun.
 */
export async function startPruning(app: Application): Promise<number> {
  const workspaces = await app.db.asApplication<{ workspaceId: string }>(
    sql`select workspace_id as "workspaceId" from retention_workspaces()`,
  );
  let started = 0;
  for (const { workspaceId } of workspaces) {
    try {
      started += await startRun(app, workspaceId);
    } catch (error) {
      app.log.warn({ err: error, workspaceId }, 'pruning could not begin; it is tried again');
    }
  }
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
    const bounds = await boundsOf(tx, workspaceId, cutoffs);
    const [wanted] = await tx.rows(sql`
      select 1 as wanted from ${prunable(workspaceId, bounds, sql`limit ${rowLimit(1)}`)} where not exists (
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
