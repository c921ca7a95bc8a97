import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ADD_IDENTITY, MERGE } from '../security/contact-rows.js';
import type { ApiClient } from '../support/client.js';
import { waitingForLocks } from '../support/locks.js';
import { customerWrites } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { mergingScene } from './merging-scene.js';

let server: TestServer;
let owner: pg.Client;
let world: World;
let admin: ApiClient;
let agent: ApiClient;
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
  ({ admin, agent } = scene);
});

it('waits for what arrives, also from what was added a moment ago', async () => {
  const [one, two] = [await scene.asha(), await scene.ben()];
  const lock = (way: 'lock' | 'unlock', name: string) =>
    owner.query(`select pg_advisory_${way}(hashtextextended($1, 0))`, [`${world.ids.workspace}/${name}`]);
  await lock('lock', 'contact:crm-a');
  const merging = agent.refused(MERGE, { input: { contactId: one.id, intoContactId: two.id } });
  await expect.poll(() => waitingForLocks(owner), { timeout: 1_500 }).toBe(1);
  await agent.ask(ADD_IDENTITY, { input: { contactId: one.id, channel: 'EMAIL', address: 'a@mail.test' } });
  await lock('lock', 'identity:EMAIL:a@mail.test');
  await lock('unlock', 'contact:crm-a');
  expect((await merging).extensions.code).toBe('UNAVAILABLE');
  await lock('unlock', 'identity:EMAIL:a@mail.test');
  expect(await scene.stateOf(one.id)).toMatchObject({ mergedInto: null, conversations: [one.conversationId] });
  await scene.merge(one.id, two.id);
  expect((await scene.stateOf(two.id)).identities).toContain('EMAIL a@mail.test');
});

it('is done by one of two who merge the same two the other way round at once', async () => {
  const [one, two] = [await scene.asha(), await scene.ben()];
  for (let times = 0; times < 3; times += 1) {
    const answers = await Promise.all(
      [
        [one.id, two.id],
        [two.id, one.id],
      ].map(([contactId, intoContactId]) => agent.send(MERGE, { input: { contactId, intoContactId } })),
    );
    const codes = answers.map(({ errors }) => errors?.[0]?.extensions.code ?? 'done');
    expect(codes.toSorted()).toEqual(['CONFLICT', 'done']);
    await scene.unmerge(codes[0] === 'done' ? one.id : two.id);
  }
});

it('merges once where many ask at once, while messages arrive, and loses none', async () => {
  const [one, two] = [await scene.asha(), await scene.ben()];
  await Promise.all([
    ...Array.from({ length: 4 }, () => scene.merge(one.id, two.id)),
    ...Array.from({ length: 4 }, (_, index) =>
      customerWrites(world, {
        contact: { address: `visitor-${index % 2 ? 'a' : 'b'}` },
        conversationExternalId: `at-once-${index}`,
      }),
    ),
  ]);
  expect((await scene.stateOf(one.id)).conversations).toEqual([]);
  expect((await scene.stateOf(two.id)).conversations).toHaveLength(6);
  const { auditEvents } = await admin.ask('{ auditEvents(filter: { actions: ["contact.merged"] }) { nodes { id } } }');
  expect(auditEvents.nodes).toHaveLength(1);
});
