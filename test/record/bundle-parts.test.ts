import { describe, expect, it } from 'vitest';
import { readLines } from '../../src/services/record/bundle/read-lines.js';
import { cover, TreeFold } from '../../src/services/record/bundle/tree-fold.js';
import { TrustPolicy } from '../../src/services/record/bundle/trust-policy.js';
import { leafHash } from '../../src/services/record/merkle.js';
import { rootAt, subtreesOfLeaves } from '../../src/services/record/proofs/subtrees.js';
import { formatVerifierKey } from '../../src/services/record/proofs/verifier-key.js';
import { keyOf, ORIGIN, verifierOf } from './sample-bundle.js';

describe('the tree', () => {
  it('is the same out of any parts that cover it', async () => {
    const leaves = Array.from({ length: 70 }, (_, n) => leafHash(`leaf ${n}`));
    const source = subtreesOfLeaves(leaves);
    for (let size = 1; size <= leaves.length; size++) {
      const root = await rootAt(source, BigInt(size));
      for (let cut = 0; cut <= size; cut += 3) {
        const fold = new TreeFold();
        const parts = [...cover({ start: 0n, end: BigInt(cut) }), ...cover({ start: BigInt(cut), end: BigInt(size) })];
        for (const [at, hash] of (await source(parts)).entries()) fold.add(parts[at]!.level, hash);
        expect(fold.size).toBe(BigInt(size));
        expect(fold.root()).toEqual(root);
      }
    }
  });

  it('refuses a subtree where none begins', () => {
    const fold = new TreeFold();
    fold.add(0, leafHash('a'));
    expect(() => fold.add(1, leafHash('b'))).toThrow(RangeError);
  });
});

describe('reading a file', () => {
  const linesOf = async (chunks: Uint8Array[], longest?: number) => {
    async function* stream() {
      yield* chunks;
    }
    const lines: (string | null)[] = [];
    for await (const line of readLines(stream(), longest)) lines.push(line);
    return lines;
  };

  it('finds the same lines however it is cut', async () => {
    const bytes = Buffer.from('first\n\nzweite Zeile: ä😀\n', 'utf8');
    for (let size = 1; size <= bytes.length; size++) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
        bytes.subarray(n * size, (n + 1) * size),
      );
      expect(await linesOf(chunks)).toEqual(['first', '', 'zweite Zeile: ä😀']);
    }
  });

  it('tells of lines that are too long, not UTF-8 or cut off, and keeps nothing of them', async () => {
    expect(await linesOf([Buffer.from('12345\n1234\n')], 4)).toEqual([null, '1234']);
    expect(await linesOf([Buffer.from([0xff, 0x0a, 0x61, 0x0a])])).toEqual([null, 'a']);
    expect(await linesOf([Buffer.from('a\nb')])).toEqual(['a', null]);
    expect(await linesOf([])).toEqual([]);
  });
});

describe('a policy', () => {
  const vkey = formatVerifierKey(verifierOf(keyOf('one')));
  const other = formatVerifierKey(verifierOf(keyOf('two')));
  const of = (keys: unknown, origin = ORIGIN) => TrustPolicy.parse(JSON.stringify({ origins: { [origin]: keys } }));

  it('trusts a key for the sizes that it says, both included', () => {
    const policy = of([
      { vkey, toSize: 10 },
      { vkey: other, fromSize: 10, toSize: 20 },
      { vkey, fromSize: 30 },
    ]);
    const ids = (size: bigint) => policy.keysFor(ORIGIN, size).map(formatVerifierKey);
    expect([0n, 9n, 10n, 11n, 20n, 21n, 29n, 30n, 1_000_000n].map(ids)).toEqual([
      [vkey],
      [vkey],
      [vkey, other],
      [other],
      [other],
      [],
      [],
      [vkey],
      [vkey],
    ]);
    expect(policy.keysFor('another.example/e1', 10n)).toEqual([]);
    expect(policy.knows('another.example/e1')).toBe(false);
  });

  it('is refused, saying why, when it is none', () => {
    expect(() => TrustPolicy.parse('{')).toThrow('the policy is not JSON');
    expect(() => TrustPolicy.parse('{}')).toThrow('the policy is wrong at origins');
    expect(() => of([])).toThrow('the policy is wrong at origins');
    expect(() => of([{ vkey, until: 3 }])).toThrow('Unrecognized key');
    expect(() => of([{ vkey: `${vkey}x` }])).toThrow('the key');
    expect(() => of([{ vkey }], 'another.example/e1')).toThrow('the policy has a key of');
    expect(() => of([{ vkey, fromSize: 3, toSize: 2 }])).toThrow('ends before it begins');
    expect(() => of([{ vkey, fromSize: -1 }])).toThrow('fromSize');
  });
});
