import { LONGEST_LINE } from './lines.js';

const NEWLINE = 0x0a;

/**
 * The lines of a file, without their newlines; null for one that is longer than any line of a bundle, not UTF-8, or cut
 * off. Of a line that is too long nothing is kept.
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  longest: number = LONGEST_LINE,
): AsyncGenerator<string | null> {
  for await (const { bytes, ended } of readByteLines(chunks, longest)) yield bytes && ended ? decodeLine(bytes) : null;
}

/** A line as bytes, of which nothing is kept where it is too long; `length` is without the newline. */
export interface ByteLine {
  bytes: Uint8Array | null;
  length: number;
  /** False for the last one where no newline ends it. */
  ended: boolean;
}

/** The lines of a file as bytes, also the last one. */
export async function* readByteLines(chunks: AsyncIterable<Uint8Array>, longest: number): AsyncGenerator<ByteLine> {
  let parts: Uint8Array[] = [];
  let length = 0;
  const take = (part: Uint8Array): void => {
    length += part.length;
    if (length <= longest) parts.push(part);
    else parts = [];
  };
  const taken = (ended: boolean): ByteLine => {
    const bytes = parts.length === 1 ? parts[0]! : Buffer.concat(parts);
    const line = { bytes: length > longest ? null : bytes, length, ended };
    parts = [];
    length = 0;
    return line;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      take(chunk.subarray(from, end));
      yield taken(true);
      from = end + 1;
    }
    if (from < chunk.length) take(chunk.subarray(from));
  }
  if (length > 0) yield taken(false);
}

/** The text of a line; null where it is not UTF-8. A mark at the beginning would be a part of it. */
export function decodeLine(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
