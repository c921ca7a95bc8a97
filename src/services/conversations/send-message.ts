import type { Call } from '../application.js';
import { Message } from '../../entities/message.js';
import { accessConversation } from '../access.js';
import { claimKey, ownKeys, type Claim } from '../idempotency.js';
import { newId } from '../ids.js';
import { Faults, MAX_TEXT } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';
import { addMessage } from './add-message.js';
import { changesSince, stateOf } from './transcript-entries.js';

export interface SendMessageInput {
  conversationId: string;
  text: string;
  idempotencyKey?: string | null | undefined;
}

/**
 * Answers a customer. A person's answer takes the conversation over: it is IN_PROGRESS and its bot is silent from then
 * on, all in the one event of the message. A bot answers only while the conversation is its own.
 * @returns the message's id; for a repeated idempotencyKey the first one's.
 * @throws AppError NOT_FOUND, FORBIDDEN, VALIDATION_FAILED, CONFLICT
 */
export async function sendMessage(call: Call, input: SendMessageInput): Promise<string> {
  const faults = new Faults();
  faults.text('text', input.text, MAX_TEXT);
  faults.refuse();
  return withTransaction(call, async (tx) => {
    const { em, principal, now } = tx;
    const id = newId();
    const claim = input.idempotencyKey == null ? null : claimKey(tx, claimOf(tx, input, input.idempotencyKey, id));
    // Both leave in one message; a repetition is answered whatever has become of the conversation since.
    const accessing = accessConversation(tx, input.conversationId, 'message.send');
    accessing.catch(() => {});
    const known = await claim;
    if (known) {
      const message = await em.findOneOrFail(Message, { workspaceId: principal.workspaceId, id: known });
      await accessConversation(tx, message.conversation.id, 'conversation.read');
      return known;
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
    await addMessage(tx, accessed, {
      id,
      direction: 'OUTBOUND',
      actor: { kind: principal.kind, id: principal.id, label: principal.displayName },
      text: input.text,
      externalId: null,
      occurredAt: now,
      action: 'message.sent',
      changes: changesSince(before, conversation),
      ...(input.idempotencyKey ? { idempotencyKey: input.idempotencyKey } : {}),
    });
    return id;
  });
}

const claimOf = (tx: Tx, { conversationId, text }: SendMessageInput, key: string, resultId: string): Claim => ({
  owner: ownKeys(tx),
  mutation: 'sendMessage',
  key,
  request: { conversationId, text },
  resultId,
});
