import type { AttachmentKind } from '../../entities/enums.js';
import type { SpeechSegment } from '../../entities/speech.js';
import type { Call } from '../application.js';
import { accessStandingMessage } from '../conversations/standing-message.js';
import { recordOfConversation } from '../conversations/transcript-entries.js';
import { invalid, notFound } from '../errors.js';
import { isId, newId } from '../ids.js';
import { contentDigest } from '../record/content-digest.js';
import { randomSalt } from '../record/disclosure.js';
import { sql } from '../sql.js';
import { Faults, MAX_EXTERNAL_ID, MAX_REASON, MAX_REMARK, MAX_TEXT } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';
import { MAX_DURATION_SECONDS } from './create-upload-link.js';

export interface SetSpeechInput {
  attachmentId: string;
  /** All of it, in order; none takes away what was written down. */
  segments: readonly SpeechSegment[];
  reason?: string | null | undefined;
}

/** Segments of one recording. */
const MAX_SEGMENTS = 250;
/** What somebody can say something in. */
const AUDIBLE: ReadonlySet<AttachmentKind> = new Set(['AUDIO', 'VIDEO', 'RECORDING']);

/**
 * Writes down what is said in a recording that was sent, in place of what was written down of it before. The same again
 * changes nothing. By whoever may answer in its conversation.
 * @returns the file's id
 * @throws AppError NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT once its message is deleted, or its contact erased
 */
export async function setSpeech(call: Call, input: SetSpeechInput): Promise<string> {
  validate(input);
  const segments = JSON.stringify(input.segments.map(inOrder));
  return withTransaction(call, async (tx) => {
    const sent = await sentFile(tx, input.attachmentId);
    const { accessed } = await accessStandingMessage(tx, sent.messageId, 'speech.transcribe');
    refuseBeyond(sent, input.segments);
    const { workspaceId } = tx.principal;
    const [before] = await tx.rows<{ segments: string }>(sql`
      select segments from speech where workspace_id = ${workspaceId} and attachment_id = ${sent.id} and replaced_at is null`);
    if ((before?.segments ?? '[]') === segments) return sent.id;
    const [id, salt] = [newId(), randomSalt()];
    await tx.rows(sql`
      update speech set replaced_at = ${tx.now}
      where workspace_id = ${workspaceId} and attachment_id = ${sent.id} and replaced_at is null`);
    await tx.rows(sql`
      insert into speech (workspace_id, id, attachment_id, segments, words, salt, actor_kind, actor_id, created_at)
      values (${workspaceId}, ${id}, ${sent.id}, ${segments}, ${input.segments.map(({ text }) => text).join('\n')}, ${salt},
        ${tx.principal.kind}, ${tx.principal.id}, ${tx.now})`);
    recordOfConversation(tx, accessed, {
      action: 'speech.transcribed',
      target: { type: 'message', id: sent.messageId, label: accessed.conversation.label() },
      related: [{ type: 'attachment', id: sent.id }],
      labels: { conversation: accessed.conversation.label() },
      metadata: { segments: input.segments.length },
      content: [{ message: id, digest: contentDigest(segments, salt) }],
      reason: input.reason ?? null,
    });
    return sent.id;
  });
}

/** The parts that are kept, always in this order: the same segments are the same text. */
const inOrder = ({ speaker, startSeconds, endSeconds, text }: SpeechSegment): SpeechSegment => ({
  speaker,
  startSeconds,
  endSeconds,
  text,
});

interface SentFile {
  id: string;
  kind: AttachmentKind;
  messageId: string;
  durationSeconds: number | null;
}

/** What a file is and what it was sent with never changes, so that it needs no lock. @throws AppError NOT_FOUND */
async function sentFile(tx: Tx, id: string): Promise<SentFile> {
  const [row] = isId(id)
    ? await tx.rows<SentFile>(sql`
        select a.id, a.kind, a.message_id as "messageId", a.duration_seconds as "durationSeconds" from attachment a
        where a.workspace_id = ${tx.principal.workspaceId} and a.id = ${id} and a.state = 'UPLOADED' and a.message_id is not null`)
    : [];
  if (!row) throw notFound('attachment');
  return row;
}

/** @throws AppError VALIDATION_FAILED for what cannot be said in this file. */
function refuseBeyond({ kind, durationSeconds }: SentFile, segments: readonly SpeechSegment[]): void {
  if (!AUDIBLE.has(kind))
    throw invalid({ path: 'attachmentId', message: 'is neither a recording nor sound nor video' });
  const faults = new Faults();
  segments.forEach(({ endSeconds }, index) => {
    if (durationSeconds !== null && endSeconds > durationSeconds)
      faults.add(`segments.${index}.endSeconds`, `must be within the ${durationSeconds} seconds of the file`);
  });
  faults.refuse();
}

function validate({ segments, reason }: SetSpeechInput): void {
  const faults = new Faults();
  faults.optionalText('reason', reason, MAX_REASON);
  if (segments.length > MAX_SEGMENTS) faults.add('segments', `must have at most ${MAX_SEGMENTS} entries`);
  const characters = segments.reduce((sum, { text }) => sum + text.length, 0);
  if (characters > MAX_TEXT) faults.add('segments', `must have texts of at most ${MAX_TEXT} characters together`);
  let before = 0;
  segments.slice(0, MAX_SEGMENTS).forEach(({ speaker, startSeconds, endSeconds, text }, index) => {
    const at = `segments.${index}`;
    faults.text(`${at}.speaker`, speaker, MAX_EXTERNAL_ID);
    faults.text(`${at}.text`, text, MAX_REMARK);
    // A person may begin while another still speaks.
    if (!(startSeconds >= before)) faults.add(`${at}.startSeconds`, `must be ${before} or more: segments are in order`);
    else before = startSeconds;
    if (!(endSeconds >= startSeconds && endSeconds <= MAX_DURATION_SECONDS))
      faults.add(`${at}.endSeconds`, `must be from startSeconds to ${MAX_DURATION_SECONDS}`);
  });
  faults.refuse();
}
