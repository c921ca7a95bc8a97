import { Conversation } from '../../entities/conversation.js';
import { ConversationMerge } from '../../entities/conversation-merge.js';
import { accessConversation } from '../access.js';
import type { Call } from '../application.js';
import { conflict, notFound } from '../errors.js';
import { isId } from '../ids.js';
import { lookAgainAt } from '../routing/look-again.js';
import { sql } from '../sql.js';
import { checkReason, type WithReason } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';
import { leaveGoneAssignee } from './gone-assignee.js';
import { bothAccessed, naming, waitsSince } from './merge-conversations.js';
import { mergedConflict } from './merged-conversations.js';
import { emptyDetails, takeLabels } from './merged-details.js';
import { changesSince, recordInTranscript, stateOf } from './transcript-entries.js';

/** What was taken apart. */
export interface UnmergedConversation {
  conversationId: string;
  fromConversationId: string;
}

/**
 * Takes a conversation out of the one that it goes on in: it is in the state that it had, and labels and what was filled
 * in go from the other where nobody has changed it since. What was said and done there since stays there.
 * @throws AppError NOT_FOUND, FORBIDDEN, VALIDATION_FAILED; CONFLICT for what is not merged, and while the other one is
 *   merged into a third.
 */
export async function unmergeConversations(
  call: Call,
  input: { conversationId: string } & WithReason,
): Promise<UnmergedConversation> {
  checkReason(input);
  return withTransaction(call, async (tx) => {
    const { em, principal } = tx;
    const { workspaceId } = principal;
    const { conversationId } = input;
    const [found] = isId(conversationId) ? await em.find(Conversation, { workspaceId, id: conversationId }) : [];
    if (!found) throw notFound('conversation');
    const was = found.mergedIntoId;
    em.clear();
    if (!was) {
      await accessConversation(tx, conversationId, 'conversation.update', 'conversation.merge');
      throw conflict('This conversation is not merged into another one.', { conversationId });
    }
    const { from: accessed, into } = await bothAccessed(tx, conversationId, was);
    const from = accessed.conversation;
    if (from.mergedIntoId !== into.conversation.id)
      throw conflict('Somebody else has just changed this.', { conversationId });
    if (into.conversation.mergedIntoId) throw mergedConflict(into.conversation);
    const merges = await em.find(
      ConversationMerge,
      { into: [workspaceId, into.conversation.id], undoneAt: null },
      { populate: ['conversation'], orderBy: { mergedAt: 'asc', id: 'asc' } },
    );
    const merge = merges.find((one) => one.conversation.id === from.id)!;
    const others = merges.filter((one) => one !== merge).map((one) => ({ conversation: one.conversation, merge: one }));

    const before = stateOf(from);
    from.status = merge.status;
    from.snoozedUntil = merge.snoozedUntil ?? null;
    from.resolvedAt = merge.resolvedAt ?? null;
    from.mergedIntoId = null;
    // Before anybody else's lock is taken, and with the state that it has again: whoever gives out work looks at that.
    await em.flush();
    await lookAgainAt(tx, [from.id]);
    if (from.status !== 'RESOLVED') await leaveGoneAssignee(tx, from);
    const said = { metadata: { merge: merge.id }, reason: input.reason ?? null };
    recordInTranscript(tx, accessed, {
      ...said,
      action: 'conversation.unmerged_from',
      ...naming(into.conversation),
      changes: [{ field: 'mergedIntoId', before: into.conversation.id }, ...changesSince(before, from)],
    });
    merge.undoneAt = tx.now;
    merge.undoneEventId = recordInTranscript(tx, into, {
      ...said,
      action: 'conversation.unmerged',
      ...naming(from),
      changes: [
        { field: 'mergedConversationId', before: from.id },
        ...(await waitsWithout(tx, into.conversation, from, merge)),
      ],
    });
    await takeLabels(tx, into, merge.labelIds, others);
    await emptyDetails(tx, into, from, merge.fields, others);
    return { conversationId: from.id, fromConversationId: into.conversation.id };
  });
}

/**
 * Where a customer waits in a conversation since they wrote in the one that is taken out of it: since when they wait
 * without that, in this one or in another that is still part of it. Whatever a person has answered ended all waiting.
 */
async function waitsWithout(tx: Tx, into: Conversation, from: Conversation, merge: ConversationMerge) {
  const own = into.waitingSince ?? null;
  if (!merge.waited || !own || own.getTime() !== from.waitingSince?.getTime()) return [];
  const { workspaceId } = tx.principal;
  const [left] = await tx.rows<{ since: Date | null }>(sql`
    with answered(at) as (
      select coalesce(max(m.created_at), '-infinity') from message m
      where m.workspace_id = ${workspaceId} and m.conversation_id = ${into.id}
        and m.direction = 'OUTBOUND' and m.actor_kind = 'AGENT' and m.counted)
    select min(waiting.since) as since from answered, lateral (
      select m.created_at as since from message m
      where m.workspace_id = ${workspaceId} and m.conversation_id = ${into.id}
        and m.direction = 'INBOUND' and m.counted and m.created_at > answered.at
      union all
      select c.waiting_since from conversation_merge g
      join conversation c on c.workspace_id = g.workspace_id and c.id = g.conversation_id
      where g.workspace_id = ${workspaceId} and g.into_id = ${into.id} and g.undone_at is null and g.id <> ${merge.id}
        and g.waited and g.merged_at > answered.at) waiting`);
  return waitsSince(into, left?.since ?? null);
}
