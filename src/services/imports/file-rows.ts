import type { AttachmentKind } from '../../entities/enums.js';
import { attachmentTarget } from '../attachments/attachment-target.js';
import type { Tx } from '../commit.js';
import { insertRows } from '../insert-rows.js';
import { sql } from '../sql.js';
import type { ImportedFile } from './attachment-line.js';
import type { ImportTarget } from './import-target.js';

const ATTACHMENT = {
  id: 'uuid',
  uploaded_by_kind: 'text',
  uploaded_by_id: 'uuid',
  state: 'text',
  kind: 'text',
  file_name: 'text',
  content_type: 'text',
  byte_size: 'bigint',
  sha256: 'text',
  salt: 'text',
  duration_seconds: 'double precision',
  created_at: 'timestamptz',
} as const;

/** What a file of a line is, as it was found. */
export interface FoundFile {
  bytes: number;
  kind: AttachmentKind;
  contentType: string;
}

/** A file whose bytes are in the store. */
export interface StoredFile extends FoundFile {
  id: string;
  sha256: string;
  salt: string;
}

/** A file with the message that it belongs to, as columns. */
export interface TiedFile {
  id: string;
  kind: AttachmentKind;
  content_type: string;
  sha256: string;
  message_id: string;
  conversation_id: string;
  position: number;
}

/** Files were removed before their messages were written: they took too long. They are to be stored again. */
export class FilesGone extends Error {
  override readonly name = 'FilesGone';
}

/**
 * Says of files that they will come, as of every upload, before anything of them is in the store: what is cut off then
 * goes like an upload that was never sent. Their conversations may not be there yet.
 */
export async function awaitFiles(
  tx: Tx,
  { workspaceId, inbox }: ImportTarget,
  files: readonly { id: string; salt: string; file: ImportedFile; found: FoundFile }[],
): Promise<void> {
  const rows = files.map(({ id, salt, file, found }) => ({
    id,
    uploaded_by_kind: tx.principal.kind,
    // The system has no id: by that of the import its files are found like its events.
    uploaded_by_id: tx.call.request.id,
    state: 'AWAITED',
    kind: found.kind,
    file_name: file.name,
    content_type: found.contentType,
    byte_size: found.bytes,
    // It is read once, when it is stored.
    sha256: '',
    salt,
    duration_seconds: file.durationSeconds,
    created_at: tx.now,
  }));
  await tx.rows(insertRows('attachment', ATTACHMENT, workspaceId, rows));
  for (const { id, found } of files) {
    tx.record({
      action: 'attachment.upload_started',
      target: attachmentTarget(id),
      inboxId: inbox.id,
      metadata: { kind: found.kind, bytes: found.bytes },
    });
  }
}

/**
 * Makes files those of their messages, which are stored already by this transaction.
 * @throws FilesGone where one was removed meanwhile.
 */
export async function tieFiles({ rows, now }: Tx, workspaceId: string, files: readonly TiedFile[]): Promise<void> {
  if (files.length === 0) return;
  const tied = await rows(sql`
    update attachment a set state = 'UPLOADED', kind = f.kind, content_type = f.content_type, sha256 = f.sha256,
      uploaded_at = ${now}::timestamptz, message_id = f.message_id, conversation_id = f.conversation_id, position = f.position
    from jsonb_to_recordset(${JSON.stringify(files)}::jsonb) as f (id uuid, kind text, content_type text, sha256 text,
      message_id uuid, conversation_id uuid, position int)
    where a.workspace_id = ${workspaceId} and a.id = f.id and a.state = 'AWAITED' returning 1 as done`);
  if (tied.length < files.length) throw new FilesGone();
}

/** Lets those of these files be removed once more that were removed while they were on their way. */
export async function leaveFiles(
  { rows }: Pick<Tx, 'rows'>,
  workspaceId: string,
  ids: readonly string[],
): Promise<void> {
  await rows(sql`
    update attachment set file_removed_at = null
    where workspace_id = ${workspaceId} and id = any(${ids}::uuid[]) and state = 'REMOVED'`);
}
