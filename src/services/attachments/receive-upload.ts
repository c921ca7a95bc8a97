import { Attachment } from '../../entities/attachment.js';
import type { AttachmentKind } from '../../entities/enums.js';
import type { RowOf } from '../../entities/row.js';
import type { Application, Call, RequestOrigin } from '../application.js';
import { AppError, conflict, invalid, notFound } from '../errors.js';
import type { UnfinishedFile } from '../files/file-store.js';
import { isId } from '../ids.js';
import { systemPrincipal } from '../principal.js';
import { sql } from '../sql.js';
import { withTransaction } from '../transaction.js';
import { attachmentTarget } from './attachment-target.js';
import { contentOf, HEAD_BYTES } from './content-type.js';

/** A file as it has arrived. */
export interface ReceivedUpload {
  attachmentId: string;
  kind: AttachmentKind;
  contentType: string;
  byteSize: number;
  sha256: string;
}

type AttachmentRow = RowOf<Attachment>;

/**
 * Takes a file by its link: all of it as it was announced, or nothing. What it is, its content says.
 * @throws AppError UNAUTHENTICATED for a link that is not valid, or whose owner's rights have ended; NOT_FOUND,
 *   VALIDATION_FAILED for another file than announced; LIMIT_EXCEEDED; CONFLICT where it is there already; UNAVAILABLE
 */
export async function receiveUpload(
  app: Application,
  request: RequestOrigin,
  id: string,
  token: string,
  contents: AsyncIterable<Buffer>,
): Promise<ReceivedUpload> {
  if (!isId(id)) throw notFound('upload');
  const link = await app.tokens.verifyLink(`uploads/${id}`, token);
  const principal = await app.principals.fresh({ ...systemPrincipal(link.workspaceId), ...link });
  const [row] = await app.db.byIds(Attachment, link.workspaceId, [id]);
  if (!row) throw notFound('upload');
  refuseUnawaited(row);
  const head: Buffer[] = [];
  const { files } = app.attachments;
  const file = await files.write(row, asAnnounced(row, contents, head), row.byteSize);
  let settled = false;
  let removed = false;
  try {
    const content = await contentOf(Buffer.concat(head).subarray(0, HEAD_BYTES), row.kind === 'RECORDING');
    refuseAnother(row, file, content.kind, files.limits);
    // Not within the transaction: a store elsewhere takes its time. What another upload has put there is the same, byte for
    // byte. Should this process end in between, the row still awaits it, and the sweep removes both.
    await file.settle();
    settled = true;
    await withTransaction({ app, request, principal }, async (tx) => {
      const [locked] = await tx.rows<Pick<AttachmentRow, 'id' | 'state'>>(sql`
        select id, state from attachment where workspace_id = ${row.workspaceId} and id = ${id} for update`);
      removed = locked!.state === 'REMOVED';
      refuseUnawaited(locked!);
      await tx.rows(sql`
        update attachment set state = 'UPLOADED', kind = ${content.kind}, content_type = ${content.contentType},
          uploaded_at = ${tx.now} where workspace_id = ${row.workspaceId} and id = ${id}`);
      tx.record({
        action: 'attachment.uploaded',
        target: attachmentTarget(id),
        ...(row.conversationId ? { conversationId: row.conversationId } : {}),
        metadata: { kind: content.kind, contentType: content.contentType, bytes: file.bytes },
      });
    });
    return { attachmentId: id, ...content, byteSize: file.bytes, sha256: file.sha256 };
  } finally {
    if (!settled) await file.discard();
    if (removed) await removeAgain({ app, request, principal }, row);
  }
}

/** Takes away what came after its removal; where the files are out of reach just now the sweep comes for it again. */
async function removeAgain(call: Call, row: AttachmentRow): Promise<void> {
  await withTransaction(call, async (tx) => {
    await tx.rows(sql`
      update attachment set file_removed_at = null where workspace_id = ${row.workspaceId} and id = ${row.id} and state = 'REMOVED'`);
  });
  await call.app.attachments.files.remove(row);
}

function refuseUnawaited({ id, state }: Pick<AttachmentRow, 'id' | 'state'>): void {
  if (state === 'REMOVED') throw notFound('upload');
  if (state === 'UPLOADED') throw conflict('The file is there already.', { attachmentId: id, state });
}

/** Fails as soon as there is more than was announced, or when there is less, and keeps the beginning. */
async function* asAnnounced(
  { byteSize }: AttachmentRow,
  contents: AsyncIterable<Buffer>,
  head: Buffer[],
): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of contents) {
    if (bytes < HEAD_BYTES) head.push(chunk);
    bytes += chunk.length;
    if (bytes > byteSize) throw invalid({ path: 'byteSize', message: `the body has more than ${byteSize} bytes` });
    yield chunk;
  }
  if (bytes < byteSize) throw invalid({ path: 'byteSize', message: `the body has ${bytes} bytes, not ${byteSize}` });
}

function refuseAnother(
  row: AttachmentRow,
  { bytes, sha256 }: UnfinishedFile,
  kind: AttachmentKind,
  limits: Readonly<Record<AttachmentKind, number>>,
): void {
  if (sha256 !== row.sha256) throw invalid({ path: 'sha256', message: 'the body has another digest' });
  if (bytes > limits[kind])
    throw new AppError('LIMIT_EXCEEDED', `A file of kind ${kind} may have ${limits[kind]} bytes at most.`, {
      limit: 'attachment',
      max: limits[kind],
      actual: bytes,
    });
}
