/** A text or some bytes from outside are not what they should be; the message says what is wrong. Nothing else is thrown. */
export class Malformed extends Error {
  override readonly name = 'Malformed';
}

/** Decodes base64 as RFC 4648 §4 has it, padded and with nothing left over: of each value there is one text. */
export function strictBase64(text: string, what: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) throw new Malformed(`${what} is not base64`);
  return bytes;
}

/** Reads a decimal number without sign and leading zeros, below `limit`. */
export function strictDecimal(text: string, limit: bigint, what: string): bigint {
  if (!/^(?:0|[1-9][0-9]{0,19})$/.test(text) || BigInt(text) >= limit) throw new Malformed(`${what} is not a number`);
  return BigInt(text);
}
