import { ContactIdentity } from '../../entities/contact.js';
import type { Call } from '../application.js';
import { notFound } from '../errors.js';
import { isId } from '../ids.js';
import { checkReason, Faults, MAX_REASON, type WithReason } from '../text.js';
import { withTransaction } from '../transaction.js';
import { accessContact, ofContact, refuseErased } from './access-contact.js';
import { refuseMerged } from './merged.js';
import { addressIn, checkAddress } from './addresses.js';
import { lockContacts } from './contact-locks.js';
import type { AddressInput } from './upsert-contact.js';
import { giveAddress } from './write-identity.js';

export interface AddContactIdentityInput extends AddressInput, WithReason {
  contactId: string;
}

/**
 * Says that a contact is reached at one more address; what is so already changes nothing.
 * @returns the contact's id.
 * @throws AppError NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT for an address of another contact, and for one who
 *   was erased or merged; LIMIT_EXCEEDED at 250 addresses.
 */
export async function addContactIdentity(call: Call, input: AddContactIdentityInput): Promise<string> {
  const { channel, verified, reason } = input;
  const faults = new Faults();
  checkAddress(faults, 'address', channel, input.address);
  faults.optionalText('reason', reason, MAX_REASON);
  faults.refuse();
  const address = addressIn(channel, input.address);
  return withTransaction(call, async (tx) => {
    await lockContacts(tx, tx.principal.workspaceId, [{ channel, address }]);
    const contact = await accessContact(tx, input.contactId, 'contact.update');
    refuseErased(contact);
    refuseMerged(contact);
    await giveAddress(tx, contact, { channel, address, verified: verified ?? undefined }, { reason: reason ?? null });
    return contact.id;
  });
}

/**
 * Says that an address is not a contact's any more. What was written from there stays with them; whoever writes from there
 * later is somebody else.
 * @returns the contact's id.
 * @throws AppError NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT for one who was erased or merged.
 */
export async function removeContactIdentity(call: Call, input: { identityId: string } & WithReason): Promise<string> {
  checkReason(input);
  return withTransaction(call, async (tx) => {
    const { em, principal } = tx;
    const { workspaceId } = principal;
    const one = { workspaceId, id: input.identityId };
    const found = isId(input.identityId) ? await em.findOne(ContactIdentity, one) : null;
    if (!found) throw notFound('identity');
    await lockContacts(tx, workspaceId, [found]);
    const contact = await accessContact(tx, found.contact.id, 'contact.update');
    refuseErased(contact);
    refuseMerged(contact);
    // With the locks held: somebody else may have removed it, and it may be another's by now.
    const identity = await em.findOne(ContactIdentity, one, { refresh: true });
    if (!identity || identity.contact.id !== contact.id) throw notFound('identity');
    em.remove(identity);
    contact.updatedAt = tx.now;
    tx.record({
      ...ofContact(contact),
      action: 'contact.identity_removed',
      metadata: { channel: identity.channel },
      changes: [{ field: 'address', before: identity.address }],
      reason: input.reason ?? null,
    });
    return contact.id;
  });
}
