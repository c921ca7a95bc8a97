import { decodeLine, readByteLines } from '../../record/bundle/read-lines.js';
import type { SourceLine } from '../source.js';

/** Bytes of one line at the most: a conversation is held in memory, and a file without newlines must not be. */
const LONGEST = 16 * 1024 * 1024;
const MARK = '\uFEFF';

/** The import format itself: one conversation a line, as JSON. */
export async function* ndjsonLines(chunks: AsyncIterable<Uint8Array>, longest = LONGEST): AsyncGenerator<SourceLine> {
  let number = 0;
  for await (const { bytes } of readByteLines(chunks, longest)) {
    number += 1;
    if (bytes === null) {
      yield { number, faults: [`the line: is longer than ${longest} bytes`], content: null };
      continue;
    }
    const text = decodeLine(bytes);
    if (text === null) {
      yield { number, faults: ['the line: is not UTF-8'], content: Buffer.from(bytes).toString('latin1') };
      continue;
    }
    const json = number === 1 && text.startsWith(MARK) ? text.slice(1) : text;
    if (json.trim() === '') continue;
    yield { number, ...parsed(json) };
  }
}

function parsed(text: string): Omit<SourceLine, 'number'> {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return { faults: ['the line: is not JSON'], content: text };
  }
}
