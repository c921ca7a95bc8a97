import { rm } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
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

async function asSuperuser(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

test('says VALID until somebody edits an event, then which one and what of it', async () => {
  // To have verified nothing is not to have found nothing.
  expect(await runCli(['verify'], env)).toEqual({ code: 3, stdout: '', stderr: 'There is no workspace.\n' });

  for (const slug of ['acme', 'other']) {
    const args = ['workspace', 'create', '--name', slug, '--admin-email', `ada@${slug}.example`];
    expect((await runCli(args, env)).code).toBe(0);
  }
  const clean = await runCli(['verify'], env);
  expect(clean).toMatchObject({ code: 0, stderr: '' });
  expect(clean.stdout).toMatch(/^acme: VALID, 2 events, root \S{44}\nother: VALID, 2 events, root \S{44}\n$/);

  const root = /^acme: VALID, 2 events, root (\S{44})$/m.exec(clean.stdout)![1]!;
  const known = (of: string) => runCli(['verify', '--workspace', 'acme', '--known', of], env);
  expect(await known(`2:${root}`)).toMatchObject({ code: 0 });
  expect((await known(`3:${root}`)).stdout).toMatch(/\n {2}REWOUND +sequence 2 {2}root: .*\n$/);
  expect((await known(`1:${root}`)).stdout).toMatch(/\n {2}FORKED +the log {2}root: .*\n$/);
  expect(await known('2:nothing')).toMatchObject({ code: 2 });
  expect(await runCli(['verify', '--known', `2:${root}`], env)).toMatchObject({ code: 3, stdout: '' });

  await asSuperuser(`
    alter table record_body disable trigger user;
    update record_body b set body = replace(body, 'ADMIN', 'AGENT')
      from workspace w where w.id = b.workspace_id and w.slug = 'other' and b.sequence = 1`);
  const found = await runCli(['verify'], env);
  expect(found).toMatchObject({ code: 1, stderr: '' });
  expect(found.stdout).toMatch(
    /^acme: VALID, .*\nother: 1 findings, 2 events, .*\n {2}ALTERED +sequence 1 {2}body: .*\n$/,
  );

  expect((await runCli(['verify', '--workspace', 'acme'], env)).code).toBe(0);
  const { code, stdout } = await runCli(['verify', '--workspace', 'other', '--json'], env);
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    valid: false,
    workspaces: [
      {
        slug: 'other',
        valid: false,
        size: '2',
        counts: { ALTERED: 1 },
        findings: [{ kind: 'ALTERED', sequence: '1' }],
      },
    ],
  });
}, 60_000);
