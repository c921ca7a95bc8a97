import type { Contact } from '../../entities/contact.js';
import type { Inbox } from '../../entities/inbox.js';
import type { AccessedConversation } from '../access.js';
import { audienceOf, sighted } from '../audience.js';
import type { FoundBy } from '../contacts/merged.js';
import { hideDeleted, showDeleted } from '../conversations/deleted.js';
import { lockGoingOn } from '../conversations/merged-conversations.js';
import { openConversation } from '../conversations/receive-message.js';
import { notFound } from '../errors.js';
import { sql } from '../sql.js';
import type { Tx } from '../transaction.js';

/** The chat that a customer is in. */
export interface Chat {
  inbox: Inbox;
  contact: Contact;
  foundBy: FoundBy;
}

/**
 * Where a customer goes on who writes to a conversation of theirs that was deleted, of which they need not know: in
 * another one, which is opened for the first thing that they write and has the rest too. Under the deletion's lock, so
 * that of two messages one opens it.
 * @throws AppError NOT_FOUND for what never was theirs
 */
export async function goOn(
  tx: Tx,
  { inbox, contact, foundBy }: Chat,
  conversationId: string,
): Promise<{ accessed: AccessedConversation; isNew: boolean }> {
  const { workspaceId } = tx.principal;
  let asked = conversationId;
  let ownDeleted = conversationId;
  for (;;) {
    const deletion = await lockOwnDeletion(tx, { inbox, contact }, asked);
    // It may have been restored while this waited for its lock.
    const nextId = deletion ? deletion.successorId : asked;
    if (deletion) ownDeleted = asked;
    if (nextId === null) break;
    const conversation = await lockGoingOn(tx, { id: nextId });
    const isTheirs = conversation?.contact.id === contact.id && conversation.inbox.id === inbox.id;
    if (conversation && isTheirs)
      return { accessed: { conversation, audience: audienceOf(sighted(conversation)) }, isNew: false };
    if (!deletion && asked === conversationId) throw notFound('conversation');
    // It went to somebody else, when two contacts were taken apart; deleted or not.
    if (conversation || !deletion) break;
    // That one was deleted, too.
    asked = nextId;
  }
  const accessed = await openConversation(tx, inbox, contact, {}, null, foundBy);
  await tx.rows(sql`
    update conversation_deletion set successor_id = ${accessed.conversation.id}
    where workspace_id = ${workspaceId} and conversation_id = ${ownDeleted}`);
  return { accessed, isNew: true };
}

async function lockOwnDeletion(
  tx: Tx,
  { inbox, contact }: Pick<Chat, 'inbox' | 'contact'>,
  conversationId: string,
): Promise<{ successorId: string | null } | undefined> {
  await showDeleted(tx);
  const [deletion] = await tx.rows<{ successorId: string | null }>(sql`
    select d.successor_id as "successorId" from conversation_deletion d
    join conversation c on c.workspace_id = d.workspace_id and c.id = d.conversation_id
    where d.workspace_id = ${tx.principal.workspaceId} and d.conversation_id = ${conversationId}
      and c.contact_id = ${contact.id} and c.inbox_id = ${inbox.id} for update of d`);
  await hideDeleted(tx);
  return deletion;
}
