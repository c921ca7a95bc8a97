import { rangeText, rangesOf } from '../announcements.js';

/** What can be wrong with a bundle or a checkpoint; the first six as in a report of the log itself. */
export const bundleFindingKinds = [
  'ALTERED',
  'MISSING',
  'GAP',
  'REORDERED',
  'FORKED',
  'REWOUND',
  'MALFORMED',
  'NOT_INCLUDED',
  'UNKNOWN_KEY',
  'BAD_SIGNATURE',
  'NOT_CONSISTENT',
] as const;
export type BundleFindingKind = (typeof bundleFindingKinds)[number];
export type BundleFindingPart =
  | 'line'
  | 'manifest'
  | 'entry'
  | 'body'
  | 'disclosure'
  | 'text'
  | 'sequence'
  | 'time'
  | 'tree'
  | 'signature'
  | 'checkpoint';

/** One thing that is not as it should be. `detail` never holds what events say: it may be shown and logged. */
export interface BundleFinding {
  kind: BundleFindingKind;
  sequence: string | null;
  /** Of the file, from 1. */
  line: number | null;
  part: BundleFindingPart;
  detail: string;
}

/** What was announced to go and is gone: how many events, and which, as sequences and ranges. */
export interface RemovedEvents {
  events: number;
  sequences: string[];
}

/** Memory stays bounded even where every line was touched. */
const KEPT = 10_000;

/** What verifying a bundle has come upon so far, in the order found. */
export class BundleFindings {
  readonly counts = Object.fromEntries(bundleFindingKinds.map((kind) => [kind, 0])) as Record<
    BundleFindingKind,
    number
  >;
  readonly kept: BundleFinding[] = [];
  readonly #parts = new Set<BundleFindingPart>();
  /** The line that is being read. */
  line: number | null = null;

  note(kind: BundleFindingKind, sequence: number | null, part: BundleFindingPart, detail: string): void {
    this.counts[kind] += 1;
    this.#parts.add(part);
    if (this.kept.length < KEPT) {
      this.kept.push({ kind, sequence: sequence?.toString() ?? null, line: this.line, part, detail });
    }
  }

  /** Whether there is a finding about this. */
  isAbout(part: BundleFindingPart): boolean {
    return this.#parts.has(part);
  }

  /** Whether there is none. */
  get areNone(): boolean {
    return this.#parts.size === 0;
  }
}

/** Ascending sequences as a report states them. */
export const removedEvents = (sequences: readonly number[]): RemovedEvents => ({
  events: sequences.length,
  sequences: rangesOf(sequences).slice(0, KEPT).map(rangeText),
});
