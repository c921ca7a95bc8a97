import { defineEntity } from '@mikro-orm/core';
import { ActorKind, ExportFormat, ExportState } from './enums.js';
import { instant, oneOf, tenantKey } from './keys.js';

const p = defineEntity.properties;

const ExportJobSchema = defineEntity({
  name: 'ExportJob',
  tableName: 'export_job',
  properties: {
    ...tenantKey,
    requestedByKind: oneOf(ActorKind),
    requestedById: p.uuid(),
    format: oneOf(ExportFormat),
    /** As it was given: `AuditEventFilter`. */
    filter: p.json<Record<string, unknown>>(),
    /** Of a bundle of evidence that is of one of these, and not of a range. */
    conversationId: p.uuid().nullable(),
    contactId: p.uuid().nullable(),
    reason: p.text().nullable(),
    gzip: p.boolean(),
    /** Addresses and committed values are shown, as they are to who asked. */
    unmasked: p.boolean(),
    /** The first and the last event that are looked at; fixed when it was asked for, so that it ends. */
    fromSequence: p.bigint('number'),
    toSequence: p.bigint('number'),
    state: oneOf(ExportState),
    /** Everything before this is in the parts. */
    nextSequence: p.bigint('number'),
    /** Files of one page each, of which the whole is made at the end. */
    parts: p.integer(),
    /** SHA-256 over the digests of the parts one by one, in hexadecimal: a part that was lost or cut is noticed. */
    partsDigest: p.text(),
    rows: p.bigint('number'),
    /** Failures since the last page. */
    failures: p.integer(),
    /** Why it failed. */
    fault: p.text().nullable(),
    /** Of the whole file, in bytes. */
    bytes: p.bigint('number').nullable(),
    /** Of the whole file, in hexadecimal. */
    sha256: p.text().nullable(),
    requestedAt: instant(),
    completedAt: instant().nullable(),
    /** When the file goes. */
    expiresAt: instant().nullable(),
  },
  indexes: [
    { properties: ['workspaceId', 'requestedAt', 'id'] },
    {
      name: 'export_job_due',
      expression:
        'create index "export_job_due" on "export_job" ("requested_at") where "state" in (\'REQUESTED\', \'RUNNING\')',
    },
    {
      name: 'export_job_expiry',
      expression: 'create index "export_job_expiry" on "export_job" ("expires_at") where "state" = \'COMPLETED\'',
    },
  ],
});

/** A part of the record that is written to a file. */
export class ExportJob extends ExportJobSchema.class {}
ExportJobSchema.setClass(ExportJob);
