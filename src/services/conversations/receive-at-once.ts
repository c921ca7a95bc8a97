import { contactLabel } from '../../entities/contact-label.js';
import { Conversation } from '../../entities/conversation.js';
import type { RowOf } from '../../entities/row.js';
import { audienceOf } from '../audience.js';
import type { Call } from '../application.js';
import { addressOf } from '../contacts/addresses.js';
import { lockContactOfInbox } from '../contacts/contact-locks.js';
import { isUniqueViolation } from '../database-errors.js';
import { claimsOf, inboxKeys, keyOf } from '../idempotency.js';
import { newId } from '../ids.js';
import { rowLimit } from '../paging.js';
import { canIngest } from '../policy.js';
import { sql, type Sql } from '../sql.js';
import { withTransaction, type Tx } from '../transaction.js';
import { addReceived, type ReceivedMessage, type ReceiveMessageInput, type ToAdd } from './add-received.js';
import { staysAsItIs } from './bring-back.js';
import { keepChanges, PlainConversation } from './plain-conversation.js';
import { unknownOf } from './received-contact.js';

/** A conversation that a message may go into, with whose it is and what it depends on. */
type Found = RowOf<Conversation> & {
  /** Its inbox takes something. */
  isInUse: boolean;
  contactName: string | null;
  contactEmail: string | null;
  contactPhone: string | null;
  contactExternalId: string | null;
  isBlocked: boolean;
  /** The address is somebody's. */
  isKnownAddress: boolean;
  isBotEnabled: boolean | null;
  /** The message was taken before. */
  isTaken: boolean;
};

/**
 * Takes a message the usual way: somebody known goes on with a conversation that is at work, which changes nothing but
 * that there is one message more. Nearly all are of this kind, and two exchanges with the database are enough for them,
 * with no entity in between.
 * @returns what was taken, or why nothing was done: there is no conversation for it (`nowhere`), or there is more to do
 *   than to add it (`otherwise`).
 */
export async function receiveAtOnce(
  call: Call,
  input: ReceiveMessageInput,
): Promise<ReceivedMessage | 'nowhere' | 'otherwise'> {
  const messageId = newId();
  const { workspaceId } = call.principal;
  const key = keyOf(
    { owner: inboxKeys(input.inboxId), mutation: 'receiveMessage', key: input.externalId, resultId: messageId },
    call.app.now(),
  );
  try {
    return await withTransaction(
      call,
      async (tx) => {
        // Whoever may not is told so where it is recorded.
        if (!canIngest(tx.principal)) return 'otherwise';
        // Both leave as one message, and the second looks once the first holds its locks.
        const [, [found]] = await Promise.all([
          lockContactOfInbox(tx, workspaceId, input.inboxId, input.contact),
          lookFor(tx, input, key),
        ]);
        if (!found) return 'nowhere';
        const toAdd = usual(found, input, messageId);
        if (!toAdd) return 'otherwise';
        return addReceived(tx, input, toAdd, (conversation) => ({
          beside: [sql`changed as (${keepChanges(workspaceId, [conversation.changes()])})`],
          first: claimsOf(workspaceId, [key]),
        }));
      },
      { plansOnce: true },
    );
  } catch (error) {
    // Somebody took the same at this moment, as somebody else's.
    if (isUniqueViolation(error)) return 'otherwise';
    throw error;
  }
}

/**
 * The conversation that the message goes into, under its lock; none where anybody or anything has to be followed or made.
 * Compared with nothing that could leak: by anything else the guard of the rows lets no index be used (see `addressOf`).
 */
function lookFor(
  { rows, principal, call }: Tx,
  { inboxId, contact, conversationExternalId }: ReceiveMessageInput,
  { owner, mutation, key }: { owner: string; mutation: string; key: string },
): Promise<Found[]> {
  const { workspaceId } = principal;
  const which: Sql = conversationExternalId
    ? sql`and v.external_id = ${conversationExternalId}`
    : sql`order by v.last_activity_at desc`;
  return rows<Found>(sql`
    select ${call.app.db.columns(Conversation, 'c')}, i.deactivated_at is null as "isInUse", k.name as "contactName",
      k.email as "contactEmail", k.phone as "contactPhone", k.external_id as "contactExternalId",
      k.blocked_at is not null as "isBlocked", d.contact_id is not null as "isKnownAddress", b.enabled as "isBotEnabled",
      exists (select 1 from idempotency_key t where t.workspace_id = ${workspaceId} and t.owner = ${owner}
        and t.mutation = ${mutation} and t.key = ${key}) as "isTaken"
    from inbox i
    left join contact_identity d on d.workspace_id = i.workspace_id and d.channel = i.channel
      and d.address = ${addressOf(sql`i.channel`, contact.address)}
    left join contact e on e.workspace_id = i.workspace_id and e.external_id = ${contact.externalId ?? null}
    join contact k on k.workspace_id = i.workspace_id and k.merged_into_id is null and k.erased_at is null
      and k.id = case when e.id is not null then e.id else d.contact_id end
    cross join lateral (
      select v.* from conversation v where v.workspace_id = i.workspace_id and v.inbox_id = i.id and v.contact_id = k.id
        and v.merged_into_id is null ${which} limit ${rowLimit(1)} for update) c
    left join bot b on b.workspace_id = c.workspace_id and b.id = c.bot_id
    where i.workspace_id = ${workspaceId} and i.id = ${inboxId}`);
}

/** Where the message goes, if there is nothing to do but to add it. */
function usual(found: Found, { contact }: ReceiveMessageInput, messageId: string): ToAdd<PlainConversation> | null {
  const { isInUse, isTaken, isKnownAddress, isBlocked } = found;
  const known = {
    name: found.contactName,
    email: found.contactEmail,
    phone: found.contactPhone,
    externalId: found.contactExternalId,
  };
  if (!isInUse || isTaken || (contact.address && !isKnownAddress) || unknownOf(known, contact).length > 0) return null;
  const conversation = new PlainConversation(found);
  if (!staysAsItIs(conversation, found)) return null;
  return {
    messageId,
    accessed: { conversation, audience: audienceOf(found) },
    actor: { kind: 'CONTACT', id: found.contactId, label: contactLabel(known) },
    blocked: isBlocked,
    changes: [],
  };
}
