import { MikroORM } from '@mikro-orm/postgresql';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { poolOptions, type ConnectionRole } from '../../src/entities/connection.js';
import { migrationConfig } from '../../src/entities/migrate.js';
import { newId } from '../../src/services/ids.js';
import { customerWrites, offer } from '../support/operations.js';
import { fillEveryTable } from './fill-every-table.js';
import { FOR_READER } from './functions-for-reader.js';
import { DELETED_ARE_HIDDEN, REMOVABLE } from './removable.js';
import { refusal } from './refusal.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';

let server: TestServer;
let world: World;
let superuser: pg.Client;
let app: pg.Client;
let read: pg.Client;
let tenantTables: string[];
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
  await createWorld(server, 'globex');
  const { conversationId } = await customerWrites(world, { contact: { externalId: 'x', address: 'y' } });
  await offer(world.withKey('all'), conversationId, { toTeamId: world.ids.support });
  superuser = await connect('owner');
  await fillEveryTable(server.app, world, superuser, conversationId);
  app = await connect('verbatim_app');
  read = await connect('verbatim_read');
  const { rows } = await superuser.query<{ name: string }>(
    `select c.table_name as name from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
     where c.table_schema = 'public' and c.column_name = 'workspace_id' and t.table_type = 'BASE TABLE' order by 1`,
  );
  tenantTables = rows.map(({ name }) => name);
});

afterAll(async () => {
  await Promise.all([superuser, app, read].map((client) => client.end()));
  await server.stop();
});

async function connect(role: ConnectionRole): Promise<pg.Client> {
  const client = new pg.Client(poolOptions(server.database.url, role));
  await client.connect();
  return client;
}

const NOT_ALLOWED = '42501';
const APPEND_ONLY = 'VB001';
/** What proofs are made of: only functions write it. */
const PROOFS = ['record_tile', 'record_checkpoint', 'record_key'];
/** What no request needs: each of them is only for the functions that the definer owns. */
const NOT_FOR_APP = ['account'];

describe('row-level security', () => {
  it('is forced on every table of a workspace, with exactly three policies', async () => {
    expect(tenantTables).toContain('conversation');
    const mine = "(workspace_id = (NULLIF(current_setting('verbatim.workspace'::text, true), ''::text))::uuid)";
    for (const table of [...tenantTables, 'workspace']) {
      const { rows: flags } = await superuser.query(
        'select relrowsecurity as enabled, relforcerowsecurity as forced from pg_class where oid = $1::regclass',
        [table],
      );
      expect(flags, `${table}`).toEqual([{ enabled: true, forced: true }]);
      const { rows: policies } = await superuser.query(
        `select policyname as name, permissive, roles::text[] as roles, cmd, qual, with_check as checked from pg_policies
         where schemaname = 'public' and tablename = $1 order by 1`,
        [table],
      );
      const rule = (name: string, role: string, cmd: string, qual: string) => ({
        name,
        permissive: 'PERMISSIVE',
        roles: [role],
        cmd,
        qual,
        checked: null,
      });
      const there = { ...rule('there', 'verbatim_app', 'ALL', DELETED_ARE_HIDDEN), permissive: 'RESTRICTIVE' };
      expect(policies, `${table}`).toEqual([
        rule('definer', 'verbatim_definer', 'ALL', 'true'),
        rule('read', 'verbatim_read', 'SELECT', 'true'),
        rule('tenant', 'verbatim_app', 'ALL', table === 'workspace' ? mine.replace('workspace_id', 'id') : mine),
        ...(table === 'conversation' ? [there] : []),
      ]);
    }
  });

  it('shows the writing role nothing outside a workspace, and only the bound one inside', async () => {
    for (const table of [...tenantTables, 'workspace']) {
      const id = table === 'workspace' ? 'id' : 'workspace_id';
      const everything = `select ${id} from "${table}"`;
      expect(await refusal(app, everything), `${table}`).toBe('done with 0 rows');
      expect(await refusal(app, `${everything} where ${id} <> '${world.ids.workspace}'`, world.ids.workspace)).toBe(
        'done with 0 rows',
      );
      const there = table === 'conversation' ? ' and deleted_at is null' : '';
      const { rows } = await superuser.query(`select count(*)::int as n from "${table}" where ${id} = $1${there}`, [
        world.ids.workspace,
      ]);
      expect(await refusal(app, everything, world.ids.workspace), `${table}`).toBe(`done with ${rows[0].n} rows`);
      expect(rows[0].n, `${table} has a row to be hidden`).toBeGreaterThanOrEqual(1);
    }
  });

  it('lets the writing role change and insert nothing of another workspace', async () => {
    const stranger = newId();
    const { rows } = await superuser.query<{ name: string }>(
      `select distinct table_name as name from information_schema.role_table_grants
       where grantee = 'verbatim_app' and privilege_type = 'UPDATE' order by 1`,
    );
    const writable = rows.map(({ name }) => name).filter((name) => tenantTables.includes(name));
    expect(writable).toEqual(tenantTables.filter((table) => !table.startsWith('record_')));
    for (const table of writable) {
      const touch = `update "${table}" set workspace_id = workspace_id`;
      expect(await refusal(app, touch, stranger), `${table}`).toBe('done with 0 rows');
      const move = `update "${table}" set workspace_id = '${stranger}'`;
      expect(await refusal(app, move, world.ids.workspace), `${table}`).toBe(NOT_ALLOWED);
      const copy = `insert into "${table}" select (jsonb_populate_record(t, '{"workspace_id": "${stranger}"}')).* from "${table}" t`;
      expect(await refusal(app, copy, world.ids.workspace), `${table}`).toBe(NOT_ALLOWED);
      const remove = `delete from "${table}"`;
      const removed = REMOVABLE.includes(table) ? 'done with 0 rows' : NOT_ALLOWED;
      expect(await refusal(app, remove, stranger), `${table}`).toBe(removed);
      expect(await refusal(app, remove), `${table}`).toBe(removed);
    }
    const append = `select record_append('${world.ids.workspace}', '[]')`;
    expect(await refusal(app, append, stranger)).toBe(NOT_ALLOWED);
    expect(await refusal(app, append)).toBe(NOT_ALLOWED);
  });
});

describe('the roles', () => {
  it('own no table, cannot sign in and are above no rule', async () => {
    const { rows } = await superuser.query(
      `select rolname as role, rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolcanlogin as powerful,
         (select count(*)::int from pg_class c where c.relowner = r.oid) as owned from pg_roles r
       where rolname like 'verbatim\\_%' order by 1`,
    );
    expect(rows).toEqual(
      ['verbatim_app', 'verbatim_definer', 'verbatim_read'].map((role) => ({ role, powerful: false, owned: 0 })),
    );
  });

  it('have no right to delete or truncate, but for forgotten idempotency keys, mere ties, what is made of others and what was announced', async () => {
    const { rows } = await superuser.query(
      `select grantee, table_name as table, privilege_type as privilege from information_schema.role_table_grants
       where (grantee like 'verbatim\\_%' or grantee = 'PUBLIC') and table_schema = 'public'
         and privilege_type not in ('SELECT', 'INSERT', 'UPDATE') order by grantee, table_name`,
    );
    expect(rows).toEqual([
      ...REMOVABLE.map((table) => ({ grantee: 'verbatim_app', table, privilege: 'DELETE' })),
      { grantee: 'verbatim_definer', table: 'idempotency_key', privilege: 'DELETE' },
      // The guard of the table lets only the functions that remove what an event has announced use it.
      { grantee: 'verbatim_definer', table: 'record_body', privilege: 'DELETE' },
    ]);
  });

  it('run security definer functions with a fixed search path, and only the writing role may call them', async () => {
    const { rows } = await superuser.query(
      `select p.proname as name, p.proowner::regrole::text as owner, p.proconfig as config,
         has_function_privilege('public', p.oid, 'execute') as anybody,
         has_function_privilege('verbatim_read', p.oid, 'execute') as reader
       from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'public' and p.prosecdef order by 1`,
    );
    for (const { name, owner, config, anybody } of rows) {
      expect({ name, owner, config, anybody }).toEqual({
        name,
        owner: 'verbatim_definer',
        config: ['search_path=public, pg_temp'],
        anybody: false,
      });
    }
    expect(rows.filter(({ reader }) => reader).map(({ name }) => name)).toEqual(FOR_READER);
  });

  it('let the reading role write nothing, also where its session is not read-only', async () => {
    await read.query('set default_transaction_read_only to off');
    const { rows } = await superuser.query<{ name: string }>(
      "select tablename as name from pg_tables where schemaname = 'public' order by 1",
    );
    for (const { name } of rows) {
      for (const statement of [
        `insert into public."${name}" default values`,
        `delete from public."${name}"`,
        `truncate public."${name}"`,
        `lock table public."${name}" in exclusive mode`,
      ]) {
        expect(await refusal(read, statement), `${statement}`).toBe(NOT_ALLOWED);
      }
    }
    expect(await refusal(read, 'create table mine (a int)')).toBe(NOT_ALLOWED);
  });

  it('hide exactly the secrets from the reading role, and the accounts from the writing one', async () => {
    const hidden = (role: string) =>
      superuser
        .query<{ column: string }>(
          `select c.table_name || '.' || c.column_name as column from information_schema.columns c
           join information_schema.tables t using (table_schema, table_name)
           where c.table_schema = 'public' and t.table_type = 'BASE TABLE'
             and not has_column_privilege($1, quote_ident(c.table_name), c.column_name, 'select') order by 1`,
          [role],
        )
        .then(({ rows }) => rows.map(({ column }) => column));
    const ofRead = await hidden('verbatim_read');
    expect(ofRead).toContain('account.password_hash');
    expect(
      ofRead.map((column) =>
        /^(api_key|alert_destination|invitation)\./.test(column) ? column : column.split('.')[0],
      ),
    ).toEqual([
      ...Array(4).fill('account'),
      'alert_destination.secret',
      'api_key.previous_secret_hash',
      'api_key.secret_hash',
      ...Array(2).fill('audit_sink'),
      ...Array(9).fill('idempotency_key'),
      'invitation.token_hash',
      ...Array(7).fill('refresh_token'),
      ...Array(3).fill('turn'),
      ...Array(2).fill('workspace_counter'),
    ]);
    const ofApp = new Set((await hidden('verbatim_app')).map((column) => column.split('.')[0]));
    expect([...ofApp]).toEqual([...NOT_FOR_APP, 'mikro_orm_migrations', 'turn']);
    expect(await refusal(read, 'select password_hash from account')).toBe(NOT_ALLOWED);
    expect(await refusal(read, 'select * from api_key')).toBe(NOT_ALLOWED);
    expect(await refusal(read, 'select secret from audit_sink')).toBe(NOT_ALLOWED);
    expect(await refusal(read, 'select previous_secret from audit_sink')).toBe(NOT_ALLOWED);
  });
});

describe('the record', () => {
  const statements = (table: string) => [
    `update ${table} set workspace_id = workspace_id`,
    `delete from ${table}`,
    `truncate ${table} cascade`,
  ];

  it.each(['record_entry', 'record_body', 'record_head', ...PROOFS])(
    'refuses the writing role every change of %s',
    async (table) => {
      const copy = `insert into ${table} select * from ${table}`;
      for (const statement of [copy, ...statements(table)]) {
        expect(await refusal(app, statement, world.ids.workspace), `${statement}`).toBe(NOT_ALLOWED);
      }
    },
  );

  it.each(['record_entry', 'record_body', ...PROOFS])(
    'refuses even a superuser to change or empty %s',
    async (table) => {
      for (const statement of statements(table)) expect(await refusal(superuser, statement)).toBe(APPEND_ONLY);
    },
  );

  it('refuses even a superuser to remove the head of a log', async () => {
    expect(await refusal(superuser, 'delete from record_head')).toBe(APPEND_ONLY);
    expect(await refusal(superuser, 'truncate record_head')).toBe(APPEND_ONLY);
  });

  it('neither shows the owner of the tables a row nor takes one', async () => {
    await superuser.query('begin');
    try {
      const owner = `owner_${newId().replaceAll('-', '')}`;
      await superuser.query(`create role ${owner}`);
      for (const table of tenantTables) await superuser.query(`alter table "${table}" owner to ${owner}`);
      await superuser.query(`set local role ${owner}`);
      await superuser.query("select set_config('verbatim.workspace', $1, true)", [world.ids.workspace]);
      for (const table of tenantTables) {
        expect((await superuser.query(`select 1 from "${table}"`)).rowCount, `${table}`).toBe(0);
      }
      await expect(
        superuser.query(`insert into record_entry values ('${world.ids.workspace}', 1000000, now(), '\\x00', '\\x00')`),
      ).rejects.toMatchObject({ code: NOT_ALLOWED });
    } finally {
      await superuser.query('rollback');
    }
  });
});

it('has exactly the tables that the entities describe', async () => {
  const orm = await MikroORM.init(migrationConfig(server.database.url));
  try {
    expect(await orm.schema.getUpdateSchemaSQL()).toBe('');
  } finally {
    await orm.close(true);
  }
});
