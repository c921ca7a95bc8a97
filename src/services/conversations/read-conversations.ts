import { Conversation } from '../../entities/conversation.js';
import type { RowOf } from '../../entities/row.js';
import { accessConversationRow } from '../access.js';
import type { Call } from '../application.js';
import { sql, type Sql } from '../database.js';
import { recordingDenials } from '../record-denial.js';
import { forbidden, notFound } from '../errors.js';
import { isId } from '../ids.js';
import { connection, encodePageCursor, keyset, pageOf, type Connection, type PageRequest } from '../paging.js';
import { conversationSight, type Sight } from '../policy.js';
import { encodeCursor, headCursor } from '../streams/cursor.js';
import { filterConditions, validateConversationFilter, type ConversationFilter } from './conversation-filter.js';

export type ConversationRow = RowOf<Conversation>;

export const conversationOrders = {
  LAST_ACTIVITY_DESC: { column: 'last_activity_at', property: 'lastActivityAt', descending: true },
  LAST_ACTIVITY_ASC: { column: 'last_activity_at', property: 'lastActivityAt', descending: false },
  CREATED_DESC: { column: 'created_at', property: 'createdAt', descending: true },
  CREATED_ASC: { column: 'created_at', property: 'createdAt', descending: false },
} as const;
export type ConversationOrder = keyof typeof conversationOrders;

/** A list that a stream can be subscribed to from. */
export type Streamable<T> = Connection<T> & { eventCursor: string };

/**
 * The conversations that the caller may see, filtered, in pages.
 * @throws AppError FORBIDDEN for who sees no conversations at all, VALIDATION_FAILED.
 */
export async function listConversations(
  { app, principal }: Call,
  filter: ConversationFilter,
  orderBy: ConversationOrder,
  request: PageRequest,
): Promise<Streamable<ConversationRow>> {
  validateConversationFilter(filter);
  const page = pageOf(orderBy, request);
  const sight = conversationSight(principal);
  if (!sight.everything && sight.keys.length === 0) throw forbidden('You may not see conversations.');
  const eventCursor = encodeCursor(await headCursor(app.db, principal.workspaceId));
  const order = conversationOrders[orderBy];
  const column = sql.raw(`c.${order.column}`);
  const { condition, order: sorted } = keyset(page, column, sql`c.id`, 'timestamptz', order.descending);
  const limit = page.size + 1;
  const scan = (way: Sql): Sql => sql`
    select c.id, ${column} from conversation c
    where ${sql.join([sql`c.workspace_id = ${principal.workspaceId}`, way, condition, ...filterConditions(filter)], sql` and `)}
    order by ${sorted} limit ${limit}`;
  const columns = app.db.columns(Conversation, 'c');
  const candidates = sight.everything
    ? scan(sql`true`)
    : sql.join(
        ways(sight).map((way) => sql`(${scanEach(way, scan)})`),
        sql` union `,
      );
  const rows = await app.db.rows<ConversationRow>(sql`
    select ${columns} from conversation c
    where c.workspace_id = ${principal.workspaceId} and c.id in (select id from (${candidates}) seen)
    order by ${sorted} limit ${limit}`);
  const cursorOf = (row: ConversationRow) => encodePageCursor(orderBy, [row[order.property].toISOString(), row.id]);
  return { ...connection(page, rows, cursorOf), eventCursor };
}

interface Way {
  column: string;
  ids: string[];
}

/**
 * The ways by which somebody sees conversations, each with an index in the list's order. One limited scan a way and id
 * instead of an OR over all of them, which would walk the whole index.
 */
function ways({ keys }: Sight): Way[] {
  const idsOf = (kind: string) =>
    keys.filter((key) => key.startsWith(`${kind}:`)).map((key) => key.slice(kind.length + 1));
  return [
    { column: 'inbox_id', ids: idsOf('inbox') },
    { column: 'team_id', ids: idsOf('team') },
    { column: 'offered_team_id', ids: idsOf('team') },
    { column: 'assignee_id', ids: idsOf('agent') },
    { column: 'offered_agent_id', ids: idsOf('agent') },
    { column: 'bot_id', ids: idsOf('bot') },
  ].filter((way) => way.ids.length > 0);
}

const scanEach = ({ column, ids }: Way, scan: (way: Sql) => Sql): Sql => sql`
  select found.* from unnest(${ids}::uuid[]) as k(id)
  cross join lateral (${scan(sql`c.${sql.raw(column)} = k.id`)}) found`;

/** One conversation. @throws AppError NOT_FOUND when there is none or the caller may not see it. */
export const readConversation = (call: Call, id: string): Promise<ConversationRow> =>
  isId(id) ? readWhere(call, sql`c.id = ${id}::uuid`) : Promise.reject(notFound('conversation'));

/** The conversation that people call #number. @throws AppError NOT_FOUND */
export const readConversationByNumber = (call: Call, number: number): Promise<ConversationRow> =>
  readWhere(call, sql`c.number = ${number}`);

/** The conversation that another system knows under this id. @throws AppError NOT_FOUND */
export const readConversationByExternalId = (call: Call, externalId: string): Promise<ConversationRow> =>
  readWhere(call, sql`c.external_id = ${externalId}`);

async function readWhere(call: Call, condition: Sql): Promise<ConversationRow> {
  const { app, principal } = call;
  return recordingDenials(call, async () => {
    const [row] = await app.db.rows<ConversationRow>(
      sql`select ${app.db.columns(Conversation, 'c')} from conversation c where c.workspace_id = ${principal.workspaceId} and ${condition}`,
    );
    return accessConversationRow(call, row);
  });
}
