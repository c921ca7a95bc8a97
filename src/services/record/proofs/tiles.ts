import { HASH_BYTES } from '../merkle.js';
import { Malformed, strictDecimal } from './malformed.js';
import { perfectRoot, type Subtree, type SubtreeSource } from './subtrees.js';

/** Hashes of a full tile (C2SP tlog-tiles): it spans eight levels of the tree. */
export const TILE_WIDTH = 256;
const TILE_LEVELS = 8;
const WIDTH = BigInt(TILE_WIDTH);

/** A tile: its hashes are the roots of perfect subtrees of 256^`level` leaves each. */
export interface Tile {
  level: number;
  /** Among those of its level. */
  index: bigint;
  /** How many of its hashes there are, 1 to 256: the one at the right edge of a level may be partial. */
  width: number;
}

/** What can be asked for below `tile/`: hashes, or the entries under a tile of level 0. */
export interface TilePath {
  of: 'hashes' | 'entries';
  tile: Tile;
}

/** The path of a tile, such as `tile/0/x001/x234/067.p/5`. */
export function formatTilePath({ of, tile: { level, index, width } }: TilePath): string {
  const groups = [String(index % 1000n).padStart(3, '0')];
  for (let rest = index / 1000n; rest > 0n; rest /= 1000n) groups.unshift(`x${String(rest % 1000n).padStart(3, '0')}`);
  const partial = width === TILE_WIDTH ? '' : `.p/${width}`;
  return `tile/${of === 'entries' ? of : level}/${groups.join('/')}${partial}`;
}

/** Reads the path of a tile. @throws Malformed for anything but the one path of a tile. */
export function parseTilePath(path: string): TilePath {
  const [, place, groups, width] =
    /^tile\/(entries|[0-9]{1,2})\/((?:x[0-9]{3}\/){0,5}[0-9]{3})(?:\.p\/([0-9]{1,3}))?$/.exec(path) ?? [];
  if (!place || !groups) throw new Malformed('not the path of a tile');
  const parsed: TilePath = {
    of: place === 'entries' ? 'entries' : 'hashes',
    tile: {
      level: place === 'entries' ? 0 : Number(strictDecimal(place, 64n, 'the level of the tile')),
      index: BigInt(groups.replace(/[x/]/g, '')),
      width: width === undefined ? TILE_WIDTH : Number(strictDecimal(width, WIDTH, 'the width of the tile')),
    },
  };
  if (parsed.tile.width === 0 || formatTilePath(parsed) !== path) throw new Malformed('not the path of a tile');
  return parsed;
}

/** How many hashes of a tile there are in a log of so many leaves: 0 to 256. */
export function tileWidth({ level, index }: Pick<Tile, 'level' | 'index'>, size: bigint): number {
  const left = (size >> BigInt(level * TILE_LEVELS)) - index * WIDTH;
  return left <= 0n ? 0 : left >= WIDTH ? TILE_WIDTH : Number(left);
}

/**
 * A source that reads tiles: of each subtree the one tile that has the hashes under it.
 * @param readTiles the bytes of some tiles, in their order; at least as many hashes as `width` says.
 */
export const subtreesOfTiles =
  (readTiles: (tiles: readonly Tile[]) => Promise<readonly Uint8Array[]>): SubtreeSource =>
  async (subtrees) => {
    const places = subtrees.map(placeOf);
    const tiles = new Map<string, Tile & { bytes: Uint8Array }>();
    for (const { level, index, offset, count } of places) {
      const key = `${level}/${index}`;
      const width = Math.max(offset + count, tiles.get(key)?.width ?? 0);
      tiles.set(key, { level, index, width, bytes: new Uint8Array() });
    }
    const read = [...tiles.values()];
    (await readTiles(read)).forEach((bytes, place) => (read[place]!.bytes = bytes));
    return places.map(({ level, index, offset, count }) => {
      const hashes = hashesOf(tiles.get(`${level}/${index}`)!.bytes).slice(offset, offset + count);
      if (hashes.length < count) throw new RangeError(`tile ${level}/${index} lacks hashes`);
      return perfectRoot(hashes);
    });
  };

/** The hashes of a tile's bytes. @throws Malformed when they are not whole. */
export function hashesOf(bytes: Uint8Array): Buffer[] {
  if (bytes.length % HASH_BYTES !== 0 || bytes.length > TILE_WIDTH * HASH_BYTES) throw new Malformed('not a tile');
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / HASH_BYTES }, (_, index) =>
    buffer.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES),
  );
}

/** Where the hashes below a subtree stand: so many of them, in this tile, from this one on. */
function placeOf({ level, index }: Subtree): Omit<Tile, 'width'> & { offset: number; count: number } {
  const below = level % TILE_LEVELS;
  const first = index << BigInt(below);
  return {
    level: (level - below) / TILE_LEVELS,
    index: first / WIDTH,
    offset: Number(first % WIDTH),
    count: 2 ** below,
  };
}
