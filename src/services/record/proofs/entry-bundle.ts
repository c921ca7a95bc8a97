import { Malformed } from './malformed.js';
import { TILE_WIDTH } from './tiles.js';

const LENGTH_BYTES = 2;
const LONGEST = 0xffff;

/**
 * The leaf data under one tile of level 0, each behind its length in two bytes, the higher first (C2SP tlog-tiles).
 * @throws Malformed when an entry is longer than that can say, or they are more than a tile has.
 */
export function formatEntryBundle(entries: readonly Uint8Array[]): Buffer {
  if (entries.length === 0 || entries.length > TILE_WIDTH) throw new Malformed('a bundle has 1 to 256 entries');
  return Buffer.concat(
    entries.flatMap((entry) => {
      if (entry.length > LONGEST) throw new Malformed('an entry is too long for a bundle');
      const length = Buffer.alloc(LENGTH_BYTES);
      length.writeUInt16BE(entry.length);
      return [length, entry];
    }),
  );
}

/** The entries of a bundle. @throws Malformed when it is cut off, empty or too long. */
export function parseEntryBundle(bytes: Uint8Array): Buffer[] {
  const bundle = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const entries: Buffer[] = [];
  for (let at = 0; at < bundle.length;) {
    const start = at + LENGTH_BYTES;
    const end = start <= bundle.length ? start + bundle.readUInt16BE(at) : Infinity;
    if (end > bundle.length) throw new Malformed('the bundle is cut off');
    entries.push(bundle.subarray(start, end));
    at = end;
  }
  if (entries.length === 0 || entries.length > TILE_WIDTH) throw new Malformed('a bundle has 1 to 256 entries');
  return entries;
}
