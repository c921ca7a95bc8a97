import { afterAll, beforeAll, expect, it, vi } from 'vitest';
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

it('goes on for everybody when somebody comes with a cursor that is newer than what the node has read', async () => {
  const all = world.withKey('all');
  const cursor = async (): Promise<string> =>
    (await all.ask('{ conversations(first: 1) { eventCursor } }')).conversations.eventCursor;
  const query = `subscription($after: String) { conversationChanges(afterEvent: $after) { changeType conversationId } }`;
  const { tail, release } = await server.app.tails.follow(world.ids.workspace);
  const before = await cursor();
  await vi.waitFor(async () => expect(tail.head).toBeGreaterThanOrEqual(0));
  // This node hears of nothing for a while.
  const hear = vi.spyOn(tail, 'heard').mockImplementation(() => {});
  const { conversationId } = await customerWrites(world);
  const newer = await all.subscribe(query, { after: await cursor() }).connected();
  await newer.until(({ conversationChanges }) => conversationChanges.changeType === 'CURSOR');
  const older = await all.subscribe(query, { after: before }).connected();
  // Everybody else is answered meanwhile.
  for (let turn = 0; turn < 20; turn += 1) expect((await all.ask('{ viewer { permissions } }')).viewer).not.toBeNull();
  hear.mockRestore();
  await older.until(({ conversationChanges }) => conversationChanges.conversationId === conversationId);
  await Promise.all([newer.stop(), older.stop()]);
  release();
});
