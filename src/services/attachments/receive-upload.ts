import { Attachment } from '../../entities/attachment.js';
import type { AttachmentKind } from '../../entities/enums.js';
import type { RowOf } from '../../entities/row.js';
import type { Application, Call, RequestOrigin } from '../application.js';
import { conflict, invalid, notFound } from '../errors.js';
import { isId } from '../ids.js';
import { systemPrincipal } from '../principal.js';
import { sql } from '../sql.js';
import { withTransaction } from '../transaction.js';
import { attachmentTarget } from './attachment-target.js';
import { writeWhole } from './write-whole.js';

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
  const announced = { byteSize: row.byteSize, isRecording: row.kind === 'RECORDING' };
  const { file, content } = await writeWhole(app.attachments.files, row, announced, contents);
  let settled = false;
  let removed = false;
  try {
    if (file.sha256 !== row.sha256) throw invalid({ path: 'sha256', message: 'the body has another digest' });
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
