import type { ActorKind, Direction } from '../../entities/enums.js';
import { Message } from '../../entities/message.js';
import type { AccessedConversation } from '../access.js';
import type { UsedResponse } from '../canned-responses/use-canned-responses.js';
import { checkFiles } from '../attachments/take-uploads.js';
import { contentDigest } from '../record/content-digest.js';
import { randomSalt } from '../record/disclosure.js';
import type { FieldChange, Party } from '../record/event.js';
import type { Database } from '../database.js';
import type { Part } from '../record/append.js';
import { sql, type Sql } from '../sql.js';
import type { Tx } from '../transaction.js';
import { MAX_TEXT, type Faults } from '../text.js';
import type { ConversationState } from './plain-conversation.js';
import type { MessageRow } from './read-transcript.js';
import { recordOfConversation } from './transcript-entries.js';

export interface AddedMessage {
  id: string;
  direction: Direction;
  actor: Party;
  text: string;
  externalId: string | null;
  /** The message of this conversation that it answers. */
  replyToId: string | null;
  /** What it was sent with. */
  cannedResponse?: UsedResponse | null;
  occurredAt: Date;
  action: 'message.received' | 'message.sent';
  /** Its contact is blocked: nobody is told that they wait. */
  blocked?: boolean;
  /** What else of the conversation the message changed. */
  changes: FieldChange[];
  /** The digests of its files. */
  files: { message: string; digest: string }[];
  idempotencyKey?: string;
  reason?: string | null;
}

/** Characters of a text with more words than may be put into the index under the lock that orders the record. */
const LONG_TEXT = 2_000;

/** A message and its line of the transcript, as columns. */
export interface NewMessage {
  id: string;
  conversation_id: string;
  position: number;
  direction: Direction;
  counted: boolean;
  actor_kind: ActorKind;
  actor_id: string | null;
  text: string;
  salt: string;
  external_id: string | null;
  reply_to_id: string | null;
  canned_response_id: string | null;
  occurred_at: Date;
}

/** What a message says: a text, or files with or without one. */
export function messageFaults(
  faults: Faults,
  said: { text?: string | null | undefined; attachmentIds?: readonly string[] | null | undefined },
): void {
  const ids = said.attachmentIds ?? [];
  if (ids.length === 0) faults.text('text', said.text, MAX_TEXT);
  else faults.optionalText('text', said.text, MAX_TEXT);
  checkFiles(faults, ids);
}

/**
 * Adds a message to a conversation whose lock is held, and as a digest to the record. Both are still to be stored: the
 * conversation by whoever has locked it, the message by `writeMessages`.
 */
export function addMessage(tx: Tx, accessed: AccessedConversation<ConversationState>, added: AddedMessage): NewMessage {
  const { now } = tx;
  const { conversation } = accessed;
  const { id, direction, actor, text, occurredAt } = added;
  const position = conversation.takePosition();
  const salt = randomSalt();
  conversation.lastMessageId = id;
  if (direction === 'INBOUND') {
    if (!added.blocked) {
      conversation.inboundCount += 1;
      conversation.waitingSince ??= now;
    }
  } else if (actor.kind === 'AGENT') {
    // Only a person's answer ends the waiting: a bot's may be no answer at all.
    conversation.waitingSince = null;
    conversation.firstResponseAt ??= now;
  }
  // What the blocked write puts nothing at the top of a list.
  if (!added.blocked) conversation.lastActivityAt = now;
  conversation.updatedAt = now;
  recordOfConversation(tx, accessed, {
    action: added.action,
    actor,
    target: { type: 'message', id, label: conversation.label() },
    labels: { conversation: conversation.label() },
    content: [{ message: id, digest: contentDigest(text, salt) }, ...added.files],
    changes: added.changes,
    ...(added.blocked ? { metadata: { blocked: true } } : {}),
    occurredAt,
    ...(added.reason ? { reason: added.reason } : {}),
    ...(added.idempotencyKey ? { idempotencyKey: added.idempotencyKey } : {}),
  });
  if (added.cannedResponse) {
    recordOfConversation(tx, accessed, {
      action: 'message.canned_response_used',
      actor,
      target: { type: 'canned_response', id: added.cannedResponse.id, label: added.cannedResponse.shortcut },
      related: [{ type: 'message', id }],
      labels: { conversation: conversation.label() },
    });
  }
  return {
    id,
    conversation_id: conversation.id,
    position,
    direction,
    counted: !added.blocked,
    actor_kind: actor.kind,
    actor_id: actor.id,
    text,
    salt,
    external_id: added.externalId,
    reply_to_id: added.replyToId,
    canned_response_id: added.cannedResponse?.id ?? null,
    occurred_at: occurredAt,
  };
}

/** What the statement that stores messages does as well. */
export interface Beside {
  /** What it stores, each as `name as (…)`. */
  beside?: readonly Sql[];
  /** What it has to do before the record is locked. */
  first?: readonly Part[];
}

/**
 * Stores messages with their events, whose conversations are there already.
 * @returns their rows, in no order, once they are committed.
 */
export function writeMessages(
  { writeLast, now }: Pick<Tx, 'writeLast' | 'now'>,
  { db, workspaceId }: { db: Database; workspaceId: string },
  messages: readonly NewMessage[],
  { beside = [], first = [] }: Beside = {},
): Promise<MessageRow[]> {
  return writeLast<MessageRow>({
    first,
    takesLong: messages.some(({ text }) => text.length > LONG_TEXT),
    beside: [
      sql`incoming as materialized (
        select * from jsonb_to_recordset(${JSON.stringify(messages)}::jsonb) as i (id uuid, conversation_id uuid,
          position int, direction text, counted boolean, actor_kind text, actor_id uuid, text text, salt text,
          external_id text, reply_to_id uuid, canned_response_id uuid, occurred_at timestamptz))`,
      sql`line as (
        insert into transcript_entry (workspace_id, id, conversation_id, position, kind, actor_kind, actor_id, occurred_at)
        select ${workspaceId}, id, conversation_id, position, 'MESSAGE', actor_kind, actor_id, occurred_at from incoming)`,
      ...beside,
    ],
    rows: sql`
      insert into message (workspace_id, id, conversation_id, position, direction, counted, actor_kind, actor_id, text,
        salt, external_id, reply_to_id, canned_response_id, occurred_at, created_at, bot_version)
      select ${workspaceId}, id, conversation_id, position, direction, counted, actor_kind, actor_id, text, salt,
        external_id, reply_to_id, canned_response_id, occurred_at, ${now}::timestamptz, case when actor_kind = 'BOT' then (
          select b.version from bot b where b.workspace_id = ${workspaceId} and b.id = incoming.actor_id) end
      from incoming
      returning ${db.columns(Message, 'message')}`,
  });
}
