import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { Database } from '../../src/services/database.js';
import { newId } from '../../src/services/ids.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';
import { Wire } from './wire.js';

let database: TestDatabase;
let wire: Wire;
let db: Database;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  wire = await Wire.to(database.url);
  db = await Database.open({ url: wire.url, poolSize: 4, statementTimeoutMs: 2_000, lockTimeoutMs: 1_000 });
});
afterEach(async () => {
  await db.close();
  await wire.close();
});

const write = () => db.inWorkspace(newId(), ({ em }) => em.execute('select 1'));

it('closes also while connections are being made and waited for, and lets end what is under way', async () => {
  const writes = Array.from({ length: 16 }, write);
  // After none, one or several turns: before, while and after the driver takes a connection from the pool.
  for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
  await db.close();
  expect((await Promise.allSettled(writes)).map(({ status }) => status)).toEqual(Array(16).fill('fulfilled'));
  await expect(write()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});

it.each(['begin', 'select 1', 'commit'])(
  'fails, and goes on with a new connection, when the connection breaks at "%s"',
  async (statement) => {
    await write();
    wire.breakAt(statement);
    await expect(write()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await Promise.all(Array.from({ length: 8 }, write))).toHaveLength(8);
  },
);
