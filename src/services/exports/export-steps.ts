import { ExportJob } from '../../entities/export-job.js';
import type { Application, Call } from '../application.js';
import { commit } from '../commit.js';
import { sql } from '../database.js';
import { AppError } from '../errors.js';
import { newId } from '../ids.js';
import { systemPrincipal, type Principal } from '../principal.js';
import { exportTarget, type ExportRow } from './access-export.js';
import type { WholeFile } from '../files/file-store.js';
import { tellProgress } from './export-progress.js';

/** How long a file is kept, in milliseconds. */
export const KEPT_MS = 7 * 24 * 60 * 60 * 1000;

/** Why an export came to nothing. */
export type ExportFault = 'RIGHTS_ENDED' | 'RIGHTS_CHANGED' | 'NOT_WRITTEN';

/** The call in which the product goes on with exports by itself. */
export const callOf = (app: Application, workspaceId: string): Call => ({
  app,
  principal: systemPrincipal(workspaceId),
  request: { id: newId(), ipAddress: null, userAgent: null },
});

/** Who asked, as they are now: an agent also without the session that they asked in; null when they are gone. */
export async function ownerOf(app: Application, row: ExportRow): Promise<Principal | null> {
  const { workspaceId, requestedByKind: kind, requestedById: id } = row;
  try {
    if (kind === 'AGENT') return await app.principals.signingIn(workspaceId, id, newId());
    const key = { ...systemPrincipal(workspaceId), kind, id, apiKeyId: id };
    return await app.principals.fresh(key);
  } catch (error) {
    if (error instanceof AppError && error.code === 'UNAUTHENTICATED') return null;
    throw error;
  }
}

type Moved = Partial<Pick<ExportRow, 'state' | 'nextSequence' | 'parts' | 'partsDigest' | 'rows' | 'failures'>>;

/** Moves an export on from where it was read. @returns whether it was still there. */
export async function moveOn(call: Call, row: ExportRow, change: Moved): Promise<boolean> {
  const to = { ...row, ...change };
  return commit(call, async (tx) => {
    const moved = await tx.rows(sql`
      update export_job set state = ${to.state}, next_sequence = ${to.nextSequence}, parts = ${to.parts},
        parts_digest = ${to.partsDigest}, rows = ${to.rows}, failures = ${to.failures}
      where workspace_id = ${row.workspaceId} and id = ${row.id} and state = ${row.state}
        and next_sequence = ${row.nextSequence} and parts = ${row.parts} returning 1 as done`);
    return moved.length > 0;
  });
}

/** How an export stands now. */
export async function stateOf({ app }: Call, { workspaceId, id }: ExportRow): Promise<ExportRow['state'] | undefined> {
  const [row] = await app.db.byIds(ExportJob, workspaceId, [id]);
  return row?.state;
}

/**
 * Says that the file of an export is there, unless the export has ended meanwhile.
 * @param settle puts the file in its place, where it is not there yet: nobody else ends the export at the same time.
 * @returns whether it did.
 */
export async function complete(
  call: Call,
  row: ExportRow,
  { rows, bytes, sha256 }: WholeFile & { rows: number },
  settle?: () => Promise<void>,
): Promise<boolean> {
  const done = await commit(call, async (tx) => {
    const open = await tx.rows(sql`
      select 1 as open from export_job where workspace_id = ${row.workspaceId} and id = ${row.id}
        and state in ('REQUESTED', 'RUNNING') and parts_digest = ${row.partsDigest} for update`);
    if (open.length === 0) return false;
    await settle?.();
    await tx.rows(sql`
      update export_job set state = 'COMPLETED', rows = ${rows}, bytes = ${bytes}, sha256 = ${sha256},
        completed_at = ${tx.now}, expires_at = ${new Date(tx.now.getTime() + KEPT_MS)}
      where workspace_id = ${row.workspaceId} and id = ${row.id}`);
    const { format } = row;
    tx.record({ action: 'export.completed', target: exportTarget(row.id), metadata: { format, rows, bytes, sha256 } });
    return true;
  });
  if (done) tellEnded(call, row, 'completed');
  return done;
}

const tellEnded = ({ app }: Call, { format, requestedAt }: ExportRow, outcome: 'completed' | 'failed'): void =>
  app.metrics.exportEnded(format, outcome, app.now().getTime() - requestedAt.getTime());

/** Ends an export without a file. @returns false: it did not go on. */
export async function fail(call: Call, row: ExportRow, fault: ExportFault): Promise<boolean> {
  const done = await commit(call, async (tx) => {
    const open = await tx.rows(sql`
      select 1 as open from export_job where workspace_id = ${row.workspaceId} and id = ${row.id}
        and state in ('REQUESTED', 'RUNNING') for update`);
    if (open.length === 0) return false;
    await call.app.exports.files.remove(row);
    await tx.rows(sql`
      update export_job set state = 'FAILED', fault = ${fault}, completed_at = ${tx.now}
      where workspace_id = ${row.workspaceId} and id = ${row.id}`);
    const { format, rows } = row;
    tx.record({
      action: 'export.failed',
      outcome: 'FAILURE',
      target: exportTarget(row.id),
      metadata: { format, fault, rows },
    });
    return true;
  });
  if (done) tellEnded(call, row, 'failed');
  tellProgress(call.app, row);
  return false;
}
