import { ExportJob } from '../../entities/export-job.js';
import type { Call } from '../application.js';
import { sql } from '../database.js';
import { signedLink } from '../files/signed-link.js';
import { connection, encodePageCursor, keyset, limitOf, pageOf, type Connection, type PageRequest } from '../paging.js';
import { recordSight } from '../policy.js';
import { recordingDenials } from '../record-denial.js';
import { accessExport, isFetchable, refuseExporting, type ExportRow } from './access-export.js';

/** How long a link to a file holds, in seconds. */
export const LINK_SECONDS = 300;

/** One export. @throws AppError NOT_FOUND when there is none, or it is not for the caller. */
export const findExport = (call: Call, id: string): Promise<ExportRow> => accessExport(call, id, 'export.read');

/**
 * The exports that the caller may see, newest first, in pages: all of the workspace for who reads all of the record,
 * else their own.
 * @throws AppError FORBIDDEN, VALIDATION_FAILED
 */
export async function listExports(call: Call, request: PageRequest): Promise<Connection<ExportRow>> {
  const { app, principal } = call;
  await recordingDenials(call, async () => refuseExporting(principal, 'export.list'));
  const page = pageOf('REQUESTED_DESC', request);
  const { condition, order } = keyset(page, sql`j.requested_at`, sql`j.id`, 'timestamptz', true);
  const own = sql`(j.requested_by_kind = ${principal.kind} and j.requested_by_id = ${principal.id}::uuid)`;
  const rows = await app.db.rows<ExportRow>(sql`
    select ${app.db.columns(ExportJob, 'j')} from export_job j
    where j.workspace_id = ${principal.workspaceId} and ${condition}
      and ${recordSight(principal).unmasked ? sql`true` : own}
    order by ${order} limit ${limitOf(page)}`);
  return connection(page, rows, (row) => encodePageCursor('REQUESTED_DESC', [row.requestedAt.toISOString(), row.id]));
}

/** How much of an export is done, in percent; 100 only once its file is there. */
export function percentOf(row: Pick<ExportRow, 'state' | 'fromSequence' | 'toSequence' | 'nextSequence'>): number {
  if (row.state === 'COMPLETED' || row.state === 'EXPIRED') return 100;
  const all = row.toSequence - row.fromSequence + 1;
  return all <= 0 ? 0 : Math.min(99, Math.floor((100 * (row.nextSequence - row.fromSequence)) / all));
}

/** Where the file is fetched, for this caller and the next five minutes; null when there is none for them. */
export async function downloadUrl({ app, principal }: Call, row: ExportRow): Promise<string | null> {
  if (row.state !== 'COMPLETED' || !row.expiresAt || row.expiresAt <= app.now() || principal.id === null) return null;
  if (!isFetchable(row, principal)) return null;
  return signedLink({ app, principal }, `exports/${row.id}`, principal.id, LINK_SECONDS);
}
