import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { appendLeaf, bitsSet, emptyRoot, leafHash, nodeHash, rootOf } from '../../src/services/record/merkle.js';

// The eight-leaf tree of Certificate Transparency's test data (RFC 6962 with SHA-256):
// github.com/transparency-dev/merkle, testonly/constants.go (Apache-2.0).
const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map(
  (hex) => Buffer.from(hex, 'hex'),
);

const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

const LEVELS = [
  [
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
    '0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7',
    '07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7',
    'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    '4271a26be0d8a84f0bd54c8c302e7cb3a3b5d1fa6780a40bcce2873477dab658',
    'b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f',
    '46f6ffadd3d06a09ff3c5860d2755c8b9819db7df44251788c7d8e3180de8eb1',
  ],
  [
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
    '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
    'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
  ],
  [
    'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
  ],
  ['5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328'],
];

/** MTH(D[n]) written down from RFC 6962 §2.1 as it stands there, to hold the compact form against. */
function recursiveRoot(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return emptyRoot();
  if (leaves.length === 1) return leafHash(leaves[0]!);
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return nodeHash(recursiveRoot(leaves.slice(0, split)), recursiveRoot(leaves.slice(split)));
}

function frontierOf(leaves: readonly Buffer[]): Buffer[] {
  return leaves.reduce<Buffer[]>((frontier, leaf, index) => appendLeaf(frontier, BigInt(index), leafHash(leaf)), []);
}

describe('the hashes of RFC 6962 §2.1', () => {
  it('gives the published hashes of a leaf and a node', () => {
    expect(leafHash('L123456').toString('hex')).toBe(
      '395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56',
    );
    expect(nodeHash(Buffer.from('N123'), Buffer.from('N456')).toString('hex')).toBe(
      'aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb',
    );
  });

  it('hashes text as its UTF-8', () => {
    expect(leafHash('Grüße 😂')).toEqual(leafHash(new TextEncoder().encode('Grüße 😂')));
  });

  it('gives the published hashes at every level of the eight-leaf tree', () => {
    let level = LEAVES.map((leaf) => leafHash(leaf));
    for (const published of LEVELS) {
      expect(level.map((hash) => hash.toString('hex'))).toEqual(published);
      level = level.flatMap((hash, index) =>
        index % 2 === 0 && level[index + 1] ? [nodeHash(hash, level[index + 1]!)] : [],
      );
    }
  });
});

describe('the frontier', () => {
  it.each(ROOTS.map((root, size) => [size, root] as const))('of %i published leaves has the root %s', (size, root) => {
    expect(rootOf(frontierOf(LEAVES.slice(0, size))).toString('hex')).toBe(root);
  });

  it('holds the perfect subtrees, largest first', () => {
    expect(frontierOf(LEAVES.slice(0, 7)).map((hash) => hash.toString('hex'))).toEqual([
      LEVELS[2]![0],
      LEVELS[1]![2],
      LEVELS[0]![6],
    ]);
  });

  it('of no leaves is empty and has the root of the empty tree', () => {
    expect(rootOf([])).toEqual(emptyRoot());
    expect(emptyRoot().toString('hex')).toBe(ROOTS[0]);
  });

  it('agrees with the recursive definition for every size from 0 to 300', () => {
    const leaves = Array.from({ length: 300 }, (_, index) => Buffer.from(`leaf ${index}`));
    let frontier: Buffer[] = [];
    expect(rootOf(frontier)).toEqual(recursiveRoot([]));
    for (const [index, leaf] of leaves.entries()) {
      frontier = appendLeaf(frontier, BigInt(index), leafHash(leaf));
      expect(frontier).toHaveLength(bitsSet(BigInt(index + 1)));
      expect(rootOf(frontier).equals(recursiveRoot(leaves.slice(0, index + 1)))).toBe(true);
    }
  });

  it('agrees with the recursive definition for any leaves', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 300 }), (entries) => {
        const leaves = entries.map((entry) => Buffer.from(entry));
        expect(rootOf(frontierOf(leaves)).equals(recursiveRoot(leaves))).toBe(true);
      }),
    );
  });

  it('is not changed by appending to it', () => {
    const frontier = frontierOf(LEAVES.slice(0, 3));
    const copy = frontier.map((hash) => Buffer.from(hash));
    appendLeaf(frontier, 3n, leafHash(LEAVES[3]!));
    expect(frontier).toEqual(copy);
  });

  it('counts beyond 32 and 53 bits', () => {
    const hash = leafHash('a');
    // One below a power of two, every bit is set, and the next leaf merges them all into one.
    expect(appendLeaf(Array<Buffer>(33).fill(hash), 2n ** 33n - 1n, hash)).toHaveLength(1);
    expect(appendLeaf(Array<Buffer>(1).fill(hash), 2n ** 33n, hash)).toHaveLength(2);
    expect(appendLeaf(Array<Buffer>(60).fill(hash), 2n ** 60n - 1n, hash)).toHaveLength(1);
    expect(appendLeaf(Array<Buffer>(2).fill(hash), 2n ** 60n + 2n, hash)).toHaveLength(3);
  });

  it('refuses to grow when it does not belong to the size', () => {
    expect(() => appendLeaf([], 1n, leafHash('a'))).toThrow(
      new RangeError('a frontier of 0 hashes does not belong to a log of 1 leaves'),
    );
    expect(() => appendLeaf([leafHash('a'), leafHash('b')], 4n, leafHash('c'))).toThrow(RangeError);
    expect(() => appendLeaf([], -1n, leafHash('a'))).toThrow(RangeError);
  });
});
