import { Conversation } from '../../entities/conversation.js';
import type { ActorKind } from '../../entities/enums.js';
import type { Call } from '../application.js';
import { audienceOf } from '../audience.js';
import {
  filterFacts,
  isPerViewer,
  passesFilter,
  validateConversationFilter,
  type ConversationFilter,
} from '../conversations/conversation-filter.js';
import type { ConversationRow } from '../conversations/read-conversations.js';
import { sql } from '../database.js';
import { sightOfConversations } from '../guards.js';
import { covers } from '../policy.js';
import type { RecordRow } from '../record/read.js';
import { changeOf, changes, decideEach } from './changed.js';
import { openSharedStream } from './open-stream.js';
import type { Reader } from './reader.js';
import type { Delivered } from './stream-definition.js';

/** One frame of `conversationChanges`. */
export interface ConversationChange {
  changeType: 'ADDED' | 'UPDATED' | 'REMOVED' | 'CURSOR';
  conversationId: string | null;
  conversation: ConversationRow | null;
  changedFields: string[];
  actor: { kind: ActorKind; id: string | null } | null;
  cursor: string;
  occurredAt: Date | null;
}

/** The fields of a conversation, as the API names them, that a field of an event's changes shows in. */
const SHOWN_AS: Readonly<Record<string, string>> = {
  status: 'status',
  assigneeId: 'assignee',
  teamId: 'team',
  botActive: 'botActive',
  handoverStatus: 'openHandover',
  snoozedUntil: 'snoozedUntil',
  priority: 'priority',
  pinned: 'pinned',
  spam: 'spam',
  subject: 'subject',
  contactId: 'contact',
  mergedIntoId: 'mergedInto',
  mergedConversationId: 'mergedConversations',
  waitingSince: 'waitingSince',
};
/** The field that an action shows in where its changes name none. */
const SHOWN_BY: Readonly<Record<string, string>> = {
  'conversation.label_added': 'labels',
  'conversation.label_removed': 'labels',
  'conversation.attribute_changed': 'attributes',
  'conversation.marked_read': 'viewerState',
  'conversation.starred': 'viewerState',
  'conversation.unstarred': 'viewerState',
  'contact.updated': 'contact',
  'contact.attribute_changed': 'contact',
  'contact.blocked': 'contact',
  'contact.unblocked': 'contact',
  'contact.merged': 'contact',
  'contact.unmerged': 'contact',
  'erasure.requested': 'contact',
  'contact.erased': 'lastMessage',
  'contact.label_added': 'contact',
  'contact.label_removed': 'contact',
};

function changedFields(row: RecordRow, fields: readonly string[]): string[] {
  // It was over before it came: nothing is open because of it.
  if (row.action === 'handover.imported') return ['handoverCount'];
  const shown = fields.flatMap((field) => SHOWN_AS[field] ?? []);
  if (row.action?.startsWith('message.')) return ['lastMessage', ...shown];
  const own = SHOWN_BY[row.action ?? ''];
  return own ? [own, ...shown] : shown;
}

/** What one event can mean for one conversation; who reads decides which it is. */
interface Step {
  row: RecordRow;
  conversationId: string;
  /** As it is now; undefined once it is gone. */
  conversation: ConversationRow | undefined;
  /** Who sees it now. */
  audience: readonly string[];
  passes: boolean;
  added: Delivered<ConversationChange>;
  updated: Delivered<ConversationChange>;
  removed: Delivered<ConversationChange>;
}

interface Loaded {
  steps: Step[];
  replaying: boolean;
}

/**
 * The conversations that the caller may see and that pass the filter, as they change.
 * @throws AppError FORBIDDEN, VALIDATION_FAILED, RESYNC_REQUIRED
 */
export async function conversationChanges(
  call: Call,
  filter: ConversationFilter,
  afterEvent: string | null | undefined,
): Promise<AsyncGenerator<ConversationChange, void, void>> {
  validateConversationFilter(filter);
  sightOfConversations(call.principal);
  return openSharedStream<ConversationChange, Loaded>(call, afterEvent, {
    perViewer: isPerViewer(filter),
    needsContent: true,
    load: async (caller, events, { replaying }) => {
      const changed = await affected(
        caller,
        events.filter((row) => changes(row, 'conversation')),
      );
      return { replaying, steps: await load(caller, filter, changed) };
    },
    decide: (loaded, reader) =>
      decideEach(
        loaded,
        (step) => step.conversationId,
        (step) => decide(step, reader),
      ),
    cursorFrame: (cursor) => ({ ...EMPTY, changeType: 'CURSOR', cursor }),
  });
}

const EMPTY = { conversationId: null, conversation: null, changedFields: [], actor: null, occurredAt: null };

/** An event of a conversation changes it; one of a contact alone changes every conversation that shows the contact. */
async function affected(
  { app, principal }: Call,
  events: readonly RecordRow[],
): Promise<{ row: RecordRow; conversationId: string }[]> {
  const contactIds = events
    .filter((row) => row.conversationId === null && row.contactId !== null)
    .map((row) => row.contactId!);
  const ofContacts = contactIds.length
    ? await app.db.rows<{ id: string; contactId: string }>(sql`
        select c.id, c.contact_id as "contactId" from conversation c
        where c.workspace_id = ${principal.workspaceId} and c.contact_id = any(${contactIds}::uuid[])`)
    : [];
  return events.flatMap((row) =>
    row.conversationId !== null
      ? [{ row, conversationId: row.conversationId }]
      : ofContacts
          .filter(({ contactId }) => contactId === row.contactId)
          .map(({ id }) => ({ row, conversationId: id })),
  );
}

async function load(
  caller: Call,
  filter: ConversationFilter,
  changed: readonly { row: RecordRow; conversationId: string }[],
): Promise<Step[]> {
  if (changed.length === 0) return [];
  const { app, principal } = caller;
  const ids = [...new Set(changed.map((change) => change.conversationId))];
  const rows = new Map((await app.db.byIds(Conversation, principal.workspaceId, ids)).map((row) => [row.id, row]));
  const facts = await filterFacts(caller, filter, ids);
  return changed.map(({ row, conversationId }) => {
    const conversation = rows.get(conversationId);
    return {
      row,
      conversationId,
      conversation,
      audience: conversation ? audienceOf(conversation) : [],
      passes: conversation !== undefined && passesFilter(filter, conversation, facts),
      added: shown(row, conversation, 'ADDED'),
      updated: shown(row, conversation, 'UPDATED'),
      removed: {
        sequence: row.sequence,
        frame: (cursor) => ({ ...EMPTY, changeType: 'REMOVED', conversationId, cursor }),
      },
    };
  });
}

function shown(
  row: RecordRow,
  conversation: ConversationRow | undefined,
  changeType: 'ADDED' | 'UPDATED',
): Delivered<ConversationChange> {
  return {
    sequence: row.sequence,
    frame: (cursor) => {
      const change = changeOf(row);
      return {
        changeType,
        conversationId: conversation!.id,
        conversation: conversation!,
        changedFields: changedFields(row, change.fields),
        actor: { kind: change.actor.kind, id: change.actor.id ?? null },
        cursor,
        occurredAt: row.occurredAt,
      };
    },
  };
}

/** By what a conversation is there that was not. */
const COMES: ReadonlySet<string> = new Set(['conversation.created', 'conversation.restored']);

function decide(step: Step, { conversations: sight }: Reader): Delivered<ConversationChange> | null {
  const { row, conversation, audience } = step;
  const couldSee = covers(sight, row.audience ?? []);
  if (!conversation || !covers(sight, audience) || !step.passes) {
    // Told only to who could have had it: the id of what somebody never saw stays unknown to them.
    return couldSee ? step.removed : null;
  }
  // Who sees everything could have seen it before it was there: for them it is new when it is.
  const isNew = COMES.has(row.action ?? '') || (!couldSee && row.conversationId !== null);
  return isNew ? step.added : step.updated;
}
