import type { ConversationStatus } from '../../entities/enums.js';
import { accessConversation, type AccessedConversation } from '../access.js';
import type { Call } from '../application.js';
import { cancelOpenHandover } from '../handovers/settle-handover.js';
import { Faults, MAX_REASON } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';
import { leaveGoneAssignee } from './gone-assignee.js';
import { changesSince, recordInTranscript, stateOf } from './transcript-entries.js';

export interface SetConversationStatusInput {
  conversationId: string;
  status: ConversationStatus;
  /** When a snoozed conversation wakes; needed with SNOOZED and only then. */
  until?: Date | null | undefined;
  reason?: string | null | undefined;
}

/** The furthest that a conversation can be put aside. */
const MAX_SNOOZE_MS = 366 * 24 * 60 * 60 * 1000;

/**
 * Moves a conversation to another status. Resolving withdraws an open handover: nobody is asked to take what is done.
 * SNOOZED wakes by itself at `until`. The status it has already changes nothing and records nothing, but a new `until`.
 * @throws AppError NOT_FOUND, FORBIDDEN, VALIDATION_FAILED
 */
export async function setConversationStatus(call: Call, input: SetConversationStatusInput): Promise<string> {
  const faults = new Faults();
  faults.optionalText('reason', input.reason, MAX_REASON);
  statusFaults(faults, input, call.app.now());
  faults.refuse();
  return withTransaction(call, async (tx) => {
    const accessed = await accessConversation(tx, input.conversationId, 'conversation.set_status');
    await moveTo(tx, accessed, input, input.reason ?? null);
    return accessed.conversation.id;
  });
}

/** A status, and with SNOOZED when it ends. */
export type NewStatus = Pick<SetConversationStatusInput, 'status' | 'until'>;

/** Moves a conversation whose lock is held to another status; the one it has changes nothing. */
export async function moveTo(
  tx: Tx,
  accessed: AccessedConversation,
  { status: to, ...given }: NewStatus,
  reason: string | null,
): Promise<void> {
  const { conversation } = accessed;
  const from = conversation.status;
  const until = to === 'SNOOZED' ? given.until! : null;
  if (from === to && until?.getTime() === conversation.snoozedUntil?.getTime()) return;
  if (to === 'RESOLVED') await cancelOpenHandover(tx, accessed);
  const before = stateOf(conversation);
  conversation.status = to;
  conversation.snoozedUntil = until;
  conversation.resolvedAt = to === 'RESOLVED' ? tx.now : null;
  if (from === 'RESOLVED') await leaveGoneAssignee(tx, conversation);
  recordInTranscript(tx, accessed, {
    ...transition(from, to, until),
    changes: changesSince(before, conversation),
    reason,
  });
}

/** The specific name of a transition where there is one, and what its sentence says. */
function transition(from: ConversationStatus, to: ConversationStatus, until: Date | null) {
  if (to === 'RESOLVED') return { action: 'conversation.resolved' as const };
  if (to === 'SNOOZED') return { action: 'conversation.snoozed' as const, metadata: { until: until!.toISOString() } };
  if (from === 'RESOLVED') return { action: 'conversation.reopened' as const };
  if (from === 'SNOOZED') return { action: 'conversation.unsnoozed' as const };
  return { action: 'conversation.status_changed' as const, metadata: { from, to } };
}

/** Checks when a status ends. */
export function statusFaults(faults: Faults, { status, until }: NewStatus, now: Date): void {
  if (status === 'SNOOZED') {
    if (!until) faults.add('until', 'is needed with SNOOZED');
    else if (until <= now) faults.add('until', 'must be in the future');
    else if (until.getTime() - now.getTime() > MAX_SNOOZE_MS) faults.add('until', 'must be within a year');
  } else if (until) {
    faults.add('until', 'goes with SNOOZED only');
  }
}
