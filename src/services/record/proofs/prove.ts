import { bitWidth, isSubtree, rootsOf, type Range, type SubtreeSource } from './subtrees.js';

/**
 * PATH(m, D[n]) of RFC 9162 §2.1.3.1: the hashes that lead from one leaf to the root, the lowest first. Of a range that
 * does not begin at 0, the same within the range.
 * @throws RangeError when the leaf is not in the range, or the range is no subtree of the log.
 */
export async function inclusionProof(source: SubtreeSource, index: bigint, range: Range): Promise<Buffer[]> {
  if (!isSubtree(range) || index < range.start || index >= range.end) {
    throw new RangeError(`leaf ${index} is not in [${range.start}, ${range.end})`);
  }
  return rootsOf(source, path(index, range));
}

/**
 * PROOF(m, D[n]) of RFC 9162 §2.1.4.1: the hashes by which the root of the first m leaves and that of all n are seen to
 * be of one log, the lowest first; none where m = n. With a range that does not begin at 0: that it is a part of it.
 * @throws RangeError when the range is empty, no subtree of the log, or reaches beyond it.
 */
export async function consistencyProof(source: SubtreeSource, range: Range, size: bigint): Promise<Buffer[]> {
  if (!isSubtree(range) || range.end > size) {
    throw new RangeError(`[${range.start}, ${range.end}) is no part of a log of ${size} leaves`);
  }
  return rootsOf(source, differences(range, { start: 0n, end: size }, true));
}

/** k of RFC 9162 §2.1.1: the largest power of two smaller than the number of leaves, counted from the start. */
const splitOf = ({ start, end }: Range): bigint => start + (1n << (bitWidth(end - start - 1n) - 1n));

function path(index: bigint, range: Range): Range[] {
  const ranges: Range[] = [];
  let { start, end } = range;
  while (end - start > 1n) {
    const split = splitOf({ start, end });
    if (index < split) {
      ranges.push({ start: split, end });
      end = split;
    } else {
      ranges.push({ start, end: split });
      start = split;
    }
  }
  return ranges.toReversed();
}

/** SUBPROOF(m, D[n], b): `known` = the verifier has the root of exactly this range already. */
function differences(part: Range, whole: Range, known: boolean): Range[] {
  const ranges: Range[] = [];
  let within = part;
  let around = whole;
  let isKnown = known;
  while (within.start !== around.start || within.end !== around.end) {
    const split = splitOf(around);
    if (within.end <= split) {
      ranges.push({ start: split, end: around.end });
      around = { start: around.start, end: split };
    } else if (within.start >= split) {
      ranges.push({ start: around.start, end: split });
      around = { start: split, end: around.end };
    } else {
      // What reaches over the split begins where the whole does, and its left half is a perfect subtree of both.
      ranges.push({ start: around.start, end: split });
      around = { start: split, end: around.end };
      within = { start: split, end: within.end };
      isKnown = false;
    }
  }
  if (!isKnown) ranges.push(within);
  return ranges.toReversed();
}
