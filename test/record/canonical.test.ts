import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assertPlainJson, canonicalJson, rfc8785, type JsonValue } from '../../src/services/record/canonical.js';

// RFC 8785 Appendix B and the test data of its reference implementation; the file names its sources.
const vectors = JSON.parse(readFileSync(new URL('../vectors/jcs-vectors.json', import.meta.url), 'utf8')) as {
  numbers: [string, string][];
  reject_ieee: string[];
  docs: { name: string; in: string; out?: string; valueOrder?: string[] }[];
};

function ieee(hex: string): number {
  return Buffer.from(hex, 'hex').readDoubleBE();
}

/** Whatever the type says: what is tested here is what happens when the type was lied to. */
function unsafe(value: unknown): JsonValue {
  return value as JsonValue;
}

describe('RFC 8785', () => {
  it.each(vectors.numbers)('writes the double %s as %s', (hex, text) => {
    expect(rfc8785(ieee(hex))).toBe(text);
  });

  it.each(vectors.reject_ieee)('refuses the double %s, which is no number in JSON', (hex) => {
    expect(() => rfc8785([ieee(hex)])).toThrow(/NaN|Infinity/);
  });

  it.each(vectors.docs.filter((doc) => doc.out !== undefined))('gives the published text of $name', (doc) => {
    expect(rfc8785(JSON.parse(doc.in) as JsonValue)).toBe(doc.out);
  });

  it('sorts keys by UTF-16 code units, not by code points', () => {
    const doc = vectors.docs.find((each) => each.valueOrder !== undefined)!;
    const text = rfc8785(JSON.parse(doc.in) as JsonValue);
    const places = doc.valueOrder!.map((value) => text.indexOf(`"${value}"`));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
  });

  it('refuses a value without a JSON form', () => {
    expect(() => rfc8785(unsafe(undefined))).toThrow(new TypeError('(root): undefined has no JSON form'));
  });
});

describe('the text that is hashed', () => {
  it('is the RFC 8785 text of a value that passes the check', () => {
    expect(canonicalJson({ z: [1, null, true], a: { ö: 'Grüße 你好 😂', b: '\u2028\u000b"' }, 10: 1, 9: 2 })).toBe(
      '{"10":1,"9":2,"a":{"b":"\u2028\\u000b\\"","ö":"Grüße 你好 😂"},"z":[1,null,true]}',
    );
  });

  it.each([
    [0, '0'],
    [-0, '0'],
    [Number.MAX_SAFE_INTEGER, '9007199254740991'],
    [Number.MIN_SAFE_INTEGER, '-9007199254740991'],
  ])('writes the integer %d as %s', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it('accepts an object without a prototype and one with the key __proto__', () => {
    expect(canonicalJson(Object.assign(Object.create(null) as object, { a: 1 }) as JsonValue)).toBe('{"a":1}');
    expect(canonicalJson(JSON.parse('{"__proto__":{"a":1}}') as JsonValue)).toBe('{"__proto__":{"a":1}}');
  });

  it('does not depend on the order in which keys were set, and reads back as the same value', () => {
    const plain = fc.letrec<{ value: JsonValue }>((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        fc.constant(null),
        fc.boolean(),
        fc.maxSafeInteger(),
        fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\u0000', '')),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(
          fc.string().filter((key) => key !== '__proto__'),
          tie('value'),
          { maxKeys: 4, noNullPrototype: true },
        ),
      ),
    })).value;
    fc.assert(
      fc.property(plain, (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(reversed(value))).toBe(text);
        expect(canonicalJson(JSON.parse(text) as JsonValue)).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

describe('the check before hashing', () => {
  class Money {
    amount = 1;
  }
  class Rows extends Array<number> {}
  const cycle: Record<string, unknown> = {};
  cycle['again'] = cycle;

  it.each<[string, unknown, string]>([
    ['undefined', undefined, 'undefined has no JSON form'],
    ['a function', () => 1, 'function has no JSON form'],
    ['a symbol', Symbol('s'), 'symbol has no JSON form'],
    ['a bigint', 1n, 'bigint has no JSON form'],
    ['a fraction', 1.5, '1.5 is not an integer within ±(2^53−1)'],
    ['2^53', 2 ** 53, '9007199254740992 is not an integer within ±(2^53−1)'],
    ['−2^53', -(2 ** 53), '-9007199254740992 is not an integer within ±(2^53−1)'],
    ['NaN', Number.NaN, 'NaN is not an integer within ±(2^53−1)'],
    ['infinity', Number.POSITIVE_INFINITY, 'Infinity is not an integer within ±(2^53−1)'],
    ['a lone high surrogate', 'a\ud83d', '"a\\ud83d" holds a lone surrogate'],
    ['a lone low surrogate', '\ude00a', '"\\ude00a" holds a lone surrogate'],
    ['U+0000', 'a\u0000b', '"a\\u0000b" holds U+0000'],
    ['a Date', new Date(0), 'not a plain object'],
    ['a Map', new Map(), 'not a plain object'],
    ['a Buffer', Buffer.from('a'), 'not a plain object'],
    ['a boxed text', new String('a'), 'not a plain object'],
    ['an instance of a class', new Money(), 'not a plain object'],
    ['an object of a derived prototype', Object.create({ a: 1 }), 'not a plain object'],
    ['an array of a class of its own', new Rows(), 'not a plain array'],
    ['an array with a hole', [1, , 3], 'an array with holes or with properties of its own'], // oxlint-disable-line no-sparse-arrays
    ['an array with a property', Object.assign([1], { note: 2 }), 'an array with holes or with properties of its own'],
    ['a key with a lone surrogate', { '\ud83d': 1 }, 'the key "\\ud83d" holds a lone surrogate'],
    ['a key with U+0000', { 'a\u0000': 1 }, 'the key "a\\u0000" holds U+0000'],
    ['a symbol as a key', { [Symbol('s')]: 1 }, 'a symbol as a key'],
  ])('refuses %s and names where it stands', (_, value, why) => {
    expect(() => canonicalJson(unsafe(value))).toThrow(new TypeError(`(root): ${why}`));
    expect(() => canonicalJson(unsafe({ changes: [{ field: 'a', before: value }] }))).toThrow(
      new TypeError(`changes.0.before: ${why}`),
    );
  });

  it('refuses hidden and computed properties, which could differ when the text is made', () => {
    const hidden = Object.defineProperty({}, 'a', { value: 1, enumerable: false });
    const computed = {
      get a() {
        return 1;
      },
    };
    expect(() => canonicalJson(unsafe(hidden))).toThrow(new TypeError('a: a hidden or computed property'));
    expect(() => canonicalJson(computed)).toThrow(new TypeError('a: a hidden or computed property'));
  });

  it('refuses toJSON, which would write something else than what was checked', () => {
    expect(() => canonicalJson(unsafe({ a: { toJSON: () => 1 } }))).toThrow(
      new TypeError('a.toJSON: function has no JSON form'),
    );
  });

  it('refuses a cycle and whatever is deeper than 64 levels', () => {
    let deep: JsonValue = 1;
    for (let level = 0; level < 64; level++) deep = [deep];
    expect(canonicalJson(deep)).toBe(`${'['.repeat(64)}1${']'.repeat(64)}`);
    expect(() => canonicalJson([deep])).toThrow(/: deeper than 64 levels, or a cycle$/);
    expect(() => canonicalJson(unsafe(cycle))).toThrow(/^again\.again.*: deeper than 64 levels, or a cycle$/);
  });

  it('leaves the value as it was', () => {
    const value = Object.freeze({ b: Object.freeze([2, 1]), a: 'x' });
    assertPlainJson(value);
    expect(value).toEqual({ b: [2, 1], a: 'x' });
  });
});

function reversed(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return (value as JsonValue[]).map(reversed);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).toReversed();
  return Object.fromEntries(entries.map(([key, member]) => [key, reversed(member)]));
}
