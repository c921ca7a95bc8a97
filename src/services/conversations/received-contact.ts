import { LockMode } from '@mikro-orm/core';
import { Contact } from '../../entities/contact.js';
import type { Inbox } from '../../entities/inbox.js';
import { ofContact } from '../contacts/access-contact.js';
import { asActor, changeProfile, newContact } from '../contacts/new-contact.js';
import { goneInto, mergesOf, noteWithMerges, standingMerges, type FoundBy } from '../contacts/merged.js';
import { addIdentity, identityOf } from '../contacts/write-identity.js';
import type { Tx } from '../transaction.js';

/** How a channel describes who wrote. At least one of externalId and address, which is as it is kept. */
export interface ReceivedContact {
  externalId?: string | null | undefined;
  address?: string | null | undefined;
  name?: string | null | undefined;
  email?: string | null | undefined;
  phone?: string | null | undefined;
}

/** Who wrote, and how they were found. */
export interface FoundContact {
  contact: Contact;
  foundBy: FoundBy;
}

const FILLED_IN = ['name', 'email', 'phone'] as const;

/**
 * Finds the contact behind a received message, by external id, else by the channel's address, or makes one. The caller
 * holds the locks of both (`lockContacts`), so that two first messages never make two contacts or two conversations.
 */
export async function receivedContact(tx: Tx, inbox: Inbox, received: ReceivedContact): Promise<FoundContact> {
  const { em, principal } = tx;
  const { workspaceId } = principal;
  const { channel } = inbox;
  const { externalId, address } = received;
  const identity = address ? await identityOf(tx, { channel, address }) : null;
  const known = externalId ? await em.findOne(Contact, { workspaceId, externalId }) : null;
  const found = known ?? identity?.contact ?? null;
  if (!found) {
    const contact = createContact(tx, inbox, received);
    if (address) addIdentity(tx, contact, { channel, address }, { actor: asActor(contact) });
    return { contact, foundBy: { contactIds: [contact.id], identityId: null } };
  }
  const { contact, path } = await goneInto(tx, found);
  const foundBy = { contactIds: path, identityId: known ? null : identity!.id };
  const isNew = Boolean(address && !identity);
  if (!isNew && unknownOf(contact, received).length === 0) return { contact, foundBy };
  // Once more under its lock: what people have written since is what is known. Before any conversation is locked, as
  // whoever writes in a web chat locks them.
  const lock = { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true } as const;
  await em.findOneOrFail(Contact, { workspaceId, id: contact.id }, lock);
  // Erased between the two: whoever writes is somebody whom we do not know.
  if (contact.erasedAt) return receivedContact(tx, inbox, received);
  const mergeIds = mergesOf(await standingMerges(tx, workspaceId, [contact.id]), foundBy);
  // What is said of who was merged would stay behind with somebody else, were they taken apart again.
  if (mergeIds.length === 0) fillIn(tx, contact, received);
  if (isNew) {
    const added = addIdentity(tx, contact, { channel, address: address! }, { actor: asActor(contact) });
    await noteWithMerges(tx, [{ mergeIds, identityId: added.id }]);
  }
  return { contact, foundBy };
}

const createContact = (tx: Tx, inbox: Inbox, { externalId, address, name, email, phone }: ReceivedContact): Contact =>
  newContact(
    tx,
    { name, email: email ?? (inbox.channel === 'EMAIL' ? address : null), phone, externalId },
    { actor: 'contact', inboxId: inbox.id },
  );

/** What the channel knows and we do not. */
export const unknownOf = (contact: Partial<Pick<Contact, (typeof FILLED_IN)[number]>>, received: ReceivedContact) =>
  FILLED_IN.filter((field) => received[field] && !contact[field]);

/** What people have written into a profile is never overwritten from outside. The contact is locked. */
function fillIn(tx: Tx, contact: Contact, received: ReceivedContact): void {
  const said = Object.fromEntries(unknownOf(contact, received).map((field) => [field, received[field]]));
  const changes = changeProfile(tx, contact, said);
  if (changes.length === 0) return;
  tx.record({ ...ofContact(contact), action: 'contact.updated', actor: asActor(contact), changes });
}
