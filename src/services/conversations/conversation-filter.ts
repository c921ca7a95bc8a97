import type { Channel, ConversationStatus } from '../../entities/enums.js';
import type { Conversation } from '../../entities/conversation.js';
import type { RowOf } from '../../entities/row.js';
import { sql, type Sql } from '../database.js';
import { Faults } from '../text.js';
import { isId } from '../ids.js';

/** Which conversations a list or a stream is about. Absent and null leave a dimension open; all given must hold. */
export interface ConversationFilter {
  statuses?: readonly ConversationStatus[] | null | undefined;
  inboxIds?: readonly string[] | null | undefined;
  channels?: readonly Channel[] | null | undefined;
  teamIds?: readonly string[] | null | undefined;
  assigneeIds?: readonly string[] | null | undefined;
  unassigned?: boolean | null | undefined;
  contactId?: string | null | undefined;
  hasOpenHandover?: boolean | null | undefined;
  createdFrom?: Date | null | undefined;
  createdTo?: Date | null | undefined;
}

type Row = RowOf<Conversation>;
type Given<K extends keyof ConversationFilter> = NonNullable<ConversationFilter[K]>;

/** One dimension in both forms: a condition on table `c`, and the same over one row. A test holds them together. */
interface Dimension<K extends keyof ConversationFilter> {
  condition: (value: Given<K>) => Sql;
  matches: (value: Given<K>, row: Row) => boolean;
}

const dimensions: { [K in keyof Required<ConversationFilter>]: Dimension<K> } = {
  statuses: {
    condition: (values) => sql`c.status = any(${values}::text[])`,
    matches: (values, row) => values.includes(row.status),
  },
  inboxIds: {
    condition: (ids) => sql`c.inbox_id = any(${ids}::uuid[])`,
    matches: (ids, row) => ids.includes(row.inboxId),
  },
  channels: {
    condition: (values) => sql`c.channel = any(${values}::text[])`,
    matches: (values, row) => values.includes(row.channel),
  },
  teamIds: {
    condition: (ids) => sql`c.team_id = any(${ids}::uuid[])`,
    matches: (ids, row) => row.teamId !== null && ids.includes(row.teamId),
  },
  assigneeIds: {
    condition: (ids) => sql`c.assignee_id = any(${ids}::uuid[])`,
    matches: (ids, row) => row.assigneeId !== null && ids.includes(row.assigneeId),
  },
  unassigned: {
    condition: (value) => (value ? sql`c.assignee_id is null` : sql`c.assignee_id is not null`),
    matches: (value, row) => (row.assigneeId === null) === value,
  },
  contactId: {
    condition: (id) => sql`c.contact_id = ${id}::uuid`,
    matches: (id, row) => row.contactId === id,
  },
  hasOpenHandover: {
    condition: (value) => (value ? sql`c.open_handover_id is not null` : sql`c.open_handover_id is null`),
    matches: (value, row) => (row.openHandoverId !== null) === value,
  },
  createdFrom: {
    condition: (from) => sql`c.created_at >= ${from}::timestamptz`,
    matches: (from, row) => row.createdAt >= from,
  },
  createdTo: {
    condition: (to) => sql`c.created_at < ${to}::timestamptz`,
    matches: (to, row) => row.createdAt < to,
  },
};

const given = (filter: ConversationFilter) =>
  (Object.keys(dimensions) as (keyof ConversationFilter)[]).filter(
    (name) => filter[name] !== null && filter[name] !== undefined,
  );

/** The filter as conditions on table `c`. */
export const filterConditions = (filter: ConversationFilter): Sql[] =>
  given(filter).map((name) => dimensions[name].condition(filter[name] as never));

/** Whether one row passes the filter. */
export const passesFilter = (filter: ConversationFilter, row: Row): boolean =>
  given(filter).every((name) => dimensions[name].matches(filter[name] as never, row));

/** @throws AppError VALIDATION_FAILED for ids that cannot be any. */
export function validateConversationFilter(filter: ConversationFilter): void {
  const faults = new Faults();
  for (const name of ['inboxIds', 'teamIds', 'assigneeIds'] as const) {
    filter[name]?.forEach((id, index) => {
      if (!isId(id)) faults.add(`filter.${name}.${index}`, 'is not an id');
    });
  }
  if (filter.contactId && !isId(filter.contactId)) faults.add('filter.contactId', 'is not an id');
  faults.refuse();
}
