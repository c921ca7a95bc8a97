import type { BoundTransaction } from '../bound-transaction.js';
import { sql, type Sql } from '../sql.js';
import type { PreparedEvent } from './event.js';

export interface Appended {
  /** The sequence of the newest of the events. */
  sequence: number;
  count: number;
}

/** A part of a statement that gives rows: it ends in `returning`. */
export interface Part {
  name: string;
  write: Sql;
}

/** A change that is written by the statement that appends its events. */
export interface LastWrite {
  /** Statements that the database runs with it, each as `name as (…)`. */
  beside: readonly Sql[];
  /** What locks rows that others lock before the record: so it is done before the append here as well. */
  first?: readonly Part[];
  /** The one whose rows are wanted: it ends in `returning`, and gives one row at least. */
  rows: Sql;
  /** What takes long is written by a statement before, so that the workspace's other writers do not wait for it. */
  takesLong?: boolean;
}

/**
 * Appends events to the workspace's log, in their order, and commits: the append is the last statement, because it takes
 * the lock that orders all writers of the workspace, and COMMIT travels with it, because nobody else can write until
 * then. A last write is part of the same statement: each of its own is an exchange between two processes, which costs
 * more than most of what is done in it. One that takes long goes before, for its triggers would run under that lock.
 */
export async function appendAndCommit(
  transaction: BoundTransaction,
  workspaceId: string,
  events: readonly PreparedEvent[],
  write?: LastWrite,
): Promise<{ appended: Appended; rows: object[] }> {
  const ahead = write?.takesLong ? await transaction.rows(rowsOf(write)) : null;
  const together = ahead ? undefined : write;
  // What nothing asks for is done last; what is asked for is there before the append.
  const asked = (together?.first ?? []).map(({ name }) => sql`(select count(*) from ${sql.ref(name)}) >= 0`);
  const append = sql`select "sequence" from record_append(${workspaceId}, ${JSON.stringify(events.map((event) => event.row))}::jsonb)
    where ${sql.join([sql`true`, ...asked], sql` and `)}`;
  const rows = await transaction.commitAfter<{ sequence: number | string }>(
    together
      ? sql`with ${sql.join([...writes(together), sql`appended as (${append})`])}
          select written.*, appended."sequence" from written, appended`
      : append,
  );
  return { appended: { sequence: Number(rows.at(-1)!.sequence), count: events.length }, rows: ahead ?? rows };
}

const writes = ({ first = [], beside, rows }: LastWrite): Sql[] => [
  ...first.map(({ name, write }) => sql`${sql.ref(name)} as (${write})`),
  ...beside,
  sql`written as (${rows})`,
];

const rowsOf = (write: LastWrite): Sql => sql`with ${sql.join(writes(write))} select * from written`;
