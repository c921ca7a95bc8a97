import { defineEntity } from '@mikro-orm/core';
import { ActorKind, AlertCondition, AlertGroupBy, AlertStatus, Severity } from './enums.js';
import { instant, oneOf, rootKey, tenantKey, workspaceKey } from './keys.js';

const p = defineEntity.properties;

const AlertRuleSchema = defineEntity({
  name: 'AlertRule',
  tableName: 'alert_rule',
  properties: {
    ...rootKey,
    /** Of a rule that every workspace has; null = somebody made it. */
    key: p.text().nullable(),
    name: p.text(),
    description: p.text().nullable(),
    enabled: p.boolean(),
    /** Which events it is about: a filter of the record's events. */
    filter: p.json().$type<Record<string, unknown>>(),
    condition: oneOf(AlertCondition).nullable(),
    /** Of the condition. */
    parameters: p.json().$type<Record<string, unknown>>(),
    threshold: p.integer(),
    windowSeconds: p.integer(),
    groupBy: oneOf(AlertGroupBy),
    severity: oneOf(Severity),
    quietSeconds: p.integer(),
    /** Counts the changes that what it remembers does not survive. */
    version: p.integer(),
    createdAt: instant(),
    updatedAt: instant(),
    /** Its alerts outlive it. */
    deletedAt: instant().nullable(),
  },
  uniques: [{ properties: ['workspaceId', 'key'] }],
});

/** What of the record calls for somebody's attention. */
export class AlertRule extends AlertRuleSchema.class {}
AlertRuleSchema.setClass(AlertRule);

const AlertSchema = defineEntity({
  name: 'Alert',
  tableName: 'alert',
  properties: {
    ...tenantKey,
    ruleId: p.uuid(),
    severity: oneOf(Severity),
    status: oneOf(AlertStatus),
    groupBy: oneOf(AlertGroupBy),
    /** The id of the group; of an address its hash, since the address itself must be erasable from the record. */
    groupKey: p.text(),
    /** Who did what it is about, 64 at most, each once. */
    actorIds: p.array().columnType('uuid[]').$type<string[]>(),
    /** The kind of each of them. */
    actorKinds: p.array().$type<ActorKind[]>(),
    /** Somebody without an id is among them, or there were more. */
    othersActed: p.boolean(),
    count: p.integer(),
    firstAt: instant(),
    lastAt: instant(),
    /** The first 64 of the events, ascending. */
    sequences: p.json().$type<number[]>(),
    raisedAt: instant(),
    acknowledgedByKind: oneOf(ActorKind).nullable(),
    acknowledgedById: p.uuid().nullable(),
    acknowledgedAt: instant().nullable(),
    acknowledgeReason: p.text().nullable(),
    resolvedByKind: oneOf(ActorKind).nullable(),
    resolvedById: p.uuid().nullable(),
    resolvedAt: instant().nullable(),
    resolveReason: p.text().nullable(),
  },
  indexes: [{ properties: ['workspaceId', 'raisedAt', 'id'] }],
});

/** Events of the record called for attention. */
export class Alert extends AlertSchema.class {}
AlertSchema.setClass(Alert);

const AlertMuteSchema = defineEntity({
  name: 'AlertMute',
  tableName: 'alert_mute',
  properties: {
    workspaceId: workspaceKey(),
    ruleId: p.uuid().primary(),
    /** As an alert's; '*' = of every group. */
    groupKey: p.text().primary(),
    mutedAt: instant(),
    until: instant(),
    mutedByKind: oneOf(ActorKind),
    mutedById: p.uuid().nullable(),
    reason: p.text().nullable(),
  },
});

/** Of a rule, or of one group of it, nothing is raised for a while. */
export class AlertMute extends AlertMuteSchema.class {}
AlertMuteSchema.setClass(AlertMute);

const AlertCursorSchema = defineEntity({
  name: 'AlertCursor',
  tableName: 'alert_cursor',
  properties: {
    workspaceId: workspaceKey(),
    /** The newest event that is evaluated; −1 = none. */
    sequence: p.bigint('number'),
  },
});

/** How far the record of a workspace is evaluated. */
export class AlertCursor extends AlertCursorSchema.class {}
AlertCursorSchema.setClass(AlertCursor);

const AlertStateSchema = defineEntity({
  name: 'AlertState',
  tableName: 'alert_state',
  properties: {
    workspaceId: workspaceKey(),
    ruleId: p.uuid().primary(),
    key: p.text().primary(),
    /** Of the rule that it was made by. */
    version: p.integer(),
    state: p.json().$type<unknown>(),
    /** After this it says nothing any more, by the time of the events. */
    expiresAt: instant(),
    /** When nothing more having happened is itself something, by the clock. */
    dueAt: instant().nullable(),
  },
  indexes: [
    {
      name: 'alert_state_due',
      expression: 'create index "alert_state_due" on "alert_state" ("due_at") where "due_at" is not null',
    },
    { properties: ['workspaceId', 'expiresAt'] },
  ],
});

/** What a rule remembers of the events so far, for one of its groups. */
export class AlertState extends AlertStateSchema.class {}
AlertStateSchema.setClass(AlertState);
