import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CanonicalScan } from '../../src/services/record/canonical-scan.js';
import { canonicalJson, type JsonValue } from '../../src/services/record/canonical.js';

function scans(text: string): boolean {
  const scan = new CanonicalScan();
  const bytes = Buffer.from(text);
  // Beyond its end there may be anything, such as the text before.
  scan.begin(Buffer.concat([bytes, Buffer.from('"1,]}')]), bytes.length);
  return scan.isWhole();
}

/** The slow form that the scan must agree with, for every well-formed text without an escape. */
function isCanonical(text: string): boolean {
  try {
    return canonicalJson(JSON.parse(text) as JsonValue) === text;
  } catch {
    return false;
  }
}

// Few different signs, so that keys are often alike, and the ends of each range that UTF-8 and UTF-16 order otherwise.
const text = fc.string({
  unit: fc.constantFrom(
    'a',
    'b',
    'é',
    '\u007f',
    '\u0080',
    '\u2028',
    '\ud7ff',
    '\ue000',
    '\uffff',
    '\u{10000}',
    '\u{10ffff}',
  ),
  maxLength: 4,
});
const value = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false, 0, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
    fc.maxSafeInteger(),
    text,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.oneof(text, fc.constantFrom('1', '10', '9', '__proto__')), tie('value'), {
      maxKeys: 5,
      noNullPrototype: true,
    }),
  ),
})).value;

describe('a scan', () => {
  it('accepts what canonical JSON without an escape is', () => {
    fc.assert(
      fc.property(value, (each) => {
        expect(scans(canonicalJson(each))).toBe(true);
      }),
      { numRuns: 20_000 },
    );
  });

  it('agrees with parsing and writing anew about texts that were changed', () => {
    const pieces = fc.constantFrom('', '0', '-', '-0', '1.0', '1e3', '9007199254740992', ' ', '"', '"a":1', ',', ':', '{', '}', '[', ']', 'null', 'tru', '\u0000', '\u001f', '\n', 'é', '\u{10000}'); // prettier-ignore
    let accepted = 0;
    fc.assert(
      fc.property(value, fc.nat(), fc.nat({ max: 3 }), pieces, (each, at, removed, piece) => {
        const original = canonicalJson(each);
        const place = at % (original.length + 1);
        const changed = original.slice(0, place) + piece + original.slice(place + removed);
        if (!changed.isWellFormed()) return;
        const is = isCanonical(changed);
        if (is) accepted += 1;
        expect([changed, scans(changed)]).toEqual([changed, is]);
      }),
      { numRuns: 60_000 },
    );
    // It has been asked about both.
    expect(accepted).toBeGreaterThan(5_000);
    expect(accepted).toBeLessThan(55_000);
  }, 60_000);

  it('agrees about texts whose keys stand in any order, or twice', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 4 }), (keys) => {
        const object = `{${keys.map((key) => `"${key}":0`).join(',')}}`;
        expect([object, scans(object)]).toEqual([object, isCanonical(object)]);
      }),
      { numRuns: 20_000 },
    );
  });

  it.each([64, 65])('agrees about %d levels', (levels) => {
    const nested = '['.repeat(levels) + ']'.repeat(levels);
    expect(scans(nested)).toBe(isCanonical(nested));
    expect(scans(nested)).toBe(levels === 64);
  });

  it('leaves every text with an escape to the slow form', () => {
    for (const each of ['"\\n"', '{"\\"":1}', '["a\\u001f"]']) {
      expect([isCanonical(each), scans(each)]).toEqual([true, false]);
    }
  });
});
