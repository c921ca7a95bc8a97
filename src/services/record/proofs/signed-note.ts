import { sign, verify, type KeyObject } from 'node:crypto';
import { Malformed, strictBase64 } from './malformed.js';
import { isKeyName, publicKeyObject, type VerifierKey } from './verifier-key.js';

/** More would only be work for whoever verifies. */
const MAX_SIGNATURES = 100;
const ID_BYTES = 4;
const LINE_START = '\u2014 ';

/** One line under a note. */
export interface NoteSignature {
  /** Of the key. */
  name: string;
  /** Eight lower-case hexadecimal digits. */
  id: string;
  signature: Buffer;
}

/** A text with signatures under it (C2SP signed-note). That it was read says nothing of who signed it. */
export interface SignedNote {
  /** With its last newline: exactly what was signed. */
  text: string;
  signatures: readonly NoteSignature[];
}

/**
 * Reads a note, given as text or as bytes in UTF-8.
 * @throws Malformed for anything that {@link formatNote} could not have written.
 */
export function parseNote(note: string | Uint8Array): SignedNote {
  const whole = typeof note === 'string' ? note : utf8(note);
  const end = whole.lastIndexOf('\n\n');
  if (end < 0 || !whole.endsWith('\n')) throw new Malformed('the note has no signatures');
  const text = whole.slice(0, end + 1);
  checkText(text);
  const lines = whole.slice(end + 2, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) throw new Malformed('the note has too many signatures');
  return { text, signatures: lines.map(parseSignature) };
}

/** The text of a note. @throws Malformed when it could not be read back. */
export function formatNote({ text, signatures }: SignedNote): string {
  checkText(text);
  const lines = signatures.map(
    ({ name, id, signature }) =>
      `${LINE_START}${name} ${Buffer.concat([Buffer.from(id, 'hex'), signature]).toString('base64')}\n`,
  );
  return `${text}\n${lines.join('')}`;
}

/** Signs a text. @param key the name and the public half. @throws Malformed for a text that no note can hold. */
export function signNote(text: string, key: VerifierKey, privateKey: KeyObject): string {
  checkText(text);
  const signature = sign(null, Buffer.from(text, 'utf8'), privateKey);
  return formatNote({ text, signatures: [{ name: key.name, id: key.id, signature }] });
}

/**
 * Reads a note and verifies what the given keys signed of it. Signatures of others are passed over; one of a given key
 * that is wrong refuses all, and so does none at all.
 * @returns the text, and the keys that have signed it.
 * @throws Malformed
 */
export function verifyNote(
  note: string | Uint8Array,
  keys: readonly VerifierKey[],
): { text: string; signedBy: VerifierKey[] } {
  const known = new Map<string, VerifierKey>();
  for (const key of keys) {
    const name = `${key.name}+${key.id}`;
    // Which of the two it was that signed could not be told.
    if (known.has(name)) throw new Malformed('two keys have the same name and id');
    known.set(name, key);
  }
  const { text, signatures } = parseNote(note);
  const bytes = Buffer.from(text, 'utf8');
  const signedBy = new Set<VerifierKey>();
  for (const { name, id, signature } of signatures) {
    const key = known.get(`${name}+${id}`);
    if (!key) continue;
    if (!verify(null, bytes, publicKeyObject(key), signature)) throw new Malformed('a signature of the note is wrong');
    signedBy.add(key);
  }
  if (signedBy.size === 0) throw new Malformed('none of the keys has signed the note');
  return { text, signedBy: [...signedBy] };
}

function utf8(bytes: Uint8Array): string {
  try {
    // A mark at the beginning is a part of what was signed.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Malformed('the note is not UTF-8');
  }
}

function checkText(text: string): void {
  if (!text.endsWith('\n')) throw new Malformed('the text of the note does not end with a newline');
  // oxlint-disable-next-line no-control-regex
  if (!text.isWellFormed() || /[\u0000-\u0009\u000b-\u001f]/.test(text)) {
    throw new Malformed('the text of the note holds what no note may');
  }
}

function parseSignature(line: string): NoteSignature {
  const [name = '', encoded = '', ...rest] = line.startsWith(LINE_START)
    ? line.slice(LINE_START.length).split(' ')
    : [];
  if (!isKeyName(name) || encoded === '' || rest.length > 0)
    throw new Malformed('a line under the note is no signature');
  const bytes = strictBase64(encoded, 'a signature of the note');
  if (bytes.length <= ID_BYTES) throw new Malformed('a signature of the note is too short');
  return { name, id: bytes.subarray(0, ID_BYTES).toString('hex'), signature: bytes.subarray(ID_BYTES) };
}
