import { Message, TranscriptEntry } from '../../entities/message.js';
import type { Direction } from '../../entities/enums.js';
import type { AccessedConversation } from '../access.js';
import { contentDigest } from '../record/content-digest.js';
import { randomSalt } from '../record/disclosure.js';
import type { FieldChange, Party } from '../record/event.js';
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
export function addMessage(tx: Tx, accessed: AccessedConversation, added: AddedMessage): void {
  const { em, now, principal } = tx;
  const { conversation } = accessed;
  const { workspaceId } = principal;
  const { id, direction, actor, text, occurredAt } = added;
  const position = conversation.takePosition();
  const salt = randomSalt();
  em.persist(
    em.create(TranscriptEntry, {
      workspaceId,
      id,
      conversation,
      position,
      kind: 'MESSAGE',
      actorKind: actor.kind,
      actorId: actor.id,
      action: null,
      changes: null,
      handoverId: null,
      occurredAt,
    }),
  );
  em.persist(
    em.create(Message, {
      workspaceId,
      id,
      conversation,
      position,
      direction,
      actorKind: actor.kind,
      actorId: actor.id!,
      text,
      salt,
      externalId: added.externalId,
      occurredAt,
      createdAt: now,
    }),
  );
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
