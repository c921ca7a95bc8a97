import canonicalize from 'canonicalize';

/** A value that JSON can hold. The record accepts less: see {@link assertPlainJson}. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** An envelope needs about five levels. The bound keeps the check off the end of the stack, and is where a cycle ends. */
const DEEPEST = 64;

/**
 * Gives the RFC 8785 (JCS) text of any JSON value, floats included; what is hashed goes through {@link canonicalJson}.
 * @throws Error for NaN, infinities, lone surrogates (RFC 8785 §3.2.2.3, §3.2.2.2) and cycles
 * @throws TypeError for a value that has no JSON form at all
 */
export function rfc8785(value: JsonValue): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError(`(root): ${typeof value} has no JSON form`);
  return text;
}

/**
 * Gives the one text of a value that is hashed: RFC 8785 behind the strict check of {@link assertPlainJson}.
 * @throws TypeError that names the path of the first thing that must not be hashed, such as `changes.0.before`
 */
export function canonicalJson(value: JsonValue): string {
  assertPlainJson(value);
  return rfc8785(value);
}

/**
 * Whether a text is the canonical one of what was parsed from it; the quick way for the texts that we have written.
 * @throws TypeError as {@link canonicalJson}
 */
export function isCanonicalJson(parsed: JsonValue, text: string): boolean {
  // Without escapes by number there is neither U+0000 nor a lone surrogate. Then RFC 8785 differs from what JSON.stringify
  // writes only in the order of keys, which JSON.parse keeps, but for keys that look like an index.
  const isPlain = !text.includes('\\u') && text.isWellFormed() && isOrdered(parsed, 0);
  return (isPlain && JSON.stringify(parsed) === text) || canonicalJson(parsed) === text;
}

function isOrdered(value: JsonValue, depth: number): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value);
  if (typeof value !== 'object' || value === null) return true;
  if (depth >= DEEPEST) return false;
  if (Array.isArray(value)) {
    for (const member of value as readonly JsonValue[]) if (!isOrdered(member, depth + 1)) return false;
    return true;
  }
  let last: string | null = null;
  for (const key in value) {
    if (last !== null && key <= last) return false;
    last = key;
    if (!isOrdered((value as Record<string, JsonValue>)[key]!, depth + 1)) return false;
  }
  return true;
}

/**
 * Refuses whatever another implementation could read back differently, before it is hashed for ever.
 *
 * JSON.stringify and RFC 8785 drop `undefined` and call `toJSON`, so a careless field would vanish or change shape without
 * a word. Integers stop at ±(2^53−1) and fractions are refused, because other languages read such numbers otherwise (I-JSON,
 * RFC 7493 §2.2): decimals are text here. Lone surrogates have no UTF-8 form, and PostgreSQL cannot store U+0000.
 * @throws TypeError that names the path
 */
export function assertPlainJson(value: unknown): asserts value is JsonValue {
  check(value, []);
}

function check(value: unknown, path: (string | number)[]): void {
  switch (typeof value) {
    case 'boolean':
      return;
    case 'string':
      checkText(value, path);
      return;
    case 'number':
      // −0 passes: RFC 8785 §3.2.2.3 writes it as 0.
      if (!Number.isSafeInteger(value)) refuse(path, `${value} is not an integer within ±(2^53−1)`);
      return;
    case 'object':
      if (value !== null) checkContainer(value, path);
      return;
    default:
      refuse(path, `${typeof value} has no JSON form`);
  }
}

function checkContainer(container: object, path: (string | number)[]): void {
  if (path.length >= DEEPEST) refuse(path, `deeper than ${DEEPEST} levels, or a cycle`);
  // Own keys of every kind: symbols and hidden properties would be dropped silently, getters could answer differently
  // when the text is made than they do here.
  const keys = Reflect.ownKeys(container);
  if (Array.isArray(container)) {
    if (Object.getPrototypeOf(container) !== Array.prototype) refuse(path, 'not a plain array');
    if (keys.length !== container.length + 1) refuse(path, 'an array with holes or with properties of its own');
    for (let index = 0; index < container.length; index++) checkMember(container, index, path);
    return;
  }
  const prototype: unknown = Object.getPrototypeOf(container);
  if (prototype !== Object.prototype && prototype !== null) refuse(path, 'not a plain object');
  for (const key of keys) {
    if (typeof key === 'symbol') refuse(path, 'a symbol as a key');
    checkText(key, path, 'the key ');
    checkMember(container, key, path);
  }
}

function checkMember(container: object, key: string | number, path: (string | number)[]): void {
  const property = Object.getOwnPropertyDescriptor(container, key);
  path.push(key);
  if (property !== undefined && (!property.enumerable || !('value' in property)))
    refuse(path, 'a hidden or computed property');
  check(property?.value, path);
  path.pop();
}

function checkText(text: string, path: readonly (string | number)[], what = ''): void {
  // JSON.stringify escapes both, so that the message itself can be logged and stored.
  if (!text.isWellFormed()) refuse(path, `${what}${JSON.stringify(text)} holds a lone surrogate`);
  if (text.includes('\u0000')) refuse(path, `${what}${JSON.stringify(text)} holds U+0000`);
}

function refuse(path: readonly (string | number)[], why: string): never {
  throw new TypeError(`${path.length === 0 ? '(root)' : path.join('.')}: ${why}`);
}
