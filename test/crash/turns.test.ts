import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { Database } from '../../src/services/database.js';
import { Turn } from '../../src/services/jobs/turn.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
let owner: pg.Client;
let db: Database;
beforeAll(async () => {
  database = await createTestDatabase();
  owner = new pg.Client({ connectionString: database.url });
  await owner.connect();
  db = await Database.open({ url: database.url, poolSize: 8, statementTimeoutMs: 5_000, lockTimeoutMs: 5_000 });
});
afterAll(async () => {
  await db.close();
  await owner.end();
  await database.drop();
});
beforeEach(() => owner.query('truncate turn'));

it('is taken by one node, however many ask at once, and kept by it', async () => {
  const nodes = Array.from({ length: 16 }, () => new Turn(db, 'sweep'));
  const first = await Promise.all(nodes.map((node) => node.take()));
  expect(first.filter(Boolean)).toHaveLength(1);
  expect(await Promise.all(nodes.map((node) => node.take()))).toEqual(first);
});

it('is one turn a duty', async () => {
  const [sweeper, signer] = [new Turn(db, 'sweep'), new Turn(db, 'sign')];
  expect([await sweeper.take(), await signer.take()]).toEqual([true, true]);
});

it('is passed on at once by a node that stops, and only by the one that has it', async () => {
  const [leaving, staying, third] = [new Turn(db, 'sweep'), new Turn(db, 'sweep'), new Turn(db, 'sweep')];
  expect([await leaving.take(), await staying.take()]).toEqual([true, false]);
  await staying.passOn();
  expect(await third.take()).toBe(false);
  await leaving.passOn();
  // Turns end at a whole millisecond, which may be the one after this.
  await vi.waitFor(async () => expect(await staying.take()).toBe(true), { timeout: 1_000, interval: 1 });
  expect(await leaving.take()).toBe(false);
});

it('goes to another node when it has not been renewed in time, and not before', async () => {
  const [dead, living] = [new Turn(db, 'sweep'), new Turn(db, 'sweep')];
  await dead.take();
  const { rows } = await owner.query('select extract(epoch from expires_at - now())::int as left from turn');
  expect(rows).toEqual([{ left: 10 }]);
  expect(await living.take()).toBe(false);
  await owner.query("update turn set expires_at = now() - interval '1 millisecond'");
  expect([await living.take(), await dead.take()]).toEqual([true, false]);
});
