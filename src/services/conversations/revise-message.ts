import { Message } from '../../entities/message.js';
import { TextRevision } from '../../entities/note.js';
import { accessConversation, type AccessedConversation } from '../access.js';
import type { Call } from '../application.js';
import type { Tx } from '../commit.js';
import { conflict, forbidden, notFound } from '../errors.js';
import { isId } from '../ids.js';
import { canEditEntry } from '../policy.js';
import { contentDigest } from '../record/content-digest.js';
import { randomSalt } from '../record/disclosure.js';
import { Faults, MAX_REASON, MAX_TEXT } from '../text.js';
import { withTransaction } from '../transaction.js';
import { withdrawTranslations } from '../translations/withdraw-translations.js';
import { recordOfConversation } from './transcript-entries.js';

/**
 * Changes what a message says; what it said before is kept, and translations of that go. By who wrote it or an administrator. The same text changes
 * nothing.
 * @throws AppError NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT once it is deleted.
 */
export async function editMessage(
  call: Call,
  input: { messageId: string; text: string; reason?: string | null | undefined },
): Promise<string> {
  const faults = new Faults();
  faults.text('text', input.text, MAX_TEXT);
  faults.optionalText('reason', input.reason, MAX_REASON);
  faults.refuse();
  return withTransaction(call, async (tx) => {
    const { accessed, message } = await accessMessage(tx, input.messageId, 'message.edit');
    if (message.text === null || message.text === undefined) throw deleted(message);
    if (message.text === input.text) return message.id;
    const revision = await keepRevision(tx, message.id, message.text, message.salt, input.reason ?? null);
    const translations = await withdrawTranslations(tx, message.id);
    message.text = input.text;
    message.salt = randomSalt();
    message.editedAt = tx.now;
    accessed.conversation.updatedAt = tx.now;
    recordOfConversation(tx, accessed, {
      action: 'message.edited',
      ...aboutMessage(accessed, message.id),
      metadata: { revision, ...(translations > 0 ? { translations } : {}) },
      content: [{ message: message.id, digest: contentDigest(message.text, message.salt) }],
      reason: input.reason ?? null,
    });
    return message.id;
  });
}

/**
 * Takes a message back; its place in the conversation and what it said are kept. Twice changes nothing.
 * @throws AppError NOT_FOUND, FORBIDDEN, VALIDATION_FAILED
 */
export async function deleteMessage(
  call: Call,
  input: { messageId: string; reason?: string | null | undefined },
): Promise<string> {
  const faults = new Faults();
  faults.optionalText('reason', input.reason, MAX_REASON);
  faults.refuse();
  return withTransaction(call, async (tx) => {
    const { accessed, message } = await accessMessage(tx, input.messageId, 'message.delete');
    if (message.text === null || message.text === undefined) return message.id;
    const revision = await keepRevision(tx, message.id, message.text, message.salt, input.reason ?? null);
    const translations = await withdrawTranslations(tx, message.id);
    message.text = null;
    message.salt = randomSalt();
    message.deletedAt = tx.now;
    accessed.conversation.updatedAt = tx.now;
    recordOfConversation(tx, accessed, {
      action: 'message.deleted',
      ...aboutMessage(accessed, message.id),
      metadata: { revision, ...(translations > 0 ? { translations } : {}) },
      reason: input.reason ?? null,
    });
    return message.id;
  });
}

/** Keeps a text before it is changed. @returns its number, from 1. */
export async function keepRevision(
  { em, principal, now }: Tx,
  entryId: string,
  text: string,
  salt: string,
  reason: string | null,
): Promise<number> {
  const { workspaceId } = principal;
  const number = (await em.count(TextRevision, { workspaceId, entryId })) + 1;
  em.persist(
    em.create(TextRevision, {
      workspaceId,
      entryId,
      number,
      text,
      salt,
      editedByKind: principal.kind,
      editedById: principal.id,
      editedAt: now,
      reason,
    }),
  );
  return number;
}

async function accessMessage(
  tx: Tx,
  id: string,
  attempted: string,
): Promise<{ accessed: AccessedConversation; message: Message }> {
  const { workspaceId } = tx.principal;
  const found = isId(id) ? await tx.em.findOne(Message, { workspaceId, id }) : null;
  if (!found) throw notFound('message');
  const accessed = await accessConversation(tx, found.conversation.id, 'conversation.read');
  // Read again under the conversation's lock, which guards its messages too.
  const message = await tx.em.findOneOrFail(Message, { workspaceId, id }, { refresh: true });
  const { conversation } = accessed;
  // A bot acts only while the conversation is its own.
  const silenced = tx.principal.kind === 'BOT' && !conversation.botActive;
  if (silenced || !canEditEntry(tx.principal, { kind: message.actorKind, id: message.actorId })) {
    throw forbidden('Only who wrote it, or an administrator, may change it.').recordedAs({
      attempted,
      target: { type: 'message', id, label: conversation.label() },
      conversationId: conversation.id,
      inboxId: conversation.inbox.id,
      ...(conversation.team ? { teamId: conversation.team.id } : {}),
    });
  }
  return { accessed, message };
}

const aboutMessage = ({ conversation }: AccessedConversation, id: string) => ({
  target: { type: 'message', id, label: conversation.label() },
  labels: { conversation: conversation.label() },
});

const deleted = (message: Message) =>
  conflict('The message was deleted.', { messageId: message.id, deletedAt: message.deletedAt?.toISOString() ?? null });
