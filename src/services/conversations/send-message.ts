import type { Call } from '../application.js';
import { Message } from '../../entities/message.js';
import { accessForMessage } from '../access.js';
import { claimKey, ownKeys, type Claim } from '../idempotency.js';
import { newId } from '../ids.js';
import { Faults, MAX_REASON, MAX_TEXT } from '../text.js';
import { sql } from '../sql.js';
import { withTransaction, type Tx } from '../transaction.js';
import { addMessage } from './add-message.js';
import type { MessageRow } from './read-transcript.js';
import { changesSince, stateOf } from './transcript-entries.js';

export interface SendMessageInput {
  conversationId: string;
  text: string;
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
  faults.text('text', input.text, MAX_TEXT);
  faults.optionalText('reason', input.reason, MAX_REASON);
  faults.refuse();
  const { row } = await withTransaction(call, async (tx) => {
    const { principal, now } = tx;
    const id = newId();
    const claim = input.idempotencyKey == null ? null : claimKey(tx, claimOf(tx, input, input.idempotencyKey, id));
    // Both leave in one message; a repetition is answered whatever has become of the conversation since.
    const accessing = accessForMessage(tx, input.conversationId, 'message.send');
    accessing.catch(() => {});
    const known = await claim;
    if (known) {
      const [message] = await tx.rows<MessageRow>(
        sql`select ${call.app.db.columns(Message, 'm')} from message m where m.workspace_id = ${principal.workspaceId} and m.id = ${known}`,
      );
      await accessForMessage(tx, message!.conversationId, 'conversation.read');
      return { row: message! };
    }
    const accessed = await accessing;
    const { conversation } = accessed;
    const before = stateOf(conversation);
    if (principal.kind === 'AGENT') {
      conversation.status = 'IN_PROGRESS';
      conversation.snoozedUntil = null;
      conversation.resolvedAt = null;
      conversation.botActive = false;
    }
    return addMessage(tx, accessed, {
      id,
      direction: 'OUTBOUND',
      actor: { kind: principal.kind, id: principal.id, label: principal.displayName },
      text: input.text,
      externalId: null,
      occurredAt: now,
      action: 'message.sent',
      changes: changesSince(before, conversation),
      reason: input.reason ?? null,
      ...(input.idempotencyKey ? { idempotencyKey: input.idempotencyKey } : {}),
    });
  });
  return row;
}

const claimOf = (tx: Tx, { conversationId, text, reason }: SendMessageInput, key: string, resultId: string): Claim => ({
  owner: ownKeys(tx),
  mutation: 'sendMessage',
  key,
  request: { conversationId, text, ...(reason ? { reason } : {}) },
  resultId,
});
