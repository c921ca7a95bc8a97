import { LockMode } from '@mikro-orm/core';
import { AlertRule } from '../../entities/alert.js';
import type { Call } from '../application.js';
import { AppError, conflict, forbidden, notFound, type Denial } from '../errors.js';
import { refuseUnlessAdministrator, workspaceTarget } from '../guards.js';
import { isId, newId } from '../ids.js';
import { alertSight, canAdminister, recordSight } from '../policy.js';
import type { FieldChange } from '../record/event.js';
import { sql } from '../sql.js';
import { checkReason, type WithReason } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';
import { checkedRule, type AlertRuleFields } from './check-rule.js';
import { refuseBeyond } from '../workspaces/places.js';

/** The most rules that a workspace has. */
const MAX_RULES = 200;

type Optional<T> = { [K in keyof T]?: T[K] | null | undefined };

export type NewAlertRule = Optional<AlertRuleFields> & Pick<AlertRuleFields, 'name' | 'filter'> & WithReason;
export type AlertRuleUpdate = Optional<AlertRuleFields> & { ruleId: string } & WithReason;

/** In the order in which they stand in events. */
const fields = [
  'name',
  'description',
  'enabled',
  'filter',
  'condition',
  'parameters',
  'threshold',
  'windowSeconds',
  'groupBy',
  'severity',
  'quietSeconds',
] as const satisfies readonly (keyof AlertRuleFields)[];

/** A change of these makes what the rule remembers worthless. */
const judgingFields: readonly string[] = ['filter', 'condition', 'parameters', 'threshold', 'windowSeconds', 'groupBy'];

/**
 * Loads a rule under its lock, for who may change it.
 * @throws AppError NOT_FOUND where there is none, or the caller may read no rules; FORBIDDEN. Either is recorded.
 */
export async function accessRule(tx: Tx, id: string, attempted: string): Promise<AlertRule> {
  const { workspaceId } = tx.principal;
  const found = isId(id)
    ? await tx.em.findOne(AlertRule, { workspaceId, id, deletedAt: null }, { lockMode: LockMode.PESSIMISTIC_WRITE })
    : null;
  if (!found) throw notFound('alert rule');
  if (canAdminister(tx.principal)) return found;
  const readable = alertSight(tx.principal).everything;
  const error = readable ? forbidden('Only administrators may change alert rules.') : notFound('alert rule');
  throw error.recordedAs({ attempted, target: { type: 'alert_rule', id, label: found.name } });
}

/** A rule as it is asked for, with what is not said. */
export const ruleFrom = (input: NewAlertRule): AlertRuleFields => ({
  name: input.name,
  description: input.description ?? null,
  enabled: input.enabled ?? true,
  filter: input.filter,
  condition: input.condition ?? null,
  parameters: input.parameters ?? {},
  threshold: input.threshold ?? 1,
  windowSeconds: input.windowSeconds ?? 3_600,
  groupBy: input.groupBy ?? 'NONE',
  severity: input.severity ?? 'WARNING',
  quietSeconds: input.quietSeconds ?? 3_600,
});

/** Checks a rule as its writer may see events. @throws AppError VALIDATION_FAILED; FORBIDDEN, recorded. */
function checkedBy(
  { principal }: Tx,
  denial: Denial,
  rule: AlertRuleFields,
  given: (field: keyof AlertRuleFields) => boolean,
  why: WithReason,
): AlertRuleFields {
  try {
    return checkedRule(rule, given, why, recordSight(principal));
  } catch (error) {
    throw error instanceof AppError && error.code === 'FORBIDDEN' ? error.recordedAs(denial) : error;
  }
}

/** Creates a rule. @throws AppError FORBIDDEN, VALIDATION_FAILED; LIMIT_EXCEEDED at 200 rules. */
export async function createAlertRule(call: Call, input: NewAlertRule): Promise<string> {
  return withTransaction(call, async (tx) => {
    refuseUnlessAdministrator(tx, 'alert_rule.create');
    const { workspaceId } = tx.principal;
    const target = workspaceTarget(workspaceId);
    const rule = checkedBy(tx, { attempted: 'alert_rule.create', target }, ruleFrom(input), () => true, input);
    await refuseBeyond(tx, {
      limit: 'alertRules',
      value: MAX_RULES,
      there: sql`from alert_rule t where t.workspace_id = ${workspaceId} and t.deleted_at is null`,
    });
    const created = tx.em.create(AlertRule, {
      workspaceId,
      id: newId(),
      key: null,
      ...rule,
      filter: rule.filter as Record<string, unknown>,
      version: 1,
      createdAt: tx.now,
      updatedAt: tx.now,
      deletedAt: null,
    });
    tx.em.persist(created);
    tx.record({
      action: 'alert_rule.created',
      target: targetOf(created),
      changes: changesOf(null, rule),
      reason: input.reason ?? null,
    });
    return created.id;
  });
}

/**
 * Changes a rule. What is absent stays as it is; what changes nothing is not recorded. What a rule judges by anew, it
 * judges from the next event on.
 * @throws AppError NOT_FOUND, FORBIDDEN, VALIDATION_FAILED
 */
export async function updateAlertRule(call: Call, input: AlertRuleUpdate): Promise<string> {
  return withTransaction(call, async (tx) => {
    const rule = await accessRule(tx, input.ruleId, 'alert_rule.update');
    const before = fieldsOf(rule);
    const isGiven = (field: keyof AlertRuleFields) =>
      field === 'condition' || field === 'description'
        ? input[field] !== undefined
        : input[field] !== undefined && input[field] !== null;
    const asked = Object.fromEntries(fields.filter(isGiven).map((field) => [field, input[field]]));
    // Parameters belong to their condition.
    const parameters =
      asked['condition'] !== undefined && asked['condition'] !== before.condition ? {} : before.parameters;
    const asks = { attempted: 'alert_rule.update', target: targetOf(rule) };
    const after = checkedBy(tx, asks, { ...before, parameters, ...asked } as AlertRuleFields, isGiven, input);
    const changes = changesOf(before, after);
    if (changes.length === 0) return rule.id;
    const version = changes.some(({ field }) => judgingFields.includes(field)) ? rule.version + 1 : rule.version;
    tx.em.assign(rule, { ...after, filter: after.filter as Record<string, unknown>, version, updatedAt: tx.now });
    tx.record({
      action: 'alert_rule.updated',
      target: targetOf(rule),
      changes,
      ...(rule.key ? { metadata: { key: rule.key } } : {}),
      reason: input.reason ?? null,
    });
    return rule.id;
  });
}

/**
 * Deletes a rule; its alerts stay.
 * @throws AppError NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT for one that every workspace has.
 */
export async function deleteAlertRule(call: Call, input: { ruleId: string } & WithReason): Promise<string> {
  checkReason(input, 'input.reason');
  return withTransaction(call, async (tx) => {
    const rule = await accessRule(tx, input.ruleId, 'alert_rule.delete');
    if (rule.key) {
      throw conflict('Every workspace has this rule: switch it off instead.', { key: rule.key, enabled: rule.enabled });
    }
    tx.record({
      action: 'alert_rule.deleted',
      target: targetOf(rule),
      changes: changesOf(fieldsOf(rule), null),
      reason: input.reason ?? null,
    });
    rule.deletedAt = tx.now;
    rule.enabled = false;
    return rule.id;
  });
}

/** A rule as the target of an event. */
export const targetOf = (rule: Pick<AlertRule, 'id' | 'name'>) => ({
  type: 'alert_rule',
  id: rule.id,
  label: rule.name,
});

const fieldsOf = (rule: AlertRule): AlertRuleFields =>
  Object.fromEntries(fields.map((field) => [field, rule[field] ?? null])) as unknown as AlertRuleFields;

/** What has changed; a filter and parameters as their JSON. */
function changesOf(before: AlertRuleFields | null, after: AlertRuleFields | null): FieldChange[] {
  return fields.flatMap((field): FieldChange[] => {
    const [was, is] = [scalar(before?.[field]), scalar(after?.[field])];
    if (was === is) return [];
    return [{ field, before: was, after: is }];
  });
}

/** Keys in order: the database does not keep theirs. */
const scalar = (value: unknown): string | number | boolean | undefined =>
  value === null || value === undefined
    ? undefined
    : typeof value === 'object'
      ? JSON.stringify(sorted(value))
      : (value as string | number | boolean);

const sorted = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(sorted)
    : value !== null && typeof value === 'object'
      ? Object.fromEntries(
          Object.entries(value)
            .toSorted(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, inner]) => [key, sorted(inner)]),
        )
      : value;
