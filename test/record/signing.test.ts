import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { signCheckpoints } from '../../src/services/jobs/sign-checkpoints.js';
import { parseCheckpoint } from '../../src/services/record/proofs/checkpoint.js';
import { provesConsistency } from '../../src/services/record/proofs/check.js';
import { consistencyProof } from '../../src/services/record/proofs/prove.js';
import { verifyNote } from '../../src/services/record/proofs/signed-note.js';
import { rootAt, subtreesOfLeaves } from '../../src/services/record/proofs/subtrees.js';
import { parseVerifierKey } from '../../src/services/record/proofs/verifier-key.js';
import { openEpoch } from '../../src/services/record/signing/open-epoch.js';
import { rotateKeys } from '../../src/services/record/signing/rotate-keys.js';
import { signCheckpoint } from '../../src/services/record/signing/sign-checkpoint.js';
import type { StoredCheckpoint } from '../../src/services/record/signing/stored.js';
import { recordEvents, Tamperer } from '../support/logs.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';

let server: TestServer;
let tamperer: Tamperer;
let world: World;
let id: string;
const state = mkdtempSync(join(tmpdir(), 'verbatim-state-'));
beforeAll(async () => {
  server = await startTestServer({ env: { RECORD_STATE_DIR: state } });
  tamperer = await Tamperer.of(server);
});
afterAll(async () => {
  await tamperer.client.end();
  await server.stop();
  rmSync(state, { recursive: true });
});
/** Each test has a log of its own: some of them are spoilt by it. */
beforeEach(async () => {
  world = await createWorld(server, `w${randomUUID().slice(0, 8)}`);
  id = world.ids.workspace;
});

const query = async <T extends object>(text: string): Promise<T[]> => (await tamperer.client.query<T>(text, [id])).rows;
const size = async (): Promise<number> =>
  (await query<{ size: string }>('select size from record_head where workspace_id = $1')).map(({ size }) =>
    Number(size),
  )[0]!;
const actionsFrom = async (sequence: number): Promise<string[]> =>
  (await query<{ action: string }>('select action from record_body where workspace_id = $1 order by sequence'))
    .map(({ action }) => action)
    .slice(sequence);
const keys = async () =>
  query<{ vkey: string; from: string; epoch: number }>(
    'select vkey, from_size as from, epoch from record_key where workspace_id = $1 order by epoch, from_size',
  );
const stored = async () =>
  (
    await query<{ size: string }>(
      'select epoch, size from record_checkpoint where workspace_id = $1 order by epoch, size',
    )
  ).map(({ size }) => Number(size));
const own = (): string => readFileSync(join(state, id), 'utf8');
const refused = { code: 'RECORD_INCONSISTENT' };

describe('a checkpoint', () => {
  it('is signed with the registered key over the root of all events, and is one event', async () => {
    const before = await size();
    const leaves = await tamperer.leaves(id);
    const checkpoint = await signCheckpoint(server.app, id);
    const [{ vkey, from, epoch } = expect.fail('no key')] = await keys();
    const { text, signedBy } = verifyNote(checkpoint.note, [parseVerifierKey(vkey)]);
    expect({ from, epoch }).toEqual({ from: '0', epoch: 1 });
    expect(signedBy.map(({ name }) => name)).toEqual([`log.test/ws/${id}/e1`]);
    expect(parseCheckpoint(text)).toEqual({
      origin: `log.test/ws/${id}/e1`,
      size: BigInt(before),
      root: await rootAt(subtreesOfLeaves(leaves), BigInt(before)),
    });
    expect(await actionsFrom(before)).toEqual(['audit.checkpoint_signed']);
    expect(own()).toBe(checkpoint.note);
  });

  it('is not due because the last one was signed', async () => {
    const first = await signCheckpoint(server.app, id);
    await signCheckpoints(server.app);
    expect(await signCheckpoint(server.app, id)).toEqual(first);
    expect(await size()).toBe(first.size + 1);
    await recordEvents(server, id, 1);
    await signCheckpoints(server.app);
    expect(await stored()).toEqual([first.size, first.size + 2]);
    await signCheckpoints(server.app);
    expect(await stored()).toEqual([first.size, first.size + 2]);
  });

  it('is signed over the event of the last one when somebody asks for that', async () => {
    const first = await signCheckpoint(server.app, id);
    const second = await signCheckpoint(server.app, id, first.size + 1);
    expect(second.size).toBe(first.size + 1);
  });

  it('of many who ask at once, at two nodes, is the same one', async () => {
    const other = await server.another({ RECORD_STATE_DIR: state });
    try {
      const asked = [...Array(6).keys()].map((index) => signCheckpoint([server, other][index % 2]!.app, id));
      const notes = new Set((await Promise.all(asked)).map(({ note }) => note));
      expect(notes.size).toBe(1);
      expect(await actionsFrom((await stored())[0]!)).toEqual(['audit.checkpoint_signed']);
    } finally {
      await other.stop();
    }
  });

  it('follows from the one before also while others write', async () => {
    const workspace = id;
    let writing = true;
    const writers = [...Array(4).keys()].map(async () => {
      while (writing) await recordEvents(server, workspace, 3);
    });
    const checkpoints: StoredCheckpoint[] = [];
    try {
      for (let index = 0; index < 8; index++) checkpoints.push(await signCheckpoint(server.app, workspace));
    } finally {
      writing = false;
      await Promise.all(writers);
    }
    const source = subtreesOfLeaves(await tamperer.leaves(id));
    for (const [index, to] of checkpoints.entries()) {
      expect(to.root).toEqual(await rootAt(source, BigInt(to.size)));
      const from = checkpoints[index - 1];
      if (!from || from.size === to.size) continue;
      const range = { start: 0n, end: BigInt(from.size) };
      const proof = await consistencyProof(source, range, BigInt(to.size));
      const claim = { range, size: BigInt(to.size), part: from.root, root: to.root };
      expect(provesConsistency(proof, claim)).toBe(true);
    }
  });

  it('is on the disk before anybody can see it', async () => {
    // A directory in the file's place: it cannot be written.
    mkdirSync(join(state, id));
    await expect(signCheckpoint(server.app, id)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect([await stored(), await keys(), await actionsFrom(await size())]).toEqual([[], [], []]);
    rmSync(join(state, id), { recursive: true });
    // The database fails after the file was written: nothing is published, and the next one goes on from it.
    await tamperer.client.query(
      `create function fail_${id.replaceAll('-', '')}() returns trigger language plpgsql as $$ begin
         if new.workspace_id = '${id}' then raise exception 'no'; end if; return new; end $$;
       create trigger fails before insert on record_checkpoint for each row execute function fail_${id.replaceAll('-', '')}()`,
    );
    const at = await size();
    await expect(signCheckpoint(server.app, id)).rejects.toThrow('no');
    await tamperer.client.query('drop trigger fails on record_checkpoint');
    expect([await stored(), await size(), existsSync(join(state, id))]).toEqual([[], at, true]);
    const written = own();
    await recordEvents(server, id, 1);
    const next = await signCheckpoint(server.app, id);
    expect([parseCheckpoint(written.split('\n\n')[0]! + '\n').size, next.size]).toEqual([BigInt(at), at + 1]);
  });
});

describe('a log that does not go on from what was signed', () => {
  it('is not signed when it was rewound, until an operator opens a new epoch', async () => {
    const backup = await size();
    await recordEvents(server, id, 300);
    const last = await signCheckpoint(server.app, id);
    await tamperer.rewind(id, backup);
    await expect(signCheckpoint(server.app, id)).rejects.toMatchObject(refused);
    // Also when it has become as long again.
    await recordEvents(server, id, 400);
    await expect(signCheckpoint(server.app, id)).rejects.toMatchObject(refused);
    await signCheckpoints(server.app);
    expect(await stored()).toEqual([]);

    const opened = await openEpoch(server.app, id);
    expect(opened.origin).toBe(`log.test/ws/${id}/e2`);
    expect(await actionsFrom(backup + 400)).toEqual(['audit.epoch_opened', 'audit.checkpoint_signed']);
    const [event] = await query<{ body: string }>(
      "select body from record_body where workspace_id = $1 and action = 'audit.epoch_opened'",
    );
    expect(JSON.parse(event!.body)).toMatchObject({
      severity: 'CRITICAL',
      metadata: { epoch: 2, previousEpoch: 1, previousCheckpoint: last.note },
    });
    await recordEvents(server, id, 1);
    expect((await signCheckpoint(server.app, id)).size).toBe(opened.size + 2);
    expect((await keys()).map(({ epoch }) => epoch)).toEqual([1, 2]);
  });

  it('is not signed when an event was changed, with the head made to fit', async () => {
    await signCheckpoint(server.app, id);
    await tamperer.client.query(
      'update record_entry set leaf_hash = sha256(leaf_hash) where workspace_id = $1 and sequence = 3',
      [id],
    );
    await tamperer.rehash(id);
    await recordEvents(server, id, 5);
    await expect(signCheckpoint(server.app, id)).rejects.toMatchObject(refused);
  });

  it('is not signed when its head is not that of its events, or events are missing', async () => {
    await tamperer.client.query(
      'update record_entry set leaf_hash = sha256(leaf_hash) where workspace_id = $1 and sequence = 3',
      [id],
    );
    await expect(signCheckpoint(server.app, id)).rejects.toMatchObject(refused);
    await tamperer.client.query('delete from record_entry where workspace_id = $1 and sequence = 3', [id]);
    await expect(signCheckpoint(server.app, id)).rejects.toMatchObject(refused);
    await recordEvents(server, id, 300);
    await expect(signCheckpoint(server.app, id)).rejects.toMatchObject(refused);
    expect(await stored()).toEqual([]);
  });

  it('is not signed in an epoch before one that was signed', async () => {
    await openEpoch(server.app, id);
    await tamperer.client.query('update record_head set epoch = 1 where workspace_id = $1', [id]);
    await expect(signCheckpoint(server.app, id)).rejects.toMatchObject(refused);
    expect((await openEpoch(server.app, id)).epoch).toBe(3);
  });

  it('holds up no other', async () => {
    const spoilt = id;
    await tamperer.client.query(
      'update record_entry set leaf_hash = sha256(leaf_hash) where workspace_id = $1 and sequence = 3',
      [spoilt],
    );
    id = (await createWorld(server, `w${randomUUID().slice(0, 8)}`)).ids.workspace;
    await signCheckpoints(server.app);
    expect(await stored()).toHaveLength(1);
  });
});

describe('a rotated key', () => {
  it('signs from then on, and the old one stays for what it has signed', async () => {
    const before = await signCheckpoint(server.app, id);
    const [old] = await keys();
    const rotated = await rotateKeys(server.app, [id]);
    const [, fresh] = await keys();
    expect(rotated).toEqual([{ workspaceId: id, vkey: fresh!.vkey }]);
    expect(fresh).toMatchObject({ from: String(before.size + 1), epoch: 1 });
    const after = await signCheckpoint(server.app, id);
    expect(verifyNote(after.note, [parseVerifierKey(fresh!.vkey)]).signedBy).toHaveLength(1);
    expect(() => verifyNote(after.note, [parseVerifierKey(old!.vkey)])).toThrow('none of the keys has signed the note');
    expect(await actionsFrom(before.size)).toEqual([
      'audit.checkpoint_signed',
      'audit.key_rotated',
      'audit.checkpoint_signed',
    ]);
  });

  it('that this node has not been given signs nothing here, and the rest goes on', async () => {
    await signCheckpoint(server.app, id);
    const dataDir = mkdtempSync(join(tmpdir(), 'verbatim-keys-'));
    const other = await server.another({
      RECORD_STATE_DIR: join(dataDir, 'own'),
      RECORD_KEYS_FILE: await copyOfKeys(dataDir),
    });
    try {
      await rotateKeys(server.app, [id]);
      await expect(signCheckpoint(other.app, id)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      expect((await fetch(`${other.url}/readyz`)).status).toBe(200);
      await signCheckpoint(server.app, id);
    } finally {
      await other.stop();
      rmSync(dataDir, { recursive: true });
    }
  });

  async function copyOfKeys(folder: string): Promise<string> {
    const file = join(folder, 'keys.json');
    const { RecordKeys } = await import('../../src/services/record/signing/record-keys.js');
    // A file that was handed out before the rotation has one of the old keys at most.
    await RecordKeys.open(file, { create: true });
    return file;
  }
});
