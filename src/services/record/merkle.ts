import { createHash, hash } from 'node:crypto';

/** Bytes in a SHA-256 hash. */
export const HASH_BYTES = 32;

// RFC 6962 §2.1: different prefixes for leaves and nodes, so that no node can be passed off as a leaf (second preimage).
const LEAF_PREFIX = Uint8Array.of(0x00);
const NODE_PREFIX = Uint8Array.of(0x01);

/** Gives MTH({}), the root of a log without entries: SHA-256 of nothing (RFC 6962 §2.1), 32 bytes. */
export function emptyRoot(): Buffer {
  return createHash('sha256').digest();
}

/** Gives MTH({d}) = SHA-256(0x00 ‖ d), the 32-byte hash of one leaf (RFC 6962 §2.1); text is taken as UTF-8. */
export function leafHash(entry: Uint8Array | string): Buffer {
  // One call to OpenSSL for each of a log's many leaves; U+0000 is 0x00 in UTF-8.
  if (typeof entry === 'string') return hash('sha256', `\0${entry}`, 'buffer');
  return createHash('sha256').update(LEAF_PREFIX).update(entry).digest();
}

/** Gives {@link leafHash} of a text in hexadecimal. */
export function leafHashHex(entry: string): string {
  return hash('sha256', `\0${entry}`, 'hex');
}

/** Gives SHA-256(0x01 ‖ left ‖ right), the 32-byte hash of an inner node (RFC 6962 §2.1). */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return hash('sha256', Buffer.concat([NODE_PREFIX, left, right]), 'buffer');
}

/**
 * Gives the frontier of a log of `size` + 1 leaves from that of its first `size` and the next leaf's hash.
 *
 * The frontier holds the roots of the perfect subtrees that the tree splits into (RFC 6962 §2.1: k is the largest power of
 * two smaller than n), largest first: one for each bit set in `size`. A new leaf merges with them as a carry runs through a
 * binary counter. The given frontier is left as it is.
 * @param size number of leaves so far, as a bigint: it outgrows the 32 bits of JavaScript's shifts
 * @throws RangeError when the size is negative or the frontier does not hold one hash for each bit set in it
 */
export function appendLeaf(frontier: readonly Buffer[], size: bigint, leaf: Buffer): Buffer[] {
  if (size < 0n || frontier.length !== bitsSet(size)) {
    throw new RangeError(`a frontier of ${frontier.length} hashes does not belong to a log of ${size} leaves`);
  }
  const next = frontier.slice();
  let hash = leaf;
  for (let rest = size; (rest & 1n) === 1n; rest >>= 1n) {
    // As many hashes are left as bits are set in the rest, so an odd rest always finds one.
    hash = nodeHash(next.pop()!, hash);
  }
  next.push(hash);
  return next;
}

/** Gives the 32-byte root of the log whose frontier this is, folded from the smallest subtree to the largest. */
export function rootOf(frontier: readonly Buffer[]): Buffer {
  let root: Buffer | null = null;
  for (let index = frontier.length - 1; index >= 0; index--) {
    const subtree = frontier[index]!;
    root = root === null ? subtree : nodeHash(subtree, root);
  }
  return root ?? emptyRoot();
}

/** Gives the number of hashes in the frontier of a log of `size` leaves: the bits set in `size`, which is not negative. */
export function bitsSet(size: bigint): number {
  let count = 0;
  for (let rest = size; rest > 0n; rest >>= 1n) if ((rest & 1n) === 1n) count++;
  return count;
}

/** Written anew for each node; nothing else runs between the writing and the hashing. */
const NODE = Buffer.alloc(1 + 2 * HASH_BYTES, NODE_PREFIX);

/** {@link nodeHash} of hashes in hexadecimal. */
function nodeHashHex(left: string, right: string): string {
  if (left.length !== 2 * HASH_BYTES || right.length !== 2 * HASH_BYTES) {
    return nodeHash(Buffer.from(left, 'hex'), Buffer.from(right, 'hex')).toString('hex');
  }
  NODE.write(left, 1, 'hex');
  NODE.write(right, 1 + HASH_BYTES, 'hex');
  return hash('sha256', NODE, 'hex');
}

/**
 * The frontier of a log that leaves are added to one by one: as {@link appendLeaf} does, in place, with the size as a plain
 * number and the hashes in hexadecimal, which costs half as much.
 */
export class GrowingTree {
  readonly #frontier: string[] = [];
  #size = 0;

  /** Number of leaves, below 2^53. */
  get size(): number {
    return this.#size;
  }

  /** Adds a leaf by its hash in hexadecimal. */
  append(leaf: string): void {
    let hash = leaf;
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) hash = nodeHashHex(this.#frontier.pop()!, hash);
    this.#frontier.push(hash);
    this.#size += 1;
  }

  /** The roots of the perfect subtrees, the largest first. */
  frontier(): Buffer[] {
    return this.#frontier.map((hash) => Buffer.from(hash, 'hex'));
  }

  /** The 32-byte root over all leaves. */
  root(): Buffer {
    return rootOf(this.frontier());
  }
}
