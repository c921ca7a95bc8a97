import { defineEntity } from '@mikro-orm/core';
import { Conversation } from './conversation.js';
import { ActorKind, AttachmentKind, AttachmentState } from './enums.js';
import { instant, inWorkspace, oneOf, tenantKey } from './keys.js';
import { Message } from './message.js';

const p = defineEntity.properties;

const AttachmentSchema = defineEntity({
  name: 'Attachment',
  tableName: 'attachment',
  properties: {
    ...tenantKey,
    /** Who uploads it: nobody else sends it. */
    uploadedByKind: oneOf(ActorKind),
    uploadedById: p.uuid(),
    /** Where it may be sent, or was; null for what a channel uploads before its conversation is known. */
    conversation: () => inWorkspace(p.manyToOne(Conversation).nullable(), 'conversation_id'),
    /** What it was sent with. */
    message: () => inWorkspace(p.manyToOne(Message).nullable(), 'message_id'),
    /** 1, 2, 3 … among the files of its message. */
    position: p.integer().nullable(),
    state: oneOf(AttachmentState),
    kind: oneOf(AttachmentKind),
    fileName: p.text(),
    /** As its content says once it is there; before, as its uploader says. */
    contentType: p.text(),
    byteSize: p.bigint('number'),
    /** In hexadecimal; the record holds its digest under the salt, and both go with the file. */
    sha256: p.text(),
    salt: p.text(),
    durationSeconds: p.double().nullable(),
    createdAt: instant(),
    uploadedAt: instant().nullable(),
    /** When its removal was recorded, and when its file had gone. */
    removedAt: instant().nullable(),
    fileRemovedAt: instant().nullable(),
  },
  indexes: [
    { properties: ['workspaceId', 'message'] },
    { properties: ['workspaceId', 'conversation'] },
    {
      name: 'attachment_unsent',
      expression: `create index "attachment_unsent" on "attachment" ("created_at") where "message_id" is null and "state" <> 'REMOVED'`,
    },
    {
      name: 'attachment_unsent_of',
      expression: `create index "attachment_unsent_of" on "attachment" ("workspace_id", "uploaded_by_id") where "message_id" is null and "state" <> 'REMOVED'`,
    },
    {
      name: 'attachment_removing',
      expression: `create index "attachment_removing" on "attachment" ("removed_at") where "state" = 'REMOVED' and "file_removed_at" is null`,
    },
  ],
});

/** A file that is sent with a message. It is there without a message only until it is sent, or swept. */
export class Attachment extends AttachmentSchema.class {}
AttachmentSchema.setClass(Attachment);
