import { defineEntity } from '@mikro-orm/core';
import { workspaceKey } from './keys.js';
import { historyIndexes } from './history-indexes.js';

const p = defineEntity.properties;
const bytes = () => p.type('bytea').$type<Buffer>();

const RecordHeadSchema = defineEntity({
  name: 'RecordHead',
  tableName: 'record_head',
  properties: {
    workspaceId: workspaceKey(),
    epoch: p.integer(),
    size: p.bigint('number'),
    /** The compact range: popcount(size) subtree roots, the largest first. */
    frontier: p.array().columnType('bytea[]').$type<Buffer[]>(),
    lastRecordedAt: p.datetime(6).nullable(),
  },
});

/** Where a workspace's log stands. One hot row a workspace; only the append function moves it. */
export class RecordHead extends RecordHeadSchema.class {}
RecordHeadSchema.setClass(RecordHead);

const RecordEntrySchema = defineEntity({
  name: 'RecordEntry',
  tableName: 'record_entry',
  properties: {
    workspaceId: workspaceKey(),
    sequence: p.bigint('number').primary(),
    recordedAt: p.datetime(6),
    bodyHash: bytes(),
    leafHash: bytes(),
  },
  indexes: [{ properties: ['workspaceId', 'recordedAt'] }],
});

/** The leaf of one event: what is left of it for ever. */
export class RecordEntry extends RecordEntrySchema.class {}
RecordEntrySchema.setClass(RecordEntry);

const RecordBodySchema = defineEntity({
  name: 'RecordBody',
  tableName: 'record_body',
  properties: {
    workspaceId: workspaceKey(),
    sequence: p.bigint('number').primary(),
    /** The exact canonical text that was hashed. Never rebuilt. */
    body: p.text(),
    /** Each the exact base64url string that was digested. */
    disclosures: p.array(),
    eventId: p.uuid(),
    action: p.text(),
    category: p.text(),
    /** 0 INFO, 1 NOTICE, 2 WARNING, 3 CRITICAL. */
    severity: p.smallint(),
    outcome: p.text(),
    actorKind: p.text(),
    actorId: p.uuid().nullable(),
    oboKind: p.text().nullable(),
    oboId: p.uuid().nullable(),
    targetType: p.text().nullable(),
    targetId: p.text().nullable(),
    conversationId: p.uuid().nullable(),
    contactId: p.uuid().nullable(),
    teamId: p.uuid().nullable(),
    inboxId: p.uuid().nullable(),
    requestId: p.text().nullable(),
    causationId: p.uuid().nullable(),
    sessionId: p.uuid().nullable(),
    occurredAt: p.datetime(3),
    /** Who could see the conversation before the event: `agent:<id>`, `bot:<id>`, `inbox:<id>`, `team:<id>`. */
    audience: p.array().nullable(),
    /** The teams of the audience but `teamId`; mostly none. In no hash, like what follows. */
    otherTeamIds: p.array().columnType('uuid[]').nullable(),
    /** The words of the sentence, the names and the reason, without positions. Cleared by erasure. */
    search: p.type('tsvector').$type<string>().nullable(),
    /** In its canonical form. Cleared by erasure. */
    ipAddress: p.text().nullable(),
  },
  uniques: [{ properties: ['workspaceId', 'eventId'] }],
  indexes: [
    {
      name: 'record_body_action',
      expression:
        'create index "record_body_action" on "record_body" ("workspace_id", "action" text_pattern_ops, "sequence")',
    },
    { properties: ['workspaceId', 'actorId', 'sequence'] },
    { properties: ['workspaceId', 'teamId', 'sequence'] },
    { properties: ['workspaceId', 'conversationId', 'sequence'] },
    ...historyIndexes.map(({ name, on }) => ({ name, expression: `create index "${name}" on "record_body" ${on}` })),
  ],
});

/** What happened, with the columns that the log is filtered by. */
export class RecordBody extends RecordBodySchema.class {}
RecordBodySchema.setClass(RecordBody);
