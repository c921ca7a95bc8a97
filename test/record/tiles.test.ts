import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { randomUUID } from 'node:crypto';
import { rootAt, subtreesOfLeaves } from '../../src/services/record/proofs/subtrees.js';
import { signCheckpoint } from '../../src/services/record/signing/sign-checkpoint.js';
import { recordEvents, Tamperer } from '../support/logs.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld } from '../support/world.js';

let server: TestServer;
let tamperer: Tamperer;
let id: string;
beforeAll(async () => {
  server = await startTestServer();
  tamperer = await Tamperer.of(server);
});
afterAll(async () => {
  await tamperer.client.end();
  await server.stop();
});
beforeEach(async () => {
  id = (await createWorld(server, `w${randomUUID().slice(0, 8)}`)).ids.workspace;
});

const query = async <T extends object>(text: string): Promise<T[]> => (await tamperer.client.query<T>(text, [id])).rows;

describe('tiles', () => {
  it('are the leaves, full ones alone', async () => {
    await recordEvents(server, id, 700);
    await signCheckpoint(server.app, id);
    const tiles = await query<{ level: number; index: string; hashes: Buffer; root: Buffer }>(
      'select level, index, hashes, root from record_tile where workspace_id = $1 order by level, index',
    );
    const leaves = await tamperer.leaves(id);
    expect(tiles.map(({ level, index }) => [level, Number(index)])).toEqual(
      [...Array(Math.floor((leaves.length - 1) / 256)).keys()].map((index) => [0, index]),
    );
    for (const [index, { hashes, root }] of tiles.entries()) {
      const under = leaves.slice(index * 256, index * 256 + 256);
      expect(hashes).toEqual(Buffer.concat(under));
      expect(root).toEqual(await rootAt(subtreesOfLeaves(under), 256n));
    }
  });

  it('of a higher level are the roots of those below', async () => {
    await tamperer.lengthen(id, 256 * 256 + 300);
    const checkpoint = await signCheckpoint(server.app, id);
    const roots = await query<{ root: Buffer }>(
      'select root from record_tile where workspace_id = $1 and level = 0 and index < 256 order by index',
    );
    const [high] = await query<{ index: string; hashes: Buffer }>(
      'select index, hashes from record_tile where workspace_id = $1 and level = 1',
    );
    expect(high).toEqual({ index: '0', hashes: Buffer.concat(roots.map(({ root }) => root)) });
    const leaves = await tamperer.leaves(id);
    expect(checkpoint.root).toEqual(await rootAt(subtreesOfLeaves(leaves), BigInt(checkpoint.size)));
  }, 60_000);
});
