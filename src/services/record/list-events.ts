import type { Call } from '../application.js';
import { sql, type Database, type Sql } from '../database.js';
import { recordingDenials } from '../record-denial.js';
import { forbidden, notFound } from '../errors.js';
import { isId } from '../ids.js';
import { connection, encodePageCursor, pageOf, type Connection, type PageRequest } from '../paging.js';
import { recordSight } from '../policy.js';
import { encodeCursor, headCursor } from '../streams/cursor.js';
import { eventConditions, validateEventFilter, type AuditEventFilter } from './event-filter.js';
import { readEvent, stubSequence, type AuditEventRow } from './history.js';
import {
  covered,
  firstSince,
  readAfter,
  readPage,
  readEvents,
  readEventsOfRequests,
  sightCondition,
  type RecordRow,
} from './read.js';
import { searchPage, type Places } from './search-page.js';

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
  const sight = recordSight(principal);
  refuseWhoReadsNoEvents(sight);
  validateEventFilter(filter, sight);
  const page = pageOf(orderBy, request);
  const { workspaceId } = principal;
  const head = await headCursor(app.db, workspaceId);
  const descending = (orderBy === 'RECORDED_DESC') !== page.backwards;
  const direction = descending ? 'desc' : 'asc';
  const places = await placesOf(app.db, workspaceId, filter, head.sequence + 1);
  const from = page.from === null ? NaN : Number(page.from[0]);
  if (Number.isSafeInteger(from)) {
    if (descending) places.end = Math.min(places.end, from);
    else places.first = Math.max(places.first, from + 1);
  }
  const seen = sight.everything ? [] : [sightCondition(sight)];
  const { collected, walked } = eventConditions(filter);
  const conditions = { collected: [...seen, ...collected], walked: [...seen, ...walked] };
  const limit = page.size + 1;
  const rows =
    conditions.collected.length === 0
      ? await readPage(app.db, workspaceId, { entry: between(places), body: [] }, direction, limit)
      : await searchPage(app.db, workspaceId, { conditions, places, direction, limit });
  const events = rows.map((row) => readEvent(row, principal.workspaceId, sight));
  const cursorOf = (event: AuditEventRow) => encodePageCursor(orderBy, [String(event.sequence)]);
  return Object.assign(connection(page, events, cursorOf), { eventCursor: encodeCursor(head) });
}

const between = ({ first, end }: Places): Sql[] => [sql`e.sequence >= ${first}`, sql`e.sequence < ${end}`];

/** The part of a log of `size` events that the times of a filter leave, since times ascend with the sequence. */
async function placesOf(
  db: Database,
  workspaceId: string,
  { from, to }: AuditEventFilter,
  size: number,
): Promise<Places> {
  const [first, end] = await Promise.all([from, to].map((at) => (at ? firstSince(db, workspaceId, at) : undefined)));
  return { first: first === undefined ? 0 : (first ?? size), end: Math.min(end ?? size, size) };
}

/** One event. @throws AppError NOT_FOUND when there is none or the caller may not read it. */
export const findEvent = (call: Call, id: string): Promise<AuditEventRow> =>
  recordingDenials(call, async () => {
    const { principal } = call;
    const row = (await prunedEvent(call, id)) ?? (await accessEvent(call, id, 'audit.read'));
    return readEvent(row, principal.workspaceId, recordSight(principal));
  });

/** A pruned event by the id of its stub, for who sees everything: nobody knows whose it was. */
async function prunedEvent({ app, principal }: Call, id: string): Promise<RecordRow | null> {
  const { workspaceId } = principal;
  const sequence = recordSight(principal).everything ? stubSequence(workspaceId, id) : null;
  if (sequence === null) return null;
  const [row] = await readAfter(app.db, workspaceId, sequence - 1, 1);
  return row?.sequence === sequence && row.body === null ? row : null;
}

/**
 * Loads an event and decides, in one call.
 * @throws AppError NOT_FOUND when there is none or the caller may not read it.
 */
export async function accessEvent({ app, principal }: Call, id: string, attempted: string): Promise<RecordRow> {
  const [row] = isId(id) ? await readEvents(app.db, principal.workspaceId, [id]) : [];
  if (!row) throw notFound('event');
  if (covered(recordSight(principal), row)) return row;
  throw notFound('event').recordedAs({ attempted, target: { type: 'event', id, label: row.action ?? '' } });
}

/** Most events that are shown of one request. */
const MAX_RELATED = 100;

/** The events of these requests that the caller may read, in order, 100 of each at most. */
export async function eventsOfRequests(
  { app, principal }: Call,
  requestIds: readonly string[],
): Promise<AuditEventRow[]> {
  const sight = recordSight(principal);
  const rows = await readEventsOfRequests(app.db, principal.workspaceId, requestIds, sight, MAX_RELATED + 1);
  return rows.map((row) => readEvent(row, principal.workspaceId, sight));
}

/** Those of these events that the caller may read. */
export async function readableEvents({ app, principal }: Call, ids: readonly string[]): Promise<AuditEventRow[]> {
  const sight = recordSight(principal);
  const rows = await readEvents(app.db, principal.workspaceId, ids);
  return rows.filter((row) => covered(sight, row)).map((row) => readEvent(row, principal.workspaceId, sight));
}

/** @throws AppError FORBIDDEN for who may read none of the record. */
export function refuseWhoReadsNoEvents(sight: ReturnType<typeof recordSight>): void {
  if (!sight.everything && sight.actorIds.length === 0 && sight.teamIds.length === 0) {
    throw forbidden('You may not read the record.');
  }
}
