import { defineEntity } from '@mikro-orm/core';
import { Attachment } from './attachment.js';
import { ActorKind } from './enums.js';
import { instant, inWorkspace, oneOf, tenantKey } from './keys.js';

const p = defineEntity.properties;

/** What one speaker says in one go, in seconds from the beginning of the recording. */
export interface SpeechSegment {
  speaker: string;
  startSeconds: number;
  endSeconds: number;
  text: string;
}

const SpeechSchema = defineEntity({
  name: 'Speech',
  tableName: 'speech',
  properties: {
    ...tenantKey,
    attachment: () => inWorkspace(p.manyToOne(Attachment), 'attachment_id'),
    /** The segments as JSON, exactly as digested: never made anew from what was parsed. */
    segments: p.text(),
    /** The texts of the segments, a line each: what it is found by. */
    words: p.text(),
    /** As a message's. */
    salt: p.text(),
    actorKind: oneOf(ActorKind),
    actorId: p.uuid(),
    createdAt: instant(),
    /** When it was written down anew, or erased. */
    replacedAt: instant().nullable(),
  },
  indexes: [
    { properties: ['workspaceId', 'attachment'] },
    {
      name: 'speech_current',
      expression: `create unique index "speech_current" on "speech" ("workspace_id", "attachment_id") where "replaced_at" is null`,
    },
  ],
});

/** What is said in a recording, written down. Whatever replaces it leaves it, for the digest on the record is of it. */
export class Speech extends SpeechSchema.class {}
SpeechSchema.setClass(Speech);
