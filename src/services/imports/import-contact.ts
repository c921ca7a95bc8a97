import type { Contact } from '../../entities/contact.js';
import { contactLabel } from '../../entities/contact-label.js';
import type { Channel } from '../../entities/enums.js';
import type { RowOf } from '../../entities/row.js';
import type { Tx } from '../commit.js';
import type { KnownBy } from '../contacts/contact-locks.js';
import type { Gained } from '../contacts/merged.js';
import { newId } from '../ids.js';
import type { NewEvent } from '../record/event.js';
import { addressName, addressOf, channelOf } from './contact-address.js';
import type { ImportedConversation } from './import-line.js';
import type { ImportTarget } from './import-target.js';
import type { Known } from './known.js';

const PROFILE = ['name', 'email', 'phone'] as const;
/** The contact that the line means, if there is one already: by external id, else by the channel's address. */
export function knownContact(
  conversation: ImportedConversation,
  target: ImportTarget,
  known: Known,
): RowOf<Contact> | null {
  const { externalId } = conversation.contact;
  const address = addressOf(conversation, target);
  const byId = externalId === null ? undefined : known.contactsByExternalId.get(externalId);
  const byAddress =
    address === null ? undefined : known.contactsByAddress.get(addressName(channelOf(conversation, target), address));
  return byId ?? byAddress ?? null;
}

/** The merges that go with how that contact was found: what comes from there goes back with them. */
function mergesBy(conversation: ImportedConversation, target: ImportTarget, known: Known): string[] {
  const { externalId } = conversation.contact;
  if (externalId !== null && known.contactsByExternalId.has(externalId))
    return known.mergesByExternalId.get(externalId) ?? [];
  const address = addressOf(conversation, target);
  return address === null
    ? []
    : (known.mergesByAddress.get(addressName(channelOf(conversation, target), address)) ?? []);
}

/** By what the contacts of these conversations are known. */
export const knownBy = (target: ImportTarget, conversations: readonly ImportedConversation[]): KnownBy[] =>
  conversations.map((conversation) => ({
    externalId: conversation.contact.externalId,
    channel: channelOf(conversation, target),
    address: addressOf(conversation, target),
  }));

export type ContactRow = Record<
  'id' | 'name' | 'email' | 'phone' | 'external_id' | 'created_at' | 'updated_at',
  unknown
>;
export type IdentityRow = Record<'id' | 'contact_id' | 'channel' | 'address' | 'verified' | 'created_at', unknown>;

/** The contacts that a batch makes and fills in. */
export class ImportedContacts {
  readonly made: ContactRow[] = [];
  readonly filledIn = new Map<string, RowOf<Contact>>();
  readonly identities: IdentityRow[] = [];
  /** What goes back with those who were merged, should they be taken apart again. */
  readonly gained: Gained[] = [];

  constructor(
    private readonly tx: Tx,
    private readonly target: ImportTarget,
    private readonly known: Known,
  ) {}

  /** The contact of a new conversation, made or filled in where the line knows more. */
  of(conversation: ImportedConversation, conversationId: string): { row: RowOf<Contact>; created: boolean } {
    const found = knownContact(conversation, this.target, this.known);
    const row = found ?? this.#make(conversation);
    const mergeIds = mergesBy(conversation, this.target, this.known);
    this.gained.push({ mergeIds, conversationId });
    // What is said of who was merged would stay behind with somebody else, were they taken apart again.
    if (found && mergeIds.length === 0) this.#fillIn(found, conversation);
    const address = addressOf(conversation, this.target);
    if (address !== null) this.#addIdentity(row, channelOf(conversation, this.target), address, mergeIds);
    return { row, created: found === null };
  }

  #make({ contact, startedAt }: ImportedConversation): RowOf<Contact> {
    const { now } = this.tx;
    const { name, email, phone, externalId } = contact;
    const id = newId();
    this.made.push({ id, name, email, phone, external_id: externalId, created_at: now, updated_at: now });
    const unknown = {
      about: null,
      avatarUrl: null,
      attributes: {},
      blockedAt: null,
      blockReason: null,
      mergedIntoId: null,
      erasedAt: null,
    };
    const made = {
      ...unknown,
      id,
      name,
      email,
      phone,
      externalId,
      createdAt: now,
      updatedAt: now,
      workspaceId: this.target.workspaceId,
    } as RowOf<Contact>;
    this.known.contacts.set(id, made);
    if (externalId !== null) this.known.contactsByExternalId.set(externalId, made);
    this.tx.record({
      ...this.#about(made),
      action: 'contact.imported',
      inboxId: this.target.inbox.id,
      occurredAt: startedAt,
      changes: [...PROFILE, 'externalId' as const]
        .filter((field) => contact[field])
        .map((field) => ({ field, after: contact[field] })),
    });
    return made;
  }

  /** What the line knows and we did not. What people have written into a profile is never overwritten from outside. */
  #fillIn(row: RowOf<Contact>, { contact }: ImportedConversation): void {
    const fields = PROFILE.filter((field) => contact[field] && !row[field]);
    if (fields.length === 0) return;
    for (const field of fields) row[field] = contact[field];
    this.filledIn.set(row.id, row);
    const changes = fields.map((field) => ({ field, after: contact[field] }));
    this.tx.record({ ...this.#about(row), action: 'contact.updated', changes });
  }

  #addIdentity(row: RowOf<Contact>, channel: Channel, address: string, mergeIds: string[]): void {
    const name = addressName(channel, address);
    if (this.known.contactsByAddress.has(name)) return;
    this.known.contactsByAddress.set(name, row);
    this.known.mergesByAddress.set(name, mergeIds);
    const { now } = this.tx;
    const id = newId();
    this.gained.push({ mergeIds, identityId: id });
    this.identities.push({ id, contact_id: row.id, channel, address, verified: false, created_at: now });
    this.tx.record({
      ...this.#about(row),
      action: 'contact.identity_added',
      metadata: { channel },
      changes: [{ field: 'address', after: address }],
    });
  }

  #about(row: RowOf<Contact>): Pick<NewEvent, 'target' | 'contactId'> {
    return { target: { type: 'contact', id: row.id, label: contactLabel(row) }, contactId: row.id };
  }
}
