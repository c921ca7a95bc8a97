import { contactLabel } from '../../entities/contact-label.js';
import { Conversation } from '../../entities/conversation.js';
import type { RowOf } from '../../entities/row.js';
import { audienceOf } from '../audience.js';
import type { ToAdd } from '../conversations/add-received.js';
import { staysAsItIs } from '../conversations/bring-back.js';
import { PlainConversation } from '../conversations/plain-conversation.js';
import { sql } from '../sql.js';
import type { Tx } from '../transaction.js';
import type { Customer } from './customer.js';

/**
 * Where a customer writes who is still the one that their token names, in a conversation of theirs that is at work: what
 * they write is one message more, and nothing else. Locks what `accessChat` and `lockGoingOn` do, in their order, as one
 * message to the database and with no entity in between.
 * @returns null where there is more to do, or to refuse.
 */
export async function chatAtOnce(
  { rows, principal, call }: Tx,
  { tokenContactId, inboxId }: Customer,
  conversationId: string,
): Promise<Omit<ToAdd<PlainConversation>, 'messageId'> | null> {
  const { workspaceId } = principal;
  const [[contact], [inbox], [found]] = await Promise.all([
    rows<{
      name: string | null;
      email: string | null;
      phone: string | null;
      externalId: string | null;
      isBlocked: boolean;
    }>(sql`
      select k.name, k.email, k.phone, k.external_id as "externalId", k.blocked_at is not null as "isBlocked" from contact k
      where k.workspace_id = ${workspaceId} and k.id = ${tokenContactId} and k.merged_into_id is null and k.erased_at is null
      for share`),
    rows(sql`
      select 1 as there from inbox i
      where i.workspace_id = ${workspaceId} and i.id = ${inboxId} and i.deactivated_at is null for share`),
    rows<RowOf<Conversation> & { isBotEnabled: boolean | null }>(sql`
      select ${call.app.db.columns(Conversation, 'c')}, b.enabled as "isBotEnabled" from conversation c
      left join bot b on b.workspace_id = c.workspace_id and b.id = c.bot_id
      where c.workspace_id = ${workspaceId} and c.id = ${conversationId} and c.contact_id = ${tokenContactId}
        and c.inbox_id = ${inboxId} and c.merged_into_id is null for update of c`),
  ]);
  if (!contact || !inbox || !found) return null;
  const conversation = new PlainConversation(found);
  const { isBlocked } = contact;
  if (!staysAsItIs(conversation, { ...found, isBlocked })) return null;
  return {
    accessed: { conversation, audience: audienceOf(found) },
    actor: { kind: 'CONTACT', id: tokenContactId, label: contactLabel(contact) },
    blocked: isBlocked,
    changes: [],
  };
}
