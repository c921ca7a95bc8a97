import { nodeHash, rootOf } from '../merkle.js';
import type { Range, Subtree } from '../proofs/subtrees.js';

/** The fewest perfect subtrees that cover some leaves of a log, from left to right, wherever these begin. */
export function cover({ start, end }: Range): Subtree[] {
  const subtrees: Subtree[] = [];
  for (let at = start; at < end;) {
    let level = 0n;
    while ((at & ((2n << level) - 1n)) === 0n && at + (2n << level) <= end) level += 1n;
    subtrees.push({ level: Number(level), index: at >> level });
    at += 1n << level;
  }
  return subtrees;
}

/**
 * Puts the tree of a log together from left to right, out of leaves and of the roots of whole subtrees. It remembers one
 * hash for each bit of the size, however long the log is.
 */
export class TreeFold {
  /** How many leaves are in it. */
  size = 0n;
  readonly #parts: { level: number; hash: Buffer }[] = [];

  /** Adds the root of the next 2^`level` leaves. @throws RangeError when no such subtree begins here. */
  add(level: number, hash: Buffer): void {
    const leaves = 1n << BigInt(level);
    if (this.size % leaves !== 0n) throw new RangeError(`no subtree of level ${level} begins at ${this.size}`);
    this.size += leaves;
    let part = { level, hash };
    // Below this level nothing is open, so what is open at it is the left sibling: as a carry in a binary counter.
    for (let left = this.#parts.at(-1); left?.level === part.level; left = this.#parts.at(-1)) {
      this.#parts.pop();
      part = { level: part.level + 1, hash: nodeHash(left.hash, part.hash) };
    }
    this.#parts.push(part);
  }

  /** The root over what is in it so far. */
  root(): Buffer {
    return rootOf(this.#parts.map(({ hash }) => hash));
  }
}
