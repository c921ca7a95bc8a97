import type { AttachmentKind } from '../../entities/enums.js';
import { accessConversation } from '../access.js';
import type { Call } from '../application.js';
import { conflict, forbidden } from '../errors.js';
import { signedLink } from '../files/signed-link.js';
import { workspaceTarget } from '../guards.js';
import { newId } from '../ids.js';
import { canIngest } from '../policy.js';
import { randomSalt } from '../record/disclosure.js';
import { sql } from '../sql.js';
import { Faults, MAX_EXTERNAL_ID } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';
import { attachmentTarget } from './attachment-target.js';
import { guessedKind } from './content-type.js';
import { isFileName, NO_FILE_NAME } from './file-name.js';

export interface CreateUploadLinkInput {
  conversationId?: string | null | undefined;
  fileName: string;
  contentType?: string | null | undefined;
  byteSize: number;
  sha256: string;
  recording?: boolean | null | undefined;
  durationSeconds?: number | null | undefined;
}

/** Where a file is to be put, and until when. */
export interface UploadLink {
  attachmentId: string;
  url: string;
  expiresAt: Date;
}

/** For how long a link takes a file, in seconds. */
export const UPLOAD_SECONDS = 900;
/** Files of one caller that wait to be sent. */
const MAX_UNSENT = 100;
/** How long a file plays at the most. */
export const MAX_DURATION_SECONDS = 604_800;

/**
 * Gives a caller a place to put a file that they will send. In a conversation they may answer in; without one only a
 * channel, which learns the conversation when it delivers.
 * @throws AppError NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT where too many of theirs wait to be sent
 */
export async function createUploadLink(call: Call, input: CreateUploadLinkInput): Promise<UploadLink> {
  const kind = guessedKind(input.contentType, input.recording === true);
  validate(input, call.app.attachments.files.limits, kind);
  const id = newId();
  const { expiresAt, uploaderId } = await withTransaction(call, async (tx) => {
    const conversation = await accessPlace(tx, input.conversationId);
    const by = { kind: tx.principal.kind, id: tx.principal.id! };
    await refuseMany(tx, by.id);
    await tx.rows(sql`
      insert into attachment (workspace_id, id, uploaded_by_kind, uploaded_by_id, conversation_id, state, kind, file_name,
        content_type, byte_size, sha256, salt, duration_seconds, created_at)
      values (${tx.principal.workspaceId}, ${id}, ${by.kind}, ${by.id}, ${conversation?.id ?? null}, 'AWAITED', ${kind},
        ${input.fileName}, ${input.contentType ?? 'application/octet-stream'}, ${input.byteSize}, ${input.sha256},
        ${randomSalt()}, ${input.durationSeconds ?? null}, ${tx.now})`);
    tx.record({
      action: 'attachment.upload_started',
      target: attachmentTarget(id),
      ...(conversation ? placeOf(conversation) : {}),
      metadata: { kind, bytes: input.byteSize },
    });
    return { expiresAt: new Date(tx.now.getTime() + UPLOAD_SECONDS * 1000), uploaderId: by.id };
  });
  return { attachmentId: id, url: await signedLink(call, `uploads/${id}`, uploaderId, UPLOAD_SECONDS), expiresAt };
}

interface Place {
  id: string;
  inbox: { id: string };
  team?: { id: string } | null | undefined;
}

const placeOf = ({ id, inbox, team }: Place) => ({
  conversationId: id,
  inboxId: inbox.id,
  ...(team ? { teamId: team.id } : {}),
});

async function accessPlace(tx: Tx, conversationId: string | null | undefined): Promise<Place | null> {
  if (conversationId) return (await accessConversation(tx, conversationId, 'message.send')).conversation;
  if (canIngest(tx.principal) && tx.principal.id !== null) return null;
  throw forbidden('Say in which conversation the file will be sent; only channels know it later.').recordedAs({
    attempted: 'attachment.upload',
    target: workspaceTarget(tx.principal.workspaceId),
  });
}

async function refuseMany(tx: Tx, uploaderId: string): Promise<void> {
  const [row] = await tx.rows<{ unsent: number }>(sql`
    select count(*)::int as unsent from attachment
    where workspace_id = ${tx.principal.workspaceId} and uploaded_by_id = ${uploaderId} and message_id is null
      and state <> 'REMOVED'`);
  if (row!.unsent >= MAX_UNSENT) {
    throw conflict(`${MAX_UNSENT} files of yours wait to be sent. Send them, or wait until they are removed.`, {
      unsent: row!.unsent,
    });
  }
}

function validate(
  { fileName, contentType, byteSize, sha256, durationSeconds }: CreateUploadLinkInput,
  limits: Readonly<Record<AttachmentKind, number>>,
  kind: AttachmentKind,
): void {
  const faults = new Faults();
  faults.text('fileName', fileName, MAX_EXTERNAL_ID);
  if (!isFileName(fileName)) faults.add('fileName', NO_FILE_NAME);
  if (contentType != null && !/^[\w.+-]{1,100}\/[\w.+-]{1,100}$/.test(contentType))
    faults.add('contentType', 'must be a media type without parameters, such as image/png');
  if (!Number.isSafeInteger(byteSize) || byteSize < 1 || byteSize > limits[kind])
    faults.add('byteSize', `must be 1 to ${limits[kind]} for ${kind}`);
  if (!/^[0-9a-f]{64}$/.test(sha256)) faults.add('sha256', 'must be 64 hexadecimal digits in lower case');
  if (durationSeconds != null && !(durationSeconds >= 0 && durationSeconds <= MAX_DURATION_SECONDS))
    faults.add('durationSeconds', `must be 0 to ${MAX_DURATION_SECONDS}`);
  faults.refuse();
}
