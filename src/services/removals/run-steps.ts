import type { RemovalKind } from '../../entities/enums.js';
import { RemovalRun } from '../../entities/retention.js';
import type { RowOf } from '../../entities/row.js';
import type { Application } from '../application.js';
import { commit, type Tx } from '../commit.js';
import { sql } from '../database.js';
import { newId } from '../ids.js';
import { systemPrincipal } from '../principal.js';
import { announceErasure, completeErasure, markLines } from './erase-step.js';
import { showDeleted } from '../conversations/deleted.js';
import { announcePurge, completePurge } from './purge-step.js';
import { announcePruning, completePruning, emptyLines } from './prune-step.js';

export type Run = RowOf<RemovalRun>;

/** What was announced, and how far the run has looked; null once there is nothing more. */
export interface Announced {
  eventIds: string[];
  position: number;
  count: number;
}

/** What a kind of removal does in its steps. */
interface Steps {
  announce: (tx: Tx, run: Run) => Promise<Announced | null>;
  mark: (tx: Tx, run: Run) => Promise<unknown>;
  remove: 'record_erase' | 'record_prune';
  complete: (tx: Tx, run: Run) => Promise<boolean> | boolean;
}
const STEPS: Record<RemovalKind, Steps> = {
  ERASURE: { announce: announceErasure, mark: markLines, remove: 'record_erase', complete: completeErasure },
  PRUNING: { announce: announcePruning, mark: emptyLines, remove: 'record_prune', complete: completePruning },
  PURGE: { announce: announcePurge, mark: markLines, remove: 'record_erase', complete: completePurge },
};

/**
 * Takes one run one transaction further: removes what has been announced, else announces the next part, else ends the
 * run. What was announced is durable before anything goes, and a step that was cut off is done again. Safe in several
 * processes at once: the run's row is locked.
 * @returns whether there may be more to do.
 */
export async function stepRun(app: Application, workspaceId: string, id: string): Promise<boolean> {
  const request = { id: newId(), ipAddress: null, userAgent: null };
  return commit({ app, principal: systemPrincipal(workspaceId), request }, async (tx) => {
    const [run] = await tx.rows<Run>(sql`
      select ${app.db.columns(RemovalRun, 'r')} from removal_run r
      where r.workspace_id = ${workspaceId} and r.id = ${id} and r.finished_at is null for update`);
    if (!run) return false;
    const steps = STEPS[run.kind];
    // What is removed of a contact, or of what was deleted, is hidden from all others.
    await showDeleted(tx);
    if (run.pending.length > 0) {
      await steps.mark(tx, run);
      const remove = sql.raw(steps.remove);
      for (const event of run.pending) await tx.rows(sql`select ${remove}(${workspaceId}, ${event})`);
      await tx.rows(sql`update removal_run set pending = '{}' where workspace_id = ${workspaceId} and id = ${id}`);
      return true;
    }
    const announced = await steps.announce(tx, run);
    if (announced) {
      await tx.rows(sql`
        update removal_run set pending = ${announced.eventIds}::uuid[], position = ${announced.position},
          announced = announced + ${announced.count} where workspace_id = ${workspaceId} and id = ${id}`);
      return true;
    }
    return end(tx, run);
  });
}

async function end(tx: Tx, run: Run): Promise<boolean> {
  const more = await STEPS[run.kind].complete(tx, run);
  if (!more) {
    await tx.rows(sql`
      update removal_run set finished_at = ${tx.now} where workspace_id = ${run.workspaceId} and id = ${run.id}`);
  }
  return more;
}

/** Takes a run to its end, or as far as so many steps lead. @returns whether it has ended. */
export async function finishRun(app: Application, workspaceId: string, id: string, steps: number): Promise<boolean> {
  for (let step = 0; step < steps; step += 1) if (!(await stepRun(app, workspaceId, id))) return true;
  return false;
}
