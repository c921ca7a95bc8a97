import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { poolOptions, type ConnectionRole } from '../../src/entities/connection.js';
import { customerWrites } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { DELETE_CONVERSATION } from './details.js';
import { refusal } from './refusal.js';

let server: TestServer;
let world: World;
const clients: pg.Client[] = [];
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
  const { conversationId } = await customerWrites(world);
  await customerWrites(world);
  const input = { conversationId, reason: 'A test' };
  await (await world.as('admin')).ask(DELETE_CONVERSATION, { input });
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.end()));
  await server.stop();
});

async function connect(role: ConnectionRole): Promise<pg.Client> {
  const client = new pg.Client(poolOptions(server.database.url, role));
  await client.connect();
  clients.push(client);
  return client;
}

const ALL = 'select 1 from conversation';
const DELETED = `${ALL} where deleted_at is not null`;

it('shows the writing role what is deleted only in a transaction that asks for it', async () => {
  const app = await connect('verbatim_app');
  expect(await refusal(app, ALL, world.ids.workspace)).toBe('done with 1 rows');
  expect(await refusal(app, DELETED, world.ids.workspace)).toBe('done with 0 rows');
  const touch = 'update conversation set subject = null';
  expect(await refusal(app, touch, world.ids.workspace)).toBe('done with 1 rows');
  await app.query('begin');
  await app.query(`select set_config('verbatim.workspace', $1, true), set_config('verbatim.deleted', 'shown', true)`, [
    world.ids.workspace,
  ]);
  expect((await app.query(DELETED)).rowCount).toBe(1);
  await app.query('commit');
  expect(await refusal(app, DELETED, world.ids.workspace)).toBe('done with 0 rows');
  // Nor can it be hidden by who does not see it.
  const hide = 'update conversation set deleted_at = now()';
  expect(await refusal(app, hide, world.ids.workspace)).toBe('42501');
});

it('gives the reading role a table without it, with all of the columns', async () => {
  const read = await connect('verbatim_read');
  expect(await refusal(read, ALL)).toBe('done with 1 rows');
  expect(await refusal(read, DELETED)).toBe('done with 0 rows');
  const columns = (schema: string) =>
    `select column_name::text as name from information_schema.columns where table_schema = '${schema}' and table_name = 'conversation' order by 1`;
  expect((await read.query(columns('reading'))).rows).toEqual((await read.query(columns('public'))).rows);
});
