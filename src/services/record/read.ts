import { RecordBody, RecordEntry } from '../../entities/record.js';
import type { RowOf } from '../../entities/row.js';
import { sql, type Database, type Sql } from '../database.js';
import { rowLimit } from '../paging.js';
import type { RecordSight } from '../policy.js';

/** One event as the log keeps it; everything of the body is null once it has been pruned. */
export interface RecordRow extends Omit<RowOf<RecordBody>, 'sequence' | 'body' | 'disclosures' | 'eventId' | 'action'> {
  sequence: number;
  recordedAt: Date;
  /** Microseconds included, as hashed. */
  recordedAtText: string;
  bodyHash: Buffer;
  leafHash: Buffer;
  eventId: string | null;
  action: string | null;
  body: string | null;
  disclosures: string[] | null;
}

/** Where a log stands: how many events it has, in which epoch, and the leaf of the newest. */
export interface RecordHeadRow {
  workspaceId: string;
  epoch: number;
  size: number;
  lastLeafHash: Buffer | null;
}

/** The columns of a `RecordRow`, over `e` (entry) and `b` (body). */
export const recordColumns = (db: Database): Sql => sql`
  e.sequence as "sequence", e.recorded_at as "recordedAt",
  to_char(e.recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "recordedAtText",
  e.body_hash as "bodyHash", e.leaf_hash as "leafHash", ${db.columns(RecordBody, 'b')}, e.sequence as "sequence"`;

/**
 * The first of the entries for which `condition` holds, and only then what belongs to them: to a plan that joins first
 * and cuts afterwards, reading all bodies there are looks cheap.
 */
const cut = (db: Database, workspaceId: string, condition: Sql, direction: Sql, limit: number): Sql => sql`
  select ${recordColumns(db)} from (
    select e.* from record_entry e where e.workspace_id = ${workspaceId} and ${condition}
    order by e.sequence ${direction} limit ${rowLimit(limit)}) e
  left join record_body b on b.workspace_id = e.workspace_id and b.sequence = e.sequence
  order by e.sequence ${direction}`;

/** The events after a sequence, in order, at most `limit`. */
export const readAfter = (db: Database, workspaceId: string, after: number, limit: number): Promise<RecordRow[]> =>
  db.rows<RecordRow>(cut(db, workspaceId, sql`e.sequence > ${after}`, sql`asc`, limit));

/** What a page of the log is filtered by: conditions on `e` (entry), and on `b` (body). */
export interface PageConditions {
  entry: readonly Sql[];
  body: readonly Sql[];
}

/**
 * A page of the log in one direction, filtered. The same conditions can be asked of the entry or of the body; where any
 * is of the body all must be, and only what is found is joined.
 */
export function readPage(
  db: Database,
  workspaceId: string,
  { entry, body }: PageConditions,
  direction: 'asc' | 'desc',
  limit: number,
): Promise<RecordRow[]> {
  const way = sql.raw(direction);
  if (body.length === 0) return db.rows<RecordRow>(cut(db, workspaceId, all(entry), way, limit));
  return db.searchedRows<RecordRow>(sql`
    select ${recordColumns(db)} from (
      select b.* from record_body b where b.workspace_id = ${workspaceId} and ${all(body)}
      order by b.sequence ${way} limit ${rowLimit(limit)}) b
    join record_entry e on e.workspace_id = b.workspace_id and e.sequence = b.sequence
    order by e.sequence ${way}`);
}

const all = (conditions: readonly Sql[]): Sql =>
  conditions.length === 0 ? sql`true` : sql.join([...conditions], sql` and `);

/** The events with these ids. */
export const readEvents = (db: Database, workspaceId: string, eventIds: readonly string[]): Promise<RecordRow[]> =>
  db.rows<RecordRow>(sql`
    select ${recordColumns(db)} from record_entry e
    left join record_body b on b.workspace_id = e.workspace_id and b.sequence = e.sequence
    where e.workspace_id = ${workspaceId} and b.workspace_id = ${workspaceId} and b.event_id = any(${eventIds}::uuid[])`);

/** The events of each of these requests that the sight covers, in order, `limit` of each at most. */
export const readEventsOfRequests = (
  db: Database,
  workspaceId: string,
  requestIds: readonly string[],
  sight: RecordSight,
  limit: number,
): Promise<RecordRow[]> =>
  db.rows<RecordRow>(sql`
    select ${recordColumns(db)} from unnest(${requestIds}::text[]) as k(id)
    cross join lateral (
      select b.* from record_body b
      where b.workspace_id = ${workspaceId} and b.request_id = k.id and ${sightCondition(sight)}
      order by b.sequence limit ${rowLimit(limit)}) b
    join record_entry e on e.workspace_id = b.workspace_id and e.sequence = b.sequence
    order by e.sequence`);

/** Where these logs stand. A workspace in which nothing ever happened is left out. */
export const readHeads = (db: Database, workspaceIds: readonly string[]): Promise<RecordHeadRow[]> =>
  db.rows<RecordHeadRow>(sql`
    select h.workspace_id as "workspaceId", h.epoch as "epoch", h.size as "size", e.leaf_hash as "lastLeafHash"
    from record_head h
    left join record_entry e on e.workspace_id = h.workspace_id and e.sequence = h.size - 1
    where h.workspace_id = any(${workspaceIds}::uuid[])`);

/** The leaf at a sequence, or null where there is none. */
export async function readLeafHash(db: Database, workspaceId: string, sequence: number): Promise<Buffer | null> {
  const [row] = await db.rows<{ leafHash: Buffer }>(sql`
    select e.leaf_hash as "leafHash" from ${db.table(RecordEntry)} e
    where e.workspace_id = ${workspaceId} and e.sequence = ${sequence}`);
  return row?.leafHash ?? null;
}

/** The sequence of the first event that was recorded at a time or later; null where there is none yet. */
export async function firstSince(db: Pick<Database, 'rows'>, workspaceId: string, at: Date): Promise<number | null> {
  const [row] = await db.rows<{ sequence: number }>(sql`
    select e.sequence as "sequence" from record_entry e
    where e.workspace_id = ${workspaceId} and e.recorded_at >= ${at}::timestamptz
    order by e.recorded_at limit ${rowLimit(1)}`);
  return row?.sequence ?? null;
}

/** The rule of who reads what, as SQL over `b`. `covered` below is the same rule over one row. */
export function sightCondition(sight: RecordSight): Sql {
  if (sight.everything) return sql`true`;
  if (sight.actorIds.length === 0 && sight.teamIds.length === 0) return sql`false`;
  return sql`(b.actor_id = any(${sight.actorIds}::uuid[]) or b.obo_id = any(${sight.actorIds}::uuid[])
    or b.team_id = any(${sight.teamIds}::uuid[]) or b.other_team_ids && ${sight.teamIds}::uuid[])`;
}

/** Whether a sight covers one event. A pruned one is covered only by who sees everything: nobody knows whose it was. */
export function covered(sight: RecordSight, row: RecordRow): boolean {
  if (sight.everything) return true;
  return (
    (row.actorId !== null && sight.actorIds.includes(row.actorId)) ||
    (row.oboId !== null && sight.actorIds.includes(row.oboId)) ||
    (row.teamId !== null && sight.teamIds.includes(row.teamId)) ||
    (row.audience ?? []).some((key) => key.startsWith('team:') && sight.teamIds.includes(key.slice(5)))
  );
}
