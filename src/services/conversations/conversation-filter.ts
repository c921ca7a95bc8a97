import type { Channel, ConversationStatus, Priority } from '../../entities/enums.js';
import type { Conversation } from '../../entities/conversation.js';
import type { RowOf } from '../../entities/row.js';
import type { Call } from '../application.js';
import { sql, type Sql } from '../database.js';
import type { Principal } from '../principal.js';
import { ATTRIBUTE_KEY } from '../attributes/validate.js';
import { Faults, isStorable } from '../text.js';
import { isId } from '../ids.js';

/** Which conversations a list or a stream is about. Absent and null leave a dimension open; all given must hold. */
export interface ConversationFilter {
  statuses?: readonly ConversationStatus[] | null | undefined;
  priorities?: readonly Priority[] | null | undefined;
  inboxIds?: readonly string[] | null | undefined;
  labelIds?: readonly string[] | null | undefined;
  pinned?: boolean | null | undefined;
  /** Absent and null are false: spam is out of the inbox. `either` is for what is no inbox. */
  spam?: boolean | 'either' | null | undefined;
  /** Absent and null are false: what goes on in another conversation is looked for there. `either` is for what is no inbox. */
  merged?: boolean | 'either' | null | undefined;
  unread?: boolean | null | undefined;
  channels?: readonly Channel[] | null | undefined;
  teamIds?: readonly string[] | null | undefined;
  assigneeIds?: readonly string[] | null | undefined;
  unassigned?: boolean | null | undefined;
  contactId?: string | null | undefined;
  hasOpenHandover?: boolean | null | undefined;
  createdFrom?: Date | null | undefined;
  createdTo?: Date | null | undefined;
  attributes?: readonly AttributeFilter[] | null | undefined;
}

/** A value that an attribute has. */
export interface AttributeFilter {
  key: string;
  value: unknown;
}

/** Values that one filter asks for at the most. */
const MAX_ATTRIBUTES = 10;

type Row = RowOf<Conversation>;
type Given<K extends keyof ConversationFilter> = NonNullable<ConversationFilter[K]>;

/** What a filter may ask for that a conversation's own row does not say, loaded where it is asked for. */
export interface FilterFacts {
  /** The labels of each conversation. */
  labelIds: ReadonlyMap<string, readonly string[]>;
  /** The conversations with messages that the viewer has not read. */
  unread: ReadonlySet<string>;
}

/** One dimension in both forms: a condition on table `c`, and the same over one row. A test holds them together. */
interface Dimension<K extends keyof ConversationFilter> {
  condition: (value: Given<K>, principal: Principal) => Sql;
  matches: (value: Given<K>, row: Row, facts: FilterFacts) => boolean;
  /** It asks who the viewer is: what passes for one says nothing of what passes for another. */
  perViewer?: true;
}

const hasUnread = (principal: Principal): Sql =>
  principal.kind === 'AGENT'
    ? sql`c.inbound_count > coalesce((select v.seen_count from conversation_viewer v where v.workspace_id = c.workspace_id
        and v.conversation_id = c.id and v.agent_id = ${principal.id}), 0)`
    : sql`false`;

const dimensions: { [K in keyof Required<ConversationFilter>]: Dimension<K> } = {
  statuses: {
    condition: (values) => sql`c.status = any(${values}::text[])`,
    matches: (values, row) => values.includes(row.status),
  },
  priorities: {
    condition: (values) => sql`c.priority = any(${values}::text[])`,
    matches: (values, row) => values.includes(row.priority),
  },
  labelIds: {
    condition: (ids) => sql`exists (select 1 from conversation_label l where l.workspace_id = c.workspace_id
      and l.conversation_id = c.id and l.label_id = any(${ids}::uuid[]))`,
    matches: (ids, row, facts) => (facts.labelIds.get(row.id) ?? []).some((id) => ids.includes(id)),
  },
  pinned: {
    condition: (value) => sql`c.pinned = ${value}`,
    matches: (value, row) => row.pinned === value,
  },
  unread: {
    condition: (value, principal) => (value ? hasUnread(principal) : sql`not ${hasUnread(principal)}`),
    matches: (value, row, facts) => facts.unread.has(row.id) === value,
    perViewer: true,
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
  attributes: {
    // The first is what the index is limited to, so that it is one that may be used.
    condition: (wanted) =>
      sql`c.attributes <> '{}' and ${sql.join(
        wanted.map(({ key, value }) => sql`c.attributes @> ${JSON.stringify({ [key]: value })}::jsonb`),
        sql` and `,
      )}`,
    matches: (wanted, row) =>
      wanted.every(({ key, value }) => Object.hasOwn(row.attributes, key) && row.attributes[key] === value),
  },
  spam: {
    // In the statement's text, where the planner takes it for what an index begins with.
    condition: (value) => (value ? sql`c.spam` : sql`not c.spam`),
    matches: (value, row) => row.spam === value,
  },
  merged: {
    condition: (value) => (value ? sql`c.merged_into_id is not null` : sql`c.merged_into_id is null`),
    matches: (value, row) => (row.mergedIntoId !== null) === value,
  },
};

const given = (filter: ConversationFilter) =>
  (Object.keys(dimensions) as (keyof ConversationFilter)[]).filter(
    (name) => filter[name] !== null && filter[name] !== undefined,
  );

/** Whether what passes depends on who the viewer is. */
export const isPerViewer = (filter: ConversationFilter): boolean =>
  given(filter).some((name) => dimensions[name].perViewer);

/** Without spam and what goes on elsewhere, where nothing is said of them. */
const ofInbox = (filter: ConversationFilter): ConversationFilter => ({
  ...filter,
  spam: filter.spam === 'either' ? null : (filter.spam ?? false),
  merged: filter.merged === 'either' ? null : (filter.merged ?? false),
});

/** The filter as conditions on table `c`. */
export function filterConditions(filter: ConversationFilter, principal: Principal): Sql[] {
  const asked = ofInbox(filter);
  return given(asked).map((name) => dimensions[name].condition(asked[name] as never, principal));
}

/** Whether one row passes the filter. */
export function passesFilter(filter: ConversationFilter, row: Row, facts: FilterFacts): boolean {
  const asked = ofInbox(filter);
  return given(asked).every((name) => dimensions[name].matches(asked[name] as never, row, facts));
}

/** Loads what the filter asks for of these conversations, and nothing else. */
export async function filterFacts(
  { app, principal }: Pick<Call, 'app' | 'principal'>,
  filter: ConversationFilter,
  ids: readonly string[],
): Promise<FilterFacts> {
  const labels = filter.labelIds
    ? await app.db.rows<{ id: string; labelId: string }>(sql`
        select l.conversation_id as id, l.label_id as "labelId" from conversation_label l
        where l.workspace_id = ${principal.workspaceId} and l.conversation_id = any(${ids}::uuid[])`)
    : [];
  const unread =
    filter.unread === null || filter.unread === undefined
      ? []
      : await app.db.rows<{ id: string }>(sql`
          select c.id from conversation c
          where c.workspace_id = ${principal.workspaceId} and c.id = any(${ids}::uuid[]) and ${hasUnread(principal)}`);
  const byConversation = Map.groupBy(labels, (row) => row.id);
  return {
    labelIds: new Map([...byConversation].map(([id, rows]) => [id, rows.map((row) => row.labelId)])),
    unread: new Set(unread.map((row) => row.id)),
  };
}

/** @throws AppError VALIDATION_FAILED for ids that cannot be any. */
export function validateConversationFilter(filter: ConversationFilter): void {
  const faults = new Faults();
  for (const name of ['inboxIds', 'teamIds', 'assigneeIds', 'labelIds'] as const) {
    filter[name]?.forEach((id, index) => {
      if (!isId(id)) faults.add(`filter.${name}.${index}`, 'is not an id');
    });
  }
  if (filter.attributes) {
    const { length } = filter.attributes;
    if (length === 0 || length > MAX_ATTRIBUTES) faults.add('filter.attributes', `must be 1 to ${MAX_ATTRIBUTES}`);
    filter.attributes.forEach(({ key, value }, index) => {
      const path = `filter.attributes.${index}`;
      if (!ATTRIBUTE_KEY.test(key)) faults.add(`${path}.key`, 'is not a key');
      if (!['string', 'number', 'boolean'].includes(typeof value) || !isStorable(String(value)))
        faults.add(`${path}.value`, 'must be a text, a number or a boolean');
    });
  }
  if (typeof filter.contactId === 'string' && !isId(filter.contactId)) faults.add('filter.contactId', 'is not an id');
  faults.refuse();
}
