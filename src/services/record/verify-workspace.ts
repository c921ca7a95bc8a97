import { RecordBody } from '../../entities/record.js';
import type { RowOf } from '../../entities/row.js';
import { sql, type Database } from '../database.js';
import { verifyLog, type LogHead, type LogRow, type VerifyReport } from './verify.js';

/** How many sequences are read at once: at most 8 MB of bodies, each statement a transaction of its own. */
const PAGE = 500n;

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
 * may grow meanwhile: what is verified is what head and entries were in one moment at the start.
 * @throws AppError UNAVAILABLE when the database is out of reach or too slow.
 */
export async function verifyWorkspace(db: Database, workspaceId: string): Promise<VerifyReport> {
  const { head, last } = await readEnds(db, workspaceId);
  return verifyLog(readRows(db, workspaceId, last), head);
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

type StoredRow = { sequenceText: string; recordedAtText: string; bodyHash: Buffer; leafHash: Buffer } & {
  [K in keyof RowOf<RecordBody>]: RowOf<RecordBody>[K] | null;
};

/**
 * The entries up to `last`, ascending. Pages are ranges of sequences and not counts of rows, so that two entries of one
 * sequence, which only a tamperer can make, never fall apart between two pages.
 */
async function* readRows(db: Database, workspaceId: string, last: bigint | null): AsyncGenerator<LogRow> {
  if (last === null) return;
  // Below 0 there should be nothing, and what is there must be found.
  let from: bigint | null = await nextSequence(db, workspaceId, null);
  while (from !== null && from <= last) {
    const to: bigint = from + PAGE - 1n < last ? from + PAGE - 1n : last;
    const rows = await db.rows<StoredRow>(sql`
      select ${db.columns(RecordBody, 'b')}, e.sequence::text as "sequenceText",
        coalesce(${utcText('e.recorded_at')}, e.recorded_at::text, '') as "recordedAtText",
        coalesce(e.body_hash, '') as "bodyHash", coalesce(e.leaf_hash, '') as "leafHash"
      from record_entry e left join record_body b on b.workspace_id = e.workspace_id and b.sequence = e.sequence
      where e.workspace_id = ${workspaceId} and e.sequence between ${from.toString()} and ${to.toString()}
      order by e.sequence`);
    for (const row of rows) yield logRow(row);
    from = await nextSequence(db, workspaceId, to);
  }
}

async function nextSequence(db: Database, workspaceId: string, after: bigint | null): Promise<bigint | null> {
  const [row] = await db.rows<{ next: string | null }>(sql`
    select min(e.sequence)::text as next from record_entry e
    where e.workspace_id = ${workspaceId}
      and e.sequence > ${after?.toString() ?? '-9223372036854775808'}`);
  return row?.next ? BigInt(row.next) : null;
}

function logRow(stored: StoredRow): LogRow {
  const {
    sequenceText,
    recordedAtText,
    bodyHash,
    leafHash,
    sequence: _,
    body,
    disclosures,
    occurredAt,
    ...rest
  } = stored;
  return {
    sequence: BigInt(sequenceText),
    recordedAt: recordedAtText,
    bodyHash,
    leafHash,
    body,
    disclosures,
    columns: body === null ? null : { ...rest, occurredAt: isoText(occurredAt) },
  };
}

/** Not every timestamp of PostgreSQL is a Date: "infinity" arrives as a number. */
const isoText = (value: unknown): unknown =>
  value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString() : value;

/** A timestamp in the form that is hashed. */
const utcText = (column: string) => sql.raw(`to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`);
