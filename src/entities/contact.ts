import { defineEntity } from '@mikro-orm/core';
import { contactLabel } from './contact-label.js';
import { Channel } from './enums.js';
import { instant, inWorkspace, oneOf, tenantKey } from './keys.js';

const p = defineEntity.properties;

const ContactSchema = defineEntity({
  name: 'Contact',
  tableName: 'contact',
  properties: {
    ...tenantKey,
    name: p.text().nullable(),
    email: p.text().nullable(),
    phone: p.text().nullable(),
    externalId: p.text().nullable(),
    /** Free text of colleagues and programs. */
    about: p.text().nullable(),
    avatarUrl: p.text().nullable(),
    /** Of what the workspace has defined, by key. */
    attributes: p.json<Readonly<Record<string, string | number | boolean>>>().default('{}'),
    /** Since when what they write waits for nobody, and why, as somebody said. */
    blockedAt: instant().nullable(),
    blockReason: p.text().nullable(),
    /** Who goes on for them, where they turned out to be another contact. */
    mergedIntoId: p.uuid().nullable(),
    createdAt: instant(),
    updatedAt: instant(),
    /** When everything personal was taken out of the profile. */
    erasedAt: instant().nullable(),
  },
  uniques: [{ properties: ['workspaceId', 'externalId'] }],
  indexes: [{ properties: ['workspaceId', 'updatedAt', 'id'] }],
});

/** A customer. */
export class Contact extends ContactSchema.class {
  /** What people call this contact. */
  label(): string {
    return contactLabel(this);
  }
}
ContactSchema.setClass(Contact);

const ContactIdentitySchema = defineEntity({
  name: 'ContactIdentity',
  tableName: 'contact_identity',
  properties: {
    ...tenantKey,
    contact: () => inWorkspace(p.manyToOne(Contact), 'contact_id'),
    channel: oneOf(Channel),
    /** How the channel reaches them, in the one way that it is compared in: an e-mail address, a phone number, a chat id. */
    address: p.text(),
    verified: p.boolean(),
    createdAt: instant(),
  },
  uniques: [{ properties: ['workspaceId', 'channel', 'address'] }],
  indexes: [{ properties: ['workspaceId', 'contact'] }],
});

/** How a channel knows a contact. One row an address; its lock serialises what arrives from that address. */
export class ContactIdentity extends ContactIdentitySchema.class {}
ContactIdentitySchema.setClass(ContactIdentity);
