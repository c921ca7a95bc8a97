import { afterAll, beforeAll, expect, it } from 'vitest';
import { customerWrites } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';

let server: TestServer;
let world: World;
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
});
afterAll(() => server.stop());

it('gives who comes after a tail has failed another one, while an old socket still holds the failed', async () => {
  const admin = await world.as('admin');
  const query = 'subscription { conversationChanges { conversationId } }';
  const before = await admin.subscribe(query).connected();
  // It follows once it delivers.
  await expect.poll(async () => (await customerWrites(world)) && before.frames.length).toBeGreaterThan(0);
  const { tail, release } = await server.app.tails.follow(world.ids.workspace);
  tail.fail(new Error('the record has a hole after sequence 7'));
  expect(JSON.stringify(await before.end())).toContain('INTERNAL');
  const after = await admin.subscribe(query).connected();
  await expect.poll(async () => (await customerWrites(world)) && after.frames.length).toBeGreaterThan(0);
  release();
  await Promise.all([before.stop(), after.stop()]);
});
