import type { ImportedConversation, ImportedEntry } from './import-line.js';

/** Messages, notes and files of one transaction: while they are appended nobody else of the workspace writes. */
export const ENTRIES = 500;
/** Bytes of their files: they are in the store before their messages are written, and must not wait for long. */
const FILE_BYTES = 1024 ** 3;

/** One line, or as much of it as one transaction holds. */
export interface Part<Line> {
  line: Line;
  said: ImportedConversation;
}

interface Size {
  entries: number;
  bytes: number;
}

const NOTHING: Size = { entries: 0, bytes: 0 };
const together = (one: Size, other: Size): Size => ({
  entries: one.entries + other.entries,
  bytes: one.bytes + other.bytes,
});
const isTooMuch = ({ entries, bytes }: Size): boolean => entries > ENTRIES || bytes > FILE_BYTES;

/** What is written in one transaction each. A conversation that is too long for one goes on in the next. */
export function* inParts<Line extends { said: ImportedConversation }>(
  lines: readonly Line[],
  bytesOf: (entry: ImportedEntry) => number,
): Generator<Part<Line>[]> {
  let parts: Part<Line>[] = [];
  let size = NOTHING;
  for (const line of lines) {
    for (const chunk of chunksOf(line.said.entries, bytesOf)) {
      if (parts.length > 0 && isTooMuch(together(size, chunk.size))) {
        yield parts;
        parts = [];
        size = NOTHING;
      }
      parts.push({ line, said: { ...line.said, entries: chunk.entries } });
      size = together(size, chunk.size);
    }
  }
  if (parts.length > 0) yield parts;
}

/** As many of these together as one transaction holds; of none, none. */
function* chunksOf(
  all: readonly ImportedEntry[],
  bytesOf: (entry: ImportedEntry) => number,
): Generator<{ entries: ImportedEntry[]; size: Size }> {
  let entries: ImportedEntry[] = [];
  let size = NOTHING;
  for (const entry of all) {
    const own = { entries: 1 + (entry.files?.length ?? 0), bytes: bytesOf(entry) };
    if (entries.length > 0 && isTooMuch(together(size, own))) {
      yield { entries, size };
      entries = [];
      size = NOTHING;
    }
    entries.push(entry);
    size = together(size, own);
  }
  yield { entries, size };
}
