import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { randomUUID } from 'node:crypto';
import { leafHash } from '../../src/services/record/merkle.js';
import { parseCheckpoint } from '../../src/services/record/proofs/checkpoint.js';
import { provesInclusion } from '../../src/services/record/proofs/check.js';
import { parseEntryBundle } from '../../src/services/record/proofs/entry-bundle.js';
import { inclusionProof } from '../../src/services/record/proofs/prove.js';
import { verifyNote } from '../../src/services/record/proofs/signed-note.js';
import { subtreesOfTiles, formatTilePath, tileWidth } from '../../src/services/record/proofs/tiles.js';
import { parseVerifierKey } from '../../src/services/record/proofs/verifier-key.js';
import { signCheckpoint } from '../../src/services/record/signing/sign-checkpoint.js';
import type { ApiClient } from '../support/client.js';
import { recordEvents } from '../support/logs.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';

let server: TestServer;
let world: World;
let auditor: ApiClient;
let id: string;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(async () => {
  await server.stop();
});
beforeEach(async () => {
  world = await createWorld(server, `w${randomUUID().slice(0, 8)}`);
  id = world.ids.workspace;
  auditor = world.withKey('audit');
});

const fetchFile = (path: string, credential: string | null = auditor.credential, workspace = id) =>
  fetch(`${server.url}/record/${workspace}/${path}`, {
    headers: credential ? { authorization: `Bearer ${credential}` } : {},
  });

describe('the files of a log', () => {
  it('are enough to verify all of it without this API', async () => {
    await recordEvents(server, id, 700);
    await signCheckpoint(server.app, id);
    const answer = await fetchFile('checkpoint');
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(answer.headers.get('cache-control')).toBe('private, no-cache');
    const { auditKeys } = await auditor.ask('{ auditKeys { vkey } }');
    const { text } = verifyNote(await answer.text(), [parseVerifierKey(auditKeys[0].vkey)]);
    const { size, root } = parseCheckpoint(text);
    const load = async (path: string) => {
      const response = await fetchFile(path);
      expect([path, response.status]).toEqual([path, 200]);
      expect(response.headers.get('content-type')).toBe('application/octet-stream');
      expect(response.headers.get('cache-control')).toBe('private, max-age=3600');
      return Buffer.from(await response.arrayBuffer());
    };
    const source = subtreesOfTiles((tiles) =>
      Promise.all(
        tiles.map(async (tile) =>
          load(formatTilePath({ of: 'hashes', tile: { ...tile, width: tileWidth(tile, size) } })),
        ),
      ),
    );
    for (let index = 0n; index * 256n < size; index++) {
      const width = tileWidth({ level: 0, index }, size);
      const entries = parseEntryBundle(await load(formatTilePath({ of: 'entries', tile: { level: 0, index, width } })));
      expect(entries).toHaveLength(width);
      const first = index * 256n;
      const proof = await inclusionProof(source, first, { start: 0n, end: size });
      const leaf = leafHash(entries[0]!);
      expect(provesInclusion(proof, { index: first, range: { start: 0n, end: size }, leaf, root })).toBe(true);
      const tile = await load(formatTilePath({ of: 'hashes', tile: { level: 0, index, width } }));
      expect(tile).toEqual(Buffer.concat(entries.map((entry) => leafHash(entry))));
    }
  });

  it('are for whoever may read the whole record of that workspace', async () => {
    await signCheckpoint(server.app, id);
    const other = await createWorld(server, `w${randomUUID().slice(0, 8)}`);
    const status = async (path: string, credential: string | null, workspace?: string) => {
      const response = await fetchFile(path, credential, workspace);
      const body = (await response.json()) as { errors: { extensions: { code: string } }[] };
      return [response.status, body.errors[0]!.extensions.code];
    };
    const agent = (await world.as('agent')).credential;
    for (const path of ['checkpoint', 'tile/0/000.p/1', 'tile/entries/000.p/1']) {
      expect((await fetchFile(path)).status).toBe(200);
      expect((await fetchFile(path, (await world.as('auditor')).credential)).status).toBe(200);
      expect(await status(path, null)).toEqual([401, 'UNAUTHENTICATED']);
      expect(await status(path, 'nonsense')).toEqual([401, 'UNAUTHENTICATED']);
      expect(await status(path, agent)).toEqual([403, 'FORBIDDEN']);
      expect(await status(path, world.keys.read)).toEqual([403, 'FORBIDDEN']);
      expect(await status(path, other.keys.audit)).toEqual([404, 'NOT_FOUND']);
      expect(await status(path, auditor.credential, other.ids.workspace)).toEqual([404, 'NOT_FOUND']);
      expect(await status(path, auditor.credential, 'nobody')).toEqual([404, 'NOT_FOUND']);
    }
    // Not signed yet, or no tile at all.
    expect(await status('tile/0/000', auditor.credential)).toEqual([404, 'NOT_FOUND']);
    expect(await status('tile/0/001.p/1', auditor.credential)).toEqual([404, 'NOT_FOUND']);
    expect(await status('tile/1/000.p/1', auditor.credential)).toEqual([404, 'NOT_FOUND']);
    expect(await status('tile/0/0', auditor.credential)).toEqual([400, 'VALIDATION_FAILED']);
    expect(await status('tile/0/000.p/256', auditor.credential)).toEqual([400, 'VALIDATION_FAILED']);
  });
});
