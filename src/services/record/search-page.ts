import { sql, type Database, type Sql } from '../database.js';
import { rowLimit } from '../paging.js';
import { recordColumns, type RecordRow } from './read.js';

/** A part of a log: from this sequence on, up to before that one. */
export interface Places {
  first: number;
  end: number;
}

/** What PostgreSQL expects to cost less is collected at once: reading 5,000 pages here and there, at 4 each by default. */
const CHEAP = 20_000;
/** Otherwise so many of the nearest events are looked at one by one before the others are collected. */
const NEAR = 60_000;

/** What `searchPage` is asked for: conditions on `b` (body) that all must hold, at least one, where, in which order, how many. */
export interface SearchedPage {
  /** In one form for indexes that collect, and in one for looking at event by event. */
  conditions: Record<'collected' | 'walked', readonly Sql[]>;
  places: Places;
  direction: 'asc' | 'desc';
  limit: number;
  /** How many of the nearest are walked before the others are collected: none or 60,000, as PostgreSQL expects, unless told. */
  walk?: number;
}

/**
 * A page of the events for which all of these conditions hold, in one direction.
 *
 * One condition alone has an index that gives its events in order. Of several together PostgreSQL knows no more than how
 * common each is, and may look for what hardly ever comes together by walking the whole log, or collect a million common
 * words for the first twenty-five. So each way is taken as far as it is bounded: what is rare is collected from the indexes
 * and put in order then; what would be much to collect is looked for among the nearest events first, where it mostly is.
 */
export async function searchPage(db: Database, workspaceId: string, page: SearchedPage): Promise<RecordRow[]> {
  const { conditions, places, direction, limit } = page;
  if (places.first >= places.end) return [];
  const isSimple = conditions.collected.length === 1;
  const length = isSimple ? Infinity : (page.walk ?? (await worthWalking(db, workspaceId, page)));
  const [near, far] = split(places, length, direction);
  const form = isSimple ? conditions.collected : conditions.walked;
  const found = await walk(db, workspaceId, form, { ...page, places: near });
  if (found.length >= limit || far.first >= far.end) return found;
  const others = await collect(db, workspaceId, { ...page, places: far, limit: limit - found.length });
  return [...found, ...others];
}

/** How many events to walk first. */
async function worthWalking(db: Database, workspaceId: string, { conditions, places }: SearchedPage): Promise<number> {
  const [plan] = await db.searchedRows<{ 'QUERY PLAN': [{ Plan: { 'Total Cost': number } }] }>(
    sql`explain (format json) select b.sequence ${matching(workspaceId, conditions.collected, places)}`,
  );
  return plan!['QUERY PLAN'][0].Plan['Total Cost'] < CHEAP ? 0 : NEAR;
}

/** The nearest `length` places, and those behind them. */
function split({ first, end }: Places, length: number, direction: 'asc' | 'desc'): [Places, Places] {
  if (direction === 'asc') {
    const middle = Math.min(end, first + length);
    return [
      { first, end: middle },
      { first: middle, end },
    ];
  }
  const middle = Math.max(first, end - length);
  return [
    { first: middle, end },
    { first, end: middle },
  ];
}

const matching = (workspaceId: string, conditions: readonly Sql[], { first, end }: Places): Sql =>
  sql`from record_body b where b.workspace_id = ${workspaceId}
    and b.sequence >= ${first} and b.sequence < ${end} and ${sql.join([...conditions], sql` and `)}`;

async function walk(
  db: Database,
  workspaceId: string,
  conditions: readonly Sql[],
  { places, direction, limit }: SearchedPage,
): Promise<RecordRow[]> {
  if (places.first >= places.end) return [];
  const way = sql.raw(direction);
  return db.searchedRows<RecordRow>(sql`
    select ${recordColumns(db)} from (
      select b.* ${matching(workspaceId, conditions, places)} order by b.sequence ${way} limit ${rowLimit(limit)}) b
    join record_entry e on e.workspace_id = b.workspace_id and e.sequence = b.sequence
    order by e.sequence ${way}`);
}

async function collect(
  db: Database,
  workspaceId: string,
  { conditions, places, direction, limit }: SearchedPage,
): Promise<RecordRow[]> {
  const way = sql.raw(direction);
  return db.searchedRows<RecordRow>(sql`
    with hits as materialized (select b.sequence ${matching(workspaceId, conditions.collected, places)})
    select ${recordColumns(db)} from (
      select h.sequence from hits h order by h.sequence ${way} limit ${rowLimit(limit)}) h
    join record_body b on b.workspace_id = ${workspaceId} and b.sequence = h.sequence
    join record_entry e on e.workspace_id = ${workspaceId} and e.sequence = h.sequence
    order by e.sequence ${way}`);
}
