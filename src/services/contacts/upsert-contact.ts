import { LockMode } from '@mikro-orm/core';
import { Contact, ContactIdentity } from '../../entities/contact.js';
import type { Channel } from '../../entities/enums.js';
import { normalEmail } from '../accounts/sign-in.js';
import type { Call } from '../application.js';
import { attributeEvent, changeAttributes } from '../attributes/validate.js';
import { conflict, forbidden } from '../errors.js';
import { workspaceTarget } from '../guards.js';
import { claimOwnKey } from '../idempotency.js';
import { newId } from '../ids.js';
import { checkPicture } from '../picture.js';
import { canWriteContacts } from '../policy.js';
import { Faults, MAX_EXTERNAL_ID, MAX_REASON, MAX_REMARK, type WithReason } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';
import { checkEmail } from '../workspaces/add-agent.js';
import { accessContact, ofContact, refuseErased } from './access-contact.js';
import { addressIn, checkAddress, phoneNumber } from './addresses.js';
import { lockContacts } from './contact-locks.js';
import { refuseMerged } from './merged.js';
import { changeProfile, newContact, type Profile } from './new-contact.js';
import { giveAddress, type Address } from './write-identity.js';

export interface AddressInput {
  channel: Channel;
  address: string;
  verified?: boolean | null | undefined;
}

/** What is undefined is not said and stays; null takes away. */
export interface UpsertContactInput extends Profile, WithReason {
  id?: string | null | undefined;
  identities?: readonly AddressInput[] | null | undefined;
  /** By key; what is absent stays, null takes away. */
  attributes?: unknown;
  idempotencyKey?: string | null | undefined;
}

export interface UpsertedContact {
  contactId: string;
  result: 'CREATED' | 'UPDATED' | 'NOOP';
}

/** Addresses that one request gives at the most. */
const MAX_ADDRESSES = 25;

/**
 * Makes a contact or changes what is known of them, so that they are as the input says: the one with the id, else with
 * the external id, else with one of the addresses. What is so already changes nothing and is not recorded.
 * @throws AppError FORBIDDEN, NOT_FOUND, VALIDATION_FAILED; CONFLICT for an id or address of another contact, for one who
 *   was erased or merged, for another request under a known key; LIMIT_EXCEEDED at 250 addresses.
 */
export async function upsertContact(call: Call, input: UpsertContactInput): Promise<UpsertedContact> {
  const { profile, addresses } = checked(input);
  return withTransaction(call, async (tx) => {
    if (!input.id) refuseWhoWritesNoContacts(tx);
    const made = newId();
    const repeated = await claimOwnKey(tx, 'upsertContact', input, made);
    if (repeated) return { contactId: repeated, result: 'NOOP' };
    const { workspaceId } = tx.principal;
    await lockContacts(tx, workspaceId, [{ externalId: profile.externalId }, ...addresses]);
    const found = input.id
      ? await accessContact(tx, input.id, 'contact.update')
      : await known(tx, profile.externalId, addresses);
    const reason = input.reason ?? null;
    const contact = found ?? newContact(tx, profile, { id: made, reason });
    let changed = false;
    if (found) {
      refuseErased(found);
      refuseMerged(found);
      if (profile.externalId) await refuseTaken(tx, found, profile.externalId);
      const changes = changeProfile(tx, found, profile);
      if (changes.length > 0) tx.record({ ...ofContact(found), action: 'contact.updated', changes, reason });
      changed = changes.length > 0;
    }
    if (input.attributes != null) changed = (await setAttributes(tx, contact, input.attributes, reason)) || changed;
    for (const address of addresses) changed = (await giveAddress(tx, contact, address, { reason })) || changed;
    return { contactId: contact.id, result: found ? (changed ? 'UPDATED' : 'NOOP') : 'CREATED' };
  });
}

/** Sets attributes of a contact whose lock is held, of which each is an event. @returns whether any has changed. */
async function setAttributes(tx: Tx, contact: Contact, given: unknown, reason: string | null): Promise<boolean> {
  const { attributes, changes } = await changeAttributes(tx, 'CONTACT', contact.attributes, given);
  if (changes.length === 0) return false;
  contact.attributes = { ...attributes };
  contact.updatedAt = tx.now;
  for (const change of changes)
    tx.record({ ...ofContact(contact), action: 'contact.attribute_changed', ...attributeEvent(change), reason });
  return true;
}

/** What the input says, each value in the one way of writing that it is kept in. @throws AppError VALIDATION_FAILED */
function checked(input: UpsertContactInput): { profile: Profile; addresses: Address[] } {
  const faults = new Faults();
  const given = (path: 'name' | 'about' | 'externalId', max: number): string | null | undefined => {
    const text = input[path]?.trim();
    if (text !== undefined) faults.text(path, text, max);
    return input[path] === null ? null : text;
  };
  const email = input.email == null ? input.email : normalEmail(input.email);
  if (email != null) checkEmail(faults, email);
  const phone = input.phone == null ? input.phone : phoneNumber(input.phone);
  if (phone === null && input.phone != null) {
    faults.add('phone', 'must be a phone number with its country code, such as +49 30 901820');
  }
  checkPicture(faults, input.avatarUrl);
  faults.optionalText('reason', input.reason, MAX_REASON);
  // Without an id the external id says who is meant: null says nothing.
  const externalId = given('externalId', MAX_EXTERNAL_ID) ?? (input.id ? null : undefined);
  const profile: Profile = {
    name: given('name', MAX_REMARK),
    email,
    phone,
    externalId: input.externalId === undefined ? undefined : externalId,
    about: given('about', MAX_REMARK),
    avatarUrl: input.avatarUrl,
  };
  const identities = input.identities ?? [];
  if (identities.length > MAX_ADDRESSES) faults.add('identities', `must be at most ${MAX_ADDRESSES}`);
  identities.forEach(({ channel, address }, index) =>
    checkAddress(faults, `identities.${index}.address`, channel, address),
  );
  const saysNobody = !input.id && identities.length === 0 && !Object.values(profile).some((value) => value != null);
  if (saysNobody) faults.add('id', 'or an externalId, an address or something of the profile is needed');
  faults.refuse();
  const addresses = new Map(
    identities.map(({ channel, address, verified }) => {
      const kept = { channel, address: addressIn(channel, address), verified: verified ?? undefined };
      return [`${kept.channel} ${kept.address}`, kept];
    }),
  );
  return { profile, addresses: [...addresses.values()] };
}

/** Whoever may not change contacts is told the same of those that are there and those that are not. */
function refuseWhoWritesNoContacts({ principal }: Tx): void {
  if (canWriteContacts(principal)) return;
  throw forbidden('You may not change contacts.').recordedAs({
    attempted: 'contact.update',
    target: workspaceTarget(principal.workspaceId),
  });
}

/** The contact with the external id, else with the addresses, locked. @throws AppError CONFLICT for those of several */
async function known(
  { em, principal }: Tx,
  externalId: string | null | undefined,
  addresses: readonly Address[],
): Promise<Contact | null> {
  const { workspaceId } = principal;
  const lock = { lockMode: LockMode.PESSIMISTIC_WRITE } as const;
  if (externalId) return em.findOne(Contact, { workspaceId, externalId }, lock);
  if (addresses.length === 0) return null;
  const identities = await em.find(ContactIdentity, {
    workspaceId,
    $or: addresses.map(({ channel, address }) => ({ channel, address })),
  });
  const ids = [...new Set(identities.map(({ contact }) => contact.id))];
  if (ids.length > 1) throw conflict('These addresses are of several contacts.', { contactIds: ids.toSorted() });
  return ids.length === 0 ? null : em.findOne(Contact, { workspaceId, id: ids[0]! }, lock);
}

/** @throws AppError CONFLICT */
async function refuseTaken({ em, principal }: Tx, contact: Contact, externalId: string): Promise<void> {
  const { workspaceId } = principal;
  const other = await em.findOne(Contact, { workspaceId, externalId, id: { $ne: contact.id } });
  if (other) throw conflict('This externalId is that of another contact.', { contactId: other.id, externalId });
}
