import { LockMode } from '@mikro-orm/core';
import { Conversation } from '../entities/conversation.js';
import { Handover } from '../entities/handover.js';
import type { RowOf } from '../entities/row.js';
import { audienceOf, sighted, type Sighted } from './audience.js';
import type { Call } from './application.js';
import { forbidden, notFound, type AppError, type Denial } from './errors.js';
import { isId } from './ids.js';
import {
  can,
  canIngest,
  canSettle,
  conversationSight,
  covers,
  type ConversationAction,
  type HandoverAction,
} from './policy.js';
import { mergedConflict } from './conversations/merged-conversations.js';
import { PlainConversation, type ConversationState } from './conversations/plain-conversation.js';
import type { Tx } from './transaction.js';

/** A conversation that the caller may act on, with its lock held and who could see it before. */
export interface AccessedConversation<C extends ConversationState = Conversation> {
  conversation: C;
  audience: string[];
}

/**
 * Loads a conversation under its lock and decides, in one call.
 * @param attempted what is said to have been tried where it is refused: the action, unless that has a name of its own
 * @throws AppError NOT_FOUND when there is none or the caller may not see it; FORBIDDEN when they may see it but not
 *   do this, either recorded where the conversation exists; CONFLICT for one that goes on in another one.
 */
export async function accessConversation(
  tx: Tx,
  id: string,
  action: ConversationAction,
  attempted: string = action,
): Promise<AccessedConversation> {
  if (!isId(id)) throw notFound('conversation');
  const { workspaceId } = tx.principal;
  const lock = { lockMode: LockMode.PESSIMISTIC_WRITE } as const;
  return decide(tx, await tx.em.findOne(Conversation, { workspaceId, id }, lock), action, attempted);
}

/**
 * Loads a conversation under its lock for what only channels do, whatever conversations their keys may read.
 * @throws AppError NOT_FOUND, FORBIDDEN as `accessConversation`.
 */
export async function accessByChannel(tx: Tx, id: string, attempted: string): Promise<AccessedConversation> {
  const { workspaceId } = tx.principal;
  const lock = { lockMode: LockMode.PESSIMISTIC_WRITE } as const;
  const conversation = await tx.em.findOne(Conversation, { workspaceId, id }, lock);
  if (!conversation) throw notFound('conversation');
  const facts = { ...sighted(conversation), botActive: conversation.botActive };
  if (!canIngest(tx.principal)) {
    throw refusal(can(tx.principal, 'conversation.read', facts), denialOf(conversation, facts, attempted));
  }
  return { conversation, audience: audienceOf(facts) };
}

/**
 * Decides over a conversation whose row was read under its lock, as a plain one: whoever changes it has to store it.
 * @throws AppError as `accessConversation`.
 */
export function accessLocked(
  tx: Tx,
  row: RowOf<Conversation> | undefined,
  action: ConversationAction,
): AccessedConversation<PlainConversation> {
  return decide(tx, row ? new PlainConversation(row) : null, action);
}

function decide<C extends ConversationState>(
  tx: Tx,
  conversation: C | null,
  action: ConversationAction,
  attempted: string = action,
): AccessedConversation<C> {
  if (!conversation) throw notFound('conversation');
  const refused = refusalOf(tx, conversation, action, attempted);
  if (refused) throw refused;
  return { conversation, audience: audienceOf(sighted(conversation)) };
}

/** What is done in the conversation that goes on, once one was merged: what was said in it can still be seen and put right. */
const GOES_ON_ELSEWHERE: ReadonlySet<string> = new Set<ConversationAction>([
  'message.send',
  'conversation.assign',
  'conversation.set_status',
  'conversation.update',
  'note.add',
  'handover.request',
]);

/** Why the caller may not do this to a conversation that was loaded under its lock, as `accessConversation` says it. */
export function refusalOf(
  tx: Tx,
  conversation: ConversationState,
  action: ConversationAction,
  attempted: string = action,
): AppError | null {
  const facts = { ...sighted(conversation), botActive: conversation.botActive };
  if (can(tx.principal, action, facts)) {
    return conversation.mergedIntoId && GOES_ON_ELSEWHERE.has(attempted) ? mergedConflict(conversation) : null;
  }
  return refusal(can(tx.principal, 'conversation.read', facts), denialOf(conversation, facts, attempted));
}

/**
 * Loads a handover under the lock of its conversation, which guards both.
 * @throws AppError NOT_FOUND, FORBIDDEN as `accessConversation`.
 */
export async function accessHandover(
  tx: Tx,
  id: string,
  action: HandoverAction,
): Promise<AccessedConversation & { handover: Handover }> {
  if (!isId(id)) throw notFound('handover');
  const { workspaceId } = tx.principal;
  const [found] = await tx.em.execute<{ conversation_id: string }[]>(
    'select conversation_id from handover where workspace_id = ? and id = ?',
    [workspaceId, id],
  );
  if (!found) throw notFound('handover');
  // Parents before children: with the conversation locked nobody else can settle the handover read after it.
  const conversation = await tx.em.findOne(
    Conversation,
    { workspaceId, id: found.conversation_id },
    { lockMode: LockMode.PESSIMISTIC_WRITE },
  );
  if (!conversation) throw notFound('handover');
  const handover = await tx.em.findOneOrFail(Handover, { workspaceId, id });
  const facts = { ...sighted(conversation), botActive: conversation.botActive };
  const offered = {
    kind: handover.kind,
    fromKind: handover.fromKind,
    fromId: handover.fromId ?? null,
    toAgentId: handover.toAgent?.id ?? null,
    toTeamId: handover.toTeam?.id ?? null,
  };
  // A settled handover is no longer an offer that lets its target see the conversation; it still is one that they
  // were made, so that a late accept hears CONFLICT with the state it came too late for.
  const seen = can(tx.principal, 'conversation.read', facts) || offeredTo(tx, offered);
  const asOffered = { ...facts, offeredAgentId: offered.toAgentId, offeredTeamId: offered.toTeamId };
  if (!seen || !canSettle(tx.principal, action, offered, asOffered)) {
    throw refusal(seen, denialOf(conversation, facts, action));
  }
  return { conversation, handover, audience: audienceOf(facts) };
}

function offeredTo(tx: Tx, offered: { toAgentId: string | null; toTeamId: string | null }): boolean {
  const keys = [
    ...(offered.toAgentId ? [`agent:${offered.toAgentId}`] : []),
    ...(offered.toTeamId ? [`team:${offered.toTeamId}`] : []),
  ];
  return covers(conversationSight(tx.principal), keys);
}

const denialOf = (conversation: ConversationState, facts: Sighted, attempted: string): Denial => ({
  attempted,
  target: { type: 'conversation', id: conversation.id, label: conversation.label() },
  conversationId: conversation.id,
  inboxId: facts.inboxId,
  ...(facts.teamId ? { teamId: facts.teamId } : {}),
});

function refusal(readable: boolean, denial: Denial): AppError {
  const error = readable ? forbidden('You may see this conversation, but not do this.') : notFound('conversation');
  return error.recordedAs(denial);
}

/**
 * Decides over a conversation that was read for showing.
 * @throws AppError NOT_FOUND when it is null or the caller may not see it; recorded where it exists.
 */
export function accessConversationRow(call: Call, row: RowOf<Conversation> | null | undefined): RowOf<Conversation> {
  if (!row) throw notFound('conversation');
  if (covers(conversationSight(call.principal), audienceOf(row))) return row;
  throw notFound('conversation').recordedAs({
    attempted: 'conversation.read',
    target: { type: 'conversation', id: row.id, label: `#${row.number}` },
    conversationId: row.id,
    inboxId: row.inboxId,
    ...(row.teamId ? { teamId: row.teamId } : {}),
  });
}
