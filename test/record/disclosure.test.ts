import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOf, disclose, randomSalt, readDisclosure } from '../../src/services/record/disclosure.js';
import type { JsonValue } from '../../src/services/record/canonical.js';

// Disclosures and digests printed in RFC 9901; the file names its sources.
const vectors = JSON.parse(readFileSync(new URL('../vectors/jcs-vectors.json', import.meta.url), 'utf8')) as {
  sdjwt_disclosures: [string, string][];
};

function encoded(json: string | Uint8Array): string {
  return Buffer.from(json as string, 'utf8').toString('base64url');
}

describe('the digests of RFC 9901 §4.2.3', () => {
  it('has both published disclosures to check', () => {
    expect(vectors.sdjwt_disclosures).toHaveLength(2);
  });

  it.each(vectors.sdjwt_disclosures)('of %s is %s', (disclosure, digest) => {
    expect(digestOf(disclosure)).toBe(digest);
  });
});

describe('a published disclosure', () => {
  it('of an object property reads as salt, name and value, whatever spacing its issuer used', () => {
    expect(readDisclosure(vectors.sdjwt_disclosures[0]![0])).toEqual({
      salt: '_26bc4LT-ac6q2KI6cBW5es',
      name: 'family_name',
      value: 'Möbius',
    });
  });

  it('of an array element, which has no name, is refused', () => {
    expect(() => readDisclosure(vectors.sdjwt_disclosures[1]![0])).toThrow(
      new TypeError('a disclosure is [salt, name, value]'),
    );
  });
});

describe('a disclosure that is made', () => {
  it('is base64url of the JSON [salt, name, value], with the digest of that text', () => {
    expect(disclose('changes.0.before', 'Zoë', 'lklxF5jMYlGTPUovMNIvCA')).toEqual({
      encoded: encoded('["lklxF5jMYlGTPUovMNIvCA","changes.0.before","Zoë"]'),
      digest: '65AKZOvyUPnpVj2WU6VPbTMivuBr1UUh7IeWXZxt8uk',
    });
  });

  it('has a new salt of 128 bits each time, so that equal values have different digests', () => {
    const salts = new Set(
      Array.from({ length: 1000 }, () => readDisclosure(disclose('net.ip', '192.0.2.1').encoded).salt),
    );
    expect(salts.size).toBe(1000);
    for (const salt of salts) expect(salt).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(Buffer.from(randomSalt(), 'base64url')).toHaveLength(16);
  });

  it('reads back as it was made', () => {
    const values = fc.oneof(
      fc.constant<JsonValue>(null),
      fc.boolean(),
      fc.maxSafeInteger(),
      fc.string({ unit: 'grapheme' }),
      fc.array(fc.maxSafeInteger()),
    );
    const names = fc.string({ unit: 'grapheme' }).filter((name) => name !== '_sd' && name !== '...');
    fc.assert(
      fc.property(names, values, (name, value) => {
        fc.pre(!name.includes('\u0000') && !(typeof value === 'string' && value.includes('\u0000')));
        const made = disclose(name, value);
        const { salt, ...read } = readDisclosure(made.encoded);
        expect(read).toEqual(JSON.parse(JSON.stringify({ name, value })));
        expect(salt).toHaveLength(22);
        expect(digestOf(made.encoded)).toBe(made.digest);
      }),
    );
  });

  it.each(['_sd', '...'])('must not be named %s', (name) => {
    expect(() => disclose(name, 1)).toThrow(new TypeError(`a disclosure must not be named ${name}`));
    expect(() => readDisclosure(encoded(JSON.stringify(['s', name, 1])))).toThrow(
      new TypeError(`a disclosure must not be named ${name}`),
    );
  });

  it('holds only what could be hashed: no undefined, no fraction, no lone surrogate', () => {
    expect(() => disclose('a', undefined as unknown as JsonValue)).toThrow(
      new TypeError('2: undefined has no JSON form'),
    );
    expect(() => disclose('a', { price: 1.5 })).toThrow(/^2\.price: 1\.5 is not an integer/);
    expect(() => disclose('a\ud83d', 1)).toThrow(/^1: .* holds a lone surrogate$/);
  });
});

describe('a malformed disclosure is refused', () => {
  const good = encoded('["salt","name","value"]');

  it.each<[string, string, string]>([
    ['with padding', encoded('["s","n","v"]') + '==', 'a disclosure is unpadded base64url'],
    [
      'in base64 instead of base64url',
      Buffer.from('["s","n","??>>"]').toString('base64'),
      'a disclosure is unpadded base64url',
    ],
    ['with a space', ` ${good}`, 'a disclosure is unpadded base64url'],
    ['with a line feed at its end', `${good}\n`, 'a disclosure is unpadded base64url'],
    ['with bits beyond its last byte', `${encoded('["s","n",1]').slice(0, -1)}1`, 'a disclosure is unpadded base64url'],
    ['of nothing', '', 'a disclosure holds JSON in UTF-8'],
    ['that is not JSON', encoded('["s","n"'), 'a disclosure holds JSON in UTF-8'],
    ['that is not UTF-8', encoded(Buffer.from([0x22, 0xff, 0x22])), 'a disclosure holds JSON in UTF-8'],
    ['that begins with a byte order mark', encoded('\ufeff["s","n",1]'), 'a disclosure holds JSON in UTF-8'],
    ['that is an object', encoded('{"0":"s","1":"n","2":1,"length":3}'), 'a disclosure is [salt, name, value]'],
    ['that is null', encoded('null'), 'a disclosure is [salt, name, value]'],
    ['of two members', encoded('["s","n"]'), 'a disclosure is [salt, name, value]'],
    ['of four members', encoded('["s","n","v",1]'), 'a disclosure is [salt, name, value]'],
    ['with a number as its salt', encoded('[1,"n","v"]'), 'salt and name of a disclosure are texts'],
    ['with a number as its name', encoded('["s",1,"v"]'), 'salt and name of a disclosure are texts'],
  ])('%s', (_, text, why) => {
    expect(() => readDisclosure(text)).toThrow(new TypeError(why));
  });

  it('without quoting what stood in it', () => {
    expect(() => readDisclosure(encoded('["s","contact.email",zoe@example.com]'))).toThrow(
      /^a disclosure holds JSON in UTF-8$/,
    );
  });
});
