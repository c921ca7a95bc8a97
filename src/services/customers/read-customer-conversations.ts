import type { Conversation } from '../../entities/conversation.js';
import { Message } from '../../entities/message.js';
import type { RowOf } from '../../entities/row.js';
import type { Call } from '../application.js';
import type { MessageRow } from '../conversations/read-transcript.js';
import { notFound } from '../errors.js';
import { isId } from '../ids.js';
import {
  connection,
  connections,
  encodePageCursor,
  keyset,
  limitOf,
  pageOf,
  type Connection,
  type PageRequest,
} from '../paging.js';
import { recordingDenials } from '../record-denial.js';
import { sql, type Sql } from '../sql.js';
import { encodeCursor, headCursor } from '../streams/cursor.js';
import { customerOf, isOwn, refuseForeign } from './customer.js';

/** A conversation as its customer has it: nothing that people do in it among themselves. */
export interface CustomerConversationRow {
  id: string;
  open: boolean;
  createdAt: Date;
  lastMessageAt: Date | null;
  mergedIntoId: string | null;
}

/** No activity but what was said: else a note would be seen by when it was written. */
const SHOWN = sql`c.id, c.status <> 'RESOLVED' as open, c.created_at as "createdAt", c.merged_into_id as "mergedIntoId", (
  select m.created_at from message m where m.workspace_id = c.workspace_id and m.id = c.last_message_id) as "lastMessageAt"`;

/** The customer's own conversations, newest first. @throws AppError FORBIDDEN, VALIDATION_FAILED */
export async function listCustomerConversations(
  { app, principal }: Call,
  request: PageRequest,
): Promise<Connection<CustomerConversationRow>> {
  const { contactId, inboxId } = customerOf(principal);
  const page = pageOf('CREATED_DESC', request);
  const { condition, order } = keyset(page, sql`c.created_at`, sql`c.id`, 'timestamptz', true);
  const rows = await app.db.rows<CustomerConversationRow>(sql`
    select ${SHOWN} from conversation c where c.workspace_id = ${principal.workspaceId} and c.contact_id = ${contactId}
      and c.inbox_id = ${inboxId} and ${condition} order by ${order} limit ${limitOf(page)}`);
  return connection(page, rows, (row) => encodePageCursor('CREATED_DESC', [row.createdAt.toISOString(), row.id]));
}

/** One of the customer's own conversations. @throws AppError FORBIDDEN, NOT_FOUND; what is another's is recorded. */
export async function findCustomerConversation(call: Call, id: string): Promise<CustomerConversationRow> {
  const { app, principal } = call;
  const customer = customerOf(principal);
  if (!isId(id)) throw notFound('conversation');
  return recordingDenials(call, async () => {
    const [row] = await app.db.rows<CustomerConversationRow & RowOf<Conversation>>(sql`
      select ${SHOWN}, c.number, c.contact_id as "contactId", c.inbox_id as "inboxId", c.team_id as "teamId"
      from conversation c where c.workspace_id = ${principal.workspaceId} and c.id = ${id}`);
    if (!row) throw notFound('conversation');
    // Two contacts may have become one, or two again, since it was last asked who this is.
    const asNow = isOwn(customer, row) ? customer : customerOf(await app.principals.fresh(principal));
    refuseForeign(asNow, row, 'conversation.read');
    const { open, createdAt, lastMessageAt, mergedIntoId } = row;
    return { id, open, createdAt, lastMessageAt, mergedIntoId };
  });
}

/** How a page of messages is asked for. */
export interface CustomerPage extends PageRequest {
  /** A stream is to go on from it. */
  eventCursor: boolean;
}

/**
 * What was said in conversations that the customer has been let see, by conversation, of each the newest page unless
 * asked. Cursors name messages, not places: between two of them there may be lines that no customer is to know of.
 * @throws AppError VALIDATION_FAILED
 */
export async function messagesForCustomer(
  { app, principal }: Call,
  conversationIds: readonly string[],
  { eventCursor: isStreamed, ...request }: CustomerPage,
): Promise<Map<string, Connection<MessageRow> & { eventCursor: string | null }>> {
  const page = pageOf('MESSAGE', request, 'last');
  // Read before any of the rows: what is said meanwhile comes twice rather than not at all.
  const eventCursor = isStreamed ? encodeCursor(await headCursor(app.db, principal.workspaceId)) : null;
  const [, from] = page.from ?? [];
  const [compare, direction] = page.backwards ? [sql`<`, sql`desc`] : [sql`>`, sql`asc`];
  const after: Sql =
    from === undefined
      ? sql`true`
      : sql`m.position ${compare} (select p.position from message p where p.workspace_id = m.workspace_id
          and p.id = ${from}::uuid and p.conversation_id = m.conversation_id)`;
  const rows = await app.db.rows<MessageRow>(sql`
    select found.* from unnest(${conversationIds}::uuid[]) as k(id) cross join lateral (
      select ${app.db.columns(Message, 'm')} from message m
      where m.workspace_id = ${principal.workspaceId} and m.conversation_id = k.id and ${after}
      order by m.position ${direction} limit ${limitOf(page)}) found`);
  const pages = connections(page, rows, {
    ofIds: conversationIds,
    ownerOf: ({ conversationId }) => conversationId,
    cursorOf: ({ id }) => encodePageCursor('MESSAGE', ['', id]),
  });
  return new Map([...pages].map(([id, messages]) => [id, Object.assign(messages, { eventCursor })]));
}
