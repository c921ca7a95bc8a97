import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { longEvents, makeBundle, policyText } from '../record/sample-bundle.js';
import { makeDataDir, runCli } from './run-cli.js';

let database: TestDatabase;
let superuser: pg.Client;
let env: Record<string, string>;
let files: string;
const file = (name: string) => join(files, name);

beforeAll(async () => {
  database = await createTestDatabase();
  superuser = new pg.Client({ connectionString: database.url });
  await superuser.connect();
  env = { DATABASE_URL: database.url, DATA_DIR: await makeDataDir() };
  const args = ['workspace', 'create', '--name', 'acme', '--admin-email', 'ada@acme.example'];
  expect((await runCli(args, env)).code).toBe(0);
}, 60_000);
beforeEach(async () => {
  files = await makeDataDir();
});
afterEach(() => rm(files, { recursive: true }));
afterAll(async () => {
  await superuser.end();
  await database.drop();
  await rm(env['DATA_DIR']!, { recursive: true });
});

const evidence = (...args: string[]) => runCli(['evidence', '--workspace', 'acme', ...args], env);
/** With nothing in its environment: no database, no configuration. */
const verify = (...args: string[]) => runCli(['verify', ...args], {});
const exported = async () =>
  (await superuser.query(`select 1 from record_body where action = 'audit.exported'`)).rowCount;

test('a bundle is made, handed over and verified offline, and a changed one is not', async () => {
  const out = file('all.jsonl');
  const before = await exported();
  const made = await evidence('--from', '0', '--to', '1', '--out', out);
  expect(made).toMatchObject({ code: 0, stderr: '' });
  expect(made.stdout).toMatch(
    /^Wrote .*all\.jsonl: 2 events, 0 texts, 0 values withheld\.\n {2}Signed over the first \d+ /,
  );
  expect(await readdir(files)).toEqual(['all.jsonl']);
  expect(await exported()).toBe(before! + 1);

  const { rows } = await superuser.query<{ vkey: string }>('select vkey from record_key');
  const [{ vkey }] = rows as [{ vkey: string }];
  const origin = vkey.split('+')[0]!;
  const policy = file('policy.json');
  writeFileSync(policy, JSON.stringify({ origins: { [origin]: [{ vkey }] } }));
  const trusting = ['--policy', policy];
  const valid = await verify('--bundle', out, ...trusting);
  expect(valid).toMatchObject({ code: 0, stderr: '' });
  expect(valid.stdout).toMatch(/^VALID\n {2}log +localhost\/ws\/.*\/e1, 3 events, root \S{44}\n/);
  expect(valid.stdout).toContain('Every event from 0 to 1 is here: that none of them is missing is proven.');

  const text = readFileSync(out, 'utf8');
  const note = (JSON.parse(text.split('\n')[1]!) as { note: string }).note;
  const [checkpoint, other, altered, stranger] = ['note', 'forked', 'altered.jsonl', 'stranger.json'].map(file);
  writeFileSync(checkpoint!, note);
  expect((await verify('--bundle', out, ...trusting, '--checkpoint', checkpoint!)).code).toBe(0);
  expect(await runCli(['verify', '--checkpoint', checkpoint!, ...trusting], env)).toMatchObject({ code: 0 });

  writeFileSync(altered!, text.replace('"workspace.created"', '"workspace.removed"'));
  const found = await verify('--bundle', altered!, ...trusting, '--json');
  expect(found.code).toBe(1);
  expect(JSON.parse(found.stdout)).toMatchObject({
    valid: false,
    trusted: true,
    findings: [{ kind: 'ALTERED', sequence: '0', line: 3, part: 'body' }, { part: 'manifest' }],
  });

  writeFileSync(stranger!, JSON.stringify({ origins: {} }));
  expect((await verify('--bundle', out, '--policy', stranger!)).code).toBe(4);

  // The same key, and a log that went another way.
  await superuser.query(`set session_replication_role to 'replica'`);
  await superuser.query('delete from record_checkpoint');
  await superuser.query(`delete from record_entry where sequence >= 2`);
  await superuser.query(`delete from record_body where sequence >= 2`);
  expect((await runCli(['verify', '--checkpoint', checkpoint!, ...trusting], env)).code).toBe(5);
  writeFileSync(other!, note.replace('\n3\n', '\n4\n'));
  expect((await verify('--bundle', out, ...trusting, '--checkpoint', other!)).code).toBe(4);
}, 60_000);

test('a wrong command line is told apart from what cannot be done, and writes nothing', async () => {
  const out = file('never.jsonl');
  for (const args of [
    ['--out', out],
    ['--out', out, '--from', '0', '--conversation', '1'],
    ['--out', out, '--from', 'yesterday'],
    ['--out', out, '--from', '2026-01-01T00:00:00'],
    ['--from', '0'],
  ]) {
    expect((await evidence(...args)).code).toBe(2);
  }
  const before = await exported();
  writeFileSync(file('there.jsonl'), 'mine');
  expect((await evidence('--from', '0', '--out', file('there.jsonl'))).code).toBe(3);
  expect(readFileSync(file('there.jsonl'), 'utf8')).toBe('mine');
  expect((await evidence('--conversation', '1', '--out', out)).code).toBe(3);
  expect(await exported()).toBe(before);
  expect((await readdir(files)).filter((name) => name.includes('never'))).toEqual([]);

  expect((await verify('--bundle', out)).stderr).toBe('Whom do you trust? Name your policy: --policy FILE.\n');
  writeFileSync(file('broken.json'), '{');
  expect(await verify('--bundle', out, '--policy', file('broken.json'))).toMatchObject({
    code: 2,
    stderr: 'the policy is not JSON.\n',
  });
  writeFileSync(file('empty.json'), '{"origins":{}}');
  expect((await verify('--bundle', out, '--policy', file('empty.json'))).code).toBe(3);
  expect((await verify('--policy', file('empty.json'))).code).toBe(2);
}, 60_000);

test('a bundle is verified line by line: it may be larger than the memory there is', async () => {
  const count = 4_000;
  const { lines } = await makeBundle({ kind: 'RANGE', from: 0, to: count - 1 }, longEvents(count, 16_000));
  const large = file('large.jsonl');
  writeFileSync(large, lines.map((line) => `${line}\n`).join(''));
  expect(statSync(large).size).toBeGreaterThan(60_000_000);
  writeFileSync(file('sample.json'), policyText);
  const env = { NODE_OPTIONS: '--max-old-space-size=48' };
  const verified = await runCli(['verify', '--bundle', large, '--policy', file('sample.json'), '--json'], env);
  expect(verified).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(verified.stdout)).toMatchObject({ valid: true, counts: { events: count, texts: count } });
}, 120_000);
