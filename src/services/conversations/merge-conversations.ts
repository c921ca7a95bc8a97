import type { Conversation } from '../../entities/conversation.js';
import { ConversationMerge } from '../../entities/conversation-merge.js';
import { accessConversation, type AccessedConversation } from '../access.js';
import type { Call } from '../application.js';
import { LIST_CAP } from '../directory.js';
import { AppError, conflict, invalid } from '../errors.js';
import { claimOwnKey } from '../idempotency.js';
import { newId } from '../ids.js';
import { sql } from '../sql.js';
import { checkReason, type WithReason } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';
import { intoOne, mergedConflict } from './merged-conversations.js';
import { fillDetails, giveLabels } from './merged-details.js';
import { changesSince, recordInTranscript, stateOf } from './transcript-entries.js';

export interface MergeConversationsInput extends WithReason {
  conversationId: string;
  intoConversationId: string;
  idempotencyKey?: string | null | undefined;
}

/** Which conversation goes on for both, and in which fields the two differ, where its own stay. */
export interface MergedConversations {
  conversationId: string;
  mergedId: string;
  kept: string[];
}

/**
 * Has a conversation go on in another one of the same contact in the same inbox: it is resolved and in no list, what was
 * said in it stays in it, and what its customer writes from now on is said in the other. That one gets its labels, what
 * was not known there, and since when the customer waits. Done already changes nothing.
 * @throws AppError NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT for what was merged elsewhere, has an open handover,
 *   where only one is spam, and where a customer who waits would be out of sight; LIMIT_EXCEEDED over 250 merged into one.
 */
export async function mergeConversations(call: Call, input: MergeConversationsInput): Promise<MergedConversations> {
  checkReason(input);
  const { conversationId, intoConversationId } = input;
  if (conversationId === intoConversationId)
    throw invalid({ path: 'intoConversationId', message: 'is the conversation itself' });
  return withTransaction(call, async (tx) => {
    const id = newId();
    const known = await claimOwnKey(tx, 'mergeConversations', input, id);
    const { from: accessed, into } = await bothAccessed(tx, conversationId, intoConversationId);
    const from = accessed.conversation;
    const answer = { conversationId: intoConversationId, mergedId: conversationId };
    if (known || from.mergedIntoId === into.conversation.id) return { ...answer, kept: await keptBy(tx, from, known) };
    refuseUnfit(from, into.conversation);
    await refuseTooMany(tx, from, into.conversation);

    const { status, snoozedUntil = null, resolvedAt = null } = from;
    const merge = { metadata: { merge: id }, reason: input.reason ?? null };
    const waited = waits(from);
    const before = stateOf(from);
    from.status = 'RESOLVED';
    from.snoozedUntil = null;
    from.resolvedAt = resolvedAt ?? tx.now;
    from.mergedIntoId = into.conversation.id;
    recordInTranscript(tx, accessed, {
      ...merge,
      action: 'conversation.merged_into',
      ...naming(into.conversation),
      changes: [{ field: 'mergedIntoId', after: into.conversation.id }, ...changesSince(before, from)],
    });
    const mergedEventId = recordInTranscript(tx, into, {
      ...merge,
      action: 'conversation.merged',
      ...naming(from),
      changes: [
        { field: 'mergedConversationId', after: from.id },
        ...(waited ? waitsSince(into.conversation, earlier(from, into.conversation)) : []),
      ],
    });
    const labelIds = await giveLabels(tx, into, from);
    const { fields, kept } = await fillDetails(tx, into, from);
    const { workspaceId } = tx.principal;
    tx.em.persist(
      tx.em.create(ConversationMerge, {
        workspaceId,
        id,
        conversation: from,
        into: into.conversation,
        status,
        snoozedUntil,
        resolvedAt,
        waited,
        labelIds,
        fields,
        kept,
        mergedAt: tx.now,
        mergedEventId,
        undoneAt: null,
        undoneEventId: null,
      }),
    );
    return { ...answer, kept };
  });
}

/**
 * Locks two conversations, in the order of their ids as everywhere, for whoever may change both.
 * @throws AppError NOT_FOUND, FORBIDDEN
 */
export async function bothAccessed(
  tx: Tx,
  conversationId: string,
  intoConversationId: string,
): Promise<{ from: AccessedConversation; into: AccessedConversation }> {
  const found = new Map<string, AccessedConversation>();
  for (const id of [conversationId, intoConversationId].toSorted())
    found.set(id, await accessConversation(tx, id, 'conversation.update', 'conversation.merge'));
  return { from: found.get(conversationId)!, into: found.get(intoConversationId)! };
}

/** What an event of one of the two says of the other. */
export const naming = (other: Conversation) => ({
  related: [{ type: 'conversation', id: other.id }],
  labels: { conversation: other.label() },
});

/** Sets since when the customer of a conversation waits. @returns what changed by it. */
export function waitsSince(conversation: Conversation, since: Date | null) {
  const before = conversation.waitingSince ?? null;
  if (before?.getTime() === since?.getTime()) return [];
  conversation.waitingSince = since;
  return [{ field: 'waitingSince', before: before?.toISOString(), after: since?.toISOString() }];
}

/** Whether somebody has to answer the customer there: what is resolved waits for nobody. */
const waits = ({ status, waitingSince }: Conversation): boolean => status !== 'RESOLVED' && Boolean(waitingSince);

/** Since when the customer waits in one of them. */
function earlier(from: Conversation, into: Conversation): Date | null {
  const [own, others] = [into.waitingSince ?? null, from.waitingSince ?? null];
  return own && (!others || own <= others) ? own : others;
}

/** In which fields the two differed when they were merged, by this request or by the one that has been done already. */
async function keptBy(tx: Tx, { id }: Conversation, mergeId: string | null): Promise<string[]> {
  const { workspaceId } = tx.principal;
  const done = { workspaceId, conversation: [workspaceId, id] as [string, string] };
  const merge = mergeId
    ? await tx.em.findOne(ConversationMerge, { workspaceId, id: mergeId })
    : await tx.em.findOne(ConversationMerge, { ...done, undoneAt: null });
  return merge?.kept ?? [];
}

/** @throws AppError VALIDATION_FAILED, CONFLICT */
function refuseUnfit(from: Conversation, into: Conversation): void {
  for (const one of [from, into]) if (one.mergedIntoId) throw mergedConflict(one);
  if (from.contact.id !== into.contact.id)
    throw invalid({ path: 'intoConversationId', message: 'is of another contact' });
  if (from.inbox.id !== into.inbox.id) throw invalid({ path: 'intoConversationId', message: 'is in another inbox' });
  if (from.openHandoverId) {
    const current = { conversationId: from.id, handoverId: from.openHandoverId };
    throw conflict('It has a handover that waits to be accepted: settle that before.', current);
  }
  if (from.spam !== into.spam) {
    const current = { conversationId: from.spam ? from.id : into.id, spam: true };
    throw conflict('One of them is spam and the other is not: mark both, or none, before.', current);
  }
  // Nobody looks for work in what is done with or put aside.
  if (waits(from) && into.status !== 'OPEN' && into.status !== 'IN_PROGRESS') {
    const current = { conversationId: into.id, status: into.status };
    throw conflict('Its customer waits, and the other conversation is not at work: open that one before.', current);
  }
  // Who waits for a person is not left to a bot, which hears of nothing but what is written to it from then on.
  if (waits(from) && into.botActive && !from.botActive) {
    const current = { conversationId: into.id, botActive: true };
    throw conflict('Its customer waits, and a bot has the other conversation: hand that one over before.', current);
  }
}

/** @throws AppError LIMIT_EXCEEDED */
async function refuseTooMany({ rows, principal }: Tx, from: Conversation, into: Conversation): Promise<void> {
  const { workspaceId } = principal;
  const all = (id: string) =>
    sql`(select count(*)::int from (${intoOne(sql`${id}::uuid`, sql`${workspaceId}`)}) found)`;
  const [counted] = await rows<{ asked: number }>(sql`select ${all(from.id)} + ${all(into.id)} - 1 as asked`);
  const { asked } = counted!;
  if (asked <= LIST_CAP) return;
  const limit = { limit: 'conversationsMerged', value: LIST_CAP, asked };
  throw new AppError('LIMIT_EXCEEDED', `At most ${LIST_CAP} conversations are merged into one.`, limit);
}
