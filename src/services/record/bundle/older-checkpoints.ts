import type { Checkpoint } from '../proofs/checkpoint.js';
import { checkNote } from './check-note.js';
import type { BundleFindings } from './findings.js';
import type { TreeFold } from './tree-fold.js';
import type { TrustPolicy } from './trust-policy.js';

/** Checkpoints that the verifier kept, against which the log of a bundle is held while it is put together. */
export class OlderCheckpoints {
  readonly #checkpoints: Checkpoint[] = [];
  readonly #compared = new Set<Checkpoint>();
  #isConsistent = true;

  constructor(
    notes: readonly string[],
    policy: TrustPolicy,
    private readonly findings: BundleFindings,
  ) {
    for (const note of notes) {
      const checkpoint = checkNote(note, policy, findings);
      if (checkpoint) this.#checkpoints.push(checkpoint);
      else this.#isConsistent = false;
    }
  }

  /** Compares those of exactly so many events as have been put together. */
  pass(fold: TreeFold): void {
    for (const checkpoint of this.#checkpoints) {
      if (checkpoint.size !== fold.size || this.#compared.has(checkpoint)) continue;
      this.#compared.add(checkpoint);
      if (fold.root().equals(checkpoint.root)) continue;
      this.#note('FORKED', `its first ${checkpoint.size} events are not those of the older checkpoint`);
    }
  }

  /** @param next the sequence behind the last that the bundle accounts for. @returns whether it goes on from all. */
  close(newest: Checkpoint | null, next: number): boolean {
    for (const checkpoint of this.#checkpoints) {
      const { origin, size } = checkpoint;
      if (!newest) continue;
      if (origin !== newest.origin) this.#note('NOT_CONSISTENT', 'the older checkpoint is of another log or epoch');
      else if (size > newest.size) {
        this.#note('REWOUND', `the checkpoint is over ${newest.size} events, and the one given over ${size}`);
      } else if (size === 0n) {
        this.#note('NOT_CONSISTENT', 'the older checkpoint is of an empty log, which proves nothing');
      } else if (!this.#compared.has(checkpoint)) {
        this.#note(
          'NOT_CONSISTENT',
          BigInt(next) < size
            ? `the bundle ends before the ${size} events of the older checkpoint`
            : `the bundle cannot be compared at ${size} events: have it made again with this checkpoint`,
        );
      }
    }
    return this.#isConsistent && (newest !== null || this.#checkpoints.length === 0);
  }

  #note(kind: 'FORKED' | 'REWOUND' | 'NOT_CONSISTENT', detail: string): void {
    this.#isConsistent = false;
    this.findings.note(kind, null, 'checkpoint', detail);
  }
}
