import { Contact } from '../../entities/contact.js';
import { Message } from '../../entities/message.js';
import { accessConversation, type AccessedConversation } from '../access.js';
import type { Tx } from '../commit.js';
import { conflict, notFound } from '../errors.js';
import { isId } from '../ids.js';

/** A message that still says something, under the lock of its conversation. */
export interface StandingMessage {
  accessed: AccessedConversation;
  message: Message;
  text: string;
}

/**
 * Loads a message, to put beside it what tells the same in other words, for whoever may answer in its conversation.
 * Whoever erases its contact changes the conversation too: under its lock they are done with that, or wait for this and
 * find it.
 * @throws AppError NOT_FOUND, FORBIDDEN; CONFLICT once it is deleted, or its contact erased
 */
export async function accessStandingMessage(tx: Tx, id: string, attempted: string): Promise<StandingMessage> {
  const { workspaceId } = tx.principal;
  const found = isId(id) ? await tx.em.findOne(Message, { workspaceId, id }) : null;
  if (!found) throw notFound('message');
  const accessed = await accessConversation(tx, found.conversation.id, 'message.send', attempted);
  const message = await tx.em.findOneOrFail(Message, { workspaceId, id }, { refresh: true });
  const { text } = message;
  if (text === null || text === undefined)
    throw conflict('The message was deleted.', { messageId: id, deletedAt: message.deletedAt?.toISOString() ?? null });
  const contact = { workspaceId, id: accessed.conversation.contact.id };
  const { erasedAt } = await tx.em.findOneOrFail(Contact, contact, { refresh: true });
  if (erasedAt) throw conflict('Its contact was erased.', { messageId: id, erasedAt: erasedAt.toISOString() });
  return { accessed, message, text };
}
