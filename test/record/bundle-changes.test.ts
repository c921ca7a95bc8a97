import { beforeAll, describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { canonicalJson, type JsonValue } from '../../src/services/record/canonical.js';
import { parseLine } from '../../src/services/record/bundle/lines.js';
import { TrustPolicy } from '../../src/services/record/bundle/trust-policy.js';
import { Malformed } from '../../src/services/record/proofs/malformed.js';
import { conversationBundle, policyText, rangeBundle, verify, type SampleBundle } from './sample-bundle.js';

type Json = { [key: string]: JsonValue };

let conversation: SampleBundle;
let range: SampleBundle;
beforeAll(async () => {
  conversation = await conversationBundle();
  range = await rangeBundle();
});

const parsed = (line: string): Json => JSON.parse(line) as Json;

/** Everything that can be said of a value by changing one thing in it. */
function* changes(value: JsonValue): Generator<JsonValue> {
  if (typeof value === 'string') {
    yield `${value}x`;
    if (value !== '') {
      const letters = [...value];
      for (const at of new Set([0, letters.length >> 1, letters.length - 1])) {
        yield letters.with(at, letters[at] === 'A' ? 'B' : 'A').join('');
      }
      yield '';
    }
  } else if (typeof value === 'number') {
    yield value + 1;
    if (value > 0) yield value - 1;
  } else if (typeof value === 'boolean') {
    yield !value;
  } else if (Array.isArray(value)) {
    const list = value as readonly JsonValue[];
    for (const [at, one] of list.entries()) {
      yield list.toSpliced(at, 1);
      yield list.toSpliced(at, 0, one);
      if (at > 0) yield list.with(at, list[at - 1]!).with(at - 1, one);
      for (const changed of changes(one)) yield list.with(at, changed);
    }
  } else if (value !== null) {
    const object = value as Json;
    yield { ...object, extra: true };
    for (const [key, one] of Object.entries(object)) {
      const { [key]: _, ...rest } = object;
      yield rest;
      for (const changed of changes(one)) yield { ...object, [key]: changed };
    }
  }
}

describe('a single change of a bundle is found', () => {
  it.each(['conversation', 'range'] as const)(
    'in every field of every line of a %s',
    async (which) => {
      const { lines } = which === 'range' ? range : conversation;
      const missed: string[] = [];
      let tried = 0;
      for (const [at, line] of lines.entries()) {
        for (const changed of changes(parsed(line))) {
          const text = canonicalJson(changed);
          if (text === line) continue;
          tried += 1;
          const { valid, findings } = await verify(lines.with(at, text));
          if (valid || findings.length === 0) missed.push(`${at}: ${text}`);
        }
      }
      expect(missed).toEqual([]);
      expect(tried).toBeGreaterThan(1_000);
    },
    120_000,
  );

  it('when a line is dropped, doubled, moved, cut off or not one', async () => {
    for (const { lines } of [conversation, range]) {
      for (const [at, line] of lines.entries()) {
        for (const changed of [
          lines.toSpliced(at, 1),
          lines.toSpliced(at, 0, line),
          lines.slice(0, at),
          lines.with(at, line.slice(0, -1)),
          lines.with(at, ` ${line}`),
          lines.toSpliced(at, 0, ''),
          [...lines.slice(0, at), null, ...lines.slice(at)],
          ...lines.slice(at + 1).map((other, n) => lines.with(at, other).with(at + 1 + n, line)),
        ]) {
          expect((await verify(changed)).valid).toBe(false);
        }
      }
    }
  });

  it('and every character of the note counts', async () => {
    const at = 1;
    const { note } = conversation;
    for (let place = 0; place < note.length; place++) {
      const flipped = note.slice(0, place) + String.fromCharCode(note.charCodeAt(place) ^ 1) + note.slice(place + 1);
      const report = await verify(conversation.lines.with(at, canonicalJson({ type: 'checkpoint', note: flipped })));
      expect([place, report.valid, report.trusted]).toEqual([place, false, false]);
    }
  });
});

/** Any value, with a taste for what a bundle is made of. */
const anything = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<JsonValue>(
      null,
      true,
      0,
      -1,
      2 ** 53 - 1,
      '',
      'entry',
      'hashes',
      'ASKED',
      '__proto__',
      'A'.repeat(43),
    ),
    fc.integer(),
    fc.string(),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom('type', 'leaf', 'body', 'texts', 'note', 'hashes', '__proto__'), tie('value')),
  ),
})).value;

/** What is read, or undefined when it is Malformed; everything else that is thrown fails the test. */
function unlessMalformed<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

/** Puts a value somewhere into another. */
function replaced(value: JsonValue, path: readonly number[], by: JsonValue): JsonValue {
  const [first, ...rest] = path;
  if (first === undefined || typeof value !== 'object' || value === null) return by;
  if (Array.isArray(value)) {
    if (value.length === 0) return by;
    const list = value as readonly JsonValue[];
    const at = first % list.length;
    return list.with(at, replaced(list[at]!, rest, by));
  }
  const keys = Object.keys(value);
  if (keys.length === 0) return by;
  const key = keys[first % keys.length]!;
  return { ...value, [key]: replaced((value as Json)[key]!, rest, by) };
}

describe('whatever somebody makes of a bundle', () => {
  it('nothing but Malformed is thrown for a line, and what is read is what was written', () => {
    const line = fc.oneof(
      fc.string(),
      fc.json(),
      anything.map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(line, (text) => {
        const read = unlessMalformed(() => canonicalJson(parseLine(text) as JsonValue));
        expect(read === undefined || read === text).toBe(true);
      }),
      { numRuns: 20_000 },
    );
  }, 120_000);

  it('refuses it, and throws over nothing, when any value is replaced', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.nat({ max: 100 }),
        fc.array(fc.nat({ max: 20 }), { maxLength: 5 }),
        anything,
        async (which, at, path, by) => {
          const { lines } = which ? conversation : range;
          const place = at % lines.length;
          const line = JSON.stringify(replaced(parsed(lines[place]!), path, by));
          let text = line;
          try {
            text = canonicalJson(JSON.parse(line) as JsonValue);
          } catch {
            // What cannot be canonical is tried as it is.
          }
          const { valid, findings } = await verify(lines.with(place, text));
          expect(valid).toBe(text === lines[place]);
          expect(findings.length === 0).toBe(valid);
        },
      ),
      { numRuns: 4_000 },
    );
  }, 240_000);

  it('refuses it when characters of it are replaced', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.nat(),
        fc.string({ maxLength: 3 }),
        fc.nat({ max: 3 }),
        async (at, place, by, length) => {
          const whole = conversation.lines.join('\n');
          const from = (at * 65_537 + place) % whole.length;
          const changed = whole.slice(0, from) + by + whole.slice(from + length);
          expect((await verify(changed.split('\n'))).valid).toBe(changed === whole);
        },
      ),
      { numRuns: 1_500 },
    );
  }, 120_000);
});

describe('whatever somebody makes of a policy', () => {
  it('nothing but Malformed is thrown, and no key is trusted that is not in it', () => {
    const changed = fc
      .tuple(fc.array(fc.nat({ max: 5 }), { maxLength: 5 }), anything)
      .map(([path, by]) => JSON.stringify(replaced(parsed(policyText), path, by)));
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), changed), (text) => {
        const policy = unlessMalformed(() => TrustPolicy.parse(text));
        for (const [origin, keys] of policy?.origins ?? []) for (const { key } of keys) expect(key.name).toBe(origin);
      }),
      { numRuns: 20_000 },
    );
  }, 120_000);
});
