import { Attachment } from '../../entities/attachment.js';
import { accessConversationRow } from '../access.js';
import type { Application, Call, RequestOrigin } from '../application.js';
import { notFound, unavailable } from '../errors.js';
import type { Download } from '../files/download.js';
import { signedLink } from '../files/signed-link.js';
import { isId } from '../ids.js';
import { lookups } from '../lookups.js';
import { systemPrincipal } from '../principal.js';
import { recordingDenials } from '../record-denial.js';
import { Faults, MAX_REASON } from '../text.js';
import { withTransaction } from '../transaction.js';
import { attachmentTarget } from './attachment-target.js';
import type { AttachmentRow } from './read-attachments.js';

/** Where a file is fetched, and until when. */
export interface DownloadLink {
  url: string;
  expiresAt: Date;
}

/** For how long a link gives a file, in seconds. */
const LINK_SECONDS = 300;

/**
 * Gives a link to a file, to whoever sees its conversation. That they have it is on the record before they do.
 * @throws AppError NOT_FOUND, VALIDATION_FAILED; UNAVAILABLE when it cannot be recorded
 */
export async function createDownloadLink(
  call: Call,
  input: { attachmentId: string; reason?: string | null | undefined },
): Promise<DownloadLink> {
  const faults = new Faults();
  faults.optionalText('reason', input.reason, MAX_REASON);
  faults.refuse();
  const { id, by, now } = await withTransaction(call, async (tx) => {
    const row = await accessSent(tx.call, input.attachmentId);
    const [conversation] = await lookups.conversations(tx.call, [row.conversationId!]);
    if (tx.principal.id === null) throw notFound('attachment');
    tx.record({
      action: 'attachment.downloaded',
      target: attachmentTarget(row.id),
      conversationId: row.conversationId!,
      contactId: conversation!.contactId,
      inboxId: conversation!.inboxId,
      ...(conversation!.teamId ? { teamId: conversation!.teamId } : {}),
      labels: { conversation: `#${conversation!.number}` },
      metadata: { kind: row.kind, bytes: row.byteSize },
      reason: input.reason ?? null,
    });
    return { id: row.id, by: tx.principal.id, now: tx.now };
  });
  return {
    url: await signedLink(call, `attachments/${id}`, by, LINK_SECONDS),
    expiresAt: new Date(now.getTime() + LINK_SECONDS * 1000),
  };
}

/**
 * Opens a file by its link, while its owner still sees the conversation.
 * @throws AppError UNAUTHENTICATED for a link that is not valid, or whose owner's rights have ended; NOT_FOUND;
 *   UNAVAILABLE when the file is not here, or out of reach
 */
export async function downloadAttachment(
  app: Application,
  request: RequestOrigin,
  id: string,
  token: string,
): Promise<Download> {
  if (!isId(id)) throw notFound('attachment');
  const link = await app.tokens.verifyLink(`attachments/${id}`, token);
  const principal = await app.principals.fresh({ ...systemPrincipal(link.workspaceId), ...link });
  const call = { app, request, principal };
  const row = await recordingDenials(call, () => accessSent(call, id));
  const { files } = app.attachments;
  if (!(await files.holds(row, row.byteSize))) throw unavailable('The file is not on this node.');
  return {
    contents: await files.read(row),
    bytes: row.byteSize,
    sha256: row.sha256,
    name: row.fileName,
    mediaType: row.contentType,
  };
}

/** A file that was sent, of a conversation that the caller sees. @throws AppError NOT_FOUND, recorded where it exists. */
async function accessSent(call: Call, id: string): Promise<AttachmentRow> {
  const [row] = isId(id) ? await call.app.db.byIds(Attachment, call.principal.workspaceId, [id]) : [];
  if (!row || row.state !== 'UPLOADED' || row.messageId === null) throw notFound('attachment');
  const [conversation] = await lookups.conversations(call, [row.conversationId!]);
  accessConversationRow(call, conversation);
  return row;
}
