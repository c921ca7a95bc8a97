import { defineEntity } from '@mikro-orm/core';
import { instant, workspaceKey } from './keys.js';

const p = defineEntity.properties;

const IdempotencyKeySchema = defineEntity({
  name: 'IdempotencyKey',
  tableName: 'idempotency_key',
  properties: {
    workspaceId: workspaceKey(),
    /** Whose key it is: a principal, or the inbox whose channel names the message. */
    owner: p.text().primary(),
    mutation: p.text().primary(),
    key: p.text().primary(),
    /** SHA-256 of the request; null where the key alone says that it is the same thing. */
    requestHash: p.text().nullable(),
    /** The id of what the first request made. */
    resultId: p.uuid(),
    /** How far it has come, where it is carried out in several transactions; ids, codes and messages, no content. */
    progress: p.json<object>().nullable(),
    createdAt: instant(),
    /** null = kept for good, as a channel's own message ids are. */
    expiresAt: instant().nullable(),
  },
  indexes: [
    {
      name: 'idempotency_key_expiry',
      expression:
        'create index "idempotency_key_expiry" on "idempotency_key" ("expires_at") where "expires_at" is not null',
    },
  ],
});

/** Remembers that a request was carried out, so that its repetition answers with the same thing. */
export class IdempotencyKey extends IdempotencyKeySchema.class {}
IdempotencyKeySchema.setClass(IdempotencyKey);
