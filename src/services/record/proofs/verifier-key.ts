import { createHash, createPublicKey, type KeyObject } from 'node:crypto';
import { Malformed, strictBase64 } from './malformed.js';

/** The first byte of an Ed25519 key (C2SP signed-note). */
const ED25519 = 0x01;
const KEY_BYTES = 32;

/** Who may have signed a note: a name, an id that tells keys of one name apart, and the public key. */
export interface VerifierKey {
  name: string;
  /** Eight lower-case hexadecimal digits. */
  id: string;
  /** Raw, 32 bytes. */
  publicKey: Buffer;
}

/** Whether a name can stand in a note: not empty, no space of any kind, no plus, well-formed. */
export const isKeyName = (name: string): boolean =>
  name !== '' && name.isWellFormed() && !/[\p{White_Space}\p{Cc}+]/u.test(name);

/** The key of a name: its id is the first four bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ key). @throws Malformed */
export function verifierKey(name: string, publicKey: Buffer): VerifierKey {
  if (!isKeyName(name)) throw new Malformed('the key has no valid name');
  if (publicKey.length !== KEY_BYTES) throw new Malformed('the key is not an Ed25519 key');
  const hash = createHash('sha256').update(`${name}\n`, 'utf8').update(Uint8Array.of(ED25519)).update(publicKey);
  return { name, id: hash.digest('hex').slice(0, 8), publicKey };
}

/** The text of a key, `<name>+<id>+<base64(0x01 ‖ key)>`: what verifiers are configured with. */
export const formatVerifierKey = ({ name, id, publicKey }: VerifierKey): string =>
  `${name}+${id}+${Buffer.concat([Uint8Array.of(ED25519), publicKey]).toString('base64')}`;

/** Reads the text of a key. @throws Malformed for anything but the one text of an Ed25519 key. */
export function parseVerifierKey(text: string): VerifierKey {
  // Base64 may hold a plus too.
  const [name = '', id = '', ...rest] = text.split('+');
  const bytes = strictBase64(rest.join('+'), 'the key');
  if (bytes[0] !== ED25519) throw new Malformed('the key is not an Ed25519 key');
  const key = verifierKey(name, bytes.subarray(1));
  if (key.id !== id) throw new Malformed('the key does not have the id that stands before it');
  return key;
}

/** The key as node:crypto takes it. @throws Malformed when it is none. */
export function publicKeyObject({ publicKey }: VerifierKey): KeyObject {
  try {
    return createPublicKey({
      key: { kty: 'OKP', crv: 'Ed25519', x: publicKey.toString('base64url') },
      format: 'jwk',
    });
  } catch {
    throw new Malformed('the key is not an Ed25519 key');
  }
}
