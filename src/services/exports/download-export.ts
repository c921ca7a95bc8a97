import { ExportJob } from '../../entities/export-job.js';
import type { Application, RequestOrigin } from '../application.js';
import { notFound, unavailable } from '../errors.js';
import type { Download } from '../files/download.js';
import { isId } from '../ids.js';
import { systemPrincipal } from '../principal.js';
import { formats } from '../record/formats/formats.js';
import { withTransaction } from '../transaction.js';
import { allowed, exportTarget, refuseFetching } from './access-export.js';

/** What a bundle of evidence is as a file. */
const bundles = { extension: 'jsonl', mediaType: 'application/x-ndjson' };

/**
 * Opens the file of an export by its link. That it is downloaded is on the record before the first byte leaves.
 * @throws AppError UNAUTHENTICATED for a link that is not valid, or whose owner's rights have ended; NOT_FOUND when there
 *   is no such file, or no longer; UNAVAILABLE when it cannot be recorded, or is not on this node.
 */
export async function downloadExport(
  app: Application,
  request: RequestOrigin,
  id: string,
  token: string,
): Promise<Download> {
  if (!isId(id)) throw notFound('export');
  const link = await app.tokens.verifyLink(`exports/${id}`, token);
  const principal = { ...systemPrincipal(link.workspaceId), ...link };
  const call = { app, request, principal };
  const row = await withTransaction(call, async (tx) => {
    const [found] = await app.db.byIds(ExportJob, link.workspaceId, [id]);
    const job = allowed(found, tx.principal, 'export.download');
    refuseFetching(job, tx.principal);
    if (job.state !== 'COMPLETED' || job.expiresAt! <= tx.now) throw notFound('file');
    if (!(await app.exports.files.holds(job, job.bytes!))) throw unavailable('The file is not on this node.');
    const { format, rows, bytes, sha256 } = job;
    tx.record({ action: 'export.downloaded', target: exportTarget(id), metadata: { format, rows, bytes, sha256 } });
    return job;
  });
  const { extension, mediaType } = row.format === 'EVIDENCE' ? bundles : formats[row.format];
  return {
    contents: await app.exports.files.read(row),
    bytes: row.bytes!,
    sha256: row.sha256!,
    name: `${row.format === 'EVIDENCE' ? 'evidence' : 'record'}-${row.fromSequence}-${row.toSequence}.${extension}${row.gzip ? '.gz' : ''}`,
    mediaType: row.gzip ? 'application/gzip' : mediaType,
  };
}
