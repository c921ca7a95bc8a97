import { cover } from './tree-fold.js';
import type { Subtree, SubtreeSource } from '../proofs/subtrees.js';
import { formatLine } from './lines.js';

/** Events whose neighbours' hashes are read together. */
const TOGETHER = 500;

/** The line of an event as it will stand in the bundle. */
export interface WrittenEntry {
  sequence: number;
  text: string;
}

/** Where the events stand in the log. */
export interface BundledTree {
  /** How many events the checkpoint is over. */
  size: number;
  /** Where the hashes of what is left out come from. */
  source: SubtreeSource;
  /**
   * Sizes at which the tree can be compared with older checkpoints: no hash reaches over them.
   */
  comparable: readonly number[];
}

/**
 * Writes events in their order, and between them the hashes of the events left out, so that all lines together make the
 * tree of the log: one pass from left to right proves every event and compares older checkpoints.
 * @param entries ascending by sequence, all below the size.
 */
export async function* writeTree(
  entries: AsyncIterable<WrittenEntry>,
  { size, source, comparable }: BundledTree,
): AsyncGenerator<string> {
  const ends = comparable.filter((end) => end > 0 && end < size).toSorted((one, other) => one - other);
  let next = 0;
  let waiting: (WrittenEntry | Gap)[] = [];

  const leaveOut = (until: number): void => {
    while (next < until) {
      while (ends.length > 0 && ends[0]! <= next) ends.shift();
      const end = Math.min(ends[0] ?? until, until);
      const subtrees = cover({ start: BigInt(next), end: BigInt(end) });
      waiting.push({ from: next, to: end - 1, subtrees });
      next = end;
    }
  };

  for await (const entry of entries) {
    if (entry.sequence < next || entry.sequence >= size)
      throw new RangeError(`event ${entry.sequence} is out of place`);
    leaveOut(entry.sequence);
    waiting.push(entry);
    next = entry.sequence + 1;
    if (waiting.length < TOGETHER) continue;
    yield* write(waiting, source);
    waiting = [];
  }
  leaveOut(size);
  yield* write(waiting, source);
}

interface Gap {
  from: number;
  to: number;
  subtrees: Subtree[];
}

async function* write(waiting: readonly (WrittenEntry | Gap)[], source: SubtreeSource): AsyncGenerator<string> {
  const wanted = waiting.flatMap((one) => ('subtrees' in one ? one.subtrees : []));
  const hashes = wanted.length === 0 ? [] : await source(wanted);
  let taken = 0;
  for (const one of waiting) {
    if ('text' in one) {
      yield one.text;
      continue;
    }
    const { from, to, subtrees } = one;
    const own = hashes.slice(taken, (taken += subtrees.length));
    yield formatLine({ type: 'hashes', from, to, hashes: own.map((hash) => hash.toString('base64')) });
  }
}
