import type { Priority } from '../../entities/enums.js';
import { accessConversation, type AccessedConversation } from '../access.js';
import type { Call } from '../application.js';
import { attributeEvent, changeAttributes } from '../attributes/validate.js';
import { cancelOpenHandover } from '../handovers/settle-handover.js';
import { lookAgainAt } from '../routing/look-again.js';
import { checkReason, Faults, MAX_REASON, MAX_REMARK, type WithReason } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';
import { recordInTranscript } from './transcript-entries.js';

interface OfConversation extends WithReason {
  conversationId: string;
}

/** Sets the priority. The one it has changes nothing. @throws AppError NOT_FOUND, FORBIDDEN, VALIDATION_FAILED */
export async function setConversationPriority(
  call: Call,
  input: OfConversation & { priority: Priority },
): Promise<string> {
  checkReason(input);
  return withTransaction(call, async (tx) => {
    const accessed = await accessConversation(tx, input.conversationId, 'conversation.update');
    prioritize(tx, accessed, input.priority, input.reason ?? null);
    return accessed.conversation.id;
  });
}

/** Sets the priority of a conversation whose lock is held; the one it has changes nothing. */
export function prioritize(tx: Tx, accessed: AccessedConversation, to: Priority, reason: string | null): void {
  const { conversation } = accessed;
  const from = conversation.priority;
  if (from === to) return;
  conversation.priority = to;
  recordInTranscript(tx, accessed, {
    action: 'conversation.priority_changed',
    metadata: { from, to },
    changes: [{ field: 'priority', before: from, after: to }],
    reason,
  });
}

/** Pins for everybody, or no longer. As it is already changes nothing. @throws AppError NOT_FOUND, FORBIDDEN */
export async function setPinned(call: Call, input: OfConversation, pinned: boolean): Promise<string> {
  checkReason(input);
  return withTransaction(call, async (tx) => {
    const accessed = await accessConversation(tx, input.conversationId, 'conversation.update');
    const { conversation } = accessed;
    if (conversation.pinned === pinned) return conversation.id;
    conversation.pinned = pinned;
    recordInTranscript(tx, accessed, {
      action: pinned ? 'conversation.pinned' : 'conversation.unpinned',
      changes: [{ field: 'pinned', before: !pinned, after: pinned }],
      reason: input.reason ?? null,
    });
    return conversation.id;
  });
}

/**
 * Takes a conversation out of the inbox as spam, or back into it in the state that it had. An open handover is withdrawn:
 * nobody is asked to take what is spam. As it is already changes nothing.
 * @throws AppError NOT_FOUND, FORBIDDEN, VALIDATION_FAILED
 */
export async function setSpam(call: Call, input: OfConversation, spam: boolean): Promise<string> {
  checkReason(input);
  return withTransaction(call, async (tx) => {
    const accessed = await accessConversation(tx, input.conversationId, 'conversation.update');
    if (!spam && accessed.conversation.spam) await lookAgainAt(tx, [accessed.conversation.id]);
    await markSpam(tx, accessed, spam, input.reason ?? null);
    return accessed.conversation.id;
  });
}

/** Marks a conversation whose lock is held as spam, or no longer; as it is already changes nothing. */
export async function markSpam(
  tx: Tx,
  accessed: AccessedConversation,
  spam: boolean,
  reason: string | null,
): Promise<void> {
  const { conversation } = accessed;
  if (conversation.spam === spam) return;
  if (spam) await cancelOpenHandover(tx, accessed);
  conversation.spam = spam;
  recordInTranscript(tx, accessed, {
    action: spam ? 'conversation.spam_marked' : 'conversation.spam_unmarked',
    changes: [{ field: 'spam', before: !spam, after: spam }],
    reason,
  });
}

/**
 * Changes what a conversation is about, and its attributes, of which each is an event. Absent leaves as it is, null takes
 * it away.
 * @throws AppError NOT_FOUND, FORBIDDEN, VALIDATION_FAILED, naming every attribute at fault
 */
export async function updateConversation(
  call: Call,
  input: OfConversation & { subject?: string | null | undefined; attributes?: unknown },
): Promise<string> {
  const faults = new Faults();
  faults.optionalText('reason', input.reason, MAX_REASON);
  if (input.subject !== undefined && input.subject !== null) faults.text('subject', input.subject, MAX_REMARK);
  faults.refuse();
  return withTransaction(call, async (tx) => {
    const accessed = await accessConversation(tx, input.conversationId, 'conversation.update');
    const reason = input.reason ?? null;
    setSubject(tx, accessed, input.subject, reason);
    if (input.attributes !== undefined && input.attributes !== null)
      await setAttributes(tx, accessed, input.attributes, reason);
    return accessed.conversation.id;
  });
}

function setSubject(
  tx: Tx,
  accessed: AccessedConversation,
  after: string | null | undefined,
  reason: string | null,
): void {
  if (after !== undefined && after !== (accessed.conversation.subject ?? null))
    recordSubject(tx, accessed, after, reason);
}

/** Gives a conversation whose lock is held another subject. */
export function recordSubject(
  tx: Tx,
  accessed: AccessedConversation,
  after: string | null,
  reason: string | null,
): void {
  const { conversation } = accessed;
  const before = conversation.subject ?? null;
  conversation.subject = after;
  recordInTranscript(tx, accessed, {
    action: 'conversation.subject_changed',
    changes: [{ field: 'subject', before: before ?? undefined, after: after ?? undefined }],
    reason,
  });
}

async function setAttributes(
  tx: Tx,
  accessed: AccessedConversation,
  given: unknown,
  reason: string | null,
): Promise<void> {
  const { conversation } = accessed;
  const { attributes, changes } = await changeAttributes(tx, 'CONVERSATION', conversation.attributes, given);
  if (changes.length === 0) return;
  conversation.attributes = { ...attributes };
  for (const change of changes)
    recordInTranscript(tx, accessed, { action: 'conversation.attribute_changed', ...attributeEvent(change), reason });
}
