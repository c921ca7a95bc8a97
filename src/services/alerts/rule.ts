import type { AlertRule } from '../../entities/alert.js';
import type { RowOf } from '../../entities/row.js';
import type { AuditEventFilter } from '../record/event-filter.js';

export type AlertRuleRow = RowOf<AlertRule>;

/** What of a rule decides over events. */
export type JudgingRule = Pick<
  AlertRuleRow,
  | 'id'
  | 'version'
  | 'condition'
  | 'parameters'
  | 'threshold'
  | 'windowSeconds'
  | 'groupBy'
  | 'severity'
  | 'quietSeconds'
> & { filter: AuditEventFilter };

/** A rule as it decides over events: what it is about is read once. */
export const judging = (rule: Omit<AlertRuleRow, 'filter'> & { filter: unknown }): JudgingRule => ({
  ...rule,
  filter: rule.filter as AuditEventFilter,
});
