import { setImmediate as nextTurn } from 'node:timers/promises';
import { RecordBody } from '../../entities/record.js';
import { sql, type Database, type Sql } from '../database.js';
import { LogCheck, type LogEntry } from './log-check.js';
import { PackedColumns, packedColumns } from './packed-columns.js';
import type { KnownRoot, LogHead, VerifyReport } from './verify.js';

/** How many sequences are read at once: at most 16 MB of bodies, each statement a transaction of its own. */
const PAGE = 1_000n;

/** How many rows are verified before what has arrived meanwhile is taken in, so that the database can go on sending. */
const SLICE = 100;

/** One workspace whose log can be verified; without a slug where only the log is left of it. */
export interface VerifiableWorkspace {
  id: string;
  slug: string | null;
}

/** All workspaces of the database, in the order of their slugs, or the one with this id or slug. */
export const verifiableWorkspaces = (db: Database, idOrSlug?: string): Promise<VerifiableWorkspace[]> =>
  db.rows<VerifiableWorkspace>(sql`
    select id, w.slug from workspace w full join (select h.workspace_id as id from record_head h) h using (id)
    where ${idOrSlug ?? null}::text is null or w.slug = ${idOrSlug ?? null} or id::text = ${idOrSlug ?? null}
    order by w.slug, id`);

/**
 * Reads the whole log of a workspace as it stands now and reports everything in it that does not fit together. The log
 * may grow meanwhile: what is verified is what head and entries were in one moment at the start, and where something is gone
 * also what has come since, since that may announce it.
 * @throws AppError UNAVAILABLE when the database is out of reach or too slow.
 */
export async function verifyWorkspace(
  db: Database,
  workspaceId: string,
  { known = [], onProgress }: VerifyOptions = {},
): Promise<VerifyReport> {
  const { head, last: end } = await readEnds(db, workspaceId);
  let last = end;
  const check = new LogCheck(head, known);
  let read = 0;
  const readUpTo = async (after: bigint | null, to: bigint | null): Promise<void> => {
    const of = Number(to ?? -1n) + 1;
    for await (const rows of readPages(db, workspaceId, after, to)) {
      for (const row of rows) check.add(row);
      onProgress?.((read += rows.length), of);
    }
  };
  await readUpTo(null, last);
  // What was removed while it was read was announced by then, but beyond the end that there was at the start.
  for (let round = 0; round < MOST_ROUNDS && last !== null && check.isWaiting; round++) {
    const now = await readEnds(db, workspaceId);
    if (now.head === null || now.last === null || now.last <= last) break;
    check.goOn(now.head);
    await readUpTo(last, now.last);
    last = now.last;
  }
  return check.report();
}

/** How often it is read what has come meanwhile: a log in which something is missing for good may grow for ever. */
const MOST_ROUNDS = 3;

export interface VerifyOptions {
  /** Sizes and roots that the log is known to have had. */
  known?: readonly KnownRoot[];
  /** Told now and then how many of how many events have been read. */
  onProgress?: (read: number, of: number) => void;
}

interface Ends {
  headId: string | null;
  epoch: number;
  size: string;
  frontier: Buffer[];
  lastRecordedAt: string | null;
  last: string | null;
}

/** The head and the last entry, in one statement: in two, an append between them would look like a forged entry. */
async function readEnds(db: Database, workspaceId: string): Promise<{ head: LogHead | null; last: bigint | null }> {
  const [ends] = await db.rows<Ends>(sql`
    select h.workspace_id as "headId", h.epoch, h.size::text, coalesce(h.frontier, '{}') as frontier,
      ${utcText('h.last_recorded_at')} as "lastRecordedAt",
      (select max(e.sequence)::text from record_entry e where e.workspace_id = ${workspaceId}) as last
    from (select 1) one left join record_head h on h.workspace_id = ${workspaceId}`);
  if (!ends) throw new Error('a SELECT without a condition gave no row');
  const last = ends.last === null ? null : BigInt(ends.last);
  if (ends.headId === null) return { head: null, last };
  const { epoch, size, frontier, lastRecordedAt } = ends;
  return { head: { workspaceId, epoch, size: BigInt(size), frontier, lastRecordedAt }, last };
}

/** One entry as it is read: few wide columns, since each value of each row costs the driver. */
type StoredRow = [
  sequence: string,
  recordedAt: string,
  bodyHash: string,
  leafHash: string,
  body: string | null,
  disclosures: string | null,
  columns: string,
  audience: string | null,
];

/**
 * The entries after one and up to `last`, ascending. Pages are ranges of sequences and not counts of rows, so that two entries of one
 * sequence, which only a tamperer can make, never fall apart between two pages. The next page is on its way while this
 * one is verified.
 */
async function* readPages(
  db: Database,
  workspaceId: string,
  after: bigint | null,
  last: bigint | null,
): AsyncGenerator<LogEntry[]> {
  if (last === null) return;
  // Below 0 there should be nothing, and what is there must be found.
  let page = readPage(db, workspaceId, await nextSequence(db, workspaceId, after), last);
  for (;;) {
    const { rows, next } = await page;
    page = readPage(db, workspaceId, next, last);
    // Awaited a page later: what fails meanwhile is said then.
    page.catch(() => {});
    for (let from = 0; from < rows.length; from += SLICE) {
      yield rows.slice(from, from + SLICE).map(entryOf);
      await nextTurn();
    }
    if (next === null) return;
  }
}

/** One page, and where the next one begins: right after it, or beyond a gap. */
async function readPage(
  db: Database,
  workspaceId: string,
  from: bigint | null,
  last: bigint,
): Promise<{ rows: StoredRow[]; next: bigint | null }> {
  if (from === null || from > last) return { rows: [], next: null };
  const to: bigint = from + PAGE - 1n < last ? from + PAGE - 1n : last;
  const rows = (await db.arrays(sql`
    select e.sequence::text, coalesce(${utcText('e.recorded_at')}, e.recorded_at::text, ''),
      coalesce(translate(encode(e.body_hash, 'base64'), E'+/=\\n', '-_'), ''), coalesce(encode(e.leaf_hash, 'hex'), ''), b.body,
      array_to_json(b.disclosures)::text, ${packed(db)}, array_to_json(b.audience)::text
    from record_entry e left join record_body b on b.workspace_id = e.workspace_id and b.sequence = e.sequence
      -- Said of both: PostgreSQL concludes it of neither from the other, and would put all bodies into a hash for each page.
      and b.workspace_id = ${workspaceId} and b.sequence between ${from.toString()} and ${to.toString()}
    where e.workspace_id = ${workspaceId} and e.sequence between ${from.toString()} and ${to.toString()}
    order by e.sequence`)) as StoredRow[];
  if (to === last) return { rows, next: null };
  return { rows, next: BigInt(rows.length) === PAGE ? to + 1n : await nextSequence(db, workspaceId, to) };
}

/** The columns to filter by, the time in the form that bodies have. */
function packed(db: Database): Sql {
  const columns = new Map(db.describe(RecordBody).columns.map(({ property, column }) => [property, `b."${column}"`]));
  return packedColumns((property) => {
    const column = columns.get(property)!;
    if (property !== 'occurredAt') return column;
    return `coalesce(to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), ${column}::text)`;
  });
}

async function nextSequence(db: Database, workspaceId: string, after: bigint | null): Promise<bigint | null> {
  const [row] = await db.rows<{ next: string | null }>(sql`
    select min(e.sequence)::text as next from record_entry e
    where e.workspace_id = ${workspaceId}
      and e.sequence > ${after?.toString() ?? '-9223372036854775808'}`);
  return row?.next ? BigInt(row.next) : null;
}

function entryOf([
  sequence,
  recordedAt,
  bodyHash,
  leafHash,
  body,
  disclosures,
  columns,
  audience,
]: StoredRow): LogEntry {
  return {
    sequence: BigInt(sequence),
    recordedAt,
    bodyHash,
    leafHash,
    body,
    disclosures: disclosures === null ? null : textsOf(disclosures),
    columns: body === null ? null : new PackedColumns(columns, audience),
  };
}

/** The texts of a JSON list that PostgreSQL has written; without escapes a quote only begins or ends a text. */
const textsOf = (list: string): string[] =>
  list.startsWith('["') && !list.includes('\\') && !list.includes('null')
    ? list.slice(2, -2).split('","')
    : (JSON.parse(list) as string[]);

/** A timestamp in the form that is hashed. */
const utcText = (column: string) => sql.raw(`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`);
