import { defineEntity } from '@mikro-orm/core';
import { Conversation } from './conversation.js';
import { ActorKind } from './enums.js';
import { instant, inWorkspace, oneOf, workspaceKey } from './keys.js';

const p = defineEntity.properties;

const ConversationDeletionSchema = defineEntity({
  name: 'ConversationDeletion',
  tableName: 'conversation_deletion',
  properties: {
    workspaceId: workspaceKey(),
    conversation: () => inWorkspace(p.manyToOne(Conversation).primary(), 'conversation_id'),
    /** What people called it, and since when it was there. */
    number: p.integer(),
    createdAt: instant(),
    deletedAt: instant(),
    deletedByKind: oneOf(ActorKind),
    deletedById: p.uuid().nullable(),
    /** Null once it is purged. */
    reason: p.text().nullable(),
    /** The other system's id of it, which is free for another conversation meanwhile. */
    externalId: p.text().nullable(),
    /** By the window of the workspace as it was then. */
    restorableUntil: instant(),
    /** The conversation in which its customer, who saw it in a chat of their own, goes on. */
    successorId: p.uuid().nullable(),
    /** The removal of its contents: from then on it cannot be restored. */
    purgeRunId: p.uuid().nullable(),
    purgedAt: instant().nullable(),
  },
  indexes: [
    {
      name: 'conversation_deletion_by_time',
      expression:
        'create index "conversation_deletion_by_time" on "conversation_deletion" ("workspace_id", "deleted_at", "conversation_id")',
    },
    {
      name: 'conversation_deletion_restorable',
      expression:
        'create index "conversation_deletion_restorable" on "conversation_deletion" ("workspace_id", "deleted_at", "conversation_id") where "purge_run_id" is null',
    },
    {
      name: 'conversation_deletion_due',
      expression:
        'create index "conversation_deletion_due" on "conversation_deletion" ("restorable_until") where "purge_run_id" is null',
    },
  ],
});

/** That a conversation was deleted: until it is restored, and as its tombstone for ever once it is purged. */
export class ConversationDeletion extends ConversationDeletionSchema.class {}
ConversationDeletionSchema.setClass(ConversationDeletion);
