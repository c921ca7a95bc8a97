import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { verifyWorkspace } from '../../src/services/record/verify-workspace.js';
import { UPSERT } from '../security/contact-rows.js';
import { ERASE } from '../security/details.js';
import { everythingOf } from '../support/everything-of.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { mergingScene } from './merging-scene.js';

let server: TestServer;
let owner: pg.Client;
let world: World;
let scene: Awaited<ReturnType<typeof mergingScene>>;
let slug = 0;
beforeAll(async () => {
  server = await startTestServer();
  owner = new pg.Client({ connectionString: server.database.url });
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await server.stop();
});
beforeEach(async () => {
  world = await createWorld(server, `acme-${(slug += 1)}`);
  scene = await mergingScene(world);
});

const erased = async (contactId: string): Promise<string> => {
  const input = { contactId, reason: 'They asked for it' };
  const dry = (await scene.admin.ask(ERASE, { input: { ...input, dryRun: true } })).eraseContact;
  const done = (await scene.admin.ask(ERASE, { input })).eraseContact;
  expect({ ...done, runId: null }).toEqual({ ...dry, completed: true });
  expect(await verifyWorkspace(server.app.db, world.ids.workspace)).toMatchObject({ valid: true, findings: [] });
  return everythingOf(owner, world.ids.workspace);
};

it('erases with a contact all who were merged into them', async () => {
  const [one, two] = [await scene.asha(), await scene.ben()];
  await scene.merge(one.id, two.id);
  const left = await erased(two.id);
  for (const gone of ['Asha', 'Ben Ito', 'example.test', 'visitor-', 'crm-', '901820'])
    expect(left.includes(gone), `${gone}`).toBe(false);
});

it('erases of one who was taken apart also what was recorded while the two were one, and nothing else of the other', async () => {
  const [one, two] = [await scene.asha(), await scene.ben()];
  await scene.agent.ask(UPSERT, { input: { id: two.id, about: 'Before' } });
  await scene.merge(one.id, two.id);
  await scene.agent.ask(UPSERT, { input: { id: two.id, phone: '+4930901821' } });
  await scene.unmerge(one.id);
  await scene.agent.ask(UPSERT, { input: { id: two.id, about: 'After' } });
  const left = await erased(one.id);
  for (const gone of ['Asha', 'asha@example.test', 'visitor-a', 'crm-a'])
    expect(left.includes(gone), `${gone}`).toBe(false);
  for (const kept of ['Ben Ito', 'Before', 'After', 'visitor-b', 'crm-b'])
    expect(left.includes(kept), `${kept}`).toBe(true);
});
