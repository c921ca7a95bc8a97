import { createHash, randomBytes } from 'node:crypto';

const PREFIX = 'whsec_';
/** What Standard Webhooks asks of a symmetric secret. */
const BYTES = { min: 24, made: 32, max: 64 };

/** A new signing secret: `whsec_` and 256 random bits in base64. */
export const newSecret = (): string => PREFIX + randomBytes(BYTES.made).toString('base64');

/** Whether a text is a signing secret by Standard Webhooks: `whsec_` and 24 to 64 bytes in padded base64. */
export function isSecret(text: string): boolean {
  if (!text.startsWith(PREFIX)) return false;
  const encoded = text.slice(PREFIX.length);
  const bytes = Buffer.from(encoded, 'base64');
  return bytes.toString('base64') === encoded && bytes.length >= BYTES.min && bytes.length <= BYTES.max;
}

/** What may be shown and recorded of a secret: the first 64 bits of its SHA-256, in hexadecimal. */
export const fingerprintOf = (secret: string): string =>
  createHash('sha256').update(secret, 'utf8').digest('hex').slice(0, 16);
