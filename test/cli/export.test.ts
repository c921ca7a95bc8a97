import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { makeDataDir, runCli } from './run-cli.js';

let database: TestDatabase;
let dataDir: string;
let env: Record<string, string>;

beforeAll(async () => {
  database = await createTestDatabase();
  dataDir = await makeDataDir();
  env = { DATABASE_URL: database.url, DATA_DIR: dataDir };
  const args = ['workspace', 'create', '--name', 'acme', '--admin-email', 'ada@acme.example'];
  expect((await runCli(args, env)).code).toBe(0);
});
afterAll(async () => {
  await database.drop();
  await rm(dataDir, { recursive: true });
});

const exported = (...args: string[]) => runCli(['export', '--workspace', 'acme', ...args], env);

test('writes the record to standard output or a file, and is itself on the record', async () => {
  const first = await exported();
  expect(first).toMatchObject({ code: 0, stderr: '' });
  const events = first.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(events.map(({ sequence, action }) => [sequence, action])).toEqual([
    [0, 'workspace.created'],
    [1, 'agent.joined'],
  ]);

  const file = join(dataDir, 'exported.csv.gz');
  expect(await exported('--format', 'csv', '--action', 'audit.*', '--gzip', '--output', file)).toEqual({
    code: 0,
    stdout: '',
    stderr: '',
  });
  const [header, row, ...more] = gunzipSync(await readFile(file))
    .toString('utf8')
    .trimEnd()
    .split('\r\n');
  expect(header).toMatch(/^origin,sequence,/);
  expect(row).toContain(',2,');
  expect(row).toContain('The operator exported the record as JSONL');
  expect(more).toEqual([]);
  expect((await readdir(dataDir)).filter((name) => name.startsWith('exported'))).toEqual(['exported.csv.gz']);
  expect((await exported('--from', '3', '--to', '3')).stdout).toContain('"action":"audit.exported"');
  expect((await runCli(['verify'], env)).code).toBe(0);
});

test('says what is wrong, and writes nothing then', async () => {
  const nowhere = await runCli(['export', '--workspace', 'nobody'], env);
  expect(nowhere).toEqual({ code: 3, stdout: '', stderr: 'There is no workspace "nobody".\n' });
  const reversed = await exported('--from', '2', '--to', '1');
  expect(reversed).toMatchObject({ code: 2, stdout: '' });
  expect(reversed.stderr).toContain('toSequence: must not be before fromSequence');
  for (const args of [
    ['--format', 'pdf'],
    ['--from', 'x'],
    ['--since', 'yesterday-ish'],
    ['--min-severity', 'loud'],
  ]) {
    expect(await exported(...args)).toMatchObject({ code: 2, stdout: '' });
  }
});
