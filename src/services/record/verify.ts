import type { Finding, FindingKind, Removed } from './ledger.js';
import { LogCheck, type LogEntry } from './log-check.js';

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
  const check = new LogCheck(head, known);
  for await (const row of rows) check.add(entryOf(row));
  return check.report();
}

const entryOf = ({ bodyHash, leafHash, ...row }: LogRow): LogEntry => ({
  ...row,
  bodyHash: bodyHash.toString('base64url'),
  leafHash: leafHash.toString('hex'),
});
