import { bodyHash, entryText, filterColumns, readBody, type RecordBody } from './envelope.js';
import { digestOf } from './disclosure.js';
import { Announcements } from './announcements.js';
import { Ledger, type Finding, type FindingKind, type Removed } from './ledger.js';
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

export type { Finding, FindingKind } from './ledger.js';

/** A size that a log had and the root of its tree then, kept elsewhere: base64, as a report gives it. */
export type KnownRoot = { size: bigint; root: string };

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
  /** Events that have lost disclosures, all of them announced beforehand. Not findings. */
  erased: Removed;
  /** Events whose bodies are gone, all of them announced beforehand. Not findings. */
  pruned: Removed;
  valid: boolean;
};

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
 * - A disclosure or a body that is not there is no finding when a later event of this log, itself unaltered, names it.
 * - GAP: sequences that are not there, each range once, at its first sequence; also those between the last row and the head.
 * - REORDERED: a sequence that comes late or repeated (part sequence), or a time that is not after the one before (time).
 * - FORKED: two different entries for one sequence, one after the other.
 * - REWOUND: rows beyond the head. When no ALTERED frontier stands beside it, the head fits the rows before them. Also a
 *   log that is shorter than it is known to have been; FORKED root: it had another root at a known size.
 *
 * Who can rewrite every row and the head consistently passes: only a size and root kept elsewhere refute that.
 * @param rows ascending by sequence; read once, one at a time
 * @param head null when the stored head is gone, which is a finding
 * @param known sizes and roots that the log had, in any order
 */
export async function verifyLog(
  rows: AsyncIterable<LogRow>,
  head: LogHead | null,
  known: readonly KnownRoot[] = [],
): Promise<VerifyReport> {
  const ledger = new Ledger();
  const announced = new Announcements();
  let workspaceId = head?.workspaceId ?? null;
  let frontier: Buffer[] = [];
  let size = 0n;
  let expected = 0n;
  let complete = true;
  let compared = false;
  let before: Pick<LogRow, 'sequence' | 'recordedAt' | 'leafHash'> | null = null;

  const compareWithKnown = (): void => {
    for (const { size: at, root } of known) {
      if (at === size && complete && rootOf(frontier).toString('base64') !== root) {
        ledger.note('FORKED', null, 'root', `the root over the first ${at} entries is not the one that is known`);
      }
    }
  };
  const compareWithHead = (): void => {
    if (head === null || !complete || size !== head.size) return;
    compared = true;
    if (!sameHashes(frontier, head.frontier)) {
      ledger.note('ALTERED', null, 'frontier', `the head's frontier is not that of the first ${size} entries`);
    }
    if (head.lastRecordedAt !== (before?.recordedAt ?? null)) {
      ledger.note('ALTERED', null, 'head', "the head's last time is not that of its last entry");
    }
  };

  if (head === null) ledger.note('MISSING', null, 'head', 'the log has no head');
  compareWithHead();
  compareWithKnown();
  for await (const row of rows) {
    if (row.sequence !== expected) complete = false;
    checkPlace(row, expected, before, ledger);
    if (row.sequence >= expected) expected = row.sequence + 1n;

    const body = checkBody(row, ledger, announced);
    workspaceId ??= body?.ws ?? null;
    if (body !== null) {
      if (body.ws !== workspaceId) ledger.note('ALTERED', row.sequence, 'body', 'the body is of another workspace');
      checkDisclosures(row, body, ledger);
      checkColumns(row, body, ledger);
    }

    // Recomputed and not as stored, so that the root speaks for sequence, time and body even where the stored leaf does not.
    const leaf = workspaceId === null ? row.leafHash : checkLeaf(row, workspaceId, ledger);
    frontier = appendLeaf(frontier, size, leaf);
    size += 1n;
    before = { sequence: row.sequence, recordedAt: row.recordedAt, leafHash: row.leafHash };
    compareWithHead();
    if (known.length > 0) compareWithKnown();
  }

  const longest = known.reduce((most, { size: at }) => (at > most ? at : most), 0n);
  if (expected < longest) {
    ledger.note('REWOUND', expected, 'root', `the log is known to have had ${longest} entries`);
  }
  if (head !== null) {
    if (expected < head.size) ledger.note('GAP', expected, 'sequence', absent(expected, head.size - 1n));
    if (expected > head.size) {
      ledger.note(
        'REWOUND',
        head.size,
        'head',
        `the head counts ${head.size} entries, but there are rows up to ${expected - 1n}`,
      );
    }
    if (!compared && !hasShapeOf(head.frontier, head.size)) {
      ledger.note('ALTERED', null, 'frontier', `the head's frontier is not that of any log of ${head.size} entries`);
    }
  }
  const findings = ledger.close(announced);
  const { counts, erased, pruned } = ledger;
  return {
    workspaceId,
    size,
    root: rootOf(frontier).toString('base64'),
    findings,
    counts,
    erased,
    pruned,
    valid: Object.values(counts).every((count) => count === 0),
  };
}

/** Checks that the row follows the one before it in sequence and, where it does, in time. */
function checkPlace(
  row: LogRow,
  expected: bigint,
  before: Pick<LogRow, 'sequence' | 'recordedAt' | 'leafHash'> | null,
  ledger: Ledger,
): void {
  if (row.sequence < expected) {
    if (row.sequence === before?.sequence && !row.leafHash.equals(before.leafHash)) {
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
function checkBody(row: LogRow, ledger: Ledger, announced: Announcements): RecordBody | null {
  if (row.body === null) {
    ledger.bodyIsGone(row.sequence);
    return null;
  }
  const isHashed = bodyHash(row.body).equals(row.bodyHash);
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
function checkDisclosures(row: LogRow, body: RecordBody, ledger: Ledger): void {
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
function checkColumns(row: LogRow, body: RecordBody, ledger: Ledger): void {
  if (row.columns === null) return;
  for (const [name, value] of Object.entries(filterColumns(body))) {
    if (!sameValue(row.columns[name], value)) {
      ledger.note('ALTERED', row.sequence, 'column', `${name} is not what the body says`);
    }
  }
}

/** Checks the stored leaf hash, and gives the one that body hash, sequence, time and workspace make. */
function checkLeaf(row: LogRow, workspaceId: string, ledger: Ledger): Buffer {
  let text: string;
  try {
    text = entryText({ ...row, workspaceId });
  } catch (error) {
    ledger.note('ALTERED', row.sequence, 'entry', `the entry is malformed: ${messageOf(error)}`);
    return row.leafHash;
  }
  const leaf = leafHash(text);
  if (!leaf.equals(row.leafHash)) {
    ledger.note(
      'ALTERED',
      row.sequence,
      'leaf',
      'the leaf hash is not that of body hash, sequence, time and workspace',
    );
  }
  return leaf;
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
