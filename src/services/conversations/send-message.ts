import type { Call } from '../application.js';
import { Message } from '../../entities/message.js';
import { accessConversation } from '../access.js';
import { noResponse } from '../canned-responses/use-canned-responses.js';
import { notFound } from '../errors.js';
import { keyOf, ownKeys, type Claim } from '../idempotency.js';
import { isId, newId } from '../ids.js';
import { Faults, MAX_REASON } from '../text.js';
import { sql } from '../sql.js';
import { withTransaction } from '../transaction.js';
import type { MessageRow } from './read-transcript.js';
import { messageFaults } from './add-message.js';
import { notOfConversation } from './send-together.js';

export interface SendMessageInput {
  conversationId: string;
  /** Needed without files. */
  text?: string | null | undefined;
  /** Uploads of the caller. */
  attachmentIds?: readonly string[] | null | undefined;
  /** The message of the same conversation that it answers. */
  replyToId?: string | null | undefined;
  /** The canned response that the text was made of. */
  cannedResponseId?: string | null | undefined;
  idempotencyKey?: string | null | undefined;
  reason?: string | null | undefined;
}

/**
 * Answers a customer. A person's answer takes the conversation over: it is IN_PROGRESS and its bot is silent from then
 * on, all in the one event of the message. A bot answers only while the conversation is its own.
 * @returns the message; for a repeated idempotencyKey the first one.
 * @throws AppError NOT_FOUND, FORBIDDEN, VALIDATION_FAILED, CONFLICT
 */
export async function sendMessage(call: Call, input: SendMessageInput): Promise<MessageRow> {
  const faults = new Faults();
  messageFaults(faults, input);
  faults.optionalText('reason', input.reason, MAX_REASON);
  faults.refuse();
  if (!isId(input.conversationId)) throw notFound('conversation');
  const id = newId();
  const { conversationId } = input;
  const said = { text: input.text ?? '', fileIds: input.attachmentIds ?? [] };
  const replyToId = input.replyToId ?? null;
  if (replyToId !== null && !isId(replyToId)) throw notOfConversation('replyToId');
  const cannedResponseId = input.cannedResponseId ?? null;
  if (cannedResponseId !== null && !isId(cannedResponseId)) throw noResponse();
  const key =
    input.idempotencyKey == null ? null : keyOf(claimOf(call, input, input.idempotencyKey, id), call.app.now());
  const sent = await call.app.sending.send(call, {
    id,
    conversationId,
    ...said,
    replyToId,
    cannedResponseId,
    key,
    reason: input.reason ?? null,
  });
  return 'row' in sent ? sent.row : sentBefore(call, sent.known);
}

/** A repetition is answered whatever has become of the conversation since, to whoever may still see it. */
function sentBefore(call: Call, id: string): Promise<MessageRow> {
  return withTransaction(call, async (tx) => {
    const [message] = await tx.rows<MessageRow>(
      sql`select ${call.app.db.columns(Message, 'm')} from message m where m.workspace_id = ${tx.principal.workspaceId} and m.id = ${id}`,
    );
    await accessConversation(tx, message!.conversationId, 'conversation.read');
    return message!;
  });
}

const claimOf = (
  call: Call,
  { conversationId, text, attachmentIds, replyToId, cannedResponseId, reason }: SendMessageInput,
  key: string,
  resultId: string,
): Claim => ({
  owner: ownKeys(call),
  mutation: 'sendMessage',
  key,
  request: {
    conversationId,
    text: text ?? '',
    ...(attachmentIds?.length ? { attachmentIds } : {}),
    ...(replyToId ? { replyToId } : {}),
    ...(cannedResponseId ? { cannedResponseId } : {}),
    ...(reason ? { reason } : {}),
  },
  resultId,
});
