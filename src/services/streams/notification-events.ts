import { Conversation } from '../../entities/conversation.js';
import type { ActorKind } from '../../entities/enums.js';
import type { NotificationKind } from '../../entities/stream-enums.js';
import { Handover } from '../../entities/handover.js';
import type { Call } from '../application.js';
import { audienceOf } from '../audience.js';
import type { ConversationRow } from '../conversations/read-conversations.js';
import { forbidden } from '../errors.js';
import type { HandoverRow } from '../handovers/read-handovers.js';
import { conversationSight, covers } from '../policy.js';
import type { Principal } from '../principal.js';
import type { RecordBody } from '../record/envelope.js';
import type { RecordRow } from '../record/read.js';
import { openSharedStream } from './open-stream.js';
import type { Reader } from './reader.js';
import type { Delivered } from './stream-definition.js';

/** One frame of `notificationEvents`; all but the cursor is null when only the cursor moved. */
export interface NotificationEvent {
  cursor: string;
  /** The event's id in the record. */
  id: string | null;
  kind: NotificationKind | null;
  occurredAt: Date | null;
  actor: { kind: ActorKind; id: string | null } | null;
  conversationId: string | null;
  /** As it is now; null where the reader no longer sees it. */
  conversation: ConversationRow | null;
  /** The message or the note that it is about. */
  entryId: string | null;
  handover: HandoverRow | null;
}

const EMPTY = {
  id: null,
  kind: null,
  occurredAt: null,
  actor: null,
  conversationId: null,
  conversation: null,
  entryId: null,
  handover: null,
};

/** Something that happened to the viewer, if what it is about is still so. */
interface Notice {
  row: RecordRow;
  kind: NotificationKind;
  handoverId: string | null;
}

interface Loaded {
  notice: Notice;
  conversation: ConversationRow | undefined;
  handover: HandoverRow | undefined;
}

const GIVEN: ReadonlySet<string> = new Set([
  'conversation.assigned',
  'conversation.unassigned',
  'conversation.auto_assigned',
  'conversation.requeued',
]);
const SETTLED: ReadonlySet<string> = new Set([
  'handover.accepted',
  'handover.declined',
  'handover.cancelled',
  'handover.expired',
]);

/**
 * What asks for the calling agent's attention, as it happens: read from the record, so that nothing is lost to who comes
 * back with a cursor. What they did themselves is no news.
 * @throws AppError FORBIDDEN for everybody but agents who see conversations; VALIDATION_FAILED, RESYNC_REQUIRED
 */
export async function notificationEvents(
  call: Call,
  afterEvent: string | null | undefined,
): Promise<AsyncGenerator<NotificationEvent, void, void>> {
  refuseOthers(call.principal);
  return openSharedStream<NotificationEvent, Loaded[]>(call, afterEvent, {
    perViewer: true,
    needsContent: true,
    load: (caller, events) =>
      load(
        caller,
        events.flatMap((row) => noticeOf(row, caller.principal) ?? []),
      ),
    decide: (loaded, reader) => {
      refuseOthers(reader.principal);
      return loaded.flatMap((each) => decide(each, reader) ?? []);
    },
    cursorFrame: (cursor) => ({ ...EMPTY, cursor }),
  });
}

function refuseOthers(principal: Principal): void {
  const sight = conversationSight(principal);
  if (principal.kind !== 'AGENT' || (!sight.everything && sight.keys.length === 0))
    throw forbidden('Only agents who see conversations are notified.');
}

/** What an event may be to this viewer, by the event alone. */
function noticeOf(row: RecordRow, viewer: Principal): Notice | null {
  if (!row.action || row.conversationId === null || !mayConcern(row, viewer)) return null;
  if (row.actorKind === 'AGENT' && row.actorId === viewer.id) return null;
  const body = JSON.parse(row.body!) as RecordBody;
  const handoverId = body.metadata?.['handoverId'];
  const kind = kindOf(row.action, body, viewer);
  return kind && { row, kind, handoverId: handoverId === undefined ? null : String(handoverId) };
}

/** Spares most events to be read: what customers write is the greater part, and nearly all of it for others. */
function mayConcern({ action, audience }: RecordRow, viewer: Principal): boolean {
  if (action === 'message.received') return (audience ?? []).includes(`agent:${viewer.id}`);
  return GIVEN.has(action!) || SETTLED.has(action!) || action === 'mention.created' || action === 'handover.requested';
}

function kindOf(action: string, { changes, metadata }: RecordBody, viewer: Principal): NotificationKind | null {
  if (action === 'message.received') return metadata?.['blocked'] === true ? null : 'MESSAGE';
  if (action === 'mention.created') return metadata?.['agentId'] === viewer.id ? 'MENTION' : null;
  if (action === 'handover.requested') return 'HANDOVER_OFFERED';
  if (SETTLED.has(action)) return 'HANDOVER_SETTLED';
  const given = changes?.find(({ field }) => field === 'assigneeId');
  if (given?.after === viewer.id) return 'ASSIGNED';
  return given?.before === viewer.id ? 'UNASSIGNED' : null;
}

async function load({ app, principal }: Call, notices: readonly Notice[]): Promise<Loaded[]> {
  if (notices.length === 0) return [];
  const conversationIds = new Set(notices.map(({ row }) => row.conversationId!));
  const handoverIds = new Set(notices.flatMap(({ handoverId }) => handoverId ?? []));
  const [conversations, handovers] = await Promise.all([
    app.db.byIds(Conversation, principal.workspaceId, [...conversationIds]),
    handoverIds.size === 0 ? [] : app.db.byIds(Handover, principal.workspaceId, [...handoverIds]),
  ]);
  const conversationRows = new Map(conversations.map((row) => [row.id, row]));
  const handoverRows = new Map(handovers.map((row) => [row.id, row]));
  return notices.map((notice) => ({
    notice,
    conversation: conversationRows.get(notice.row.conversationId!),
    handover: notice.handoverId === null ? undefined : handoverRows.get(notice.handoverId),
  }));
}

function decide(loaded: Loaded, { conversations: sight, principal }: Reader): Delivered<NotificationEvent> | null {
  const { notice, conversation, handover } = loaded;
  const { row, kind } = notice;
  const seen = conversation !== undefined && covers(sight, audienceOf(conversation));
  if (!concerns(loaded, principal)) return null;
  // Who has lost it is told so, by its id, which they knew.
  if (!seen && !covers(sight, row.audience ?? [])) return null;
  const isEntry = row.targetType === 'message' || row.targetType === 'note';
  return {
    sequence: row.sequence,
    frame: (cursor) => ({
      cursor,
      id: row.eventId,
      kind,
      occurredAt: row.occurredAt,
      actor: { kind: row.actorKind as ActorKind, id: row.actorId },
      conversationId: row.conversationId,
      conversation: seen ? conversation : null,
      entryId: seen && isEntry ? row.targetId : null,
      handover: seen ? (handover ?? null) : null,
    }),
  };
}

/** Whether it is the viewer's, as the objects are now. */
function concerns({ notice, conversation, handover }: Loaded, viewer: Principal): boolean {
  switch (notice.kind) {
    case 'MESSAGE':
      return conversation?.assigneeId === viewer.id && !conversation.spam;
    case 'HANDOVER_OFFERED':
      return handover !== undefined && isOffered(handover, viewer);
    case 'HANDOVER_SETTLED':
      return handover !== undefined && (isOffered(handover, viewer) || isFrom(handover, viewer));
    default:
      return true;
  }
}

const isOffered = (handover: HandoverRow, { id, teamIds }: Principal): boolean =>
  handover.toAgentId === id || (handover.toTeamId !== null && teamIds.includes(handover.toTeamId));
const isFrom = (handover: HandoverRow, { id }: Principal): boolean =>
  handover.fromKind === 'AGENT' && handover.fromId === id;
