import { LockMode } from '@mikro-orm/core';
import { Workspace } from '../../entities/workspace.js';
import type { Call } from '../application.js';
import { refuseUnlessAdministrator } from '../guards.js';
import { EXPIRY_SECONDS } from '../handovers/offer.js';
import type { FieldChange } from '../record/event.js';
import { lockRouting, lookAgain } from '../routing/look-again.js';
import { Faults, MAX_REASON, type WithReason } from '../text.js';
import { isTimeZone } from '../time-zones.js';
import { withTransaction } from '../transaction.js';

export interface WorkspaceSettings {
  timeZone: string;
  viewCoalescingSeconds: number;
  agentsSeeOwnEvents: boolean;
  handoverExpirySeconds: number;
  restoreDays: number;
}

export type UpdateWorkspaceSettingsInput = WithReason & {
  [Setting in keyof WorkspaceSettings]?: WorkspaceSettings[Setting] | null | undefined;
};

/** The longest that one event of reading speaks, in seconds. */
const MAX_COALESCING_SECONDS = 3_600;
/** The longest that a deleted conversation can be restored, in days. */
const MAX_RESTORE_DAYS = 365;
/** In the order in which they stand in events. */
const settings = [
  'timeZone',
  'viewCoalescingSeconds',
  'agentsSeeOwnEvents',
  'handoverExpirySeconds',
  'restoreDays',
] as const;

/** What is set of a workspace, as the API names it. */
export const settingsOf = (
  workspace: Pick<
    Workspace,
    'timeZone' | 'viewWindowSeconds' | 'agentsSeeOwnEvents' | 'handoverExpirySeconds' | 'restoreDays'
  >,
): WorkspaceSettings => ({
  timeZone: workspace.timeZone,
  viewCoalescingSeconds: workspace.viewWindowSeconds,
  agentsSeeOwnEvents: workspace.agentsSeeOwnEvents,
  handoverExpirySeconds: workspace.handoverExpirySeconds,
  restoreDays: workspace.restoreDays,
});

/**
 * Changes what is set of the workspace; what is not given stays. What is so already is not recorded.
 * @throws AppError FORBIDDEN, VALIDATION_FAILED
 */
export async function updateWorkspaceSettings(call: Call, input: UpdateWorkspaceSettingsInput): Promise<void> {
  validate(input);
  await withTransaction(call, async (tx) => {
    refuseUnlessAdministrator(tx, 'settings.update');
    const { workspaceId: id } = tx.principal;
    if (input.timeZone != null) await lockRouting(tx);
    const workspace = await tx.em.findOneOrFail(Workspace, { id }, { lockMode: LockMode.PESSIMISTIC_WRITE });
    const before = settingsOf(workspace);
    workspace.timeZone = input.timeZone ?? before.timeZone;
    workspace.viewWindowSeconds = input.viewCoalescingSeconds ?? before.viewCoalescingSeconds;
    workspace.agentsSeeOwnEvents = input.agentsSeeOwnEvents ?? before.agentsSeeOwnEvents;
    workspace.handoverExpirySeconds = input.handoverExpirySeconds ?? before.handoverExpirySeconds;
    workspace.restoreDays = input.restoreDays ?? before.restoreDays;
    const after = settingsOf(workspace);
    const changes = settings
      .filter((setting) => before[setting] !== after[setting])
      .map((field): FieldChange => ({ field, before: before[field], after: after[field] }));
    if (changes.length === 0) return;
    // Business hours are by its clocks.
    if (before.timeZone !== after.timeZone) await lookAgain(tx, null);
    // Fewer events of reading than before: the record is weakened.
    const weakens = after.viewCoalescingSeconds > before.viewCoalescingSeconds;
    tx.record({
      action: 'settings.updated',
      ...(weakens ? { severity: 'CRITICAL' as const } : {}),
      target: { type: 'workspace', id, label: workspace.name },
      changes,
      reason: input.reason ?? null,
    });
  });
}

function validate(input: UpdateWorkspaceSettingsInput) {
  const { timeZone, viewCoalescingSeconds, handoverExpirySeconds, restoreDays, reason } = input;
  const faults = new Faults();
  if (timeZone != null && !isTimeZone(timeZone)) faults.add('timeZone', 'must be a time zone such as Europe/Berlin');
  if (viewCoalescingSeconds != null && (viewCoalescingSeconds < 0 || viewCoalescingSeconds > MAX_COALESCING_SECONDS)) {
    faults.add('viewCoalescingSeconds', `must be 0 to ${MAX_COALESCING_SECONDS}`);
  }
  const { min, max } = EXPIRY_SECONDS;
  if (handoverExpirySeconds != null && (handoverExpirySeconds < min || handoverExpirySeconds > max)) {
    faults.add('handoverExpirySeconds', `must be ${min} to ${max}`);
  }
  if (restoreDays != null && (restoreDays < 1 || restoreDays > MAX_RESTORE_DAYS)) {
    faults.add('restoreDays', `must be 1 to ${MAX_RESTORE_DAYS}`);
  }
  faults.optionalText('reason', reason, MAX_REASON);
  faults.refuse();
}
