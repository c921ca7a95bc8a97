import type { Direction } from '../../entities/enums.js';
import type { AccessedConversation } from '../access.js';
import { contentDigest } from '../record/content-digest.js';
import { randomSalt } from '../record/disclosure.js';
import type { FieldChange, Party } from '../record/event.js';
import { sql } from '../sql.js';
import type { Tx } from '../transaction.js';
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
}

/** Adds a message to a conversation whose lock is held, to its transcript and, as a digest, to the record. */
export async function addMessage(tx: Tx, accessed: AccessedConversation, added: AddedMessage): Promise<void> {
  const { em, now, principal } = tx;
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
  await em.flush();
  tx.send(sql`
    with entry as (
      insert into transcript_entry (workspace_id, id, conversation_id, position, kind, actor_kind, actor_id, occurred_at)
      values (${workspaceId}, ${id}, ${conversation.id}, ${position}, 'MESSAGE', ${actor.kind}, ${actor.id}, ${occurredAt}))
    insert into message (workspace_id, id, conversation_id, position, direction, actor_kind, actor_id, text, salt,
      external_id, occurred_at, created_at)
    values (${workspaceId}, ${id}, ${conversation.id}, ${position}, ${direction}, ${actor.kind}, ${actor.id}, ${text},
      ${salt}, ${added.externalId}, ${occurredAt}, ${now})`);
  recordOfConversation(tx, accessed, {
    action: added.action,
    actor,
    target: { type: 'message', id, label: conversation.label() },
    labels: { conversation: conversation.label() },
    content: [{ message: id, digest: contentDigest(text, salt) }],
    changes: added.changes,
    occurredAt,
    ...(added.idempotencyKey ? { idempotencyKey: added.idempotencyKey } : {}),
  });
}
