import { defineEntity } from '@mikro-orm/core';
import { AuditCategory, RemovalKind } from './enums.js';
import { instant, oneOf, tenantKey, workspaceKey } from './keys.js';

const p = defineEntity.properties;

const RetentionRuleSchema = defineEntity({
  name: 'RetentionRule',
  tableName: 'retention_rule',
  properties: {
    workspaceId: workspaceKey(),
    category: oneOf(AuditCategory).primary(),
    /** Null = for ever, as where there is no row. */
    days: p.integer().nullable(),
    changedAt: instant(),
  },
});

/** For how long a workspace keeps what its events of one category say. */
export class RetentionRule extends RetentionRuleSchema.class {}
RetentionRuleSchema.setClass(RetentionRule);

const RemovalRunSchema = defineEntity({
  name: 'RemovalRun',
  tableName: 'removal_run',
  properties: {
    ...tenantKey,
    kind: oneOf(RemovalKind),
    /** Whose data an ERASURE removes. */
    contactId: p.uuid().nullable(),
    /** What a PURGE leaves only the tombstone of. */
    conversationId: p.uuid().nullable(),
    /** Of an ERASURE, the events with what others filtered by that names the contact. */
    filters: p.array().columnType('bigint[]').nullable(),
    /** Of a PRUNING, by category: what was recorded before this moment goes. */
    cutoffs: p.json<Record<string, string>>().nullable(),
    /** The last sequence that was looked at. */
    position: p.bigint('number'),
    /** The events that have announced what has not been removed yet. */
    pending: p.array().columnType('uuid[]'),
    /** Disclosures or bodies that were announced. */
    announced: p.integer(),
    messages: p.integer(),
    notes: p.integer(),
    startedAt: instant(),
    finishedAt: instant().nullable(),
  },
  indexes: [
    {
      name: 'removal_run_open',
      expression: 'create index "removal_run_open" on "removal_run" ("started_at") where "finished_at" is null',
    },
  ],
});

/** Something that is being removed from a workspace, step by step: announced first, then done, and taken up after a crash. */
export class RemovalRun extends RemovalRunSchema.class {}
RemovalRunSchema.setClass(RemovalRun);
