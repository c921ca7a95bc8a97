import { ContactIdentity, type Contact } from '../../entities/contact.js';
import type { Channel } from '../../entities/enums.js';
import { AppError, conflict } from '../errors.js';
import { LIST_CAP } from '../directory.js';
import { newId } from '../ids.js';
import type { NewEvent } from '../record/event.js';
import type { Tx } from '../transaction.js';
import { ofContact } from './access-contact.js';

/** An address of a channel, as it is kept. */
export interface Address {
  channel: Channel;
  address: string;
  /** undefined leaves what is known of it. */
  verified?: boolean | undefined;
}

/** Who says so, where that is not the caller, and why. */
export type Said = Pick<NewEvent, 'actor' | 'reason'>;

/** Whose address it is, if anybody's. The caller holds its lock. */
export const identityOf = ({ em, principal }: Tx, { channel, address }: Address): Promise<ContactIdentity | null> =>
  em.findOne(ContactIdentity, { workspaceId: principal.workspaceId, channel, address }, { populate: ['contact'] });

/**
 * Gives a contact an address that they have not, and says whether it is verified. What is so already changes nothing.
 * @returns whether anything changed.
 * @throws AppError CONFLICT where it is another contact's; LIMIT_EXCEEDED at 250 addresses.
 */
export async function giveAddress(tx: Tx, contact: Contact, given: Address, said: Said = {}): Promise<boolean> {
  const known = await identityOf(tx, given);
  if (known && known.contact.id !== contact.id) {
    const { channel, address } = given;
    throw conflict('This address is that of another contact.', { contactId: known.contact.id, channel, address });
  }
  if (!known) {
    const there = await tx.em.count(ContactIdentity, { contact: [contact.workspaceId, contact.id] });
    if (there >= LIST_CAP) {
      const limit = { limit: 'identitiesOfContact', value: LIST_CAP, asked: there + 1 };
      throw new AppError('LIMIT_EXCEEDED', `A contact has at most ${LIST_CAP} addresses.`, limit);
    }
    addIdentity(tx, contact, given, said);
    return true;
  }
  if (given.verified === undefined || given.verified === known.verified) return false;
  tx.record({
    ...ofContact(contact),
    ...said,
    action: 'contact.identity_verified',
    metadata: { channel: given.channel },
    changes: [
      { field: 'address', after: given.address },
      { field: 'verified', before: known.verified, after: given.verified },
    ],
  });
  known.verified = given.verified;
  contact.updatedAt = tx.now;
  return true;
}

/** Adds an address that is nobody's. The caller holds its lock. */
export function addIdentity(
  tx: Tx,
  contact: Contact,
  { channel, address, verified = false }: Address,
  said: Said = {},
): ContactIdentity {
  const identity = tx.em.create(ContactIdentity, {
    workspaceId: tx.principal.workspaceId,
    id: newId(),
    contact,
    channel,
    address,
    verified,
    createdAt: tx.now,
  });
  tx.em.persist(identity);
  contact.updatedAt = tx.now;
  tx.record({
    ...ofContact(contact),
    ...said,
    action: 'contact.identity_added',
    metadata: { channel },
    changes: [{ field: 'address', after: address }, ...(verified ? [{ field: 'verified', after: true }] : [])],
  });
  return identity;
}
