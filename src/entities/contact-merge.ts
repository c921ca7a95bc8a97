import { defineEntity } from '@mikro-orm/core';
import { Contact } from './contact.js';
import { instant, inWorkspace, tenantKey } from './keys.js';

const p = defineEntity.properties;

const ContactMergeSchema = defineEntity({
  name: 'ContactMerge',
  tableName: 'contact_merge',
  properties: {
    ...tenantKey,
    contact: () => inWorkspace(p.manyToOne(Contact), 'contact_id'),
    into: () => inWorkspace(p.manyToOne(Contact), 'into_id'),
    /** What came with the contact, or since from where they alone are known: it goes back with them. */
    identityIds: p.array().columnType('uuid[]').$type<string[]>(),
    conversationIds: p.array().columnType('uuid[]').$type<string[]>(),
    /** What the other had not had until then: labels, fields of the profile, `attributes.` and a key. */
    labelIds: p.array().columnType('uuid[]').$type<string[]>(),
    fields: p.array().columnType('text[]').$type<string[]>(),
    mergedAt: instant(),
    /** The events of the record that say so. */
    mergedEventId: p.uuid(),
    undoneAt: instant().nullable(),
    undoneEventId: p.uuid().nullable(),
  },
  indexes: [
    { properties: ['workspaceId', 'into'] },
    {
      name: 'contact_merge_standing',
      expression:
        'create unique index "contact_merge_standing" on "contact_merge" ("workspace_id", "contact_id") where "undone_at" is null',
    },
  ],
});

/** A contact turned out to be another one, who goes on for both; and perhaps that this was wrong. */
export class ContactMerge extends ContactMergeSchema.class {}
ContactMergeSchema.setClass(ContactMerge);
