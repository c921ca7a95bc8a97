import { LockMode } from '@mikro-orm/core';
import { Contact, ContactIdentity } from '../../entities/contact.js';
import { ContactMerge } from '../../entities/contact-merge.js';
import type { Call } from '../application.js';
import { conflict, notFound } from '../errors.js';
import { isId } from '../ids.js';
import { sql } from '../sql.js';
import { checkReason, type WithReason } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';
import { refuseTornApart } from '../conversations/merged-conversations.js';
import { accessContact, ofContact, refuseErased } from './access-contact.js';
import { bothLocked } from './merge-contacts.js';
import { refuseMerged } from './merged.js';
import { emptyProfile } from './merged-profile.js';
import { lockedConversations, moveConversations } from './move-conversations.js';
import { recordLabel } from './record-label.js';

/** Who was taken apart. */
export interface Unmerged {
  contactId: string;
  fromContactId: string;
}

/**
 * Takes a contact out of the one that they were merged into: addresses, conversations, labels and what was filled in go
 * back, with the conversations that were opened since from where they alone are known. What was changed since stays.
 * @throws AppError NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT for who is not merged, who was erased, while the
 *   other one is merged into a third, and where one of two merged conversations would stay behind; LIMIT_EXCEEDED over 1,000 conversations.
 */
export async function unmergeContacts(call: Call, input: { contactId: string } & WithReason): Promise<Unmerged> {
  checkReason(input);
  return withTransaction(call, async (tx) => {
    const { em, principal } = tx;
    const { workspaceId } = principal;
    const { contactId } = input;
    const [found] = isId(contactId) ? await em.find(Contact, { workspaceId, id: contactId }) : [];
    if (!found) throw notFound('contact');
    const was = found.mergedIntoId;
    if (!was) {
      await accessContact(tx, contactId, 'contact.merge');
      throw conflict('This contact is not merged into another one.', { contactId });
    }
    em.clear();
    const { contact, into } = await bothLocked(tx, contactId, was);
    if (contact.mergedIntoId !== into.id) throw conflict('Somebody else has just changed this.', { contactId });
    for (const one of [contact, into]) refuseErased(one);
    refuseMerged(into);
    const merges = await em.find(
      ContactMerge,
      { into: [workspaceId, into.id], undoneAt: null },
      { populate: ['contact'], orderBy: { mergedAt: 'asc', id: 'asc' } },
    );
    const merge = merges.find((one) => one.contact.id === contact.id)!;
    const others = merges.filter((one) => one !== merge).map((one) => ({ contact: one.contact, merge: one }));
    const conversations = await lockedConversations(tx, into, merge.conversationIds);
    await refuseTornApart(tx, merge.conversationIds);
    const identities = await em.find(
      ContactIdentity,
      { contact: [workspaceId, into.id], id: { $in: merge.identityIds } },
      { lockMode: LockMode.PESSIMISTIC_WRITE },
    );
    for (const identity of identities) identity.contact = contact;
    const labels = await takeLabels(tx, into, merge.labelIds, others);
    const target = ofContact(into);
    const changes = emptyProfile(into, contact, merge.fields, others);
    merge.undoneEventId = tx.record({
      ...target,
      action: 'contact.unmerged',
      related: [{ type: 'contact', id: contact.id }],
      labels: { contact: contact.label() },
      changes: [{ field: 'mergedContactId', before: contact.id }, ...changes],
      metadata: { merge: merge.id, conversations: conversations.length, identities: identities.length },
      reason: input.reason ?? null,
    });
    merge.undoneAt = tx.now;
    for (const label of labels) recordLabel(tx, into, label, { present: false });
    moveConversations(tx, conversations, contact);
    contact.mergedIntoId = null;
    for (const one of [contact, into]) one.updatedAt = tx.now;
    return { contactId: contact.id, fromContactId: into.id };
  });
}

/** Takes labels that came by a merge; one that came by two stays, as the other's. */
async function takeLabels(
  { rows, principal }: Tx,
  into: Contact,
  labelIds: readonly string[],
  others: readonly { contact: Contact; merge: ContactMerge }[],
): Promise<{ id: string; name: string }[]> {
  const { workspaceId } = principal;
  const ties = await rows<{ contactId: string; labelId: string }>(sql`
    select l.contact_id as "contactId", l.label_id as "labelId" from contact_label l
    where l.workspace_id = ${workspaceId} and l.label_id = any(${labelIds}::uuid[])
      and l.contact_id = any(${others.map(({ contact }) => contact.id)}::uuid[])`);
  const taken = labelIds.filter((id) => {
    const other = others.find(({ contact }) =>
      ties.some(({ contactId, labelId }) => contactId === contact.id && labelId === id),
    );
    if (other) other.merge.labelIds = [...other.merge.labelIds, id];
    return !other;
  });
  return rows(sql`
    with gone as (
      delete from contact_label l where l.workspace_id = ${workspaceId} and l.contact_id = ${into.id}
        and l.label_id = any(${taken}::uuid[]) returning l.label_id)
    select l.id, l.name from label l
    where l.workspace_id = ${workspaceId} and l.id in (select label_id from gone) order by l.name, l.id`);
}
