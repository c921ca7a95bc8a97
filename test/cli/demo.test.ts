import { existsSync } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase } from '../support/database.js';
import { makeDataDir, runCli, startCli, type Cli } from './run-cli.js';

let dataDir: string;
let running: Cli | undefined;

beforeAll(async () => {
  dataDir = await makeDataDir();
});
afterAll(async () => {
  running?.child.kill('SIGKILL');
  await running?.ended;
  await rm(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

async function startDemo(): Promise<string> {
  running = startCli(['demo', '--quiet'], { DATA_DIR: dataDir, PORT: '0' });
  const stdout = await running.printed('Ctrl-C ends it');
  if (!stdout.includes('Ctrl-C ends it')) throw new Error(`the demo did not start: ${(await running.ended).stderr}`);
  return stdout;
}

const readDemo = async () =>
  JSON.parse(await readFile(join(dataDir, 'demo.json'), 'utf8')) as { graphql: string; apiKey: string; botKey: string };

async function ask(graphql: string, query: string, credential?: string): Promise<unknown> {
  const response = await fetch(graphql, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(credential ? { authorization: `Bearer ${credential}` } : {}) },
    body: JSON.stringify({ query }),
  });
  return ((await response.json()) as { data: unknown }).data;
}

const signIn = (email: string) =>
  `mutation { signIn(input: {email: "${email}", password: "verbatim-demo"}) { viewer { actor { displayName } } } }`;

test('starts with nothing, prints the way in, ends cleanly, goes on where it was, and knows when its keys are lost', async () => {
  const printed = await startDemo();
  const made = await readDemo();
  expect(printed).toContain(made.graphql);
  const page = await fetch(made.graphql.replace('graphql', ''), { headers: { accept: 'text/html' } });
  expect(await page.text()).toContain(`apiKey: \`${made.apiKey}\``);
  expect(printed).toContain(made.graphql.replace('http', 'ws'));
  expect(printed).toContain(made.apiKey);
  expect(printed).toContain(made.botKey);
  for (const name of ['ada', 'sam', 'bo', 'kim', 'ines']) expect(printed).toContain(`${name}@demo.test`);
  expect(((await stat(join(dataDir, 'demo.json'))).mode & 0o777).toString(8)).toBe('600');
  expect(await ask(made.graphql, signIn('kim@demo.test'))).toEqual({
    signIn: { viewer: { actor: { displayName: 'Kim Alvarez' } } },
  });
  const me = '{ viewer { actor { displayName } } }';
  expect(await ask(made.graphql, me, made.apiKey)).toEqual({ viewer: { actor: { displayName: 'Demo' } } });
  expect(await ask(made.graphql, me, made.botKey)).toEqual({ viewer: { actor: { displayName: 'Robin' } } });
  // A command beside the running server takes its PostgreSQL.
  expect(await runCli(['verify'], { DATA_DIR: dataDir })).toMatchObject({ code: 0, stderr: '' });

  running!.child.kill('SIGINT');
  expect(await running!.ended).toMatchObject({ code: 0, stderr: '' });
  expect(existsSync(join(dataDir, 'postgres', 'cluster', 'PG_VERSION'))).toBe(true);
  expect(existsSync(join(dataDir, 'postgres', 'cluster', 'postmaster.pid'))).toBe(false);

  await startDemo();
  const again = await readDemo();
  expect(again).toEqual({ ...made, graphql: again.graphql });
  expect(await ask(again.graphql, signIn('ada@demo.test'))).toEqual({
    signIn: { viewer: { actor: { displayName: 'Ada Okafor' } } },
  });
  running!.child.kill('SIGTERM');
  expect((await running!.ended).code).toBe(0);

  await rm(join(dataDir, 'demo.json'));
  expect(await runCli(['demo'], { DATA_DIR: dataDir, PORT: '0' })).toEqual({
    code: 3,
    stdout: '',
    stderr:
      `The demo is there, but its keys are lost: ${join(dataDir, 'demo.json')} does not hold them. ` +
      `To begin anew, remove ${dataDir}.\n`,
  });
}, 90_000);

test('refuses a database that holds a workspace of somebody', async () => {
  const database = await createTestDatabase();
  const env = { DATABASE_URL: database.url, DATA_DIR: join(dataDir, 'other') };
  try {
    await runCli(['workspace', 'create', '--name', 'Acme', '--admin-email', 'ada@acme.example'], env);
    expect(await runCli(['demo'], { ...env, PORT: '0' })).toEqual({
      code: 3,
      stdout: '',
      stderr: 'This database holds the workspace "acme". The demo needs a database of its own.\n',
    });
  } finally {
    await database.drop();
  }
}, 30_000);
