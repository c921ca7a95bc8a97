import type { ActorKind } from '../../entities/enums.js';
import type { Call } from '../application.js';
import { sql, type Sql } from '../database.js';
import { forbidden } from '../errors.js';
import { refuseUnlessAdministrator, sightOfConversations } from '../guards.js';
import { connection, encodePageCursor, keyset, limitOf, pageOf, type Connection, type PageRequest } from '../paging.js';
import { canReadFeed, conversationSight } from '../policy.js';
import { recordingDenials } from '../record-denial.js';

/** That a conversation was deleted, for who administers; nothing of what it holds. */
export interface DeletedConversation {
  conversationId: string;
  number: number;
  createdAt: Date;
  deletedAt: Date;
  deletedBy: { kind: ActorKind; id: string | null };
  reason: string | null;
  restorableUntil: Date;
}

/** What other systems are told of a deleted conversation, for ever. */
export interface ConversationTombstone extends Pick<
  DeletedConversation,
  'conversationId' | 'number' | 'createdAt' | 'deletedAt' | 'deletedBy'
> {
  /** When what it held had gone; null until then. */
  purgedAt: Date | null;
}

const SHOWN = sql`d.conversation_id as "conversationId", d.number, d.created_at as "createdAt", d.deleted_at as "deletedAt",
  jsonb_build_object('kind', d.deleted_by_kind, 'id', d.deleted_by_id) as "deletedBy"`;

/**
 * The conversations that were deleted and can be restored, latest first, in pages.
 * @throws AppError FORBIDDEN for who does not administer, or sees no conversations; VALIDATION_FAILED
 */
export async function listDeletedConversations(
  call: Call,
  request: PageRequest,
): Promise<Connection<DeletedConversation>> {
  await recordingDenials(call, async () => refuseUnlessAdministrator(call, 'conversation.list_deleted'));
  sightOfConversations(call.principal);
  return listed(call, request, {
    kind: 'DELETED_DESC',
    columns: sql`${SHOWN}, d.reason, d.restorable_until as "restorableUntil"`,
    which: sql`d.purge_run_id is null`,
    descending: true,
  });
}

/** What one deleted conversation is listed as, for who has just deleted it. */
export async function findDeletedConversation(
  { app, principal }: Call,
  conversationId: string,
): Promise<DeletedConversation | undefined> {
  const [deleted] = await app.db.rows<DeletedConversation>(sql`
    select ${SHOWN}, d.reason, d.restorable_until as "restorableUntil" from conversation_deletion d
    where d.workspace_id = ${principal.workspaceId} and d.conversation_id = ${conversationId}`);
  return deleted;
}

/**
 * All that is deleted now, also what was purged, in the order of deletion, in pages: for other systems that missed the
 * events of it.
 * @param deletedFrom only what was deleted then or later.
 * @throws AppError FORBIDDEN for who does not read the feed and all conversations; VALIDATION_FAILED
 */
export async function listTombstones(
  call: Call,
  request: PageRequest,
  deletedFrom: Date | null | undefined,
): Promise<Connection<ConversationTombstone>> {
  const { principal } = call;
  if (!canReadFeed(principal) || !conversationSight(principal).everything)
    throw forbidden('Tombstones need an API key with the scopes EVENTS_READ and CONVERSATIONS_READ.');
  return listed(call, request, {
    kind: 'DELETED_ASC',
    columns: sql`${SHOWN}, d.purged_at as "purgedAt"`,
    which: deletedFrom ? sql`d.deleted_at >= ${deletedFrom}::timestamptz` : sql`true`,
    descending: false,
  });
}

async function listed<R extends { conversationId: string; deletedAt: Date }>(
  { app, principal }: Call,
  request: PageRequest,
  { kind, columns, which, descending }: { kind: string; columns: Sql; which: Sql; descending: boolean },
): Promise<Connection<R>> {
  const page = pageOf(kind, request);
  const { condition, order } = keyset(page, sql`d.deleted_at`, sql`d.conversation_id`, 'timestamptz', descending);
  const rows = await app.db.rows<R>(sql`
    select ${columns} from conversation_deletion d
    where d.workspace_id = ${principal.workspaceId} and ${which} and ${condition}
    order by ${order} limit ${limitOf(page)}`);
  return connection(page, rows, (row) => encodePageCursor(kind, [row.deletedAt.toISOString(), row.conversationId]));
}
