import { Alert, AlertMute, type AlertRule } from '../../entities/alert.js';
import type { Call } from '../application.js';
import { invalid, notFound } from '../errors.js';
import { isId } from '../ids.js';
import { checkReason, Faults, MAX_REASON, type WithReason } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';
import { EVERY_GROUP } from './groups.js';
import { accessRule, targetOf } from './write-rules.js';

/** The longest time that a rule is muted for, in milliseconds: 90 days. */
const MAX_MUTE_MS = 7_776_000_000;

export interface MuteAlertRule extends WithReason {
  ruleId: string;
  /** Only the group of this alert; every group where it is absent. */
  alertId?: string | null | undefined;
  until: Date;
}

/**
 * Has a rule, or one group of it, raise nothing until a time; what happens until then is not counted either. Muting again
 * moves the time.
 * @throws AppError NOT_FOUND, FORBIDDEN, VALIDATION_FAILED
 */
export async function muteAlertRule(call: Call, input: MuteAlertRule): Promise<string> {
  const now = call.app.now().getTime();
  const faults = new Faults();
  faults.optionalText('input.reason', input.reason, MAX_REASON);
  if (input.until.getTime() <= now) faults.add('input.until', 'must be in the future');
  if (input.until.getTime() > now + MAX_MUTE_MS) faults.add('input.until', 'must be within 90 days');
  faults.refuse();
  return withTransaction(call, async (tx) => {
    const rule = await accessRule(tx, input.ruleId, 'alert_rule.mute');
    const groupKey = await groupOf(tx, rule, input.alertId);
    const by = { mutedByKind: tx.principal.kind, mutedById: tx.principal.id, reason: input.reason ?? null };
    const muted = { mutedAt: tx.now, until: input.until, ...by };
    const known = await findMute(tx, rule, groupKey);
    if (known) tx.em.assign(known, { ...muted, mutedAt: known.until > tx.now ? known.mutedAt : tx.now });
    else tx.em.persist(tx.em.create(AlertMute, { ...placeOf(tx, rule, groupKey), ...muted }));
    tx.record({
      action: 'alert.muted',
      target: targetOf(rule),
      metadata: { until: input.until.toISOString(), ...(input.alertId ? { alertId: input.alertId } : {}) },
      reason: input.reason ?? null,
    });
    return rule.id;
  });
}

/**
 * Has it raise alerts again. What is not muted stays as it is, and nothing is recorded.
 * @throws AppError NOT_FOUND, FORBIDDEN, VALIDATION_FAILED
 */
export async function unmuteAlertRule(
  call: Call,
  input: { ruleId: string; alertId?: string | null | undefined } & WithReason,
): Promise<string> {
  checkReason(input, 'input.reason');
  return withTransaction(call, async (tx) => {
    const rule = await accessRule(tx, input.ruleId, 'alert_rule.unmute');
    const known = await findMute(tx, rule, await groupOf(tx, rule, input.alertId));
    if (!known || known.until <= tx.now) return rule.id;
    known.until = tx.now;
    tx.record({
      action: 'alert.unmuted',
      target: targetOf(rule),
      ...(input.alertId ? { metadata: { alertId: input.alertId } } : {}),
      reason: input.reason ?? null,
    });
    return rule.id;
  });
}

async function groupOf(tx: Tx, rule: AlertRule, alertId: string | null | undefined): Promise<string> {
  if (!alertId) return EVERY_GROUP;
  const { workspaceId } = tx.principal;
  const alert = isId(alertId) ? await tx.em.findOne(Alert, { workspaceId, id: alertId }) : null;
  if (!alert) throw notFound('alert');
  if (alert.ruleId !== rule.id) throw invalid({ path: 'input.alertId', message: 'is an alert of another rule' });
  if (alert.groupBy !== rule.groupBy) {
    throw invalid({ path: 'input.alertId', message: 'was raised when the rule grouped by something else' });
  }
  return alert.groupKey;
}

const placeOf = (tx: Tx, rule: AlertRule, groupKey: string) => ({
  workspaceId: tx.principal.workspaceId,
  ruleId: rule.id,
  groupKey,
});

const findMute = (tx: Tx, rule: AlertRule, groupKey: string) => tx.em.findOne(AlertMute, placeOf(tx, rule, groupKey));
