import { defineEntity } from '@mikro-orm/core';
import { EventFormat, SinkHealth, SinkKind } from './enums.js';
import { instant, oneOf, tenantKey } from './keys.js';

const p = defineEntity.properties;

const AuditSinkSchema = defineEntity({
  name: 'AuditSink',
  tableName: 'audit_sink',
  properties: {
    ...tenantKey,
    name: p.text(),
    kind: oneOf(SinkKind),
    format: oneOf(EventFormat),
    /** As it was given: `AuditEventFilter`. */
    filter: p.json<Record<string, unknown>>(),
    /** Of a webhook. */
    url: p.text().nullable(),
    /** Of a syslog server. */
    host: p.text().nullable(),
    port: p.integer().nullable(),
    tls: p.boolean(),
    /** What webhooks are signed with. Never read back by who serves queries. */
    secret: p.text().nullable(),
    /** The one before, which signs too for a while. */
    previousSecret: p.text().nullable(),
    previousSecretUntil: instant().nullable(),
    /** Of the secret. */
    fingerprint: p.text().nullable(),
    health: oneOf(SinkHealth),
    /** Everything before this has been taken, or did not pass the filter. */
    nextSequence: p.bigint('number'),
    /** The checkpoint that came with the last batch that was taken. */
    sentEpoch: p.integer().nullable(),
    sentSize: p.bigint('number').nullable(),
    /** Attempts in a row that failed. */
    failures: p.integer(),
    /** Null = at once. */
    nextAttemptAt: instant().nullable(),
    lastSuccessAt: instant().nullable(),
    lastError: p.text().nullable(),
    lastErrorAt: instant().nullable(),
    createdAt: instant(),
    deletedAt: instant().nullable(),
  },
  indexes: [
    {
      name: 'audit_sink_active',
      expression:
        'create index "audit_sink_active" on "audit_sink" ("workspace_id", "id") where "deleted_at" is null and "health" <> \'DISABLED\'',
    },
  ],
});

/** A system of the customer's that the record is pushed to, event by event in order. */
export class AuditSink extends AuditSinkSchema.class {}
AuditSinkSchema.setClass(AuditSink);
