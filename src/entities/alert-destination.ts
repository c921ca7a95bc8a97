import { defineEntity } from '@mikro-orm/core';
import { AlertDestinationKind, Severity } from './enums.js';
import { instant, oneOf, rootKey } from './keys.js';

const p = defineEntity.properties;

const AlertDestinationSchema = defineEntity({
  name: 'AlertDestination',
  tableName: 'alert_destination',
  properties: {
    ...rootKey,
    name: p.text(),
    kind: oneOf(AlertDestinationKind),
    url: p.text().nullable(),
    /** What webhooks are signed with. */
    secret: p.text().nullable(),
    /** The start of its SHA-256, to recognise it by. */
    secretFingerprint: p.text().nullable(),
    addresses: p.array().$type<string[]>(),
    minSeverity: oneOf(Severity),
    enabled: p.boolean(),
    /** The newest event of the record that was sent, or need not be. */
    sequence: p.bigint('number'),
    /** Of the event after it, so far. */
    attempts: p.integer(),
    nextAttemptAt: instant(),
    lastError: p.text().nullable(),
    deliveredAt: instant().nullable(),
    createdAt: instant(),
    deletedAt: instant().nullable(),
  },
});

/** Where alerts are sent to. */
export class AlertDestination extends AlertDestinationSchema.class {}
AlertDestinationSchema.setClass(AlertDestination);
