import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCheckpoint, parseCheckpoint } from '../../src/services/record/proofs/checkpoint.js';
import { formatEntryBundle, parseEntryBundle } from '../../src/services/record/proofs/entry-bundle.js';
import { Malformed } from '../../src/services/record/proofs/malformed.js';
import { formatNote, parseNote, signNote, verifyNote } from '../../src/services/record/proofs/signed-note.js';
import { formatTilePath, parseTilePath } from '../../src/services/record/proofs/tiles.js';
import { formatVerifierKey, parseVerifierKey, verifierKey } from '../../src/services/record/proofs/verifier-key.js';

const vectors = JSON.parse(readFileSync(new URL('../vectors/note-vectors.json', import.meta.url), 'utf8')) as Record<
  'skey' | 'vkey' | 'vkey2' | 'text' | 'sigLine1' | 'sigLine2' | 'c2spVkey' | 'c2spNote' | 'treeBody',
  string
> & { badVkeys: string[] };
const peter = parseVerifierKey(vectors.vkey);
const enoch = parseVerifierKey(vectors.vkey2);
const note = `${vectors.text}\n${vectors.sigLine1}`;

function keyPair(name: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { privateKey, key: verifierKey(name, Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url')) };
}

/** The private key of the published text of one: the last 32 bytes are the seed. */
function published(text: string): KeyObject {
  const seed = Buffer.from(text.split('+').slice(4).join('+'), 'base64').subarray(1).toString('base64url');
  const jwk = { kty: 'OKP', crv: 'Ed25519', d: seed, x: peter.publicKey.toString('base64url') };
  return createPrivateKey({ key: jwk, format: 'jwk' });
}

/** What a parser may do with anything: answer, or throw the one declared error. */
function answer<T>(parse: () => T): T | null {
  try {
    return parse();
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
}

describe('a verifier key', () => {
  it.each([vectors.vkey, vectors.vkey2, vectors.c2spVkey])('%s is read and written', (text) => {
    expect(formatVerifierKey(parseVerifierKey(text))).toBe(text);
  });

  it('is refused with any part missing or any byte changed', () => {
    const wrong: string[] = [];
    const accepted = (text: string) => answer(() => parseVerifierKey(text)) !== null;
    expect(vectors.badVkeys.filter(accepted)).toEqual([]);
    const { vkey } = vectors;
    for (let start = 0; start < vkey.length; start++) {
      for (let end = start; end <= vkey.length; end++) {
        const part = vkey.slice(start, end);
        if (part !== vkey && accepted(part)) wrong.push(part);
      }
    }
    for (let at = 0; at < vkey.length; at++) {
      for (let code = 0; code < 256; code++) {
        const changed = vkey.slice(0, at) + String.fromCharCode(code) + vkey.slice(at + 1);
        if (changed !== vkey && accepted(changed)) wrong.push(`${changed} was accepted`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('needs a name that a line of a note can hold', () => {
    for (const name of ['', 'a b', 'a+b', 'a\nb', 'a\u00a0b', 'a\u2028b', '\ud800', 'a\u0000']) {
      expect(() => verifierKey(name, peter.publicKey)).toThrow(Malformed);
    }
    expect(() => verifierKey('a', Buffer.alloc(31))).toThrow(Malformed);
  });
});

describe('a signed note', () => {
  it('is signed and verified as others do', () => {
    expect(signNote(vectors.text, peter, published(vectors.skey))).toBe(note);
    expect(verifyNote(note, [peter])).toEqual({ text: vectors.text, signedBy: [peter] });
    expect(verifyNote(note + vectors.sigLine2, [enoch, peter])).toEqual({
      text: vectors.text,
      signedBy: [peter, enoch],
    });
    const ours = parseVerifierKey(vectors.c2spVkey);
    expect(verifyNote(vectors.c2spNote, [ours])).toEqual({ text: 'This is an example message.\n', signedBy: [ours] });
    expect(verifyNote(Buffer.from(vectors.c2spNote), [ours]).signedBy).toEqual([ours]);
  });

  it('may have signatures of others, but needs one that is known', () => {
    expect(verifyNote(vectors.text + '\n' + vectors.sigLine2 + vectors.sigLine1, [peter]).signedBy).toEqual([peter]);
    expect(() => verifyNote(note, [enoch])).toThrow(new Malformed('none of the keys has signed the note'));
    expect(() => verifyNote(note, [])).toThrow(new Malformed('none of the keys has signed the note'));
    // The name alone makes nobody known.
    const namesake = keyPair(peter.name).key;
    expect(() => verifyNote(note, [namesake])).toThrow(new Malformed('none of the keys has signed the note'));
  });

  it('is refused when a known signature is wrong, whatever else is right', () => {
    const line = vectors.sigLine2.replace('rwz+eBzm', 'rwz+eBzn');
    expect(verifyNote(note + line, [peter]).signedBy).toEqual([peter]);
    expect(() => verifyNote(note + line, [peter, enoch])).toThrow(new Malformed('a signature of the note is wrong'));
  });

  it('is refused for two keys of the same name and id', () => {
    expect(() => verifyNote(note, [peter, { ...peter }])).toThrow(new Malformed('two keys have the same name and id'));
  });

  it.each([
    ['no last newline of the text', () => signNote('text', peter, published(vectors.skey))],
    ['a control character', () => signNote('a\u0001b\n', peter, published(vectors.skey))],
    ['a carriage return', () => signNote('a\r\n', peter, published(vectors.skey))],
    ['half a character', () => signNote('\ud800\n', peter, published(vectors.skey))],
    ['no signature', () => parseNote(`${vectors.text}\n`)],
    ['a line below the signatures', () => parseNote(`${note}another line\n`)],
    ['an empty line below the signatures', () => parseNote(`${note}\n`)],
    ['101 signatures', () => parseNote(`${vectors.text}\n${vectors.sigLine1.repeat(101)}`)],
    ['no UTF-8', () => parseNote(Buffer.concat([Buffer.of(0xff), Buffer.from(note)]))],
    ['a signature that is only an id', () => parseNote('text\n\n\u2014 name AAAAAA==\n')],
    ['a mark at its beginning', () => verifyNote(Buffer.from(`\ufeff${note}`), [peter])],
  ])('is refused with %s', (_, work) => {
    expect(work).toThrow(Malformed);
  });

  it('may have 100 signatures', () => {
    expect(verifyNote(`${vectors.text}\n${vectors.sigLine1.repeat(100)}`, [peter]).signedBy).toEqual([peter]);
  });

  it('is refused with any byte changed, added or removed', () => {
    const wrong: string[] = [];
    const bytes = Buffer.from(note);
    const accepted = (changed: Uint8Array) => answer(() => verifyNote(changed, [peter])) !== null;
    expect(accepted(bytes)).toBe(true);
    for (let at = 0; at <= bytes.length; at++) {
      for (const value of [0x00, 0x0a, 0x20, 0x2b, 0x41, 0x61, 0x7f, 0xff, (bytes[at] ?? 0) ^ 1]) {
        const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
        if (accepted(Buffer.concat([before, Buffer.of(value), after]))) wrong.push(`with ${value} added at ${at}`);
        if (at === bytes.length || bytes[at] === value) continue;
        if (accepted(Buffer.concat([before, Buffer.of(value), after.subarray(1)]))) wrong.push(`${value} at ${at}`);
      }
      if (at < bytes.length && accepted(Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]))) {
        wrong.push(`without the byte at ${at}`);
      }
      if (at < bytes.length && accepted(bytes.subarray(0, at))) wrong.push(`cut off at ${at}`);
    }
    expect(wrong).toEqual([]);
  });
});

describe('a checkpoint', () => {
  it('is read and written', () => {
    const root = Buffer.from('TszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=', 'base64');
    const checkpoint = { origin: 'go.sum database tree', size: 123_456_789_012n, root };
    expect(parseCheckpoint(vectors.treeBody)).toEqual(checkpoint);
    expect(formatCheckpoint(checkpoint)).toBe(vectors.treeBody);
    expect(parseCheckpoint(`${vectors.treeBody}an extension\n`)).toEqual(checkpoint);
  });

  it.each([
    ['', 'nothing'],
    ['origin\n1\n', 'no root'],
    ['\n1\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n', 'no origin'],
    ['origin\n01\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n', 'a leading zero'],
    ['origin\n-1\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n', 'a sign'],
    ['origin\n9223372036854775808\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n', 'too large a size'],
    ['origin\n1\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb1=\n', 'bits left over in its root'],
    ['origin\n1\nTszz\n', 'a short root'],
    ['origin\n1\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=', 'no last newline'],
    ['origin\n1\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBb0=\n\n', 'an empty line'],
  ])('%j is refused: %s', (text) => {
    expect(() => parseCheckpoint(text)).toThrow(Malformed);
  });
});

describe('a tile path', () => {
  it.each([
    ['tile/0/000', 'hashes', 0, 0n, 256],
    ['tile/0/x001/x234/067', 'hashes', 0, 1_234_067n, 256],
    ['tile/1/x001/000.p/255', 'hashes', 1, 1_000n, 255],
    ['tile/63/999.p/1', 'hashes', 63, 999n, 1],
    ['tile/entries/x001/234', 'entries', 0, 1_234n, 256],
    ['tile/entries/000.p/7', 'entries', 0, 0n, 7],
  ] as const)('%s is read and written', (path, of, level, index, width) => {
    const parsed = { of, tile: { level, index, width } };
    expect(parseTilePath(path)).toEqual(parsed);
    expect(formatTilePath(parsed)).toBe(path);
  });

  it.each([
    'tile/0/0',
    'tile/00/000',
    'tile/64/000',
    'tile/-1/000',
    'tile/0/x000/001',
    'tile/0/x001/x234/67',
    'tile/0/1234',
    'tile/0/x001',
    'tile/0/001/002',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/01',
    'tile/0/000.p/',
    'tile/0/000/',
    '/tile/0/000',
    'tile/entry/000',
    'tile/entries/0/000',
    'tile/0/000\n',
    'tile/0/../000',
  ])('%j is refused', (path) => {
    expect(() => parseTilePath(path)).toThrow(Malformed);
  });
});

describe('an entry bundle', () => {
  it('has each entry behind its length', () => {
    const bundle = formatEntryBundle([Buffer.from('ab'), Buffer.alloc(0), Buffer.alloc(256, 'c')]);
    expect(bundle.subarray(0, 9).toString('hex')).toBe('000261620000010063');
    expect(parseEntryBundle(bundle).map(String)).toEqual(['ab', '', 'c'.repeat(256)]);
  });

  it('is refused when it is cut off, empty or too long', () => {
    const bundle = formatEntryBundle([Buffer.from('ab'), Buffer.from('cd')]);
    for (const end of [0, 1, 2, 3, 5, 6, 7]) expect(() => parseEntryBundle(bundle.subarray(0, end))).toThrow(Malformed);
    expect(() => formatEntryBundle([])).toThrow(Malformed);
    expect(() => formatEntryBundle(Array<Buffer>(257).fill(Buffer.of(1)))).toThrow(Malformed);
    expect(() => parseEntryBundle(Buffer.alloc(2 * 257))).toThrow(Malformed);
    expect(() => formatEntryBundle([Buffer.alloc(65_536)])).toThrow(Malformed);
  });
});

describe('whatever comes from outside', () => {
  const { key, privateKey } = keyPair('log.test/ws/1/e1');
  const signed = signNote(formatCheckpoint({ origin: key.name, size: 7n, root: Buffer.alloc(32, 7) }), key, privateKey);
  const seeds = [signed, note, vectors.vkey, vectors.treeBody, 'tile/0/x001/x234/067.p/5', 'tile/entries/000'];
  /** Texts near to what is right: random ones would all fail at the first character. */
  const near = fc
    .tuple(fc.constantFrom(...seeds), fc.nat(), fc.nat({ max: 6 }), fc.string({ unit: 'binary', maxLength: 6 }))
    .map(([seed, place, removed, added]) => {
      const at = place % (seed.length + 1);
      return seed.slice(0, at) + added + seed.slice(at + removed);
    });
  const text = fc.oneof(near, near, fc.string({ unit: 'binary', maxLength: 80 }));

  it('is answered, or refused with the one error there is for it, and reads as it is written', () => {
    fc.assert(
      fc.property(text, (given) => {
        const parsed = answer(() => parseNote(given));
        if (parsed && formatNote(parsed) !== given) return false;
        const path = answer(() => parseTilePath(given));
        if (path && formatTilePath(path) !== given) return false;
        const verifier = answer(() => parseVerifierKey(given));
        if (verifier && formatVerifierKey(verifier) !== given) return false;
        const checkpoint = answer(() => parseCheckpoint(given));
        return !checkpoint || given.startsWith(formatCheckpoint(checkpoint));
      }),
      { numRuns: 70_000 },
    );
  });

  it('as bytes, too', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const entries = answer(() => parseEntryBundle(bytes));
        if (entries && !formatEntryBundle(entries).equals(bytes)) return false;
        return answer(() => verifyNote(bytes, [key])) === null;
      }),
      { numRuns: 30_000 },
    );
  });

  it('is never taken for a note that we signed', () => {
    fc.assert(
      fc.property(near, (given) => given === signed || answer(() => verifyNote(given, [key])) === null),
      { numRuns: 20_000 },
    );
  });
});
