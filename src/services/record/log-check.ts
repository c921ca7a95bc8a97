import { Announcements } from './announcements.js';
import { Ledger } from './ledger.js';
import { GrowingTree, HASH_BYTES, bitsSet } from './merkle.js';
import { absent, checkBody, checkColumns, checkDisclosures, checkLeaf, checkPlace } from './row-checks.js';
import type { PackedColumns } from './packed-columns.js';
import { isSound } from './sound-row.js';
import type { KnownRoot, LogHead, LogRow, VerifyReport } from './verify.js';

/** A row as it is checked: hashes as texts, which cost less to make and to compare than bytes. */
export type LogEntry = Pick<LogRow, 'sequence' | 'recordedAt' | 'body' | 'disclosures'> & {
  /** base64url, as the leaf data has it. */
  bodyHash: string;
  /** Hexadecimal. */
  leafHash: string;
  columns: Record<string, unknown> | PackedColumns | null;
};

/** The check of one log, which is given to it row by row; `verifyLog` says what it finds. */
export class LogCheck {
  readonly #ledger = new Ledger();
  readonly #announced = new Announcements();
  readonly #tree = new GrowingTree();
  #head: LogHead | null;
  #headSize: number;
  #workspaceId: string | null;
  #expected = 0n;
  #complete = true;
  #compared = false;
  #before: LogEntry | null = null;

  /** @param head null when the stored head is gone, which is a finding */
  constructor(
    head: LogHead | null,
    private readonly known: readonly KnownRoot[],
  ) {
    this.#workspaceId = head?.workspaceId ?? null;
    this.#head = head;
    this.#headSize = Number(head?.size ?? -1n);
    if (head === null) this.#ledger.note('MISSING', null, 'head', 'the log has no head');
    this.#compareWithHead();
    this.#compareWithKnown();
  }

  /** Checks the next row, ascending by sequence. */
  add(row: LogEntry): void {
    const ledger = this.#ledger;
    if (row.sequence !== this.#expected) this.#complete = false;
    checkPlace(row, this.#expected, this.#before, ledger);
    if (row.sequence >= this.#expected) this.#expected = row.sequence + 1n;

    if (this.#workspaceId === null || !isSound(row, this.#workspaceId)) this.#checkParts(row);

    // Recomputed and not as stored, so that the root speaks for sequence, time and body even where the stored leaf does not.
    this.#tree.append(this.#workspaceId === null ? row.leafHash : checkLeaf(row, this.#workspaceId, ledger));
    this.#before = row;
    this.#compareWithHead();
    if (this.known.length > 0) this.#compareWithKnown();
  }

  #checkParts(row: LogEntry): void {
    const ledger = this.#ledger;
    const body = checkBody(row, ledger, this.#announced);
    this.#workspaceId ??= body?.ws ?? null;
    if (body === null) return;
    if (body.ws !== this.#workspaceId) {
      ledger.note('ALTERED', row.sequence, 'body', 'the body is of another workspace');
    }
    checkDisclosures(row, body, ledger);
    checkColumns(row, body, ledger);
  }

  /** Whether something is gone that a later event may announce, in a log that has been sound in its length so far. */
  get isWaiting(): boolean {
    return this.#compared && this.#expected === this.#head?.size && this.#ledger.isUnexplained(this.#announced);
  }

  /** Takes the head that the log has now, for the rows that have come since. */
  goOn(head: LogHead): void {
    this.#head = head;
    this.#headSize = Number(head.size);
    this.#compared = false;
    this.#compareWithHead();
  }

  /** Gives the report, after the last row. */
  report(): VerifyReport {
    const [ledger, head, expected] = [this.#ledger, this.#head, this.#expected];
    const longest = this.known.reduce((most, { size: at }) => (at > most ? at : most), 0n);
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
      if (!this.#compared && !hasShapeOf(head.frontier, head.size)) {
        ledger.note('ALTERED', null, 'frontier', `the head's frontier is not that of any log of ${head.size} entries`);
      }
    }
    const findings = ledger.close(this.#announced);
    const { counts, erased, pruned } = ledger;
    return {
      workspaceId: this.#workspaceId,
      size: BigInt(this.#tree.size),
      root: this.#tree.root().toString('base64'),
      findings,
      counts,
      erased,
      pruned,
      valid: Object.values(counts).every((count) => count === 0),
    };
  }

  #compareWithKnown(): void {
    for (const { size: at, root } of this.known) {
      if (Number(at) === this.#tree.size && this.#complete && this.#tree.root().toString('base64') !== root) {
        this.#ledger.note('FORKED', null, 'root', `the root over the first ${at} entries is not the one that is known`);
      }
    }
  }

  #compareWithHead(): void {
    const head = this.#head;
    const { size } = this.#tree;
    if (head === null || !this.#complete || size !== this.#headSize) return;
    this.#compared = true;
    if (!sameHashes(this.#tree.frontier(), head.frontier)) {
      this.#ledger.note('ALTERED', null, 'frontier', `the head's frontier is not that of the first ${size} entries`);
    }
    if (head.lastRecordedAt !== (this.#before?.recordedAt ?? null)) {
      this.#ledger.note('ALTERED', null, 'head', "the head's last time is not that of its last entry");
    }
  }
}

function sameHashes(some: readonly Buffer[], others: readonly Buffer[]): boolean {
  return some.length === others.length && some.every((hash, index) => hash.equals(others[index]!));
}

function hasShapeOf(frontier: readonly Buffer[], size: bigint): boolean {
  return frontier.length === bitsSet(size) && frontier.every((hash) => hash.length === HASH_BYTES);
}
