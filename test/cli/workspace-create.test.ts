import { rm } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Passwords } from '../../src/services/accounts/passwords.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { makeDataDir, runCli } from './run-cli.js';

let database: TestDatabase;
let superuser: pg.Client;
let env: Record<string, string>;

beforeAll(async () => {
  database = await createTestDatabase();
  superuser = new pg.Client({ connectionString: database.url });
  await superuser.connect();
  env = { DATABASE_URL: database.url, DATA_DIR: await makeDataDir(), PUBLIC_URL: 'https://inbox.example.com:8443/api' };
});
afterAll(async () => {
  await superuser.end();
  await database.drop();
  await rm(env['DATA_DIR']!, { recursive: true });
});

const create = (name: string, options: string[], input?: string, more: Record<string, string> = {}) =>
  runCli(['workspace', 'create', '--name', name, ...options], { ...env, ...more }, input);

async function passwordIs(email: string, password: string): Promise<boolean> {
  const { rows } = await superuser.query<{ hash: string }>(
    'select password_hash as hash from account where email = $1',
    [email],
  );
  return new Passwords().matches(password, rows[0]!.hash);
}

test('creates a workspace with an administrator, their password made and shown, and records both', async () => {
  const { code, stdout, stderr } = await create('Café Zürich', [
    '--admin-email',
    ' Ada@Acme.example',
    '--time-zone',
    'Europe/Zurich',
  ]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const password = /Password {2}(\S+) {3}\(shown only now\)/.exec(stdout)![1]!;
  expect(password).toMatch(/^[A-Za-z2-9]{20}$/);
  expect(await passwordIs('ada@acme.example', password)).toBe(true);

  const id = /Id +(\S+)/.exec(stdout)![1]!;
  const workspace = await superuser.query(
    `select w.name, w.slug, w.log_origin, w.time_zone, c.conversations, a.email, a.display_name, a.role, a.active
     from workspace w join workspace_counter c on c.workspace_id = w.id join agent a on a.workspace_id = w.id
     where w.id = $1`,
    [id],
  );
  expect(workspace.rows).toEqual([
    {
      name: 'Café Zürich',
      slug: 'cafe-zurich',
      log_origin: `inbox.example.com:8443/ws/${id}`,
      time_zone: 'Europe/Zurich',
      conversations: 1000,
      email: 'ada@acme.example',
      display_name: 'Ada',
      role: 'ADMIN',
      active: true,
    },
  ]);
  const events = await superuser.query(
    `select action, severity, actor_kind from record_body where workspace_id = $1 order by sequence`,
    [id],
  );
  expect(events.rows).toEqual([
    { action: 'workspace.created', severity: 1, actor_kind: 'SYSTEM' },
    { action: 'agent.joined', severity: 3, actor_kind: 'SYSTEM' },
  ]);
});

test('takes a piped password; an account that exists only when told so, and never another password for it', async () => {
  const first = await create('One', ['--admin-email', 'bo@acme.example'], 'a piped password\n');
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(first.stdout).not.toContain('Password');
  const again = ['--admin-email', 'BO@acme.example', '--slug', 'zwei'];
  expect(await create('Two', again, 'something else\n')).toEqual({
    code: 3,
    stdout: '',
    stderr:
      'bo@acme.example has an account already, with a password of its own. ' +
      'Where you know that it is theirs, say --existing-account.\n',
  });
  const made = await superuser.query("select 1 from workspace where slug = 'zwei'");
  expect(made.rows).toEqual([]);
  const second = await create('Two', [...again, '--existing-account'], 'something else\n');
  expect(second).toMatchObject({ code: 0, stderr: '' });
  expect(second.stdout).toContain('Password  the one that this e-mail has already; no other was set');
  expect(await passwordIs('bo@acme.example', 'a piped password')).toBe(true);
  const { rows } = await superuser.query(`select w.slug from agent a join workspace w on w.id = a.workspace_id
    where a.email = 'bo@acme.example' order by w.slug`);
  expect(rows).toEqual([{ slug: 'one' }, { slug: 'zwei' }]);
});

test('refuses a slug that is taken with 3 and input that is wrong with 2, and leaves nothing behind', async () => {
  const before = await superuser.query(
    'select (select count(*) from workspace) + (select count(*) from account) as rows',
  );
  expect(await create('Any', ['--admin-email', 'a@acme.example', '--slug', 'taken'])).toMatchObject({ code: 0 });
  expect(await create('Any', ['--admin-email', 'new@acme.example', '--slug', 'taken'])).toEqual({
    code: 3,
    stdout: '',
    stderr: 'There is a workspace "taken" already.\n',
  });
  expect(await create('日本', ['--admin-email', 'new@acme.example', '--time-zone', '+09:00'])).toEqual({
    code: 2,
    stdout: '',
    stderr:
      'slug: must be given: the name has no letters from a to z to make one from; ' +
      'timeZone: must be a time zone such as Europe/Berlin\n',
  });
  expect(await create('Any', ['--admin-email', 'new@acme.example'], 'short')).toMatchObject({
    code: 2,
    stderr: 'password: must have 10 to 128 characters\n',
  });
  const after = await superuser.query(
    'select (select count(*) from workspace) + (select count(*) from account) as rows',
  );
  expect(Number(after.rows[0].rows) - Number(before.rows[0].rows)).toBe(2);
});
