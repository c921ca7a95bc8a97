import type { ActorKind } from '../../entities/enums.js';
import { goesOnIn } from '../conversations/merged-conversations.js';
import { contentDigest } from '../record/content-digest.js';
import { invalid } from '../errors.js';
import { isId } from '../ids.js';
import { sql, type Sql } from '../sql.js';
import type { Faults } from '../text.js';
import type { Tx } from '../transaction.js';

/** Files of one message. */
export const MAX_FILES = 10;

/** A file that waits to be sent, under its lock. */
export interface Upload {
  id: string;
  byKind: ActorKind;
  byId: string;
  conversationId: string | null;
  sha256: string;
  salt: string;
}

/** A file with the message that it is sent with, as columns. */
export interface SentFile {
  id: string;
  message_id: string;
  conversation_id: string;
  position: number;
}

/** Checks what is asked before anything is read: so many files at most, each once. */
export function checkFiles(faults: Faults, ids: readonly string[]): void {
  if (ids.length > MAX_FILES) faults.add('attachmentIds', `must have at most ${MAX_FILES} entries`);
  if (new Set(ids).size < ids.length) faults.add('attachmentIds', 'must name each file once');
}

/** Locks the files of these that wait to be sent, by id. */
export async function lockUploads(
  { rows }: Pick<Tx, 'rows'>,
  workspaceId: string,
  ids: readonly string[],
): Promise<Map<string, Upload>> {
  const wanted = ids.filter(isId);
  if (wanted.length === 0) return new Map();
  const uploads = await rows<Upload>(sql`
    select a.id, a.uploaded_by_kind as "byKind", a.uploaded_by_id as "byId", a.sha256, a.salt,
      coalesce((${goesOnIn(sql`a.workspace_id`, sql`c.id = a.conversation_id`)}), a.conversation_id) as "conversationId"
    from attachment a where a.workspace_id = ${workspaceId} and a.id = any(${wanted}::uuid[]) and a.state = 'UPLOADED'
      and a.message_id is null
    order by a.id for update`);
  return new Map(uploads.map((upload) => [upload.id, upload]));
}

/**
 * Takes the files of one message out of those that wait: what is sent is not sent again.
 * @returns them as they are stored, and what the record says of them.
 * @throws AppError VALIDATION_FAILED for what is not the caller's, not there, sent before, or of another conversation
 */
export function takeUploads(
  { principal }: Pick<Tx, 'principal'>,
  message: { id: string; conversationId: string },
  ids: readonly string[],
  uploads: Map<string, Upload>,
): { files: SentFile[]; content: { message: string; digest: string }[] } {
  const taken = ids.map((id, index) => {
    const upload = uploads.get(id);
    const isOwn = upload?.byKind === principal.kind && upload.byId === principal.id;
    if (!isOwn || (upload.conversationId !== null && upload.conversationId !== message.conversationId)) {
      throw invalid({ path: `attachmentIds.${index}`, message: 'is no upload of yours that waits to be sent here' });
    }
    return upload;
  });
  for (const { id } of taken) uploads.delete(id);
  return {
    files: taken.map(({ id }, index) => ({
      id,
      message_id: message.id,
      conversation_id: message.conversationId,
      position: index + 1,
    })),
    content: taken.map(({ id, sha256, salt }) => ({ message: id, digest: contentDigest(sha256, salt) })),
  };
}

/** Ties files to their messages, beside the statement that stores those. */
export const tieFiles = (workspaceId: string, files: readonly SentFile[]): Sql[] =>
  files.length === 0
    ? []
    : [
        sql`tied as (
          update attachment a set message_id = f.message_id, conversation_id = f.conversation_id, position = f.position
          from jsonb_to_recordset(${JSON.stringify(files)}::jsonb) as f (id uuid, message_id uuid, conversation_id uuid, position int)
          where a.workspace_id = ${workspaceId} and a.id = f.id)`,
      ];
