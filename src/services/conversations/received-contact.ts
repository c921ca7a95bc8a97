import { Contact, ContactIdentity } from '../../entities/contact.js';
import type { Inbox } from '../../entities/inbox.js';
import { newId } from '../ids.js';
import type { FieldChange } from '../record/event.js';
import type { Tx } from '../transaction.js';

/** How a channel describes who wrote. At least one of externalId and address. */
export interface ReceivedContact {
  externalId?: string | null | undefined;
  address?: string | null | undefined;
  name?: string | null | undefined;
  email?: string | null | undefined;
  phone?: string | null | undefined;
}

const PROFILE = ['name', 'email', 'phone'] as const;

/**
 * Finds the contact behind a received message, by external id, else by the channel's address, or makes one. Holds the
 * identity's lock until the end of the transaction, so that two first messages never make two contacts or two
 * conversations.
 */
export async function receivedContact(tx: Tx, inbox: Inbox, received: ReceivedContact): Promise<Contact> {
  const { em, principal } = tx;
  const { workspaceId } = principal;
  const { externalId, address } = received;
  const locks = [
    ...(externalId ? [`contact:${externalId}`] : []),
    ...(address ? [`identity:${inbox.channel}:${address}`] : []),
  ].toSorted();
  for (const lock of locks) {
    await em.execute('select pg_advisory_xact_lock(hashtextextended(?, 0))', [`${workspaceId}/${lock}`]);
  }

  const identity = address
    ? await em.findOne(ContactIdentity, { workspaceId, channel: inbox.channel, address }, { populate: ['contact'] })
    : null;
  const known = externalId ? await em.findOne(Contact, { workspaceId, externalId }) : null;
  const contact = known ?? identity?.contact ?? null;
  if (!contact) return createContact(tx, inbox, received);

  fillIn(tx, contact, received);
  if (address && !identity) addIdentity(tx, inbox, contact, address);
  return contact;
}

function createContact(tx: Tx, inbox: Inbox, { externalId, address, name, email, phone }: ReceivedContact): Contact {
  const contact = tx.em.create(Contact, {
    workspaceId: tx.principal.workspaceId,
    id: newId(),
    name: name ?? null,
    email: email ?? (inbox.channel === 'EMAIL' ? (address ?? null) : null),
    phone: phone ?? null,
    externalId: externalId ?? null,
    createdAt: tx.now,
    updatedAt: tx.now,
  });
  tx.em.persist(contact);
  tx.record({
    action: 'contact.created',
    actor: { kind: 'CONTACT', id: contact.id, label: contact.label() },
    target: { type: 'contact', id: contact.id, label: contact.label() },
    contactId: contact.id,
    inboxId: inbox.id,
    changes: [...PROFILE, 'externalId' as const]
      .filter((field) => contact[field])
      .map((field) => ({ field, after: contact[field] })),
  });
  if (address) addIdentity(tx, inbox, contact, address);
  return contact;
}

/** What the channel knows and we did not. What people have written into a profile is never overwritten from outside. */
function fillIn(tx: Tx, contact: Contact, received: ReceivedContact): void {
  const changes: FieldChange[] = [];
  for (const field of PROFILE) {
    const value = received[field];
    if (!value || contact[field]) continue;
    changes.push({ field, after: value });
    contact[field] = value;
  }
  if (changes.length === 0) return;
  contact.updatedAt = tx.now;
  tx.record({
    action: 'contact.updated',
    actor: { kind: 'CONTACT', id: contact.id, label: contact.label() },
    target: { type: 'contact', id: contact.id, label: contact.label() },
    contactId: contact.id,
    changes,
  });
}

function addIdentity(tx: Tx, inbox: Inbox, contact: Contact, address: string): void {
  tx.em.persist(
    tx.em.create(ContactIdentity, {
      workspaceId: tx.principal.workspaceId,
      id: newId(),
      contact,
      channel: inbox.channel,
      address,
      verified: false,
      createdAt: tx.now,
    }),
  );
  tx.record({
    action: 'contact.identity_added',
    actor: { kind: 'CONTACT', id: contact.id, label: contact.label() },
    target: { type: 'contact', id: contact.id, label: contact.label() },
    contactId: contact.id,
    metadata: { channel: inbox.channel },
    changes: [{ field: 'address', after: address }],
  });
}
