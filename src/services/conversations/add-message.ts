import { Conversation } from '../../entities/conversation.js';
import type { Direction } from '../../entities/enums.js';
import { Message } from '../../entities/message.js';
import type { AccessedConversation } from '../access.js';
import { contentDigest } from '../record/content-digest.js';
import { randomSalt } from '../record/disclosure.js';
import type { FieldChange, Party } from '../record/event.js';
import { sql } from '../sql.js';
import type { Tx } from '../transaction.js';
import { PlainConversation } from './plain-conversation.js';
import type { MessageRow } from './read-transcript.js';
import { recordOfConversation } from './transcript-entries.js';

export interface AddedMessage {
  id: string;
  direction: Direction;
  actor: Party;
  text: string;
  externalId: string | null;
  occurredAt: Date;
  action: 'message.received' | 'message.sent';
  /** What else of the conversation the message changed. */
  changes: FieldChange[];
  idempotencyKey?: string;
  reason?: string | null;
}

/**
 * Adds a message to a conversation whose lock is held, to its transcript and, as a digest, to the record.
 * @returns the message's row, once the transaction is committed.
 */
export async function addMessage(
  tx: Tx,
  accessed: AccessedConversation<Conversation | PlainConversation>,
  added: AddedMessage,
): Promise<{ row: Promise<MessageRow> }> {
  const { em, now, principal, call } = tx;
  const { conversation } = accessed;
  const { workspaceId } = principal;
  const { id, direction, actor, text, occurredAt } = added;
  const position = conversation.takePosition();
  const salt = randomSalt();
  conversation.lastMessageId = id;
  if (direction === 'INBOUND') {
    conversation.inboundCount += 1;
    conversation.waitingSince ??= now;
  } else if (actor.kind === 'AGENT') {
    // Only a person's answer ends the waiting: a bot's may be no answer at all.
    conversation.waitingSince = null;
    conversation.firstResponseAt ??= now;
  }
  conversation.lastActivityAt = now;
  conversation.updatedAt = now;
  // The conversation may be new, and must be there before what belongs to it.
  if (conversation instanceof Conversation) await em.flush();
  const rows = tx.later<MessageRow>(sql`
    with entry as (
      insert into transcript_entry (workspace_id, id, conversation_id, position, kind, actor_kind, actor_id, occurred_at)
      values (${workspaceId}, ${id}, ${conversation.id}, ${position}, 'MESSAGE', ${actor.kind}, ${actor.id}, ${occurredAt}))
    ${conversation instanceof PlainConversation ? sql`, changed as (${conversation.update(workspaceId)})` : sql``}
    insert into message (workspace_id, id, conversation_id, position, direction, actor_kind, actor_id, text, salt,
      external_id, occurred_at, created_at)
    values (${workspaceId}, ${id}, ${conversation.id}, ${position}, ${direction}, ${actor.kind}, ${actor.id}, ${text},
      ${salt}, ${added.externalId}, ${occurredAt}, ${now})
    returning ${call.app.db.columns(Message, 'message')}`);
  recordOfConversation(tx, accessed, {
    action: added.action,
    actor,
    target: { type: 'message', id, label: conversation.label() },
    labels: { conversation: conversation.label() },
    content: [{ message: id, digest: contentDigest(text, salt) }],
    changes: added.changes,
    occurredAt,
    ...(added.reason ? { reason: added.reason } : {}),
    ...(added.idempotencyKey ? { idempotencyKey: added.idempotencyKey } : {}),
  });
  const row = rows.then(([inserted]) => inserted!);
  // Where it fails the transaction does, and says so.
  row.catch(() => {});
  return { row };
}
