import { afterAll, beforeAll, expect, it } from 'vitest';
import { DELETE_CONVERSATION } from '../security/details.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { deletingScene } from './deleting-scene.js';
import { joiningScene } from './joining-scene.js';
import { brief, recording } from './recorded.js';

let server: TestServer;
let world: World;
let scene: Awaited<ReturnType<typeof joiningScene>> & Awaited<ReturnType<typeof deletingScene>>;
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
  scene = { ...(await joiningScene(world)), ...(await deletingScene(world)) };
});
afterAll(() => server.stop());

const refusal = async (conversationId: string) =>
  (await scene.admin.refused(DELETE_CONVERSATION, { input: { conversationId, reason: 'By mistake' } })).extensions;

it('deletes neither of two that were merged, whose customer goes on in one of them, and either once they are apart', async () => {
  const [one, two] = [await scene.writes('d-1'), await scene.writes('d-2')];
  await scene.merge(one, two);
  const { events } = await recording(scene.admin, async () => {
    for (const id of [one, two]) {
      expect(await refusal(id)).toMatchObject({
        code: 'CONFLICT',
        current: { conversationId: one, mergedIntoId: two },
      });
    }
  });
  expect(brief(events)).toEqual([]);
  expect(await scene.writes('d-1', 'Still there?')).toBe(two);

  await scene.unmerge(one);
  await scene.remove(two);
  expect(await scene.writes('d-1', 'And now?')).toBe(one);
  const third = await scene.writes('d-2', 'And here?');
  expect([one, two]).not.toContain(third);
  expect(await scene.listed()).not.toContain(two);
});

it('merges nothing with what was deleted', async () => {
  const [one, two] = [await scene.writes('e-1'), await scene.writes('e-2')];
  await scene.remove(two);
  for (const [from, into] of [
    [one, two],
    [two, one],
  ] as const) {
    expect((await scene.refused('merge', from, into)).code).toBe('NOT_FOUND');
  }
  await scene.restore(two);
  await scene.merge(one, two);
  expect((await scene.stateOf(two)).mergedConversations).toEqual([{ id: one }]);
});
