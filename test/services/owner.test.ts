import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { migrateDatabase, newestMigration } from '../../src/entities/migrate.js';

const name = `owner_${randomBytes(6).toString('hex')}`;
const url = new URL(inject('postgresUrl'));
let superuser: pg.Client;
beforeAll(async () => {
  superuser = new pg.Client({ connectionString: url.href });
  await superuser.connect();
  await superuser.query(`create role ${name} login createrole password 'owner'`);
  // An owner of a server of its own makes these; here they are there, and whoever makes a role may give it on.
  for (const role of ['verbatim_app', 'verbatim_read', 'verbatim_definer'])
    await superuser.query(`grant ${role} to ${name} with admin true, inherit true, set true`);
  await superuser.query(`create database ${name} owner ${name}`);
});
afterAll(async () => {
  await superuser.query(`drop database ${name} with (force)`);
  await superuser.query(`drop role ${name}`);
  await superuser.end();
});

it('is migrated by an owner who is no superuser', { timeout: 60_000 }, async () => {
  const owned = new URL(url);
  Object.assign(owned, { pathname: `/${name}`, username: name, password: 'owner' });
  await migrateDatabase({ url: owned.href });
  const owner = new pg.Client({ connectionString: owned.href });
  await owner.connect();
  const { rows } = await owner.query(
    'select (select rolsuper from pg_roles where rolname = current_user) as powerful, max(name) as newest from mikro_orm_migrations',
  );
  await owner.end();
  expect(rows).toEqual([{ powerful: false, newest: newestMigration }]);
});
