import type { Call } from '../application.js';
import { AppError, unavailable } from '../errors.js';
import type { ErrorCode } from '../error-codes.js';
import { claimOwnKey, keepProgress, lockProgress } from '../idempotency.js';
import { newId } from '../ids.js';
import { recordDenial } from '../record-denial.js';
import { Faults, MAX_REASON } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';
import { CHANGED_AT_ONCE, changeTogether, type ChangeOutcome, type ConversationChange } from './change-together.js';
import { statusFaults } from './set-status.js';

export interface ChangeConversationsInput extends ConversationChange {
  conversationIds: readonly string[];
  idempotencyKey?: string | null | undefined;
}

/** What became of one conversation: changed or so already, or why neither. */
export interface ChangedConversation {
  conversationId: string;
  changed: boolean;
  error: { code: ErrorCode; message: string } | null;
}

export interface ChangedConversations {
  /** The event that caused all others of it, where anything changed. */
  batchId: string;
  /** In the order asked. */
  results: ChangedConversation[];
}

const MUTATION = 'changeConversations';
/** Conversations that one request changes at the most. */
const MAX_CONVERSATIONS = 100;
/** Labels that it adds, and that it removes, at the most: each is an event of each conversation. */
const MAX_LABELS = 10;
/** So long those that somebody else is just changing are waited for altogether, in milliseconds. */
const PATIENCE_MS = 5_000;

type Settled = Omit<ChangedConversation, 'conversationId'>;

/** What of a request is done, as its key keeps it. */
interface Progress {
  /** The event that causes the others is recorded. */
  announced: boolean;
  /** By the ids of the conversations. */
  settled: [string, Settled][];
}

/** A request under way. */
interface Batch {
  id: string;
  input: ChangeConversationsInput;
  announced: boolean;
  settled: ReadonlyMap<string, Settled>;
}

/**
 * Changes several conversations alike, by the rules of the mutations that change one. One that is refused leaves nothing
 * and keeps no other from being changed; what is so already is no change. A few at a time are one transaction, and who is
 * just being changed by somebody else comes last; those that were waited for in vain are UNAVAILABLE and, under the same
 * key, tried again. The same key again goes on where it was interrupted, and answers the same.
 * @throws AppError VALIDATION_FAILED, CONFLICT for another request under a known key, and UNAVAILABLE where none could be
 *   changed now; then nothing is.
 */
export async function changeConversations(call: Call, input: ChangeConversationsInput): Promise<ChangedConversations> {
  validate(input);
  const batch = await begin(call, input);
  const open = input.conversationIds.toSorted();
  await changeParts(call, batch, open);
  const inVain = await changeBusy(call, batch, open);
  // Where nothing at all could be done, it fails as the mutations do that change one.
  if (batch.settled.size === 0) throw inVain.values().next().value!;
  return {
    batchId: batch.id,
    results: input.conversationIds.map((conversationId) => ({
      conversationId,
      ...(batch.settled.get(conversationId) ?? settledAs({ error: inVain.get(conversationId)! })),
    })),
  };
}

function validate(input: ChangeConversationsInput): void {
  const faults = new Faults();
  const { conversationIds, status, until, assigneeId, teamId, addLabelIds, removeLabelIds } = input;
  if (conversationIds.length === 0 || conversationIds.length > MAX_CONVERSATIONS)
    faults.add('conversationIds', `must be 1 to ${MAX_CONVERSATIONS}`);
  const seen = new Set<string>();
  conversationIds.forEach((id, index) => {
    if (seen.has(id)) faults.add(`conversationIds.${index}`, 'is there twice');
    seen.add(id);
  });
  for (const [path, ids] of Object.entries({ addLabelIds, removeLabelIds }))
    if (ids && (ids.length === 0 || ids.length > MAX_LABELS)) faults.add(path, `must be 1 to ${MAX_LABELS}`);
  addLabelIds?.forEach((id, index) => {
    if (removeLabelIds?.includes(id)) faults.add(`addLabelIds.${index}`, 'is to be removed, too');
  });
  if (!status && until) faults.add('until', 'goes with SNOOZED only');
  const given = [status, input.priority, input.spam, addLabelIds, removeLabelIds].some((value) => value != null);
  if (!given && assigneeId === undefined && teamId === undefined) faults.add('status', 'give something to change');
  faults.optionalText('reason', input.reason, MAX_REASON);
  faults.refuse();
}

/** When it ends is looked at once: repeated later, a request is what it was. */
function validateStatus({ app }: Call, { status, until }: ChangeConversationsInput): void {
  const faults = new Faults();
  if (status) statusFaults(faults, { status, until }, app.now());
  faults.refuse();
}

/** The request as it begins, or as far as the first with its key has come. */
async function begin(call: Call, input: ChangeConversationsInput): Promise<Batch> {
  const batch: Batch = { id: newId(), input, announced: false, settled: new Map() };
  const { idempotencyKey } = input;
  if (idempotencyKey == null) {
    validateStatus(call, input);
    return batch;
  }
  return withTransaction(call, async (tx) => {
    const known = await claimOwnKey(tx, MUTATION, input, batch.id);
    if (known === null) {
      validateStatus(call, input);
      return batch;
    }
    return { ...batch, id: known, ...reached(await lockProgress<Progress>(tx, MUTATION, idempotencyKey)) };
  });
}

/** What is still to be done of these. */
const openOf = ({ settled }: Batch, ids: readonly string[]): string[] => ids.filter((id) => !settled.has(id));

/** Changes those that nobody else is just changing, a few at a time. */
async function changeParts(call: Call, batch: Batch, ids: readonly string[]): Promise<void> {
  const open = openOf(batch, ids);
  for (let at = 0; at < open.length; at += CHANGED_AT_ONCE)
    await changePart(call, batch, open.slice(at, at + CHANGED_AT_ONCE), { waits: false });
}

/**
 * Changes those that somebody else was just changing: waits for the first alone, since who waits for several may wait for
 * ever, and then takes all others that have become free with it.
 * @returns why not, for those that were waited for in vain.
 */
async function changeBusy(call: Call, batch: Batch, ids: readonly string[]): Promise<ReadonlyMap<string, AppError>> {
  const began = performance.now();
  const inVain = new Map<string, AppError>();
  for (let busy = openOf(batch, ids); busy.length > 0; busy = openOf(batch, busy)) {
    const [first, ...others] = busy as [string, ...string[]];
    const late = performance.now() - began > PATIENCE_MS;
    const error = late
      ? unavailable('Somebody else is just changing it. Try again.')
      : await changePart(call, batch, [first], { waits: true });
    if (error) inVain.set(first, error);
    if (!late) await changeParts(call, batch, others);
    busy = others;
  }
  return inVain;
}

/**
 * Changes a part of the conversations in one transaction, and keeps with them what became of each.
 * @returns why nothing of it could be done now.
 */
async function changePart(
  call: Call,
  batch: Batch,
  ids: readonly string[],
  how: { waits: boolean },
): Promise<AppError | null> {
  try {
    const { outcomes, ...now } = await withTransaction(call, (tx) => changeIn(tx, batch, ids, how));
    Object.assign(batch, now);
    for (const outcome of outcomes.values())
      if ('error' in outcome && outcome.error.denial) await recordDenial(call, outcome.error.denial);
    return null;
  } catch (error) {
    if (error instanceof AppError && error.code === 'UNAVAILABLE') return error;
    throw error;
  }
}

async function changeIn(tx: Tx, batch: Batch, ids: readonly string[], how: { waits: boolean }) {
  const { input } = batch;
  const key = input.idempotencyKey ?? null;
  const known = key === null ? null : await lockProgress<Progress>(tx, MUTATION, key);
  const current = { ...batch, ...reached(known) };
  const open = openOf(current, ids);
  const outcomes =
    open.length === 0
      ? new Map<string, ChangeOutcome>()
      : await changeTogether(announcing(tx, current), open, input, how);
  const settled = new Map([
    ...current.settled,
    ...[...outcomes].map(([id, outcome]) => [id, settledAs(outcome)] as const),
  ]);
  const { announced } = current;
  if (key !== null && outcomes.size > 0) await keepProgress(tx, MUTATION, key, { announced, settled: [...settled] });
  return { outcomes, announced, settled };
}

/** A transaction whose events name the one event that they belong to, which comes before the first of them. */
const announcing = (tx: Tx, batch: Batch): Tx => ({
  ...tx,
  record: (event) => {
    const { conversationIds, idempotencyKey } = batch.input;
    const causationId = batch.id;
    if (!batch.announced) {
      // Without the reason, which may name a customer: the others have it, where the erasure of a contact reaches it.
      tx.record({
        id: causationId,
        action: 'conversation.bulk_changed',
        target: { type: 'conversation_batch', id: causationId, label: `${conversationIds.length} conversations` },
        metadata: { conversations: conversationIds.length },
        ...(idempotencyKey ? { idempotencyKey } : {}),
      });
      batch.announced = true;
    }
    return tx.record({ severity: 'NOTICE', ...event, causationId });
  },
});

/** What a key has kept; nothing before the first part is done. */
const reached = (progress: Progress | null) =>
  progress && { announced: progress.announced, settled: new Map(progress.settled) };

const settledAs = (outcome: ChangeOutcome): Settled =>
  'error' in outcome
    ? { changed: false, error: { code: outcome.error.code, message: outcome.error.message } }
    : { changed: outcome.changed, error: null };
