import type { ActorKind, AuditCategory, Outcome } from '../../entities/enums.js';
import { Severity } from '../../entities/enums.js';
import type { Call } from '../application.js';
import { sql, type Sql } from '../database.js';
import { recordingDenials } from '../record-denial.js';
import { forbidden, notFound } from '../errors.js';
import { isId } from '../ids.js';
import { connection, encodePageCursor, pageOf, type Connection, type PageRequest } from '../paging.js';
import { recordSight } from '../policy.js';
import { encodeCursor, headCursor } from '../streams/cursor.js';
import { Faults } from '../text.js';
import { readEvent, type AuditEventRow } from './history.js';
import { covered, readEvents, readPage, sightCondition, type RecordRow } from './read.js';

/** Which events of the record a list or a stream is about. */
export interface AuditEventFilter {
  /** Names, or prefixes that end in `*`: `handover.*`. */
  actions?: readonly string[] | null | undefined;
  categories?: readonly AuditCategory[] | null | undefined;
  minSeverity?: Severity | null | undefined;
  outcomes?: readonly Outcome[] | null | undefined;
  actorIds?: readonly string[] | null | undefined;
  actorKinds?: readonly ActorKind[] | null | undefined;
  targetTypes?: readonly string[] | null | undefined;
  targetIds?: readonly string[] | null | undefined;
  conversationId?: string | null | undefined;
  contactId?: string | null | undefined;
  teamIds?: readonly string[] | null | undefined;
  requestId?: string | null | undefined;
  from?: Date | null | undefined;
  to?: Date | null | undefined;
}

type Given<K extends keyof AuditEventFilter> = NonNullable<AuditEventFilter[K]>;

/** One dimension in both forms: on `e` (entry) and `b` (body), and over one row. */
interface Dimension<K extends keyof AuditEventFilter> {
  condition: (value: Given<K>) => Sql;
  matches: (value: Given<K>, row: RecordRow) => boolean;
}

const rank = Object.keys(Severity);
/** Of one value alone an index gives the newest first; of several all that there are would be sorted. */
const oneOf = (column: string, type: string) => (values: readonly string[]) =>
  values.length === 1
    ? sql`b.${sql.raw(column)} = ${values[0]}::${sql.raw(type)}`
    : sql`b.${sql.raw(column)} = any(${values}::${sql.raw(type)}[])`;
const isPrefix = (pattern: string): boolean => pattern.endsWith('*');

const dimensions: { [K in keyof Required<AuditEventFilter>]: Dimension<K> } = {
  actions: {
    condition: (patterns) =>
      sql`(${sql.join(
        [
          sql`b.action = any(${patterns.filter((pattern) => !isPrefix(pattern))}::text[])`,
          // Names hold no LIKE wildcards but the underscore, which is escaped.
          ...patterns
            .filter(isPrefix)
            .map((pattern) => sql`b.action like ${`${pattern.slice(0, -1).replace(/[_%\\]/g, '\\$&')}%`}`),
        ],
        sql` or `,
      )})`,
    matches: (patterns, row) =>
      patterns.some((pattern) =>
        isPrefix(pattern) ? row.action!.startsWith(pattern.slice(0, -1)) : row.action === pattern,
      ),
  },
  categories: {
    condition: oneOf('category', 'text'),
    matches: (values, row) => (values as readonly string[]).includes(row.category),
  },
  minSeverity: {
    condition: (value) => sql`b.severity >= ${rank.indexOf(value)}`,
    matches: (value, row) => row.severity >= rank.indexOf(value),
  },
  outcomes: {
    condition: oneOf('outcome', 'text'),
    matches: (values, row) => (values as readonly string[]).includes(row.outcome),
  },
  actorIds: {
    condition: oneOf('actor_id', 'uuid'),
    matches: (ids, row) => row.actorId !== null && ids.includes(row.actorId),
  },
  actorKinds: {
    condition: oneOf('actor_kind', 'text'),
    matches: (kinds, row) => (kinds as readonly string[]).includes(row.actorKind),
  },
  targetTypes: {
    condition: oneOf('target_type', 'text'),
    matches: (types, row) => row.targetType !== null && types.includes(row.targetType),
  },
  targetIds: {
    condition: oneOf('target_id', 'text'),
    matches: (ids, row) => row.targetId !== null && ids.includes(row.targetId),
  },
  conversationId: {
    condition: (id) => sql`b.conversation_id = ${id}::uuid`,
    matches: (id, row) => row.conversationId === id,
  },
  contactId: { condition: (id) => sql`b.contact_id = ${id}::uuid`, matches: (id, row) => row.contactId === id },
  teamIds: {
    condition: oneOf('team_id', 'uuid'),
    matches: (ids, row) => row.teamId !== null && ids.includes(row.teamId),
  },
  requestId: { condition: (id) => sql`b.request_id = ${id}`, matches: (id, row) => row.requestId === id },
  from: {
    condition: (from) => sql`e.recorded_at >= ${from}::timestamptz`,
    matches: (from, row) => row.recordedAt >= from,
  },
  to: { condition: (to) => sql`e.recorded_at < ${to}::timestamptz`, matches: (to, row) => row.recordedAt < to },
};

/** What is asked of the entry, which a pruned event keeps. */
const onEntry: ReadonlySet<keyof AuditEventFilter> = new Set(['from', 'to']);

const given = (filter: AuditEventFilter) =>
  (Object.keys(dimensions) as (keyof AuditEventFilter)[]).filter(
    (name) => filter[name] !== null && filter[name] !== undefined,
  );

/** Whether one event passes the filter. A pruned one passes only where nothing is asked of its content. */
export const passesEventFilter = (filter: AuditEventFilter, row: RecordRow): boolean =>
  given(filter).every(
    (name) => (row.body !== null || onEntry.has(name)) && dimensions[name].matches(filter[name] as never, row),
  );

/** @throws AppError VALIDATION_FAILED for ids that cannot be any. */
export function validateEventFilter(filter: AuditEventFilter): void {
  const faults = new Faults();
  for (const name of ['actorIds', 'teamIds'] as const) {
    filter[name]?.forEach((id, index) => {
      if (!isId(id)) faults.add(`filter.${name}.${index}`, 'is not an id');
    });
  }
  for (const name of ['conversationId', 'contactId'] as const) {
    const id = filter[name];
    if (id && !isId(id)) faults.add(`filter.${name}`, 'is not an id');
  }
  faults.refuse();
}

/**
 * The events that the caller may read, filtered, in pages, newest first unless asked.
 * @throws AppError FORBIDDEN for who may read none of the record, VALIDATION_FAILED.
 */
export async function listEvents(
  { app, principal }: Call,
  filter: AuditEventFilter,
  orderBy: 'RECORDED_DESC' | 'RECORDED_ASC',
  request: PageRequest,
): Promise<Connection<AuditEventRow> & { eventCursor: string }> {
  validateEventFilter(filter);
  const page = pageOf(orderBy, request);
  const sight = recordSight(principal);
  refuseStrangers(sight);
  const eventCursor = encodeCursor(await headCursor(app.db, principal.workspaceId));
  const descending = (orderBy === 'RECORDED_DESC') !== page.backwards;
  const from = page.from === null ? null : Number(page.from[0]);
  const past = (column: Sql) => (descending ? sql`${column} < ${from}` : sql`${column} > ${from}`);
  const starts = from !== null && Number.isSafeInteger(from);
  const asked = given(filter);
  const conditionsOn = (names: (keyof AuditEventFilter)[]) =>
    names.map((name) => dimensions[name].condition(filter[name] as never));
  const body = [
    ...(sight.everything ? [] : [sightCondition(sight)]),
    ...conditionsOn(asked.filter((name) => !onEntry.has(name))),
  ];
  const rows = await readPage(
    app.db,
    principal.workspaceId,
    {
      entry: [...(starts ? [past(sql`e.sequence`)] : []), ...conditionsOn(asked.filter((name) => onEntry.has(name)))],
      // Said of both, so that neither is read from its end when they are merged.
      body: starts && body.length > 0 ? [past(sql`b.sequence`), ...body] : body,
    },
    descending ? 'desc' : 'asc',
    page.size + 1,
  );
  const events = rows.map((row) => readEvent(row, principal.workspaceId, sight));
  const cursorOf = (event: AuditEventRow) => encodePageCursor(orderBy, [String(event.sequence)]);
  return Object.assign(connection(page, events, cursorOf), { eventCursor });
}

/** One event. @throws AppError NOT_FOUND when there is none or the caller may not read it. */
export async function findEvent(call: Call, id: string): Promise<AuditEventRow> {
  const { app, principal } = call;
  const sight = recordSight(principal);
  return recordingDenials(call, async () => {
    const [row] = isId(id) ? await readEvents(app.db, principal.workspaceId, [id]) : [];
    if (!row) throw notFound('event');
    if (covered(sight, row)) return readEvent(row, principal.workspaceId, sight);
    throw notFound('event').recordedAs({
      attempted: 'audit.read',
      target: { type: 'event', id, label: row.action ?? '' },
    });
  });
}

/** @throws AppError FORBIDDEN for who may read none of the record. */
export function refuseStrangers(sight: ReturnType<typeof recordSight>): void {
  if (!sight.everything && sight.actorIds.length === 0 && sight.teamIds.length === 0) {
    throw forbidden('You may not read the record.');
  }
}
