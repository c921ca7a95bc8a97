import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { randomUUID } from 'node:crypto';
import { leafHash } from '../../src/services/record/merkle.js';
import { parseCheckpoint } from '../../src/services/record/proofs/checkpoint.js';
import { provesConsistency, provesInclusion } from '../../src/services/record/proofs/check.js';
import { verifyNote } from '../../src/services/record/proofs/signed-note.js';
import { parseVerifierKey } from '../../src/services/record/proofs/verifier-key.js';
import { compile } from '../../src/services/sql.js';
import { openEpoch } from '../../src/services/record/signing/open-epoch.js';
import { rotateKeys } from '../../src/services/record/signing/rotate-keys.js';
import { signCheckpoint } from '../../src/services/record/signing/sign-checkpoint.js';
import type { ApiClient } from '../support/client.js';
import { recordEvents, Tamperer } from '../support/logs.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';

let server: TestServer;
let tamperer: Tamperer;
let world: World;
let auditor: ApiClient;
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
  world = await createWorld(server, `w${randomUUID().slice(0, 8)}`);
  id = world.ids.workspace;
  auditor = world.withKey('audit');
});

const CHECKPOINT =
  'query($treeSize: SafeInt) { auditCheckpoint(treeSize: $treeSize) { origin treeSize rootHash note } }';
const INCLUSION = `query($sequence: SafeInt!, $treeSize: SafeInt) { auditInclusionProof(sequence: $sequence, treeSize: $treeSize) {
  leafIndex treeSize leafHash hashes checkpoint { note treeSize } } }`;
const CONSISTENCY =
  'query($fromSize: SafeInt!, $toSize: SafeInt!) { auditConsistencyProof(fromSize: $fromSize, toSize: $toSize) { fromSize toSize hashes } }';
const SINCE = `query($note: String!) { auditCheckpointSince(note: $note) {
  checkpoint { treeSize note } proof { fromSize toSize hashes } } }`;
const KEYS = '{ auditKeys { vkey epoch fromSize toSize } }';

const bytes = (text: string): Buffer => Buffer.from(text, 'base64');

/** What a note says, verified with the keys that the API lists: as a client that trusted them before does. */
async function read(note: string) {
  const { auditKeys } = await auditor.ask<{ auditKeys: { vkey: string }[] }>(KEYS);
  const { text } = verifyNote(
    note,
    auditKeys.map(({ vkey }) => parseVerifierKey(vkey)),
  );
  return parseCheckpoint(text);
}

const checkpoint = async (treeSize?: number) => (await auditor.ask(CHECKPOINT, { treeSize })).auditCheckpoint;

describe('a checkpoint', () => {
  it('is signed for the first who asks, and says what its note says', async () => {
    const { origin, treeSize, rootHash, note } = await checkpoint();
    expect(await read(note)).toEqual({ origin, size: BigInt(treeSize), root: bytes(rootHash) });
    expect(origin).toBe(`log.test/ws/${id}/e1`);
    expect((await checkpoint()).note).toBe(note);
  });

  it('is the smallest over as many events as are asked for', async () => {
    const first = await checkpoint();
    await recordEvents(server, id, 20);
    const second = await signCheckpoint(server.app, id);
    expect((await checkpoint(first.treeSize - 1)).treeSize).toBe(first.treeSize);
    expect((await checkpoint(first.treeSize)).treeSize).toBe(first.treeSize);
    expect((await checkpoint(first.treeSize + 1)).treeSize).toBe(second.size);
    // Nothing reaches as far as the event of signing itself, so that this is signed now.
    expect((await checkpoint(second.size + 1)).treeSize).toBe(second.size + 1);
    expect(await auditor.refused(CHECKPOINT, { treeSize: 10_000 })).toMatchObject({
      extensions: { code: 'VALIDATION_FAILED', fields: [{ path: 'treeSize' }] },
    });
    expect((await auditor.refused(CHECKPOINT, { treeSize: 0 })).extensions.code).toBe('VALIDATION_FAILED');
  });

  it('is refused, with all that rests on it, when the record was rewound; everything else goes on', async () => {
    const { note } = await checkpoint();
    await recordEvents(server, id, 10);
    const last = await signCheckpoint(server.app, id);
    await tamperer.rewind(id, last.size - 5);
    for (const [query, variables] of [
      [CHECKPOINT, {}],
      [INCLUSION, { sequence: 0 }],
      [CONSISTENCY, { fromSize: 1, toSize: 2 }],
      [SINCE, { note }],
    ] as const) {
      expect((await auditor.refused(query, variables)).extensions.code).toBe('RECORD_INCONSISTENT');
    }
    const headers = { authorization: `Bearer ${auditor.credential}` };
    expect((await fetch(`${server.url}/record/${id}/checkpoint`, { headers })).status).toBe(409);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
    await openEpoch(server.app, id);
    expect((await checkpoint()).origin).toBe(`log.test/ws/${id}/e2`);
    expect(await auditor.refused(SINCE, { note })).toMatchObject({
      extensions: { code: 'CONFLICT', current: { epoch: 2, origin: `log.test/ws/${id}/e2` } },
    });
  });
});

describe('a proof', () => {
  it('of inclusion leads from the event as the API shows it to the signed root', async () => {
    await recordEvents(server, id, 600);
    await checkpoint();
    const { auditEvents } = await auditor.ask(
      '{ auditEvents(orderBy: RECORDED_ASC, first: 100) { nodes { sequence leafData leafHash } } }',
    );
    const { auditEvent } = await auditor.ask(
      `{ auditEvent: auditEvents(first: 1) { nodes { sequence leafData leafHash } } }`,
    );
    for (const event of [...auditEvents.nodes.slice(0, 20), ...auditEvent.nodes]) {
      const { auditInclusionProof: proof } = await auditor.ask(INCLUSION, { sequence: event.sequence });
      const { size, root } = await read(proof.checkpoint.note);
      expect(proof.leafHash).toBe(event.leafHash);
      const claim = {
        index: BigInt(event.sequence),
        range: { start: 0n, end: size },
        leaf: leafHash(event.leafData),
        root,
      };
      expect(provesInclusion(proof.hashes.map(bytes), claim)).toBe(true);
      expect(proof).toMatchObject({ leafIndex: event.sequence, treeSize: Number(size) });
    }
  });

  it('of inclusion is to the checkpoint of the size that is asked for, or there is none', async () => {
    const first = await checkpoint();
    await recordEvents(server, id, 5);
    const second = await signCheckpoint(server.app, id);
    const at = async (treeSize: number) =>
      (await auditor.ask(INCLUSION, { sequence: 0, treeSize })).auditInclusionProof.checkpoint.treeSize;
    expect([await at(first.treeSize), await at(second.size)]).toEqual([first.treeSize, second.size]);
    const code = async (variables: object) => (await auditor.refused(INCLUSION, variables as never)).extensions.code;
    expect(await code({ sequence: 0, treeSize: first.treeSize + 1 })).toBe('VALIDATION_FAILED');
    expect(await code({ sequence: first.treeSize, treeSize: first.treeSize })).toBe('VALIDATION_FAILED');
    expect(await code({ sequence: 100_000 })).toBe('NOT_FOUND');
    expect(await code({ sequence: -1 })).toBe('NOT_FOUND');
  });

  it('of consistency leads from one signed root to the other', async () => {
    const first = await checkpoint();
    await recordEvents(server, id, 600);
    await signCheckpoint(server.app, id);
    const second = await checkpoint();
    const prove = async (fromSize: number, toSize: number) =>
      (await auditor.ask(CONSISTENCY, { fromSize, toSize })).auditConsistencyProof.hashes.map(bytes);
    const claim = {
      range: { start: 0n, end: BigInt(first.treeSize) },
      size: BigInt(second.treeSize),
      part: bytes(first.rootHash),
      root: bytes(second.rootHash),
    };
    expect(provesConsistency(await prove(first.treeSize, second.treeSize), claim)).toBe(true);
    expect(await prove(first.treeSize, first.treeSize)).toEqual([]);
    const paths = async (fromSize: number, toSize: number) =>
      (
        (await auditor.refused(CONSISTENCY, { fromSize, toSize })).extensions as unknown as {
          fields: { path: string }[];
        }
      ).fields.map(({ path }) => path);
    expect(await paths(0, 5)).toEqual(['fromSize']);
    expect(await paths(6, 5)).toEqual(['fromSize']);
    expect(await paths(1, second.treeSize + 1)).toEqual(['toSize']);
  });

  it('takes a bounded number of statements, whatever the size', async () => {
    await tamperer.lengthen(id, 70_000);
    await checkpoint();
    const counted: number[] = [];
    const { db } = server.app;
    const { rows } = db;
    for (const sequence of [0, 255, 256, 65_535, 65_536, 69_999]) {
      let statements = 0;
      db.rows = (statement) => {
        // Others of the same process read too, but not these.
        if (/record_tile|record_checkpoint/.test(compile(statement).sql)) statements += 1;
        return rows.call(db, statement) as never;
      };
      const { auditInclusionProof: proof } = await auditor.ask(INCLUSION, { sequence });
      counted.push(statements);
      db.rows = rows;
      const { size, root } = await read(proof.checkpoint.note);
      const claim = { index: BigInt(sequence), range: { start: 0n, end: size }, leaf: bytes(proof.leafHash), root };
      expect(provesInclusion(proof.hashes.map(bytes), claim)).toBe(true);
    }
    // The log, the root that was signed of it, the way up, the leaf.
    expect(counted).toEqual(Array(6).fill(4));
  }, 30_000);
});

describe('a checkpoint that somebody kept', () => {
  it('leads to the newest in one call', async () => {
    const kept = await checkpoint();
    await recordEvents(server, id, 300);
    await signCheckpoint(server.app, id);
    const { auditCheckpointSince: since } = await auditor.ask(SINCE, { note: kept.note });
    const [from, to] = [await read(kept.note), await read(since.checkpoint.note)];
    expect(since.proof).toMatchObject({ fromSize: kept.treeSize, toSize: since.checkpoint.treeSize });
    expect(to.size).toBe(from.size + 301n);
    const claim = { range: { start: 0n, end: from.size }, size: to.size, part: from.root, root: to.root };
    expect(provesConsistency(since.proof.hashes.map(bytes), claim)).toBe(true);
    const same = await auditor.ask(SINCE, { note: since.checkpoint.note });
    expect(same.auditCheckpointSince.proof.hashes).toEqual([]);
  });

  it('is refused when it is not of this log, or no key of it has signed it', async () => {
    const { note } = await checkpoint();
    const other = await createWorld(server, `w${randomUUID().slice(0, 8)}`);
    const foreign = (await other.withKey('audit').ask(CHECKPOINT)).auditCheckpoint.note;
    for (const wrong of ['', 'a note', foreign, note.replace(/\n\d+\n/, '\n3\n'), note.slice(0, -2), `${note}\n`]) {
      expect(await auditor.refused(SINCE, { note: wrong })).toMatchObject({
        extensions: { code: 'VALIDATION_FAILED', fields: [{ path: 'note' }] },
      });
    }
  });

  it('shows that the record was rewound also where the signer has forgotten it', async () => {
    await recordEvents(server, id, 10);
    const kept = await checkpoint();
    const node = await server.another({ RECORD_STATE_DIR: `/tmp/verbatim-none-${id}` });
    try {
      await tamperer.rewind(id, kept.treeSize - 5);
      expect((await auditor.at(node.url).refused(SINCE, { note: kept.note })).extensions.code).toBe(
        'RECORD_INCONSISTENT',
      );
    } finally {
      await node.stop();
    }
  });
});

describe('the keys', () => {
  it('are listed with the sizes that they sign', async () => {
    const first = await checkpoint();
    await rotateKeys(server.app, [id]);
    await signCheckpoint(server.app, id);
    const { auditKeys } = await auditor.ask(KEYS);
    expect(auditKeys).toEqual([
      { vkey: expect.stringContaining(`log.test/ws/${id}/e1+`), epoch: 1, fromSize: 0, toSize: first.treeSize },
      { vkey: expect.stringContaining(`log.test/ws/${id}/e1+`), epoch: 1, fromSize: first.treeSize + 1, toSize: null },
    ]);
    const { auditCheckpointSince: since } = await auditor.ask(SINCE, { note: first.note });
    expect(verifyNote(since.checkpoint.note, [parseVerifierKey(auditKeys[1].vkey)]).signedBy).toHaveLength(1);
  });
});
