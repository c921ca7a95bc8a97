import type { AlertCondition, AlertGroupBy, Severity } from '../../entities/enums.js';
import { actions } from '../record/actions.js';
import { validateEventFilter, type AuditEventFilter } from '../record/event-filter.js';
import { AppError } from '../errors.js';
import { Faults, MAX_REASON, MAX_REMARK, type WithReason } from '../text.js';
import type { RecordSight } from '../policy.js';
import { conditions } from './conditions.js';

/** What a rule is made of, as callers give it. */
export interface AlertRuleFields {
  name: string;
  description: string | null;
  enabled: boolean;
  filter: AuditEventFilter;
  condition: AlertCondition | null;
  parameters: Record<string, unknown>;
  threshold: number;
  windowSeconds: number;
  groupBy: AlertGroupBy;
  severity: Severity;
  quietSeconds: number;
}

const MONTH = 2_592_000;
const MAX_FILTER_BYTES = 8_192;
/** Recorded by integrators, under names of their own. */
const CUSTOM = 'custom.';

/**
 * Checks a whole rule.
 * @param given which of its fields the caller has named: what a rule comes with may name actions of later versions.
 * @param why what was given as the reason, checked with it and no part of it.
 * @param sight of the caller. A rule by address would tell who may see none whether something came from there.
 * @returns it as it is kept: without what is not given in its filter, and with all parameters of its condition.
 * @throws AppError VALIDATION_FAILED; FORBIDDEN for an address that the caller may not see.
 */
export function checkedRule(
  rule: AlertRuleFields,
  given: (field: keyof AlertRuleFields) => boolean,
  why: WithReason,
  sight: Pick<RecordSight, 'unmasked'>,
): AlertRuleFields {
  const faults = new Faults();
  const name = rule.name.trim();
  faults.text('input.name', name, MAX_REMARK);
  faults.optionalText('input.description', rule.description, MAX_REMARK);
  faults.optionalText('input.reason', why.reason, MAX_REASON);
  const whole = (field: 'threshold' | 'windowSeconds' | 'quietSeconds', min: number, max: number) => {
    const value = rule[field];
    if (!Number.isInteger(value) || value < min || value > max)
      faults.add(`input.${field}`, `must be ${min} to ${max}`);
  };
  whole('threshold', 1, 1_000);
  whole('windowSeconds', 1, MONTH);
  whole('quietSeconds', 0, MONTH);
  const filter = checkFilter(rule.filter, given('filter'), sight, faults);
  const parameters = checkParameters(rule, faults);
  faults.refuse();
  return { ...rule, name, filter, parameters };
}

function checkFilter(
  filter: AuditEventFilter,
  isGiven: boolean,
  { unmasked }: Pick<RecordSight, 'unmasked'>,
  faults: Faults,
): AuditEventFilter {
  const kept = Object.fromEntries(
    Object.entries(filter).filter(([, value]) => value !== null && value !== undefined),
  ) as AuditEventFilter;
  if (kept.from || kept.to) faults.add('input.filter', 'must not have from or to: a rule is about what is to come');
  if (Buffer.byteLength(JSON.stringify(kept)) > MAX_FILTER_BYTES) faults.add('input.filter', 'must be at most 8 KB');
  try {
    // What somebody else has given is asked about no further.
    validateEventFilter(kept, { unmasked: unmasked || !isGiven });
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'VALIDATION_FAILED') throw error;
    for (const { path, message } of error.details['fields'] as { path: string; message: string }[]) {
      faults.add(`input.${path}`, message);
    }
  }
  // A rule over what never happens would keep silent for ever, and look as if all were well.
  (isGiven ? (kept.actions ?? []) : []).forEach((pattern, index) => {
    if (!isAction(pattern)) faults.add(`input.filter.actions.${index}`, 'is not an action of auditActions');
  });
  return kept;
}

const isAction = (pattern: string): boolean =>
  pattern.startsWith(CUSTOM) ||
  (pattern.endsWith('*')
    ? Object.keys(actions).some((action) => action.startsWith(pattern.slice(0, -1)))
    : Object.hasOwn(actions, pattern));

function checkParameters({ condition, parameters }: AlertRuleFields, faults: Faults): Record<string, unknown> {
  if (condition === null) {
    if (Object.keys(parameters).length > 0) faults.add('input.parameters', 'go with a condition');
    return {};
  }
  const { data, error } = conditions[condition].parameters.safeParse(parameters);
  for (const { path, message } of error?.issues ?? []) {
    faults.add(['input.parameters', ...path.map(String)].join('.'), message);
  }
  return (data ?? {}) as Record<string, unknown>;
}
