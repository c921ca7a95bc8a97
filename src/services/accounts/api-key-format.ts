import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/**
 * An API key: `vbk_` + 4 readable bytes + `_` + 32 random bytes + 4 bytes of checksum, all base64url or hex. The
 * checksum tells a mistyped or cut-off key, and lets secret scanners know a real one, without asking the database.
 */
const FORM = /^vbk_([0-9a-f]{8})_([A-Za-z0-9_-]{43})([0-9a-f]{8})$/;

const checksum = (text: string): string => crc32(text).toString(16).padStart(8, '0');

/** A new key and the readable start that it is recognised by. */
export function newApiKey(): { key: string; prefix: string } {
  const prefix = `vbk_${randomBytes(4).toString('hex')}`;
  const body = `${prefix}_${randomBytes(32).toString('base64url')}`;
  return { key: `${body}${checksum(body)}`, prefix };
}

/** Whether a string can be an API key at all. */
export const isApiKey = (text: string): boolean => FORM.test(text) && checksum(text.slice(0, -8)) === text.slice(-8);
