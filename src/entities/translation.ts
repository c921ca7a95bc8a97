import { defineEntity } from '@mikro-orm/core';
import { ActorKind } from './enums.js';
import { instant, inWorkspace, oneOf, tenantKey } from './keys.js';
import { Message } from './message.js';

const p = defineEntity.properties;

const TranslationSchema = defineEntity({
  name: 'Translation',
  tableName: 'translation',
  properties: {
    ...tenantKey,
    message: () => inWorkspace(p.manyToOne(Message), 'message_id'),
    /** The canonical BCP 47 tag of the language that it is in. */
    language: p.text(),
    text: p.text(),
    /** As a message's. */
    salt: p.text(),
    /** Who has translated it. */
    actorKind: oneOf(ActorKind),
    actorId: p.uuid(),
    createdAt: instant(),
    /** When another took its place, the message said something else, or it was erased. */
    withdrawnAt: instant().nullable(),
  },
  indexes: [
    { properties: ['workspaceId', 'message'] },
    {
      name: 'translation_current',
      expression: `create unique index "translation_current" on "translation" ("workspace_id", "message_id", "language") where "withdrawn_at" is null`,
    },
  ],
});

/** What a message says in another language. Whatever takes its place leaves it, for the digest on the record is of it. */
export class Translation extends TranslationSchema.class {}
TranslationSchema.setClass(Translation);
