import { defineEntity } from '@mikro-orm/core';
import { Conversation } from './conversation.js';
import { ConversationStatus } from './enums.js';
import { instant, inWorkspace, oneOf, tenantKey } from './keys.js';

const p = defineEntity.properties;

const ConversationMergeSchema = defineEntity({
  name: 'ConversationMerge',
  tableName: 'conversation_merge',
  properties: {
    ...tenantKey,
    conversation: () => inWorkspace(p.manyToOne(Conversation), 'conversation_id'),
    into: () => inWorkspace(p.manyToOne(Conversation), 'into_id'),
    /** What the conversation was until then. */
    status: oneOf(ConversationStatus),
    snoozedUntil: instant().nullable(),
    resolvedAt: instant().nullable(),
    /** Its customer waited in it, and has waited in the other one since. */
    waited: p.boolean(),
    /** What the other had not had until then: labels, `subject`, `priority`, `attributes.` and a key. */
    labelIds: p.array().columnType('uuid[]').$type<string[]>(),
    fields: p.array().columnType('text[]').$type<string[]>(),
    /** In which fields the two differed. */
    kept: p.array().columnType('text[]').$type<string[]>(),
    mergedAt: instant(),
    /** The events of the record that say so, of the other one. */
    mergedEventId: p.uuid(),
    undoneAt: instant().nullable(),
    undoneEventId: p.uuid().nullable(),
  },
  indexes: [
    { properties: ['workspaceId', 'into'] },
    {
      name: 'conversation_merge_standing',
      expression:
        'create unique index "conversation_merge_standing" on "conversation_merge" ("workspace_id", "conversation_id") where "undone_at" is null',
    },
  ],
});

/** A conversation goes on in another one of the same contact; and perhaps that this was wrong. */
export class ConversationMerge extends ConversationMergeSchema.class {}
ConversationMergeSchema.setClass(ConversationMerge);
