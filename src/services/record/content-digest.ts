import { hash } from 'node:crypto';

/**
 * A text as the log refers to it: base64url of SHA-256 over the ASCII salt, a zero byte and the UTF-8 text. Once the
 * salt is gone the digest says nothing.
 */
export const contentDigest = (text: string, salt: string): string => hash('sha256', `${salt}\0${text}`, 'base64url');
