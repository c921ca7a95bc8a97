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
  let parts: Uint8Array[] = [];
  let length = 0;
  const take = (part: Uint8Array): void => {
    length += part.length;
    if (length <= longest) parts.push(part);
    else parts = [];
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      take(chunk.subarray(from, end));
      yield length > longest ? null : decode(parts);
      parts = [];
      length = 0;
      from = end + 1;
    }
    if (from < chunk.length) take(chunk.subarray(from));
  }
  if (length > 0) yield null;
}

function decode(parts: readonly Uint8Array[]): string | null {
  try {
    // A mark at the beginning would be a part of the line, and is refused there.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(parts));
  } catch {
    return null;
  }
}
