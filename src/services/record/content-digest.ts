import { createHash } from 'node:crypto';

/**
 * A text as the log refers to it: base64url of SHA-256 over the ASCII salt, a zero byte and the UTF-8 text. Once the
 * salt is gone the digest says nothing.
 */
export const contentDigest = (text: string, salt: string): string =>
  createHash('sha256').update(salt, 'ascii').update('\0').update(text, 'utf8').digest('base64url');
