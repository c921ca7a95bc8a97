import { sql, type Database, type Sql } from '../database.js';
import { rowLimit } from '../paging.js';
import { recordColumns, type RecordRow } from './read.js';

/** A part of a log: from this sequence on, up to before that one. */
export interface Places {
  first: number;
  end: number;
}

/** So many of the nearest events are looked at one by one; what is rarer among them is collected. */
const NEAR = 20_000;

/**
 * A page of the events for which all of these conditions on `b` (body) hold, in one direction.
 *
 * One condition alone has an index that gives its events in order. Of several together PostgreSQL knows no more than how
 * common each is, and may look for what hardly ever comes together by walking the whole log. So the nearest events are
 * walked, which finds what is common; and where that is not enough the others are collected from the indexes first and
 * put in order then, which is little for what is rare.
 */
export async function searchPage(
  db: Database,
  workspaceId: string,
  { conditions, places, direction, limit }: SearchedPage,
): Promise<RecordRow[]> {
  const { first, end } = places;
  if (first >= end) return [];
  const descending = direction === 'desc';
  const isSimple = conditions.length <= 1 || end - first <= NEAR;
  const near = isSimple ? places : descending ? { first: end - NEAR, end } : { first, end: first + NEAR };
  const way = sql.raw(direction);
  const matching = (part: Places): Sql => sql`from record_body b where b.workspace_id = ${workspaceId}
    and b.sequence >= ${part.first} and b.sequence < ${part.end} and ${sql.join([...conditions], sql` and `)}`;
  const found = await db.searchedRows<RecordRow>(sql`
    select ${recordColumns(db)} from (
      select b.* ${matching(near)} order by b.sequence ${way} limit ${rowLimit(limit)}) b
    join record_entry e on e.workspace_id = b.workspace_id and e.sequence = b.sequence
    order by e.sequence ${way}`);
  if (isSimple || found.length >= limit) return found;
  const far = descending ? { first, end: near.first } : { first: near.end, end };
  const others = await db.searchedRows<RecordRow>(sql`
    with hits as materialized (select b.sequence ${matching(far)})
    select ${recordColumns(db)} from (
      select h.sequence from hits h order by h.sequence ${way} limit ${rowLimit(limit)}) h
    join record_body b on b.workspace_id = ${workspaceId} and b.sequence = h.sequence
    join record_entry e on e.workspace_id = ${workspaceId} and e.sequence = h.sequence
    order by e.sequence ${way}`);
  return [...found, ...others].slice(0, limit);
}

/** What `searchPage` is asked for: conditions that all must hold, at least one, where, in which order, how many. */
export interface SearchedPage {
  conditions: readonly Sql[];
  places: Places;
  direction: 'asc' | 'desc';
  limit: number;
}
