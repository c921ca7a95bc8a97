import type { Conversation } from '../../entities/conversation.js';
import { Workspace } from '../../entities/workspace.js';
import { accessConversation, type AccessedConversation } from '../access.js';
import type { Call } from '../application.js';
import { conflict, notFound } from '../errors.js';
import { refuseUnlessAdministrator } from '../guards.js';
import { cancelOpenHandover } from '../handovers/settle-handover.js';
import { claimOwnKey } from '../idempotency.js';
import { isId } from '../ids.js';
import { rowLimit } from '../paging.js';
import { lockRouting, lookAgain } from '../routing/look-again.js';
import { sql } from '../sql.js';
import { checkReason, Faults, MAX_REASON, type WithReason } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';
import { showDeleted } from './deleted.js';
import { leaveGoneAssignee } from './gone-assignee.js';
import { changesSince, recordInTranscript, stateOf, type ConversationEvent } from './transcript-entries.js';

export interface DeleteConversationInput {
  conversationId: string;
  reason: string;
  idempotencyKey?: string | null | undefined;
}

export interface RestoreConversationInput extends WithReason {
  conversationId: string;
}

const DAY_MS = 86_400_000;

/**
 * Deletes a conversation: it is there for nobody until it is restored, for which there is the time that the workspace
 * has set. Its open handover is withdrawn, and its external id is free: what its customer writes from now on opens another.
 * @returns its id; for a repeated idempotencyKey that of the first time.
 * @throws AppError NOT_FOUND, also for what is deleted already; FORBIDDEN, VALIDATION_FAILED; CONFLICT for another
 *   request under a known key, for the same once it was restored, and for what was merged
 */
export async function deleteConversation(call: Call, input: DeleteConversationInput): Promise<string> {
  const faults = new Faults();
  faults.text('reason', input.reason, MAX_REASON);
  faults.refuse();
  const { conversationId } = input;
  if (!isId(conversationId)) throw notFound('conversation');
  return withTransaction(call, async (tx) => {
    const known = await claimOwnKey(tx, 'deleteConversation', input, conversationId);
    if (known) return deletedBefore(tx, known);
    const accessed = await accessConversation(tx, conversationId, 'conversation.delete');
    const { conversation } = accessed;
    await refuseMerged(tx, conversation);
    const { lastActivityAt } = conversation;
    await cancelOpenHandover(tx, accessed);
    const { workspaceId: id } = tx.principal;
    const { restoreDays } = await tx.em.findOneOrFail(Workspace, { id });
    const until = new Date(tx.now.getTime() + restoreDays * DAY_MS);
    const { kind, id: byId } = tx.principal;
    await tx.rows(sql`
      insert into conversation_deletion (workspace_id, conversation_id, number, created_at, deleted_at, deleted_by_kind,
        deleted_by_id, reason, external_id, restorable_until)
      values (${id}, ${conversation.id}, ${conversation.number}, ${conversation.createdAt}, ${tx.now}, ${kind}, ${byId},
        ${input.reason}, ${conversation.externalId ?? null}, ${until})`);
    conversation.deletedAt = tx.now;
    conversation.externalId = null;
    record(tx, accessed, lastActivityAt, {
      action: 'conversation.deleted',
      metadata: { restorableUntil: until.toISOString() },
      reason: input.reason,
    });
    await showDeleted(tx);
    return conversation.id;
  });
}

/**
 * Brings a deleted conversation back as it was. Its external id stays with the conversation that has it by now; an agent
 * who is not there any more has it no longer. What is not deleted stays as it is.
 * @throws AppError NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT once its time is over
 */
export async function restoreConversation(call: Call, input: RestoreConversationInput): Promise<string> {
  checkReason(input);
  return withTransaction(call, async (tx) => {
    refuseUnlessAdministrator(tx, 'conversation.restore');
    await showDeleted(tx);
    const { conversation } = await accessConversation(
      tx,
      input.conversationId,
      'conversation.delete',
      'conversation.restore',
    );
    if (!conversation.deletedAt) return conversation.id;
    // Before the deletion's lock, for which whoever gives out work may wait.
    await lockRouting(tx);
    await lookAgain(tx, null, [conversation.id]);
    const deletion = (await lockDeletion(tx, conversation.id))!;
    if (deletion.purgeRunId !== null || deletion.restorableUntil <= tx.now) {
      throw conflict('It cannot be restored any more.', {
        conversationId: conversation.id,
        restorableUntil: deletion.restorableUntil.toISOString(),
      });
    }
    const { workspaceId } = tx.principal;
    await tx.rows(sql`
      delete from conversation_deletion where workspace_id = ${workspaceId} and conversation_id = ${conversation.id}`);
    const externalIdTaken = deletion.externalId !== null && (await isTaken(tx, deletion.externalId));
    const before = stateOf(conversation);
    const { lastActivityAt } = conversation;
    conversation.deletedAt = null;
    conversation.externalId = externalIdTaken ? null : deletion.externalId;
    await leaveGoneAssignee(tx, conversation);
    // Nobody could see it before: whoever sees it now is told of something new.
    record(tx, { conversation, audience: [] }, lastActivityAt, {
      action: 'conversation.restored',
      metadata: { externalIdTaken },
      changes: changesSince(before, conversation),
      reason: input.reason ?? null,
    });
    return conversation.id;
  });
}

/** Nothing was said: it stays where it is in lists. */
function record(tx: Tx, accessed: AccessedConversation, lastActivityAt: Date, event: ConversationEvent): void {
  recordInTranscript(tx, accessed, event);
  accessed.conversation.lastActivityAt = lastActivityAt;
}

/** One of two without the other would be what nobody has asked for: what its customer writes goes on in one of them. */
async function refuseMerged({ rows, principal }: Tx, { id, mergedIntoId }: Conversation): Promise<void> {
  const merged = await rows<{ id: string }>(sql`
    select c.id from conversation c where c.workspace_id = ${principal.workspaceId} and c.merged_into_id = ${id}
    order by c.id limit ${rowLimit(1)}`);
  if (!mergedIntoId && merged.length === 0) return;
  throw conflict('It was merged with another conversation: take them apart before.', {
    conversationId: merged[0]?.id ?? id,
    mergedIntoId: mergedIntoId ?? id,
  });
}

interface Deletion {
  externalId: string | null;
  restorableUntil: Date;
  purgeRunId: string | null;
}

async function lockDeletion({ rows, principal }: Tx, conversationId: string): Promise<Deletion | undefined> {
  const [deletion] = await rows<Deletion>(sql`
    select d.external_id as "externalId", d.restorable_until as "restorableUntil", d.purge_run_id as "purgeRunId"
    from conversation_deletion d where d.workspace_id = ${principal.workspaceId} and d.conversation_id = ${conversationId} for update`);
  return deletion;
}

async function isTaken({ rows, principal }: Tx, externalId: string): Promise<boolean> {
  const [taken] = await rows(sql`
    select 1 as taken from conversation c where c.workspace_id = ${principal.workspaceId} and c.external_id = ${externalId}`);
  return taken !== undefined;
}

/** A repetition is answered as the first time, and deletes nothing that was restored since. */
async function deletedBefore(tx: Tx, conversationId: string): Promise<string> {
  await showDeleted(tx);
  await accessConversation(tx, conversationId, 'conversation.delete');
  if (!(await lockDeletion(tx, conversationId)))
    throw conflict('The conversation was restored since.', { conversationId });
  return conversationId;
}
