import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ADD_NOTE } from '../security/details.js';
import type { ApiClient } from '../support/client.js';
import { followedBy } from '../support/live-view.js';
import { ASSIGN, SEND } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { joiningScene } from './joining-scene.js';

let server: TestServer;
let world: World;
let admin: ApiClient;
let agent: ApiClient;
let scene: Awaited<ReturnType<typeof joiningScene>>;
let worlds = 0;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());
beforeEach(async () => {
  world = await createWorld(server, `acme-${(worlds += 1)}`);
  scene = await joiningScene(world);
  ({ admin, agent } = scene);
});

const PARTICIPANTS = 'participants { __typename displayName }';
const shown = async (client: ApiClient, id: string): Promise<string[]> =>
  (
    await client.ask(`query($id: ID!) { conversation(id: $id) { ${PARTICIPANTS} } }`, { id })
  ).conversation.participants.map(
    ({ __typename, displayName }: { __typename: string; displayName: string }) => `${__typename} ${displayName}`,
  );
const opens = (name: string) => scene.writes(name, 'Late', { contact: { externalId: 'asha', name: 'Asha' } });
const assign = (conversationId: string, assigneeId: string | null) =>
  admin.ask(ASSIGN, { input: { conversationId, assigneeId } });

it('are the contact, and whoever wrote or had it, each once, in order of first taking part', async () => {
  const id = await opens('one');
  expect(await shown(admin, id)).toEqual(['Contact Asha', 'Bot Robin']);
  const { agents } = world.ids;
  await followedBy([admin, agent], () => assign(id, agents.colleague));
  await assign(id, null);
  await followedBy([admin, agent], () => agent.ask(SEND, { input: { conversationId: id, text: 'We look' } }));
  await world.withKey('all').ask(SEND, { input: { conversationId: id, text: 'By itself' } });
  await assign(id, agents.colleague);
  await agent.ask(SEND, { input: { conversationId: id, text: 'Here it is' } });
  const all = ['Contact Asha', 'Bot Robin', 'Agent Kim', 'Agent Bo', 'ApiKey Everything'];
  for (const client of [admin, agent, world.withKey('read')]) expect(await shown(client, id)).toEqual(all);
});

it('are by a note only for who reads notes', async () => {
  const id = await opens('one');
  await (await world.as('supervisor')).ask(ADD_NOTE, { input: { conversationId: id, text: 'Call back' } });
  expect(await shown(agent, id)).toEqual(['Contact Asha', 'Bot Robin', 'Agent Sam']);
  expect(await shown(world.withKey('bot'), id)).toEqual(['Contact Asha', 'Bot Robin']);
});

it('are those of what was merged into it too, for who may see that', async () => {
  const [one, two] = [await opens('one'), await opens('two')];
  await agent.ask(SEND, { input: { conversationId: one, text: 'In the one' } });
  await admin.ask(SEND, { input: { conversationId: two, text: 'In the other' } });
  await admin.ask(ASSIGN, { input: { conversationId: two, teamId: world.ids.billing } });
  await scene.merge(one, two);
  expect(await shown(admin, two)).toEqual(['Contact Asha', 'Bot Robin', 'Agent Bo', 'Agent Ada']);
  expect(await shown(await world.as('outsider'), two)).toEqual(['Contact Asha', 'Bot Robin', 'Agent Ada']);
  expect(await shown(admin, one)).toEqual(['Contact Asha', 'Bot Robin', 'Agent Bo']);
  await scene.unmerge(one);
  expect(await shown(admin, two)).toEqual(['Contact Asha', 'Bot Robin', 'Agent Ada']);
});
