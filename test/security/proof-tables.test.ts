import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { poolOptions } from '../../src/entities/connection.js';
import { newId } from '../../src/services/ids.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { refusal } from './refusal.js';

let server: TestServer;
let world: World;
let app: pg.Client;
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
  await world.withKey('audit').ask('{ auditCheckpoint { note } }');
  app = new pg.Client(poolOptions(server.database.url, 'verbatim_app'));
  await app.connect();
});
afterAll(async () => {
  await app.end();
  await server.stop();
});

it('takes nothing for another workspace, and nothing outside of one', async () => {
  const own = `'${world.ids.workspace}'`;
  for (const call of [
    `record_tiles_fill(${own}, 1)`,
    `record_checkpoint_add(${own}, 1, 1000, '\\x00', 'a note', now())`,
    `record_key_add(${own}, 'a key', 1, 0, now())`,
    `record_epoch_open(${own}, 2)`,
  ]) {
    expect(await refusal(app, `select ${call}`, newId()), `${call}`).toBe('42501');
    expect(await refusal(app, `select ${call}`), `${call}`).toBe('42501');
  }
});

it('takes a checkpoint neither before another one, nor beyond the log, nor in another epoch', async () => {
  const add = (epoch: number, size: string) =>
    `select record_checkpoint_add('${world.ids.workspace}', ${epoch}, ${size}, '\\x00', 'a note', now())`;
  const newest = '(select max(size) from record_checkpoint)';
  for (const [epoch, size] of [
    [1, newest],
    [1, `${newest} - 1`],
    [1, '1000000'],
    [2, `${newest} + 1`],
  ] as const) {
    expect(await refusal(app, add(epoch, size), world.ids.workspace), `${epoch} ${size}`).toBe('VB002');
  }
  expect(await refusal(app, add(1, `${newest} + 1`), world.ids.workspace)).toBe('done with 1 rows');
});

it('opens no epoch that was there already', async () => {
  expect(await refusal(app, `select record_epoch_open('${world.ids.workspace}', 1)`, world.ids.workspace)).toBe(
    'VB002',
  );
});
