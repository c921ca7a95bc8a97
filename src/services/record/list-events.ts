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
  readEvents,
  readEventsOfRequests,
  readPage,
  sightCondition,
  type RecordRow,
} from './read.js';

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
  refuseStrangers(sight);
  validateEventFilter(filter, sight);
  const page = pageOf(orderBy, request);
  const eventCursor = encodeCursor(await headCursor(app.db, principal.workspaceId));
  const descending = (orderBy === 'RECORDED_DESC') !== page.backwards;
  const from = page.from === null ? null : Number(page.from[0]);
  const past = (column: Sql) => (descending ? sql`${column} < ${from}` : sql`${column} > ${from}`);
  const starts = from !== null && Number.isSafeInteger(from);
  const { entry, body } = eventConditions(filter);
  const ofBody = !sight.everything || body.length > 0;
  const rows = await readPage(
    app.db,
    principal.workspaceId,
    ofBody
      ? {
          entry: [],
          body: [
            ...(starts ? [past(sql`b.sequence`)] : []),
            ...(await placesOf(app.db, principal.workspaceId, filter)),
            sightCondition(sight),
            ...body,
          ],
        }
      : { entry: [...(starts ? [past(sql`e.sequence`)] : []), ...entry], body: [] },
    descending ? 'desc' : 'asc',
    page.size + 1,
  );
  const events = rows.map((row) => readEvent(row, principal.workspaceId, sight));
  const cursorOf = (event: AuditEventRow) => encodePageCursor(orderBy, [String(event.sequence)]);
  return Object.assign(connection(page, events, cursorOf), { eventCursor });
}

/**
 * The times of a filter as places in the log, since times ascend with the sequence: the bodies are read by sequence, and
 * how many of them there are between two places is known when the statement is planned.
 */
async function placesOf(db: Database, workspaceId: string, { from, to }: AuditEventFilter): Promise<Sql[]> {
  const [first, end] = await Promise.all([from, to].map((at) => (at ? firstSince(db, workspaceId, at) : undefined)));
  return [
    ...(first === undefined ? [] : [first === null ? sql`false` : sql`b.sequence >= ${first}`]),
    ...(end === undefined || end === null ? [] : [sql`b.sequence < ${end}`]),
  ];
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
export function refuseStrangers(sight: ReturnType<typeof recordSight>): void {
  if (!sight.everything && sight.actorIds.length === 0 && sight.teamIds.length === 0) {
    throw forbidden('You may not read the record.');
  }
}
