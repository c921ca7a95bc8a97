import { HASH_BYTES, nodeHash } from '../merkle.js';
import { isSubtree, type Range } from './subtrees.js';

/**
 * Whether a proof leads from a leaf's hash to the root of exactly this range: RFC 9162 §2.1.3.2. Nothing may be missing
 * and nothing be left over.
 */
export function provesInclusion(
  proof: readonly Buffer[],
  { index, range, leaf, root }: { index: bigint; range: Range; leaf: Buffer; root: Buffer },
): boolean {
  if (!isSubtree(range) || index < range.start || index >= range.end || !areHashes([...proof, leaf, root]))
    return false;
  let at = index - range.start;
  let last = range.end - range.start - 1n;
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0n) return false;
    if (isOdd(at) || at === last) {
      hash = nodeHash(sibling, hash);
      while (!isOdd(at) && at !== 0n) {
        at >>= 1n;
        last >>= 1n;
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    at >>= 1n;
    last >>= 1n;
  }
  return last === 0n && hash.equals(root);
}

/**
 * Whether a proof shows that the tree with `root` over `size` leaves has the range whose root is `part` in it: RFC 9162
 * §2.1.4.2, which is the case of a range from 0. An empty range proves nothing, so it is refused.
 */
export function provesConsistency(
  proof: readonly Buffer[],
  { range, size, part, root }: { range: Range; size: bigint; part: Buffer; root: Buffer },
): boolean {
  if (!isSubtree(range) || range.end > size || !areHashes([...proof, part, root])) return false;
  let first = range.start;
  let second = range.end - 1n;
  let last = size - 1n;
  const up = (): void => {
    first >>= 1n;
    second >>= 1n;
    last >>= 1n;
  };
  // Up to the largest subtree that both have at their right edge.
  while (first !== second && (second === last || isOdd(second))) up();
  const [seed, ...rest] = first === second ? [part, ...proof] : proof;
  if (!seed) return false;
  let ofPart = seed;
  let ofWhole = seed;
  for (const hash of rest) {
    if (last === 0n) return false;
    if (isOdd(second) || second === last) {
      if (first < second) ofPart = nodeHash(hash, ofPart);
      ofWhole = nodeHash(hash, ofWhole);
      while (!isOdd(second) && second !== 0n) up();
    } else {
      ofWhole = nodeHash(ofWhole, hash);
    }
    up();
  }
  return last === 0n && ofPart.equals(part) && ofWhole.equals(root);
}

const isOdd = (value: bigint): boolean => (value & 1n) === 1n;
const areHashes = (hashes: readonly Buffer[]): boolean => hashes.every(({ length }) => length === HASH_BYTES);
