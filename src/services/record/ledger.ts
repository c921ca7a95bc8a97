import { rangeText, type Announcements } from './announcements.js';

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
  | 'head'
  | 'root';

/** One thing that is not as it was recorded. `detail` names columns and digests, never stored values: it is shown and logged. */
export type Finding = { kind: FindingKind; sequence: string | null; part: FindingPart; detail: string };

/** What was announced to go and is gone: how many events, and which, as sequences and ranges (the first 10,000). */
export type Removed = { events: number; sequences: string[] };

/** Memory stays bounded even where every row of a long log was touched. */
const FINDINGS_KEPT = 10_000;

type Absent = { order: number; from: bigint; to: bigint };
type Undisclosed = { order: number; sequence: bigint; place: number; digest: string };

/**
 * What verifying has come upon. Whether something missing is a finding shows only at the end: what announced its
 * removal comes later in the log than what was removed.
 */
export class Ledger {
  readonly counts: Record<FindingKind, number> = {
    ALTERED: 0,
    MISSING: 0,
    GAP: 0,
    REORDERED: 0,
    FORKED: 0,
    REWOUND: 0,
  };
  readonly pruned: Removed = { events: 0, sequences: [] };
  readonly erased: Removed = { events: 0, sequences: [] };
  #order = 0;
  #findings: { order: number; finding: Finding }[] = [];
  readonly #bodies: Absent[] = [];
  readonly #disclosures: Undisclosed[] = [];

  note(kind: FindingKind, sequence: bigint | null, part: FindingPart, detail: string): void {
    this.#note(this.#order++, kind, sequence, part, detail);
  }

  bodyIsGone(sequence: bigint): void {
    const last = this.#bodies.at(-1);
    if (last && last.to + 1n === sequence && last.order === this.#order - 1) last.to = sequence;
    else this.#bodies.push({ order: this.#order++, from: sequence, to: sequence });
  }

  disclosureIsGone(sequence: bigint, place: number, digest: string): void {
    this.#disclosures.push({ order: this.#order++, sequence, place, digest });
  }

  /** Whether anything is gone that has not been announced so far. */
  isUnexplained(announced: Announcements): boolean {
    for (const { from, to } of this.#bodies) {
      for (let sequence = from; sequence <= to; sequence++) if (!announced.prunes(Number(sequence))) return true;
    }
    return this.#disclosures.some(({ sequence, place }) => !announced.erases(Number(sequence), place));
  }

  /** Decides over what is gone. @returns the findings in the order found. */
  close(announced: Announcements): Finding[] {
    for (const { order, from, to } of this.#bodies) {
      for (let sequence = from; sequence <= to; sequence++) {
        if (announced.prunes(Number(sequence))) add(this.pruned, sequence);
        else this.#note(order, 'MISSING', sequence, 'body', 'the body is not there');
      }
    }
    let last: bigint | null = null;
    for (const { order, sequence, place, digest } of this.#disclosures) {
      if (!announced.erases(Number(sequence), place)) {
        this.#note(order, 'ALTERED', sequence, 'disclosure', `the disclosure with digest ${digest} is not there`);
      } else if (sequence !== last) {
        add(this.erased, sequence);
        last = sequence;
      }
    }
    return this.#findings
      .toSorted((one, other) => one.order - other.order)
      .slice(0, FINDINGS_KEPT)
      .map(({ finding }) => finding);
  }

  #note(order: number, kind: FindingKind, sequence: bigint | null, part: FindingPart, detail: string): void {
    this.counts[kind] += 1;
    // Those that are decided at the end may belong before these, but are bounded just as well.
    if (this.#findings.length < 2 * FINDINGS_KEPT) {
      this.#findings.push({ order, finding: { kind, sequence: sequence?.toString() ?? null, part, detail } });
    }
  }
}

const open = new WeakMap<Removed, { from: bigint; to: bigint; at: number }>();

function add(removed: Removed, sequence: bigint): void {
  removed.events += 1;
  let range = open.get(removed);
  if (range && range.to + 1n === sequence) range.to = sequence;
  else open.set(removed, (range = { from: sequence, to: sequence, at: range ? range.at + 1 : 0 }));
  if (range.at < FINDINGS_KEPT) removed.sequences[range.at] = rangeText(range);
}
