import { hash } from 'node:crypto';
import { randomPiece } from '../random-pieces.js';
import { assertPlainJson, type JsonValue } from './canonical.js';

/** A value kept beside a body that commits to it, so that it can be erased alone (RFC 9901 §4.2). */
export type Disclosure = {
  /** What makes the digest of a guessable value unguessable: base64url, 128 bits. */
  salt: string;
  /** Where the value belongs in the envelope: the path, such as `changes.0.before`. */
  name: string;
  value: JsonValue;
};

/** Bytes of randomness in a salt: the 128 bits that RFC 9901 §9.3 asks for. */
const SALT_BYTES = 16;

/** RFC 9901 §4.2.1: names that a disclosure must not have, since they mean something in the payload itself. */
const RESERVED_NAMES: readonly string[] = ['_sd', '...'];

/** Gives a new salt: 128 random bits as 22 characters of base64url. */
export function randomSalt(): string {
  return randomPiece(SALT_BYTES).toString('base64url');
}

/**
 * Makes the disclosure of one value, to be stored exactly as encoded, and the digest for the body's `_sd` (RFC 9901 §4.2.1).
 *
 * One thing differs from an SD-JWT: the name is the whole path and every digest stands in the one `_sd` of the body, so that
 * neither the depth nor the order of the committed fields shows.
 * @param salt given only where output must be repeatable, in fixtures: a salt used twice links two values
 * @throws TypeError when the name is reserved, or name or value could not be canonical JSON
 */
export function disclose(
  name: string,
  value: JsonValue,
  salt: string = randomSalt(),
): { encoded: string; digest: string } {
  if (RESERVED_NAMES.includes(name)) throw new TypeError(`a disclosure must not be named ${name}`);
  const claim = [salt, name, value];
  assertPlainJson(claim);
  const encoded = Buffer.from(JSON.stringify(claim), 'utf8').toString('base64url');
  return { encoded, digest: digestOf(encoded) };
}

/**
 * Gives the digest of an encoded disclosure: base64url of SHA-256 over the ASCII characters of the encoded text, not over the
 * JSON inside (RFC 9901 §4.2.3), so that nobody ever has to write that JSON again the same way.
 */
export function digestOf(encoded: string): string {
  return hash('sha256', encoded, 'base64url');
}

/**
 * Whether each disclosure has a digest of its own and no digest is left (RFC 9901 §7.1); false also for more of them than a
 * number has bits, and where a digest stands twice.
 */
export function belongTogether(digests: readonly string[], disclosures: readonly string[]): boolean {
  if (digests.length !== disclosures.length || digests.length > 31) return false;
  let seen = 0;
  for (const encoded of disclosures) {
    const place = digests.indexOf(digestOf(String(encoded)));
    if (place < 0 || (seen & (1 << place)) !== 0) return false;
    seen |= 1 << place;
  }
  return true;
}

/**
 * Reads an encoded disclosure of an object property (RFC 9901 §4.2.1); whether a body commits to it is for the caller to see.
 * @throws TypeError when it is not unpadded base64url of UTF-8 JSON [salt, name, value] with a name that is allowed
 */
export function readDisclosure(encoded: string): Disclosure {
  const claim = parse(encoded);
  if (!Array.isArray(claim) || claim.length !== 3) throw new TypeError('a disclosure is [salt, name, value]');
  const [salt, name, value] = claim as [unknown, unknown, JsonValue];
  if (typeof salt !== 'string' || typeof name !== 'string')
    throw new TypeError('salt and name of a disclosure are texts');
  // RFC 9901 §7.1: the reader refuses it as well as the writer.
  if (RESERVED_NAMES.includes(name)) throw new TypeError(`a disclosure must not be named ${name}`);
  return { salt, name, value };
}

function parse(encoded: string): unknown {
  const bytes = Buffer.from(encoded, 'base64url');
  // Node's decoder skips what it does not know; only a text that comes back unchanged was base64url (RFC 4648 §3.5, §5).
  if (bytes.toString('base64url') !== encoded) throw new TypeError('a disclosure is unpadded base64url');
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    // Without the parser's own message: it quotes what it read, and this may be somebody's address.
    throw new TypeError('a disclosure holds JSON in UTF-8');
  }
}
