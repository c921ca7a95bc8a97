import { emptyRoot, nodeHash, rootOf } from '../merkle.js';

/** A perfect subtree of a log: the leaves from `index` · 2^`level` on, 2^`level` of them. It never changes again. */
export interface Subtree {
  level: number;
  /** Among those of its level. */
  index: bigint;
}

/**
 * Where the hashes of perfect subtrees come from: leaves, tiles, a database. All that a proof needs is asked for at once.
 * @returns one hash for each, in their order.
 */
export type SubtreeSource = (subtrees: readonly Subtree[]) => Promise<readonly Buffer[]>;

/** The leaves from `start` to before `end`, of which `start` is aligned so that their tree is a part of the log's. */
export interface Range {
  start: bigint;
  end: bigint;
}

/** Bits that a number takes, 0 for 0; numbers here outgrow the 32 bits of JavaScript's shifts. */
export const bitWidth = (value: bigint): bigint => BigInt(value === 0n ? 0 : value.toString(2).length);

/** Whether the tree over these leaves is put together from nodes of the log's tree: `start` is a multiple of the next
 * power of two that holds them. */
export const isSubtree = ({ start, end }: Range): boolean =>
  start >= 0n && start < end && start % (1n << bitWidth(end - start - 1n)) === 0n;

/** The perfect subtrees that the tree over a range splits into, largest first. */
export function perfectSubtrees({ start, end }: Range): Subtree[] {
  const subtrees: Subtree[] = [];
  for (let at = start; at < end;) {
    const level = bitWidth(end - at) - 1n;
    subtrees.push({ level: Number(level), index: at >> level });
    at += 1n << level;
  }
  return subtrees;
}

/** The roots of the trees over some ranges, all hashes read at once. */
export async function rootsOf(source: SubtreeSource, ranges: readonly Range[]): Promise<Buffer[]> {
  const parts = ranges.map(perfectSubtrees);
  const hashes = await source(parts.flat());
  let taken = 0;
  // A frontier is what a tree splits into, largest first: the same fold.
  return parts.map(({ length }) => rootOf(hashes.slice(taken, (taken += length))));
}

/** The root of the first `size` leaves. */
export async function rootAt(source: SubtreeSource, size: bigint): Promise<Buffer> {
  if (size === 0n) return emptyRoot();
  return (await rootsOf(source, [{ start: 0n, end: size }]))[0]!;
}

/** The root over as many hashes as some power of two, each that of a subtree of the same level. */
export function perfectRoot(hashes: readonly Buffer[]): Buffer {
  let level = hashes;
  while (level.length > 1) {
    level = Array.from({ length: level.length / 2 }, (_, index) => nodeHash(level[2 * index]!, level[2 * index + 1]!));
  }
  return level[0]!;
}

/** A source that has the hashes of all leaves. */
export function subtreesOfLeaves(leaves: readonly Buffer[]): SubtreeSource {
  const levels: (readonly Buffer[])[] = [leaves];
  for (let below = leaves; below.length > 1; levels.push(below)) {
    const lower = below;
    below = Array.from({ length: Math.floor(lower.length / 2) }, (_, index) =>
      nodeHash(lower[2 * index]!, lower[2 * index + 1]!),
    );
  }
  return async (subtrees) =>
    subtrees.map(({ level, index }) => {
      const hash = levels[level]?.[Number(index)];
      if (!hash) throw new RangeError(`there is no subtree ${index} of level ${level} over ${leaves.length} leaves`);
      return hash;
    });
}
