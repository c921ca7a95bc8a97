import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

it('looks whatever is referred to up by its key from the first row on', async () => {
  const { rows: tables } = await client.query<{ name: string; key: string }>(`
    select distinct f.confrelid::regclass::text as name, i.relname as key
    from pg_constraint f join pg_constraint k on k.conrelid = f.confrelid and k.contype = 'p' join pg_class i on i.oid = k.conindid
    where f.contype = 'f' and array_length(f.confkey, 1) = 2 and exists (
      select from pg_attribute a where a.attrelid = f.confrelid and a.attname = 'id')
    order by 1`);
  expect(tables.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['contact', 'conversation', 'message', 'team']),
  );
  for (const { name, key } of tables) {
    // As a foreign key is checked, by a plan that is made once for all.
    const { rows: plan } = await client.query<{ 'QUERY PLAN': string }>(
      `explain (generic_plan, costs off) select 1 from only "${name}" x where workspace_id = $1 and id = $2 for key share of x`,
    );
    expect(plan.map((line) => line['QUERY PLAN'].trim()).join('\n'), `${name}`).toContain(`using ${key} on ${name} x`);
  }
});
