import { ExportJob } from '../../entities/export-job.js';
import type { RowOf } from '../../entities/row.js';
import type { Call } from '../application.js';
import { forbidden, notFound, type AppError, type Denial } from '../errors.js';
import { isId } from '../ids.js';
import { canExportEvidence, canExportRecord, canFetchExport, canSeeExport } from '../policy.js';
import type { Principal } from '../principal.js';
import { recordingDenials } from '../record-denial.js';

/** An export as a plain row. */
export type ExportRow = RowOf<ExportJob>;

/** What an export is called on the record. */
export const exportTarget = (id: string) => ({ type: 'export', id, label: 'an export of the record' });

/** @throws AppError FORBIDDEN for who may not take the record away; recorded. */
export function refuseExporting(principal: Principal, attempted: string): void {
  if (canExportRecord(principal)) return;
  throw forbidden('You may not export the record.').recordedAs({
    attempted,
    target: { type: 'record', id: principal.workspaceId, label: 'the record' },
  });
}

/** @throws AppError FORBIDDEN for who may not have a bundle of evidence; recorded. */
export function refuseExportingEvidence(principal: Principal): void {
  refuseExporting(principal, 'export.request');
  if (canExportEvidence(principal)) return;
  throw forbidden(
    'Evidence holds what was said: only who reads all conversations and all of the record may export it.',
  ).recordedAs({
    attempted: 'export.request',
    target: { type: 'record', id: principal.workspaceId, label: 'the record' },
  });
}

/**
 * One export that the caller may see.
 * @throws AppError NOT_FOUND when there is none, or it is not for them; recorded where it exists.
 */
export const accessExport = (call: Call, id: string, attempted: string): Promise<ExportRow> =>
  recordingDenials(call, async () => {
    const [row] = isId(id) ? await call.app.db.byIds(ExportJob, call.principal.workspaceId, [id]) : [];
    return allowed(row, call.principal, attempted);
  });

/** The same of a row that was read. @throws AppError NOT_FOUND as `accessExport`, not recorded yet. */
export function allowed<R extends Pick<ExportRow, 'id' | 'requestedByKind' | 'requestedById'>>(
  row: R | null | undefined,
  principal: Principal,
  attempted: string,
): R {
  if (!row) throw notFound('export');
  if (canSeeExport(principal, { kind: row.requestedByKind, id: row.requestedById })) return row;
  throw hidden({ attempted, target: exportTarget(row.id) });
}

/** Whether this principal may have the file of an export. */
export const isFetchable = (row: ExportRow, principal: Principal): boolean =>
  canFetchExport(principal, { kind: row.requestedByKind, id: row.requestedById }, row);

/** @throws AppError NOT_FOUND for who may not have the file of an export; recorded. */
export function refuseFetching(row: ExportRow, principal: Principal): void {
  if (!isFetchable(row, principal)) throw hidden({ attempted: 'export.download', target: exportTarget(row.id) });
}

const hidden = (denial: Denial): AppError => notFound('export').recordedAs(denial);
