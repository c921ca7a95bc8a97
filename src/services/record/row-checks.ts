import type { Announcements } from './announcements.js';
import { digestOf } from './disclosure.js';
import { bodyHashText, entryTextOf, filterColumns, readBody, type RecordBody } from './envelope.js';
import type { Ledger } from './ledger.js';
import type { LogEntry } from './log-check.js';
import { leafHashHex } from './merkle.js';
import { PackedColumns } from './packed-columns.js';

/** Checks that the row follows the one before it in sequence and, where it does, in time. */
export function checkPlace(
  row: LogEntry,
  expected: bigint,
  before: Pick<LogEntry, 'sequence' | 'recordedAt' | 'leafHash'> | null,
  ledger: Ledger,
): void {
  if (row.sequence < expected) {
    if (row.sequence === before?.sequence && row.leafHash !== before.leafHash) {
      ledger.note('FORKED', row.sequence, 'sequence', 'two different entries have this sequence');
    } else {
      ledger.note('REORDERED', row.sequence, 'sequence', 'the entry comes late or a second time');
    }
    return;
  }
  if (row.sequence > expected) ledger.note('GAP', expected, 'sequence', absent(expected, row.sequence - 1n));
  // Texts of one fixed form order as the times they stand for. Compared with the row before and not with the latest so far:
  // one time moved far ahead is then one finding, not one for each row that follows.
  if (before !== null && row.recordedAt <= before.recordedAt) {
    ledger.note('REORDERED', row.sequence, 'time', 'recorded no later than the entry before it');
  }
}

/** Checks the body against its hash and gives what it says; null when it cannot be read. Only what was hashed announces. */
export function checkBody(row: LogEntry, ledger: Ledger, announced: Announcements): RecordBody | null {
  if (row.body === null) {
    ledger.bodyIsGone(row.sequence);
    return null;
  }
  const isHashed = bodyHashText(row.body) === row.bodyHash;
  if (!isHashed) ledger.note('ALTERED', row.sequence, 'body', 'the body does not have the stored hash');
  try {
    const body = readBody(row.body);
    if (isHashed) announced.note(Number(row.sequence), body);
    return body;
  } catch (error) {
    ledger.note('ALTERED', row.sequence, 'body', `the body is unreadable: ${messageOf(error)}`);
    return null;
  }
}

/** Checks that the disclosures and the digests in `_sd` belong together, one to one (RFC 9901 §7.1). */
export function checkDisclosures(row: LogEntry, body: RecordBody, ledger: Ledger): void {
  const digests = body._sd ?? [];
  const undisclosed = new Map(digests.map((digest, place) => [digest, place]));
  for (const encoded of row.disclosures ?? []) {
    const digest = digestOf(String(encoded));
    // Deleting also refuses the same disclosure a second time.
    if (!undisclosed.delete(digest)) {
      ledger.note(
        'ALTERED',
        row.sequence,
        'disclosure',
        `the body does not commit to the disclosure with digest ${digest}`,
      );
    }
  }
  for (const [digest, place] of undisclosed) ledger.disclosureIsGone(row.sequence, place, digest);
}

/** Checks the filter columns against the body. Others, such as search text, are not derived from it and not compared. */
export function checkColumns(row: LogEntry, body: RecordBody, ledger: Ledger): void {
  if (row.columns === null) return;
  const columns = row.columns instanceof PackedColumns ? row.columns.unpacked() : row.columns;
  for (const [name, value] of Object.entries(filterColumns(body))) {
    if (!sameValue(columns[name], value)) {
      ledger.note('ALTERED', row.sequence, 'column', `${name} is not what the body says`);
    }
  }
}

/** Checks the stored leaf hash, and gives the one, in hexadecimal, that body hash, sequence, time and workspace make. */
export function checkLeaf(row: LogEntry, workspaceId: string, ledger: Ledger): string {
  let text: string;
  try {
    text = entryTextOf(row, workspaceId);
  } catch (error) {
    ledger.note('ALTERED', row.sequence, 'entry', `the entry is malformed: ${messageOf(error)}`);
    return row.leafHash;
  }
  const leaf = leafHashHex(text);
  if (leaf !== row.leafHash) {
    ledger.note(
      'ALTERED',
      row.sequence,
      'leaf',
      'the leaf hash is not that of body hash, sequence, time and workspace',
    );
  }
  return leaf;
}

function sameValue(stored: unknown, expected: string | number | readonly string[] | null): boolean {
  if (!Array.isArray(expected)) return stored === expected;
  return (
    Array.isArray(stored) && stored.length === expected.length && expected.every((key, index) => key === stored[index])
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** How a range of sequences that are not there is told. */
export function absent(from: bigint, to: bigint): string {
  return from === to ? `sequence ${from} is not in its place` : `sequences ${from} to ${to} are not in their place`;
}
