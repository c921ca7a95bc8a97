import { Conversation } from '../../entities/conversation.js';
import { Priority } from '../../entities/enums.js';
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

/** Positions in the list of priorities, ascending: what PRIORITY_DESC sorts by. */
const priorityRank = sql`array_position(array['NONE', 'LOW', 'MEDIUM', 'HIGH', 'URGENT'], c.priority)`;
const ranks = Object.keys(Priority);
/** Sorts behind every time there is: conversations in which nobody waits. */
const NEVER = '9999-12-31T00:00:00.000Z';

interface Order {
  /** What is sorted by, over table `c`. */
  key: Sql;
  type: 'timestamptz' | 'int';
  descending: boolean;
  /** The same of one row, as text. */
  keyOf: (row: ConversationRow) => string;
}

const byTime = (column: Sql, descending: boolean, of: (row: ConversationRow) => Date): Order => ({
  key: column,
  type: 'timestamptz',
  descending,
  keyOf: (row) => of(row).toISOString(),
});

/** The orders of a list of conversations, each made unambiguous by the id. */
export const conversationOrders = {
  LAST_ACTIVITY_DESC: byTime(sql`c.last_activity_at`, true, (row) => row.lastActivityAt),
  LAST_ACTIVITY_ASC: byTime(sql`c.last_activity_at`, false, (row) => row.lastActivityAt),
  CREATED_DESC: byTime(sql`c.created_at`, true, (row) => row.createdAt),
  CREATED_ASC: byTime(sql`c.created_at`, false, (row) => row.createdAt),
  WAITING_LONGEST: byTime(
    sql`coalesce(c.waiting_since, ${sql.lit(NEVER)}::timestamptz)`,
    false,
    (row) => row.waitingSince ?? new Date(NEVER),
  ),
  PRIORITY_DESC: {
    key: priorityRank,
    type: 'int',
    descending: true,
    keyOf: (row) => String(ranks.indexOf(row.priority) + 1),
  },
} as const satisfies Record<string, Order>;
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
  const { condition, order: sorted } = keyset(page, order.key, sql`c.id`, order.type, order.descending);
  const limit = page.size + 1;
  const scan = (way: Sql): Sql => sql`
    select c.id from conversation c
    where ${sql.join([sql`c.workspace_id = ${principal.workspaceId}`, way, condition, ...filterConditions(filter, principal)], sql` and `)}
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
  const cursorOf = (row: ConversationRow) => encodePageCursor(orderBy, [order.keyOf(row), row.id]);
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
