import { TranscriptEntry, type TranscriptFieldChange } from '../../entities/message.js';
import type { AccessedConversation } from '../access.js';
import { newId } from '../ids.js';
import type { NewEvent } from '../record/event.js';
import type { Tx } from '../transaction.js';
import type { ConversationState } from './plain-conversation.js';

/** What a use case says of an event in a conversation; the conversation's own facts are added here. */
export type ConversationEvent = Omit<NewEvent, 'target' | 'conversationId' | 'contactId' | 'inboxId' | 'audience'> & {
  target?: NewEvent['target'];
  handoverId?: string;
};

/**
 * Records an event of a conversation and adds it to the transcript, both under one id. The caller holds the
 * conversation's lock and has made the changes already.
 */
export function recordInTranscript(
  tx: Tx,
  accessed: AccessedConversation,
  { handoverId, ...event }: ConversationEvent,
): string {
  const { conversation } = accessed;
  const id = event.id ?? newId();
  recordOfConversation(tx, accessed, { ...event, id });
  const actor = event.actor ?? tx.principal;
  tx.em.persist(
    tx.em.create(TranscriptEntry, {
      workspaceId: tx.principal.workspaceId,
      id,
      conversation,
      position: conversation.takePosition(),
      kind: 'EVENT',
      actorKind: actor.kind,
      actorId: actor.id,
      action: event.action,
      changes: shownChanges(event.changes ?? []),
      handoverId: handoverId ?? null,
      occurredAt: tx.now,
    }),
  );
  conversation.updatedAt = tx.now;
  conversation.lastActivityAt = tx.now;
  return id;
}

/** Records an event of a conversation that the transcript shows by other means, such as a message. */
export function recordOfConversation(
  tx: Tx,
  { conversation, audience }: AccessedConversation<ConversationState>,
  event: ConversationEvent,
): string {
  const teamId = event.teamId ?? conversation.team?.id;
  return tx.record({
    target: { type: 'conversation', id: conversation.id, label: conversation.label() },
    ...event,
    conversationId: conversation.id,
    contactId: conversation.contact.id,
    inboxId: conversation.inbox.id,
    audience,
    ...(teamId ? { teamId } : {}),
  });
}

/** Fields whose values are free text stay out of the transcript. */
const FREE_TEXT = new Set(['comment', 'summary', 'subject', 'value']);

/** What a transcript shows of the changes of an event. */
export const shownChanges = (changes: NonNullable<NewEvent['changes']>): TranscriptFieldChange[] =>
  changes
    .filter(({ field }) => !FREE_TEXT.has(field))
    .map(({ field, before = null, after = null }) => ({ field, before, after }));

/** The state of a conversation that events tell the changes of. */
type State = Record<
  'status' | 'assigneeId' | 'teamId' | 'botId' | 'botActive' | 'snoozedUntil',
  string | boolean | null
>;

export const stateOf = (conversation: ConversationState): State => ({
  status: conversation.status,
  assigneeId: conversation.assignee?.id ?? null,
  teamId: conversation.team?.id ?? null,
  botId: conversation.bot?.id ?? null,
  botActive: conversation.botActive,
  snoozedUntil: conversation.snoozedUntil?.toISOString() ?? null,
});

/** The state before there is a conversation. */
export const NOT_THERE: State = {
  status: null,
  assigneeId: null,
  teamId: null,
  botId: null,
  botActive: false,
  snoozedUntil: null,
};

/** What changed since `before`, field by field. */
export function changesSince(before: State, conversation: ConversationState): NonNullable<NewEvent['changes']> {
  const after = stateOf(conversation);
  return (Object.keys(after) as (keyof State)[])
    .filter((field) => before[field] !== after[field])
    .map((field) => ({ field, before: before[field], after: after[field] }));
}
