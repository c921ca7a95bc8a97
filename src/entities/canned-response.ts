import { defineEntity } from '@mikro-orm/core';
import { instant, rootKey } from './keys.js';

const p = defineEntity.properties;

const CannedResponseSchema = defineEntity({
  name: 'CannedResponse',
  tableName: 'canned_response',
  properties: {
    ...rootKey,
    /** What is typed to find it. */
    shortcut: p.text(),
    /** As it was written: what stands in {{…}} is filled in by who sends it. */
    text: p.text(),
    /** How many messages were sent with it, counted by the statement that stores them. */
    useCount: p.integer(),
    createdAt: instant(),
    /** From then on nothing is sent with it. */
    deactivatedAt: instant().nullable(),
  },
  indexes: [
    {
      name: 'canned_response_in_use',
      expression:
        'create unique index "canned_response_in_use" on "canned_response" ("workspace_id", "shortcut") where "deactivated_at" is null',
    },
  ],
});

/** An answer that is kept to be sent again. */
export class CannedResponse extends CannedResponseSchema.class {}
CannedResponseSchema.setClass(CannedResponse);
