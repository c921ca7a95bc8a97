import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseCheckpoint } from '../../src/services/record/proofs/checkpoint.js';
import { verifyNote } from '../../src/services/record/proofs/signed-note.js';
import { parseVerifierKey } from '../../src/services/record/proofs/verifier-key.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { makeDataDir, runCli } from './run-cli.js';

let database: TestDatabase;
let env: Record<string, string>;
beforeAll(async () => {
  database = await createTestDatabase();
  env = { DATABASE_URL: database.url, DATA_DIR: await makeDataDir() };
});
afterAll(async () => {
  await database.drop();
  await rm(env['DATA_DIR']!, { recursive: true });
});

async function rows<T extends object>(statement: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const answer = await client.query<T>(statement).finally(() => client.end());
  return answer.rows;
}

test('opens epochs and rotates keys, each with its event', async () => {
  expect(await runCli(['record', 'rotate-key'], env)).toMatchObject({
    code: 0,
    stdout: 'Nothing was signed yet; the new key will be the first.\n',
  });
  const args = ['workspace', 'create', '--name', 'acme', '--admin-email', 'ada@acme.example'];
  expect((await runCli(args, env)).code).toBe(0);
  expect(await runCli(['record', 'open-epoch', '--workspace', 'nobody'], env)).toEqual({
    code: 3,
    stdout: '',
    stderr: 'There is no workspace "nobody".\n',
  });

  const opened = await runCli(['record', 'open-epoch', '--workspace', 'acme'], env);
  expect(opened).toMatchObject({ code: 0, stderr: '' });
  const [heading, note] = opened.stdout.split('checkpoint:\n\n') as [string, string];
  expect(heading).toBe('Opened epoch 2 of acme. Its first ');
  const [first] = await rows<{ vkey: string }>('select vkey from record_key');
  const { text } = verifyNote(note.slice(0, -1), [parseVerifierKey(first!.vkey)]);
  const checkpoint = parseCheckpoint(text);
  // The workspace, its administrator, the epoch.
  expect(checkpoint).toMatchObject({ size: 3n });
  expect(checkpoint.origin).toMatch(/^localhost\/ws\/[0-9a-f-]{36}\/e2$/);

  const rotated = await runCli(['record', 'rotate-key'], env);
  expect(rotated).toMatchObject({ code: 0, stderr: '' });
  const keys = await rows<{ vkey: string; from: string }>('select vkey, from_size as from from record_key order by 2');
  expect(keys).toEqual([
    { vkey: first!.vkey, from: '0' },
    { vkey: rotated.stdout.trim(), from: '4' },
  ]);
  expect((await rows<{ action: string }>('select action from record_body order by sequence')).slice(2)).toEqual(
    ['audit.epoch_opened', 'audit.checkpoint_signed', 'audit.key_rotated'].map((action) => ({ action })),
  );
  // The first, the one before anything was signed, and the newest; none of them in the database.
  const file = JSON.parse(await readFile(join(env['DATA_DIR']!, 'record-keys.json'), 'utf8')) as { keys: unknown[] };
  expect(file.keys).toHaveLength(3);
  expect((await runCli(['verify'], env)).code).toBe(0);
}, 60_000);
