import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyRoot, leafHash } from '../../src/services/record/merkle.js';
import { provesConsistency, provesInclusion } from '../../src/services/record/proofs/check.js';
import { consistencyProof, inclusionProof } from '../../src/services/record/proofs/prove.js';
import { isSubtree, rootAt, rootsOf, subtreesOfLeaves, type Range } from '../../src/services/record/proofs/subtrees.js';

interface Probe {
  desc: string;
  file: string;
  wantErr: boolean;
  proof: string[] | null;
  [name: string]: unknown;
}

// Sizes in them reach 2^64−1, which no number of JavaScript holds: they are read as they stand.
const probes = JSON.parse(
  readFileSync(new URL('../vectors/merkle-probes.json', import.meta.url), 'utf8').replace(
    /: (\d+)(?=[,\n}])/g,
    ': "$1"',
  ),
) as Record<'inclusion' | 'consistency' | 'subtreeinclusion' | 'subtreeconsistency', Probe[]>;
const bytes = (text: unknown): Buffer => Buffer.from(String(text), 'base64');
const size = (text: unknown): bigint => BigInt(String(text));
const hashes = (proof: string[] | null): Buffer[] => (proof ?? []).map(bytes);

const MOST = 300;
const leaves = Array.from({ length: MOST }, (_, index) => leafHash(`leaf ${index}`));
const source = subtreesOfLeaves(leaves);
const whole = (end: number): Range => ({ start: 0n, end: BigInt(end) });

describe('proofs of others', () => {
  it('of inclusion are accepted and refused as they say', () => {
    const all = [...probes.inclusion, ...probes.subtreeinclusion];
    expect(all).toHaveLength(151);
    for (const { leafIdx, start, end, treeSize, root, leafHash: leaf, proof, wantErr, file } of all) {
      const range = { start: size(start ?? 0), end: size(end ?? treeSize) };
      const answer = provesInclusion(hashes(proof), {
        index: size(leafIdx),
        range,
        leaf: bytes(leaf),
        root: bytes(root),
      });
      expect(answer, `${file}`).toBe(!wantErr);
    }
  });

  it('of consistency are accepted and refused as they say', () => {
    const all = [...probes.consistency, ...probes.subtreeconsistency];
    expect(all).toHaveLength(108);
    const refusedHere: string[] = [];
    for (const { start, end, size1, size: n, size2, root1, root2, proof, wantErr, file } of all) {
      const answer = provesConsistency(hashes(proof), {
        range: { start: size(start ?? 0), end: size(end ?? size1) },
        size: size(n ?? size2),
        part: bytes(root1),
        root: bytes(root2),
      });
      // Stricter here: what is empty proves nothing, and a root has 32 bytes.
      const isWeak = (start ?? 0) === end || bytes(root1).length !== 32;
      if (isWeak && !wantErr) refusedHere.push(file);
      expect(answer, `${file}`).toBe(!wantErr && !isWeak);
    }
    expect(refusedHere).toHaveLength(4);
  });
});

describe('all trees of up to 130 leaves', () => {
  // draft-ietf-plants-merkle-tree-certs, appendix C: one hash over all answers there are. The draft counts empty ranges
  // too, of which nothing is proven; here nobody can ask for them.
  const tree = subtreesOfLeaves(Array.from({ length: 130 }, (_, index) => leafHash(Uint8Array.of(index))));
  const line = (words: string[], proof: Buffer[]) => [...words, ...proof.map((hash) => hash.toString('hex'))].join(' ');
  function* subtrees(most: number): Generator<Range> {
    for (let end = 0n; end <= BigInt(most); end++) {
      for (let start = 0n; start <= end; start++) if (start === end || isSubtree({ start, end })) yield { start, end };
    }
  }

  it('have the published roots', async () => {
    const rolling = createHash('sha256');
    for (const range of subtrees(130)) {
      const [root] = range.start === range.end ? [emptyRoot()] : await rootsOf(tree, [range]);
      rolling.update(`[${range.start}, ${range.end}) ${root!.toString('hex')}\n`);
    }
    expect(rolling.digest('hex')).toBe('b82806ad4265bb151c1119c0f4db437bb4d1a1f887b3a7fba1cd4ebf552e3e81');
  });

  it('have the published inclusion proofs', async () => {
    const rolling = createHash('sha256');
    for (const range of subtrees(130)) {
      for (let index = range.start; index < range.end; index++) {
        const proof = await inclusionProof(tree, index, range);
        rolling.update(`${line([String(index), `[${range.start},`, `${range.end})`], proof)}\n`);
      }
    }
    expect(rolling.digest('hex')).toBe('ac2a8f989e44d99e399db448050ff5f19757df53cfb716aa81015d3955d8163f');
  });

  it('have the published consistency proofs', async () => {
    const rolling = createHash('sha256');
    for (let n = 0; n <= 130; n++) {
      for (const range of subtrees(n)) {
        const proof = range.start === range.end ? [] : await consistencyProof(tree, range, BigInt(n));
        rolling.update(`${line([`[${range.start},`, `${range.end})`, String(n)], proof)}\n`);
      }
    }
    expect(rolling.digest('hex')).toBe('10fa99b37bf9bf9ffa26b412fbd98bd75363256d0b75d61bc4538b9c9c5a0a74');
  });
});

describe('every proof', () => {
  it('of inclusion in up to 300 leaves is accepted, for its leaf and its size alone', async () => {
    const wrong: string[] = [];
    for (let end = 1; end <= MOST; end++) {
      const root = await rootAt(source, BigInt(end));
      for (let index = 0; index < end; index++) {
        const proof = await inclusionProof(source, BigInt(index), whole(end));
        const claim = { index: BigInt(index), range: whole(end), leaf: leaves[index]!, root };
        if (!provesInclusion(proof, claim)) wrong.push(`${index} of ${end} was refused`);
        const other = (index + 1) % end;
        if (other !== index && provesInclusion(proof, { ...claim, index: BigInt(other) })) {
          wrong.push(`${index} of ${end} was taken for ${other}`);
        }
        if (provesInclusion(proof, { ...claim, leaf: leafHash('another') })) wrong.push('another leaf was accepted');
      }
    }
    expect(wrong).toEqual([]);
  }, 60_000);

  it('of consistency in up to 300 leaves is accepted, and for no other root', async () => {
    const wrong: string[] = [];
    const roots = await Promise.all(Array.from({ length: MOST + 1 }, (_, n) => rootAt(source, BigInt(n))));
    for (let n = 1; n <= MOST; n++) {
      for (let m = 1; m <= n; m++) {
        const proof = await consistencyProof(source, whole(m), BigInt(n));
        const claim = { range: whole(m), size: BigInt(n), part: roots[m]!, root: roots[n]! };
        if (!provesConsistency(proof, claim)) wrong.push(`${m} to ${n} was refused`);
        if (provesConsistency(proof, { ...claim, part: roots[m - 1]! })) wrong.push(`${m} to ${n}: another old root`);
        if (provesConsistency(proof, { ...claim, root: roots[n - 1]! })) wrong.push(`${m} to ${n}: another new root`);
      }
    }
    expect(wrong).toEqual([]);
  }, 60_000);

  it('is refused with any byte changed, any hash lost, added or in another place', async () => {
    for (const [index, m, n] of [
      [5n, 6n, 7n],
      [0n, 1n, 8n],
      [12n, 13n, 21n],
      [255n, 256n, 300n],
      [130n, 131n, 257n],
    ] as const) {
      const root = await rootAt(source, n);
      const inclusion = await inclusionProof(source, index, { start: 0n, end: n });
      const consistency = await consistencyProof(source, { start: 0n, end: m }, n);
      const part = await rootAt(source, m);
      const range = { start: 0n, end: n };
      const claim = { index, range, leaf: leaves[Number(index)]!, root };
      const old = { range: { start: 0n, end: m }, size: n, part, root };
      expect(provesInclusion(inclusion, claim)).toBe(true);
      expect(provesConsistency(consistency, old)).toBe(true);
      for (const mutated of mutations(inclusion)) expect(provesInclusion(mutated, claim)).toBe(false);
      for (const mutated of mutations(consistency)) expect(provesConsistency(mutated, old)).toBe(false);
    }
  });

  function* mutations(proof: Buffer[]): Generator<Buffer[]> {
    for (let at = 0; at < proof.length; at++) {
      for (let byte = 0; byte < 32; byte++) {
        const hash = Buffer.from(proof[at]!);
        hash[byte]! ^= 1 << (byte % 8);
        yield proof.with(at, hash);
      }
      yield proof.toSpliced(at, 1);
      yield proof.with(at, proof[at]!.subarray(1));
      if (at > 0) yield proof.with(at, proof[at - 1]!).with(at - 1, proof[at]!);
    }
    for (let at = 0; at <= proof.length; at++) {
      yield proof.toSpliced(at, 0, leaves[0]!);
      yield proof.toSpliced(at, 0, Buffer.alloc(0));
      if (proof[at]) yield proof.toSpliced(at, 0, proof[at]!);
    }
  }

  it('is made for places beyond 32 bits', async () => {
    // Every subtree has a hash of its own: what is asked for can be told from the answer.
    const asked = leafHash('a');
    const huge = async (subtrees: readonly unknown[]) => subtrees.map(() => asked);
    const proof = await inclusionProof(huge, 2n ** 40n + 3n, { start: 0n, end: 2n ** 41n + 5n });
    expect(proof).toHaveLength(42);
    expect(await consistencyProof(huge, { start: 0n, end: 2n ** 40n }, 2n ** 41n)).toHaveLength(1);
  });

  it('of what cannot be proven is not made', async () => {
    await expect(inclusionProof(source, 3n, whole(3))).rejects.toThrow(RangeError);
    await expect(inclusionProof(source, -1n, whole(3))).rejects.toThrow(RangeError);
    await expect(consistencyProof(source, whole(0), 3n)).rejects.toThrow(RangeError);
    await expect(consistencyProof(source, whole(4), 3n)).rejects.toThrow(RangeError);
    await expect(consistencyProof(source, { start: 1n, end: 3n }, 3n)).rejects.toThrow(RangeError);
    await expect(consistencyProof(source, whole(301), 302n)).rejects.toThrow(RangeError);
  });

  it('that is made up is refused, whatever its hashes', () => {
    const hash = fc.uint8Array({ minLength: 30, maxLength: 34 }).map((array): Buffer => Buffer.from(array));
    const at = fc.bigInt({ min: -2n, max: 2n ** 66n });
    fc.assert(
      fc.property(
        fc.array(hash, { maxLength: 12 }),
        at,
        at,
        at,
        hash,
        hash,
        (proof, first, second, third, one, other) => {
          const range = { start: 0n, end: second };
          // One leaf alone, and a size compared with itself, are proven by nothing but their equal roots.
          return (
            !provesInclusion(proof, { index: first, range, leaf: one, root: other }) &&
            !provesConsistency(proof, { range, size: third, part: one, root: other })
          );
        },
      ),
      { numRuns: 20_000, examples: [[[], 0n, 1n, 1n, leaves[0]!, leaves[1]!]] },
    );
  });
});
