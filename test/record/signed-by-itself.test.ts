import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { recordEvents, Tamperer } from '../support/logs.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld } from '../support/world.js';

let server: TestServer;
let tamperer: Tamperer;
beforeAll(async () => {
  server = await startTestServer({ env: { CHECKPOINT_SECONDS: '1' } });
  tamperer = await Tamperer.of(server);
});
afterAll(async () => {
  await tamperer.client.end();
  await server.stop();
});

/** How many checkpoints a log has, and how many events say so. */
async function signed(workspaceId: string): Promise<{ checkpoints: number; events: number }> {
  const { rows } = await tamperer.client.query(
    `select (select count(*)::int from record_checkpoint where workspace_id = $1) as checkpoints,
       (select count(*)::int from record_body where workspace_id = $1 and action = 'audit.checkpoint_signed') as events`,
    [workspaceId],
  );
  return rows[0];
}

async function until(workspaceId: string, checkpoints: number): Promise<void> {
  for (const end = Date.now() + 20_000; Date.now() < end; await setTimeout(50)) {
    if ((await signed(workspaceId)).checkpoints >= checkpoints) return;
  }
  throw new Error(`waited in vain for ${checkpoints} checkpoints`);
}

it('is every log in which something happened, once, whatever the number of nodes', { timeout: 60_000 }, async () => {
  const other = await server.another({ CHECKPOINT_SECONDS: '1' });
  try {
    const [quiet, busy] = [await createWorld(server, 'quiet'), await createWorld(server, 'busy')];
    const ids = [quiet.ids.workspace, busy.ids.workspace] as const;
    await Promise.all(ids.map((id) => until(id, 1)));
    const before = await signed(ids[0]);
    for (let round = 2; round <= 3; round++) {
      const { checkpoints } = await signed(ids[1]);
      await recordEvents(server, ids[1], 1);
      await until(ids[1], checkpoints + 1);
    }
    const after = await signed(ids[1]);
    expect(after.events).toBe(after.checkpoints);
    // Meanwhile several turns came and went in which nothing but the signing itself was new.
    expect(await signed(ids[0])).toEqual(before);
  } finally {
    await other.stop();
  }
});
