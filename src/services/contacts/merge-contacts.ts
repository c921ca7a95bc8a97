import { ContactIdentity, type Contact } from '../../entities/contact.js';
import { ContactMerge } from '../../entities/contact-merge.js';
import type { Call } from '../application.js';
import { LIST_CAP } from '../directory.js';
import { AppError, conflict, invalid } from '../errors.js';
import { isId, newId } from '../ids.js';
import { sql } from '../sql.js';
import { checkReason, type WithReason } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';
import { accessContact, ofContact, refuseErased } from './access-contact.js';
import { knownByOf, lockAdded, lockContacts } from './contact-locks.js';
import { allMergedInto, refuseMerged } from './merged.js';
import { fillProfile } from './merged-profile.js';
import { lockedConversations, moveConversations } from './move-conversations.js';
import { recordLabel } from './record-label.js';

export interface MergeContactsInput extends WithReason {
  contactId: string;
  intoContactId: string;
}

/** Who goes on for both, and in which fields the two differ, where theirs stay. */
export interface MergedContacts {
  contactId: string;
  kept: string[];
}

/**
 * Makes one contact of two: addresses and conversations of the first become the other's, who gets what was not known of
 * them. What the first was stays with them, so that `unmergeContacts` can take the two apart. Done already changes nothing.
 * @throws AppError NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT for who was erased or merged elsewhere, and where only
 *   one of them is blocked; LIMIT_EXCEEDED over 250 addresses or 1,000 conversations.
 */
export async function mergeContacts(call: Call, input: MergeContactsInput): Promise<MergedContacts> {
  checkReason(input);
  const { contactId, intoContactId } = input;
  if (contactId === intoContactId) throw invalid({ path: 'intoContactId', message: 'is the contact themself' });
  return withTransaction(call, async (tx) => {
    const { contact, into } = await bothLocked(tx, contactId, intoContactId);
    if (contact.mergedIntoId === into.id) return { contactId: into.id, kept: [] };
    refuseUnfit(contact, into);
    const { em, principal } = tx;
    const { workspaceId } = principal;
    const conversations = await lockedConversations(tx, contact);
    const identities = await em.find(ContactIdentity, { contact: [workspaceId, contact.id] });
    await refuseTooMany(tx, into, identities.length);
    for (const identity of identities) identity.contact = into;
    const labels = await tx.rows<{ id: string; name: string }>(sql`
      with given as (
        insert into contact_label (workspace_id, contact_id, label_id)
        select l.workspace_id, ${into.id}::uuid, l.label_id from contact_label l
        where l.workspace_id = ${workspaceId} and l.contact_id = ${contact.id} on conflict do nothing returning label_id)
      select l.id, l.name from label l
      where l.workspace_id = ${workspaceId} and l.id in (select label_id from given) order by l.name, l.id`);
    const target = ofContact(into);
    const { fields, changes, kept } = fillProfile(into, contact);
    const id = newId();
    const mergedEventId = tx.record({
      ...target,
      action: 'contact.merged',
      related: [{ type: 'contact', id: contact.id }],
      labels: { contact: contact.label() },
      changes: [{ field: 'mergedContactId', after: contact.id }, ...changes],
      metadata: { merge: id, conversations: conversations.length, identities: identities.length },
      reason: input.reason ?? null,
    });
    for (const label of labels) recordLabel(tx, into, label, { present: true });
    moveConversations(tx, conversations, into);
    em.persist(
      em.create(ContactMerge, {
        workspaceId,
        id,
        contact,
        into,
        identityIds: identities.map((identity) => identity.id),
        conversationIds: conversations.map((conversation) => conversation.id),
        labelIds: labels.map((label) => label.id),
        fields,
        mergedAt: tx.now,
        mergedEventId,
      }),
    );
    contact.mergedIntoId = into.id;
    for (const one of [contact, into]) one.updatedAt = tx.now;
    return { contactId: into.id, kept };
  });
}

/**
 * Locks two contacts and all that they and those merged into them are known by: what arrives from them is in before, or
 * finds who they are then. Their rows in the order of their ids.
 * @throws AppError NOT_FOUND, FORBIDDEN; UNAVAILABLE where something is arriving from what was just added.
 */
export async function bothLocked(
  tx: Tx,
  contactId: string,
  intoContactId: string,
): Promise<{ contact: Contact; into: Contact }> {
  const { workspaceId } = tx.principal;
  const ids = [contactId, intoContactId].filter(isId).toSorted();
  const known = await knownByOf(tx, workspaceId, await allMergedInto(tx, workspaceId, ids));
  await lockContacts(tx, workspaceId, known);
  const found = new Map<string, Contact>();
  for (const id of [contactId, intoContactId].toSorted()) found.set(id, await accessContact(tx, id, 'contact.merge'));
  await lockAdded(tx, workspaceId, known, await allMergedInto(tx, workspaceId, ids));
  return { contact: found.get(contactId)!, into: found.get(intoContactId)! };
}

/** @throws AppError CONFLICT */
function refuseUnfit(contact: Contact, into: Contact): void {
  for (const one of [contact, into]) {
    refuseErased(one);
    refuseMerged(one);
  }
  if (Boolean(contact.blockedAt) === Boolean(into.blockedAt)) return;
  throw conflict('One of them is blocked and the other is not: block both, or none, before.', {
    blockedContactId: contact.blockedAt ? contact.id : into.id,
  });
}

/** @throws AppError LIMIT_EXCEEDED */
async function refuseTooMany({ em }: Tx, into: Contact, more: number): Promise<void> {
  const asked = (await em.count(ContactIdentity, { contact: [into.workspaceId, into.id] })) + more;
  if (asked <= LIST_CAP) return;
  const limit = { limit: 'identitiesOfContact', value: LIST_CAP, asked };
  throw new AppError('LIMIT_EXCEEDED', `A contact has at most ${LIST_CAP} addresses.`, limit);
}
