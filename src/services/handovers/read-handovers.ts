import type { HandoverKind, HandoverStatus } from '../../entities/enums.js';
import { Handover } from '../../entities/handover.js';
import type { RowOf } from '../../entities/row.js';
import type { Call } from '../application.js';
import { sql, type Sql } from '../database.js';
import { sightOfConversations } from '../guards.js';
import { isId } from '../ids.js';
import { connection, encodePageCursor, keyset, limitOf, pageOf, type Connection, type PageRequest } from '../paging.js';
import type { Sight } from '../policy.js';
import type { Principal } from '../principal.js';
import { encodeCursor, headCursor } from '../streams/cursor.js';
import { Faults } from '../text.js';

export type HandoverRow = RowOf<Handover>;

/** Which handovers a list or a stream is about. */
export interface HandoverFilter {
  statuses?: readonly HandoverStatus[] | null | undefined;
  kinds?: readonly HandoverKind[] | null | undefined;
  toAgentIds?: readonly string[] | null | undefined;
  toTeamIds?: readonly string[] | null | undefined;
  /** Offered to the caller or to a team of theirs. */
  mine?: boolean | null | undefined;
  conversationId?: string | null | undefined;
  /** Handed over with this shift. */
  batchId?: string | null | undefined;
}

type Given<K extends keyof HandoverFilter> = NonNullable<HandoverFilter[K]>;

/** One dimension in both forms, as in the filter of conversations: on table `h`, and over one row. */
interface Dimension<K extends keyof HandoverFilter> {
  condition: (value: Given<K>, principal: Principal) => Sql;
  matches: (value: Given<K>, row: HandoverRow, principal: Principal) => boolean;
  /** It asks who the viewer is: what passes for one says nothing of what passes for another. */
  perViewer?: true;
}

const isMine = (row: HandoverRow, principal: Principal): boolean =>
  (row.toAgentId !== null && row.toAgentId === principal.id) ||
  (row.toTeamId !== null && principal.teamIds.includes(row.toTeamId));

const dimensions: { [K in keyof Required<HandoverFilter>]: Dimension<K> } = {
  statuses: {
    condition: (values) => sql`h.status = any(${values}::text[])`,
    matches: (values, row) => values.includes(row.status),
  },
  kinds: {
    condition: (values) => sql`h.kind = any(${values}::text[])`,
    matches: (values, row) => values.includes(row.kind),
  },
  toAgentIds: {
    condition: (ids) => sql`h.to_agent_id = any(${ids}::uuid[])`,
    matches: (ids, row) => row.toAgentId !== null && ids.includes(row.toAgentId),
  },
  toTeamIds: {
    condition: (ids) => sql`h.to_team_id = any(${ids}::uuid[])`,
    matches: (ids, row) => row.toTeamId !== null && ids.includes(row.toTeamId),
  },
  mine: {
    condition: (value, principal) => {
      const mine = sql`(coalesce(h.to_agent_id = ${principal.id}::uuid, false) or coalesce(h.to_team_id = any(${principal.teamIds}::uuid[]), false))`;
      return value ? mine : sql`not ${mine}`;
    },
    matches: (value, row, principal) => isMine(row, principal) === value,
    perViewer: true,
  },
  conversationId: {
    condition: (id) => sql`h.conversation_id = ${id}::uuid`,
    matches: (id, row) => row.conversationId === id,
  },
  batchId: {
    condition: (id) => sql`h.batch_id = ${id}::uuid`,
    matches: (id, row) => row.batchId === id,
  },
};

const given = (filter: HandoverFilter) =>
  (Object.keys(dimensions) as (keyof HandoverFilter)[]).filter(
    (name) => filter[name] !== null && filter[name] !== undefined,
  );

/** Whether what passes depends on who the viewer is. */
export const isPerViewer = (filter: HandoverFilter): boolean =>
  given(filter).some((name) => dimensions[name].perViewer);

/** Whether one row passes the filter. */
export const passesHandoverFilter = (filter: HandoverFilter, row: HandoverRow, principal: Principal): boolean =>
  given(filter).every((name) => dimensions[name].matches(filter[name] as never, row, principal));

/** @throws AppError VALIDATION_FAILED for ids that cannot be any. */
export function validateHandoverFilter(filter: HandoverFilter): void {
  const faults = new Faults();
  for (const name of ['toAgentIds', 'toTeamIds'] as const) {
    filter[name]?.forEach((id, index) => {
      if (!isId(id)) faults.add(`filter.${name}.${index}`, 'is not an id');
    });
  }
  for (const name of ['conversationId', 'batchId'] as const) {
    const id = filter[name];
    if (id && !isId(id)) faults.add(`filter.${name}`, 'is not an id');
  }
  faults.refuse();
}

/** The audience keys of conversation `c`, as the policy names them, in SQL. */
export const audienceCondition = (sight: Sight): Sql =>
  sight.everything
    ? sql`true`
    : sql`array['inbox:' || c.inbox_id, 'team:' || c.team_id, 'team:' || c.offered_team_id, 'agent:' || c.assignee_id,
        'agent:' || c.offered_agent_id, 'bot:' || c.bot_id] && ${sight.keys}::text[]`;

/**
 * The handovers of conversations that the caller may see, newest first, in pages.
 * @throws AppError FORBIDDEN for who sees no conversations at all, VALIDATION_FAILED.
 */
export async function listHandovers(
  { app, principal }: Call,
  filter: HandoverFilter,
  request: PageRequest,
): Promise<Connection<HandoverRow> & { eventCursor: string }> {
  validateHandoverFilter(filter);
  const page = pageOf('REQUESTED_DESC', request);
  const sight = sightOfConversations(principal);
  const eventCursor = encodeCursor(await headCursor(app.db, principal.workspaceId));
  const { condition, order } = keyset(page, sql`h.requested_at`, sql`h.id`, 'timestamptz', true);
  const rows = await app.db.rows<HandoverRow>(sql`
    select ${app.db.columns(Handover, 'h')} from handover h
    join conversation c on c.workspace_id = h.workspace_id and c.id = h.conversation_id
    where ${sql.join(
      [
        sql`h.workspace_id = ${principal.workspaceId}`,
        audienceCondition(sight),
        condition,
        ...given(filter).map((name) => dimensions[name].condition(filter[name] as never, principal)),
      ],
      sql` and `,
    )}
    order by ${order} limit ${limitOf(page)}`);
  const cursorOf = (row: HandoverRow) => encodePageCursor('REQUESTED_DESC', [row.requestedAt.toISOString(), row.id]);
  return Object.assign(connection(page, rows, cursorOf), { eventCursor });
}
