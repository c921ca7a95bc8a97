import { digestOf } from './disclosure.js';
import { bodyHash, entryText, filterColumns, readBody, type RecordBody } from './envelope.js';
import { HASH_BYTES, appendLeaf, bitsSet, leafHash, rootOf } from './merkle.js';

/** One stored entry with what stands beside it. */
export type LogRow = {
  sequence: bigint;
  /** UTC with exactly six fraction digits, `2026-01-02T03:04:05.123456Z`. */
  recordedAt: string;
  bodyHash: Buffer;
  leafHash: Buffer;
  /** The exact text that was hashed; null when it is not there. */
  body: string | null;
  /** The encoded disclosures in any order; null means none. */
  disclosures: string[] | null;
  /** The filter columns, named and typed as `filterColumns` gives them; null where there are none, as in a file. */
  columns: Record<string, unknown> | null;
};

/** The stored head of a workspace's log. */
export type LogHead = {
  workspaceId: string;
  epoch: number;
  /** Number of entries. */
  size: bigint;
  frontier: Buffer[];
  lastRecordedAt: string | null;
};

export type FindingKind = 'ALTERED' | 'MISSING' | 'GAP' | 'REORDERED' | 'FORKED' | 'REWOUND';
export type FindingPart =
  | 'body'
  | 'disclosure'
  | 'column'
  | 'entry'
  | 'leaf'
  | 'frontier'
  | 'sequence'
  | 'time'
  | 'head';

/** One thing that is not as it was recorded. `detail` names columns and digests, never stored values: it is shown and logged. */
export type Finding = { kind: FindingKind; sequence: string | null; part: FindingPart; detail: string };

export type VerifyReport = {
  /** The head's workspace; without a head that of the first readable body, else null. */
  workspaceId: string | null;
  /** Number of rows read. */
  size: bigint;
  /** Root of the tree over the rows as read, recomputed from body hash, sequence and time; base64, as in a checkpoint. */
  root: string;
  /** The first 10,000 findings in the order found; `counts` counts all. */
  findings: Finding[];
  counts: Record<FindingKind, number>;
  valid: boolean;
};

type Note = (kind: FindingKind, sequence: bigint | null, part: FindingPart, detail: string) => void;

/** Memory stays bounded even where every row of a long log was touched. */
const FINDINGS_KEPT = 10_000;

/**
 * Reads a whole log once, in the order given, and reports everything that does not fit together; never stops at a finding.
 *
 * What each kind means here:
 * - ALTERED body, disclosure, column, leaf: the part does not match the hash, digest or body that covers it. A changed time,
 *   sequence or stored body hash shows as ALTERED leaf, because the leaf covers them; ALTERED entry is an entry so malformed
 *   that it has no leaf data at all.
 * - ALTERED frontier: the leaves are not those the head was computed from. It is compared when as many rows were read as the
 *   head counts, as long as the sequences up to there are complete: after a gap it could not agree, and would tell nothing.
 * - MISSING: a row without its body, or a log without its head.
 * - GAP: sequences that are not there, each range once, at its first sequence; also those between the last row and the head.
 * - REORDERED: a sequence that comes late or repeated (part sequence), or a time that is not after the one before (time).
 * - FORKED: two different entries for one sequence, one after the other.
 * - REWOUND: rows beyond the head. When no ALTERED frontier stands beside it, the head fits the rows before them.
 *
 * Who can rewrite every row and the head consistently passes: only a checkpoint kept elsewhere refutes that, by its root.
 * @param rows ascending by sequence; read once, one at a time
 * @param head null when the stored head is gone, which is a finding
 */
export async function verifyLog(rows: AsyncIterable<LogRow>, head: LogHead | null): Promise<VerifyReport> {
  const { findings, counts, note } = openLedger();
  let workspaceId = head?.workspaceId ?? null;
  let frontier: Buffer[] = [];
  let size = 0n;
  let expected = 0n;
  let complete = true;
  let compared = false;
  let before: Pick<LogRow, 'sequence' | 'recordedAt' | 'leafHash'> | null = null;

  const compareWithHead = (): void => {
    if (head === null || !complete || size !== head.size) return;
    compared = true;
    if (!sameHashes(frontier, head.frontier)) {
      note('ALTERED', null, 'frontier', `the head's frontier is not that of the first ${size} entries`);
    }
    if (head.lastRecordedAt !== (before?.recordedAt ?? null)) {
      note('ALTERED', null, 'head', "the head's last time is not that of its last entry");
    }
  };

  if (head === null) note('MISSING', null, 'head', 'the log has no head');
  compareWithHead();
  for await (const row of rows) {
    if (row.sequence !== expected) complete = false;
    checkPlace(row, expected, before, note);
    if (row.sequence >= expected) expected = row.sequence + 1n;

    const body = checkBody(row, note);
    workspaceId ??= body?.ws ?? null;
    if (body !== null) {
      if (body.ws !== workspaceId) note('ALTERED', row.sequence, 'body', 'the body is of another workspace');
      checkDisclosures(row, body, note);
      checkColumns(row, body, note);
    }

    // Recomputed and not as stored, so that the root speaks for sequence, time and body even where the stored leaf does not.
    const leaf = workspaceId === null ? row.leafHash : checkLeaf(row, workspaceId, note);
    frontier = appendLeaf(frontier, size, leaf);
    size += 1n;
    before = { sequence: row.sequence, recordedAt: row.recordedAt, leafHash: row.leafHash };
    compareWithHead();
  }

  if (head !== null) {
    if (expected < head.size) note('GAP', expected, 'sequence', absent(expected, head.size - 1n));
    if (expected > head.size) {
      note(
        'REWOUND',
        head.size,
        'head',
        `the head counts ${head.size} entries, but there are rows up to ${expected - 1n}`,
      );
    }
    if (!compared && !hasShapeOf(head.frontier, head.size)) {
      note('ALTERED', null, 'frontier', `the head's frontier is not that of any log of ${head.size} entries`);
    }
  }
  return {
    workspaceId,
    size,
    root: rootOf(frontier).toString('base64'),
    findings,
    counts,
    valid: Object.values(counts).every((count) => count === 0),
  };
}

/** Checks that the row follows the one before it in sequence and, where it does, in time. */
function checkPlace(
  row: LogRow,
  expected: bigint,
  before: Pick<LogRow, 'sequence' | 'recordedAt' | 'leafHash'> | null,
  note: Note,
): void {
  if (row.sequence < expected) {
    if (row.sequence === before?.sequence && !row.leafHash.equals(before.leafHash)) {
      note('FORKED', row.sequence, 'sequence', 'two different entries have this sequence');
    } else {
      note('REORDERED', row.sequence, 'sequence', 'the entry comes late or a second time');
    }
    return;
  }
  if (row.sequence > expected) note('GAP', expected, 'sequence', absent(expected, row.sequence - 1n));
  // Texts of one fixed form order as the times they stand for. Compared with the row before and not with the latest so far:
  // one time moved far ahead is then one finding, not one for each row that follows.
  if (before !== null && row.recordedAt <= before.recordedAt) {
    note('REORDERED', row.sequence, 'time', 'recorded no later than the entry before it');
  }
}

/** Checks the body against its hash and gives what it says; null when it cannot be read. */
function checkBody(row: LogRow, note: Note): RecordBody | null {
  if (row.body === null) {
    note('MISSING', row.sequence, 'body', 'the body is not there');
    return null;
  }
  if (!bodyHash(row.body).equals(row.bodyHash)) {
    note('ALTERED', row.sequence, 'body', 'the body does not have the stored hash');
  }
  try {
    return readBody(row.body);
  } catch (error) {
    note('ALTERED', row.sequence, 'body', `the body is unreadable: ${messageOf(error)}`);
    return null;
  }
}

/** Checks that the disclosures and the digests in `_sd` belong together, one to one (RFC 9901 §7.1). */
function checkDisclosures(row: LogRow, body: RecordBody, note: Note): void {
  const undisclosed = new Set(body._sd ?? []);
  for (const encoded of row.disclosures ?? []) {
    const digest = digestOf(encoded);
    // Deleting also refuses the same disclosure a second time.
    if (!undisclosed.delete(digest)) {
      note('ALTERED', row.sequence, 'disclosure', `the body does not commit to the disclosure with digest ${digest}`);
    }
  }
  for (const digest of undisclosed) {
    note('ALTERED', row.sequence, 'disclosure', `the disclosure with digest ${digest} is not there`);
  }
}

/** Checks the filter columns against the body. Others, such as search text, are not derived from it and not compared. */
function checkColumns(row: LogRow, body: RecordBody, note: Note): void {
  if (row.columns === null) return;
  for (const [name, value] of Object.entries(filterColumns(body))) {
    if (!sameValue(row.columns[name], value)) {
      note('ALTERED', row.sequence, 'column', `${name} is not what the body says`);
    }
  }
}

/** Checks the stored leaf hash, and gives the one that body hash, sequence, time and workspace make. */
function checkLeaf(row: LogRow, workspaceId: string, note: Note): Buffer {
  let text: string;
  try {
    text = entryText({ ...row, workspaceId });
  } catch (error) {
    note('ALTERED', row.sequence, 'entry', `the entry is malformed: ${messageOf(error)}`);
    return row.leafHash;
  }
  const leaf = leafHash(text);
  if (!leaf.equals(row.leafHash)) {
    note('ALTERED', row.sequence, 'leaf', 'the leaf hash is not that of body hash, sequence, time and workspace');
  }
  return leaf;
}

function openLedger(): { findings: Finding[]; counts: Record<FindingKind, number>; note: Note } {
  const findings: Finding[] = [];
  const counts = { ALTERED: 0, MISSING: 0, GAP: 0, REORDERED: 0, FORKED: 0, REWOUND: 0 };
  const note: Note = (kind, sequence, part, detail) => {
    counts[kind] += 1;
    if (findings.length < FINDINGS_KEPT) findings.push({ kind, sequence: sequence?.toString() ?? null, part, detail });
  };
  return { findings, counts, note };
}

function absent(from: bigint, to: bigint): string {
  return from === to ? `sequence ${from} is not in its place` : `sequences ${from} to ${to} are not in their place`;
}

function sameHashes(some: readonly Buffer[], others: readonly Buffer[]): boolean {
  return some.length === others.length && some.every((hash, index) => hash.equals(others[index]!));
}

function hasShapeOf(frontier: readonly Buffer[], size: bigint): boolean {
  return frontier.length === bitsSet(size) && frontier.every((hash) => hash.length === HASH_BYTES);
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
