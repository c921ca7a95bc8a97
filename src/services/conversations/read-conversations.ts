import type { Conversation } from '../../entities/conversation.js';
import { Priority } from '../../entities/enums.js';
import type { RowOf } from '../../entities/row.js';
import { accessConversationRow } from '../access.js';
import type { Call } from '../application.js';
import { sql, type Sql } from '../database.js';
import { recordingDenials } from '../record-denial.js';
import { notFound } from '../errors.js';
import { sightOfConversations } from '../guards.js';
import { isId } from '../ids.js';
import { connection, encodePageCursor, keyset, limitOf, pageOf, type Connection, type PageRequest } from '../paging.js';
import type { Sight } from '../policy.js';
import { encodeCursor, headCursor } from '../streams/cursor.js';
import type { Asked } from '../reading/noun.js';
import { WHOLE } from '../reading/noun.js';
import { nouns } from '../reading/nouns.js';
import { shapedSelect } from '../reading/shaped-select.js';
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
  /** The property that the key is made of, and the key of one row, as text. */
  property: keyof ConversationRow;
  keyOf: (row: ConversationRow) => string;
}

const byTime = (
  column: Sql,
  descending: boolean,
  property: 'lastActivityAt' | 'createdAt' | 'waitingSince',
): Order => ({
  key: column,
  type: 'timestamptz',
  descending,
  property,
  keyOf: (row) => row[property]?.toISOString() ?? NEVER,
});

/** The orders of a list of conversations, each made unambiguous by the id. */
export const conversationOrders = {
  LAST_ACTIVITY_DESC: byTime(sql`c.last_activity_at`, true, 'lastActivityAt'),
  LAST_ACTIVITY_ASC: byTime(sql`c.last_activity_at`, false, 'lastActivityAt'),
  CREATED_DESC: byTime(sql`c.created_at`, true, 'createdAt'),
  CREATED_ASC: byTime(sql`c.created_at`, false, 'createdAt'),
  WAITING_LONGEST: byTime(sql`coalesce(c.waiting_since, ${sql.lit(NEVER)}::timestamptz)`, false, 'waitingSince'),
  PRIORITY_DESC: {
    key: priorityRank,
    type: 'int',
    descending: true,
    property: 'priority',
    keyOf: (row) => String(ranks.indexOf(row.priority) + 1),
  },
} as const satisfies Record<string, Order>;
export type ConversationOrder = keyof typeof conversationOrders;

/** A list that a stream can be subscribed to from; the cursor is there only where it was asked for. */
export type Streamable<T> = Connection<T> & { eventCursor?: string };

/**
 * The conversations that the caller may see, filtered, in pages.
 * @param asked what of them is brought along, and whether a stream is to go on from here.
 * @throws AppError FORBIDDEN for who sees no conversations at all, VALIDATION_FAILED.
 */
export async function listConversations(
  { app, principal }: Call,
  filter: ConversationFilter,
  orderBy: ConversationOrder,
  request: PageRequest,
  asked: Asked & { eventCursor?: boolean } = WHOLE,
): Promise<Streamable<ConversationRow>> {
  validateConversationFilter(filter);
  const page = pageOf(orderBy, request);
  const sight = sightOfConversations(principal);
  // Read before any of the rows: what changes meanwhile comes twice rather than not at all.
  const eventCursor = asked.eventCursor ? encodeCursor(await headCursor(app.db, principal.workspaceId)) : undefined;
  const order = conversationOrders[orderBy];
  const { condition, order: sorted } = keyset(page, order.key, sql`c.id`, order.type, order.descending);
  const limit = limitOf(page);
  const scan = (columns: Sql, way: Sql): Sql => sql`
    select ${columns} from conversation c
    where ${sql.join([sql`c.workspace_id = ${principal.workspaceId}`, way, condition, ...filterConditions(filter, principal)], sql` and `)}
    order by ${sorted} limit ${limit}`;
  // The ways are cut to the page by their keys before any row is fetched: else what all of them might find together
  // looks like so much that reading the whole table seems cheaper.
  const { order: cut } = keyset(page, sql`found.key`, sql`found.id`, order.type, order.descending);
  const seen = sight.everything
    ? scan(sql`c.*`, sql`true`)
    : sql`select c.* from (
        select found.id from (${sql.join(
          ways(sight).map((way) => sql`(${scanEach(way, (each) => scan(sql`c.id, ${order.key} as key`, each))})`),
          sql` union `,
        )}) found order by ${cut} limit ${limit}) page
      join conversation c on c.workspace_id = ${principal.workspaceId} and c.id = page.id`;
  const { list, joins, read } = shapedSelect<ConversationRow>(app.db, nouns.Conversation, asked, principal, 'c', [
    order.property,
  ]);
  const rows = await app.db.arrays(sql`select ${list} from (${seen}) c ${joins} order by ${sorted}`);
  const cursorOf = (row: ConversationRow) => encodePageCursor(orderBy, [order.keyOf(row), row.id]);
  const found = connection(page, rows.map(read), cursorOf);
  return eventCursor === undefined ? found : Object.assign(found, { eventCursor });
}

/** One way by which somebody sees conversations: a column, and what stands in it then. */
export interface Way {
  column: string;
  ids: string[];
}

/**
 * The ways by which somebody sees conversations, each with an index in the list's order. One limited scan a way and id
 * instead of an OR over all of them, which would walk the whole index.
 */
export function ways({ keys }: Sight): Way[] {
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

/** The ways as one condition on table `c`, for rows that something else has led to. */
export const seenCondition = (sight: Sight): Sql =>
  sight.everything
    ? sql`true`
    : sql`(${sql.join(
        ways(sight).map(({ column, ids }) => sql`c.${sql.raw(column)} = any(${ids}::uuid[])`),
        sql` or `,
      )})`;

/** A scan for each of the ids of a way. */
export const scanEach = ({ column, ids }: Way, scan: (way: Sql) => Sql): Sql => sql`
  select found.* from unnest(${ids}::uuid[]) as k(id)
  cross join lateral (${scan(sql`c.${sql.raw(column)} = k.id`)}) found`;

/** One conversation. @throws AppError NOT_FOUND when there is none or the caller may not see it. */
export const readConversation = (call: Call, id: string, asked?: Asked): Promise<ConversationRow> =>
  isId(id) ? readWhere(call, sql`c.id = ${id}::uuid`, asked) : Promise.reject(notFound('conversation'));

/** The conversation that people call #number. @throws AppError NOT_FOUND */
export const readConversationByNumber = (call: Call, number: number, asked?: Asked): Promise<ConversationRow> =>
  readWhere(call, sql`c.number = ${number}`, asked);

/** The conversation that another system knows under this id. @throws AppError NOT_FOUND */
export const readConversationByExternalId = (call: Call, externalId: string, asked?: Asked): Promise<ConversationRow> =>
  readWhere(call, sql`c.external_id = ${externalId}`, asked);

/** What decides who may see a conversation, and names it on the record. */
const SIGHTED = [
  'number',
  'contactId',
  'inboxId',
  'teamId',
  'assigneeId',
  'botId',
  'offeredAgentId',
  'offeredTeamId',
] as const;

async function readWhere(call: Call, condition: Sql, asked: Asked = WHOLE): Promise<ConversationRow> {
  const { app, principal } = call;
  return recordingDenials(call, async () => {
    const { list, joins, read } = shapedSelect<ConversationRow>(
      app.db,
      nouns.Conversation,
      asked,
      principal,
      'c',
      SIGHTED,
    );
    const [values] = await app.db.arrays(
      sql`select ${list} from conversation c ${joins} where c.workspace_id = ${principal.workspaceId} and ${condition}`,
    );
    return accessConversationRow(call, values && read(values));
  });
}
