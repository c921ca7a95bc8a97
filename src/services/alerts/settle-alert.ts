import { LockMode } from '@mikro-orm/core';
import { Alert, AlertRule } from '../../entities/alert.js';
import type { Call } from '../application.js';
import { conflict, forbidden, notFound } from '../errors.js';
import { isId } from '../ids.js';
import { alertSight, canAdminister } from '../policy.js';
import { checkReason, type WithReason } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';
import { alertCovered } from './read-alerts.js';

export interface SettleAlert extends WithReason {
  alertId: string;
}

/**
 * Loads an alert under its lock, for who may attend to it.
 * @throws AppError NOT_FOUND where there is none, or the caller may not read it; FORBIDDEN. Either is recorded.
 */
export async function accessAlert(tx: Tx, id: string, attempted: string): Promise<{ alert: Alert; rule: AlertRule }> {
  const { workspaceId } = tx.principal;
  const alert = isId(id)
    ? await tx.em.findOne(Alert, { workspaceId, id }, { lockMode: LockMode.PESSIMISTIC_WRITE })
    : null;
  if (!alert) throw notFound('alert');
  const rule = await tx.em.findOneOrFail(AlertRule, { workspaceId, id: alert.ruleId });
  if (canAdminister(tx.principal)) return { alert, rule };
  const readable = alertCovered(alertSight(tx.principal), alert);
  const error = readable ? forbidden('Only administrators may attend to alerts.') : notFound('alert');
  throw error.recordedAs({ attempted, target: { type: 'alert', id, label: rule.name } });
}

/**
 * Says that somebody attends to an alert. Doing so again changes nothing.
 * @throws AppError NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT, with its status, when it is resolved.
 */
export async function acknowledgeAlert(call: Call, input: SettleAlert): Promise<string> {
  checkReason(input, 'input.reason');
  return withTransaction(call, async (tx) => {
    const { alert, rule } = await accessAlert(tx, input.alertId, 'alert.acknowledge');
    if (alert.status === 'RESOLVED') throw conflict('The alert is resolved.', { status: alert.status });
    if (alert.status === 'ACKNOWLEDGED') return alert.id;
    alert.status = 'ACKNOWLEDGED';
    alert.acknowledgedByKind = tx.principal.kind;
    alert.acknowledgedById = tx.principal.id;
    alert.acknowledgedAt = tx.now;
    alert.acknowledgeReason = input.reason ?? null;
    recordSettled(tx, 'alert.acknowledged', { alert, rule, from: 'RAISED' }, input);
    return alert.id;
  });
}

/**
 * Says that an alert is done with: nothing is counted on it any more. Doing so again changes nothing.
 * @throws AppError NOT_FOUND, FORBIDDEN, VALIDATION_FAILED
 */
export async function resolveAlert(call: Call, input: SettleAlert): Promise<string> {
  checkReason(input, 'input.reason');
  return withTransaction(call, async (tx) => {
    const { alert, rule } = await accessAlert(tx, input.alertId, 'alert.resolve');
    const from = alert.status;
    if (from === 'RESOLVED') return alert.id;
    alert.status = 'RESOLVED';
    alert.resolvedByKind = tx.principal.kind;
    alert.resolvedById = tx.principal.id;
    alert.resolvedAt = tx.now;
    alert.resolveReason = input.reason ?? null;
    recordSettled(tx, 'alert.resolved', { alert, rule, from }, input);
    return alert.id;
  });
}

function recordSettled(
  tx: Tx,
  action: 'alert.acknowledged' | 'alert.resolved',
  { alert, rule, from }: { alert: Alert; rule: AlertRule; from: Alert['status'] },
  { reason }: SettleAlert,
): void {
  tx.record({
    action,
    target: { type: 'alert', id: alert.id, label: rule.name },
    changes: [{ field: 'alertStatus', before: from, after: alert.status }],
    metadata: { ruleId: rule.id },
    reason: reason ?? null,
  });
}
