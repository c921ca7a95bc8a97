import { LockMode } from '@mikro-orm/core';
import { ExportJob } from '../../entities/export-job.js';
import type { Call } from '../application.js';
import { conflict } from '../errors.js';
import { isId } from '../ids.js';
import { checkReason, type WithReason } from '../text.js';
import { withTransaction } from '../transaction.js';
import { allowed, exportTarget } from './access-export.js';
import { tellProgress } from './export-progress.js';

/**
 * Stops an export that has no file yet, and removes what was written of it. Doing so again changes nothing.
 * @returns its id.
 * @throws AppError NOT_FOUND, VALIDATION_FAILED; CONFLICT, with its state, when it has ended otherwise.
 */
export async function cancelExport(
  call: Call,
  { exportId, reason }: { exportId: string } & WithReason,
): Promise<string> {
  checkReason({ reason });
  const { workspaceId } = call.principal;
  const cancelled = await withTransaction(call, async (tx) => {
    const found = isId(exportId)
      ? await tx.em.findOne(ExportJob, { workspaceId, id: exportId }, { lockMode: LockMode.PESSIMISTIC_WRITE })
      : null;
    const job = allowed(found, tx.principal, 'export.cancel');
    if (job.state === 'CANCELLED') return false;
    if (job.state !== 'REQUESTED' && job.state !== 'RUNNING') {
      throw conflict('The export has ended already.', { exportId, state: job.state });
    }
    // Before the row says so: whoever dies in between leaves one that is cancelled again, not files of no one.
    await call.app.exports.files.remove({ workspaceId, id: job.id });
    job.state = 'CANCELLED';
    job.completedAt = tx.now;
    tx.record({
      action: 'export.cancelled',
      target: exportTarget(job.id),
      metadata: { format: job.format, rows: job.rows },
      reason: reason ?? null,
    });
    return true;
  });
  // What a page that is being written leaves behind is removed by that page.
  if (cancelled) tellProgress(call.app, { workspaceId, id: exportId });
  return exportId;
}
