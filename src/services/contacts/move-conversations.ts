import { LockMode } from '@mikro-orm/core';
import type { Contact } from '../../entities/contact.js';
import { Conversation } from '../../entities/conversation.js';
import { audienceOf, sighted } from '../audience.js';
import { showDeleted } from '../conversations/deleted.js';
import { recordOfConversation } from '../conversations/transcript-entries.js';
import { AppError } from '../errors.js';
import type { Tx } from '../transaction.js';

/** Conversations that change hands at once at the most. */
const MAX_MOVED = 1_000;

/**
 * Locks conversations of a contact, by their ids as everywhere; also deleted ones, which may be restored.
 * @throws AppError LIMIT_EXCEEDED
 */
export async function lockedConversations(tx: Tx, of: Contact, ids?: readonly string[]): Promise<Conversation[]> {
  await showDeleted(tx);
  const found = await tx.em.find(
    Conversation,
    { contact: [of.workspaceId, of.id], ...(ids ? { id: { $in: [...ids] } } : {}) },
    { lockMode: LockMode.PESSIMISTIC_WRITE, orderBy: { id: 'asc' }, limit: MAX_MOVED + 1 },
  );
  if (found.length <= MAX_MOVED) return found;
  const limit = { limit: 'conversationsMoved', value: MAX_MOVED, asked: found.length };
  throw new AppError('LIMIT_EXCEEDED', `At most ${MAX_MOVED} conversations change hands at once.`, limit);
}

/** Gives conversations whose locks are held to another contact, with an event each. Nothing was said: they stay where they are in lists. */
export function moveConversations(tx: Tx, conversations: readonly Conversation[], to: Contact): void {
  for (const conversation of conversations) {
    // Of what is deleted nobody is told.
    const accessed = { conversation, audience: conversation.deletedAt ? [] : audienceOf(sighted(conversation)) };
    const before = conversation.contact.id;
    conversation.contact = to;
    conversation.updatedAt = tx.now;
    recordOfConversation(tx, accessed, {
      action: 'conversation.contact_changed',
      changes: [{ field: 'contactId', before, after: to.id }],
    });
  }
}
