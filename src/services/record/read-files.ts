import type { Call } from '../application.js';
import { invalid, notFound } from '../errors.js';
import { refuseWhoSeesParts } from '../guards.js';
import { formatEntryBundle } from './proofs/entry-bundle.js';
import { Malformed } from './proofs/malformed.js';
import { parseTilePath, TILE_WIDTH, tileWidth, type TilePath } from './proofs/tiles.js';
import { reading } from './read-proofs.js';
import { readLeafData, readSignedLog, readTiles } from './signing/stored.js';

/**
 * The bytes of a tile or an entry bundle, as far as the newest checkpoint reaches.
 * @param path below the log, such as `tile/0/x001/234.p/5`
 * @throws AppError FORBIDDEN; VALIDATION_FAILED for what is no such path; NOT_FOUND for what was not signed yet.
 */
export async function readTileFile(call: Call, path: string): Promise<Buffer> {
  refuseWhoSeesParts(call);
  const { of, tile } = pathOf(path);
  const { workspaceId } = call.principal;
  const rows = reading(call);
  const log = await readSignedLog(rows, workspaceId);
  if (tile.width > tileWidth(tile, BigInt(log?.last?.size ?? 0))) throw notFound('tile');
  if (of === 'hashes') return (await readTiles(rows, workspaceId, [tile]))[0]!;
  const data = await readLeafData(rows, workspaceId, Number(tile.index) * TILE_WIDTH, tile.width);
  return formatEntryBundle(data.map((text) => Buffer.from(text, 'ascii')));
}

function pathOf(path: string): TilePath {
  try {
    return parseTilePath(path);
  } catch (error) {
    if (error instanceof Malformed) throw invalid({ path: 'path', message: 'is not that of a tile' });
    throw error;
  }
}
