import { LockMode } from '@mikro-orm/core';
import { Contact } from '../../entities/contact.js';
import { conflict, forbidden, notFound } from '../errors.js';
import { isId } from '../ids.js';
import { canReadContacts, canWriteContacts } from '../policy.js';
import type { NewEvent } from '../record/event.js';
import type { Tx } from '../transaction.js';

/**
 * Loads a contact under its lock and decides, in one call.
 * @param attempted what is to be done, for the record where it is refused
 * @throws AppError NOT_FOUND when there is none or the caller may not read contacts; FORBIDDEN for who only reads them
 */
export async function accessContact(tx: Tx, id: string, attempted: string): Promise<Contact> {
  const { em, principal } = tx;
  const { workspaceId } = principal;
  const contact = isId(id)
    ? await em.findOne(Contact, { workspaceId, id }, { lockMode: LockMode.PESSIMISTIC_WRITE })
    : null;
  if (!contact) throw notFound('contact');
  if (canWriteContacts(principal)) return contact;
  const refused = canReadContacts(principal) ? forbidden('You may not change contacts.') : notFound('contact');
  throw refused.recordedAs({ attempted, ...ofContact(contact), contactId: contact.id });
}

/** @throws AppError CONFLICT for a contact of whom nothing may be known any more. */
export function refuseErased({ id, erasedAt }: Contact): void {
  if (!erasedAt) return;
  throw conflict('This contact was erased. Nothing is added to what is left.', {
    contactId: id,
    erasedAt: erasedAt.toISOString(),
  });
}

/** What every event of a contact is about. */
export const ofContact = (contact: Contact): Pick<NewEvent, 'target'> & { contactId: string } => ({
  target: { type: 'contact', id: contact.id, label: contact.label() },
  contactId: contact.id,
});
