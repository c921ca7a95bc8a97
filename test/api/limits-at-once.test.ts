import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { CREATE_ATTRIBUTE, CREATE_LABEL, CREATE_RESPONSE } from '../security/setting-rows.js';
import { CREATE_VIEW } from '../security/view-rows.js';
import { waitingForLocks } from '../support/locks.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';

let server: TestServer;
let superuser: pg.Client;
let world: World;
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
  superuser = new pg.Client({ connectionString: server.database.url });
  await superuser.connect();
});
afterAll(async () => {
  await superuser.end();
  await server.stop();
});
afterEach(() => superuser.query('rollback'));

const MANY = `from generate_series(1, $2::int) as n`;
it.each([
  {
    noun: 'labels',
    most: 250,
    there: `insert into label (workspace_id, id, name, color, created_at)
      select $1, gen_random_uuid(), 'full ' || n, '#112233', now() ${MANY}`,
    count: `select count(*)::int as n from label where workspace_id = $1 and deactivated_at is null`,
    operation: CREATE_LABEL,
    input: (n: number) => ({ name: `one more ${n}`, color: '#112233' }),
  },
  {
    noun: 'canned responses',
    most: 500,
    there: `insert into canned_response (workspace_id, id, shortcut, text, use_count, created_at)
      select $1, gen_random_uuid(), 'full-' || n, 'Hello', 0, now() ${MANY}`,
    count: `select count(*)::int as n from canned_response where workspace_id = $1 and deactivated_at is null`,
    operation: CREATE_RESPONSE,
    input: (n: number) => ({ shortcut: `more-${n}`, text: 'Hello' }),
  },
  {
    noun: 'attributes',
    most: 50,
    there: `insert into attribute_definition (workspace_id, id, noun, key, name, type, choices, created_at)
      select $1, gen_random_uuid(), 'CONTACT', 'full_' || n, 'Full', 'TEXT', '{}', now() ${MANY}`,
    count: `select count(*)::int as n from attribute_definition where workspace_id = $1 and noun = 'CONTACT'`,
    operation: CREATE_ATTRIBUTE,
    input: (n: number) => ({ noun: 'CONTACT', key: `more_${n}`, name: 'More', type: 'TEXT' }),
  },
  {
    noun: 'shared views',
    most: 200,
    there: `insert into saved_view (workspace_id, id, name, filter, order_by, sharing, created_at, updated_at)
      select $1, gen_random_uuid(), 'full ' || n, '{}', 'LAST_ACTIVITY_DESC', 'EVERYBODY', now(), now() ${MANY}`,
    count: `select count(*)::int as n from saved_view where workspace_id = $1`,
    operation: CREATE_VIEW,
    input: (n: number) => ({ name: `more ${n}`, filter: {}, sharing: 'EVERYBODY' }),
  },
])('$noun that come at once do not pass their limit together', async ({ most, there, count, operation, input }) => {
  const { workspace } = world.ids;
  const admin = world.withKey('all');
  const counted = async (): Promise<number> => (await superuser.query(count, [workspace])).rows[0].n;
  await superuser.query(there, [workspace, most - 1 - (await counted())]);
  // Nobody gets to the end of a write until all have come as far as they can.
  await superuser.query('begin');
  await superuser.query('select 1 from record_head where workspace_id = $1 for update', [workspace]);
  const asked = [1, 2, 3].map((n) => admin.send(operation, { input: input(n) }));
  await expect.poll(() => waitingForLocks(superuser), { timeout: 1_500 }).toBe(3);
  await superuser.query('rollback');
  const codes = (await Promise.all(asked)).map(({ errors }) => errors?.[0]?.extensions.code ?? 'done');
  expect(codes.toSorted()).toEqual(['LIMIT_EXCEEDED', 'LIMIT_EXCEEDED', 'done']);
  expect(await counted()).toBe(most);
});
