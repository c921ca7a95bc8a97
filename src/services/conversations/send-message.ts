import type { Call } from '../application.js';
import { Message } from '../../entities/message.js';
import { accessConversation } from '../access.js';
import { claimKey, ownKeys } from '../idempotency.js';
import { newId } from '../ids.js';
import { Faults, MAX_TEXT } from '../text.js';
import { withTransaction } from '../transaction.js';
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
    if (input.idempotencyKey != null) {
      const { conversationId, text } = input;
      const known = await claimKey(tx, {
        owner: ownKeys(tx),
        mutation: 'sendMessage',
        key: input.idempotencyKey,
        request: { conversationId, text },
        resultId: id,
      });
      if (known) {
        const message = await em.findOneOrFail(Message, { workspaceId: principal.workspaceId, id: known });
        await accessConversation(tx, message.conversation.id, 'conversation.read');
        return known;
      }
    }
    const accessed = await accessConversation(tx, input.conversationId, 'message.send');
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
