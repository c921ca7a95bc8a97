import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';

let server: TestServer;
let world: World;
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
});
afterAll(() => server.stop());

it('takes what is absent inside an input for absent, and null for null, however the input is written', async () => {
  const agent = await world.as('agent');
  const update = `mutation($id: ID!, $avatarUrl: String) {
    updateAgent(input: { agentId: $id, avatarUrl: $avatarUrl }) { agent { avatarUrl } } }`;
  const pictureAfter = async (variables: object) =>
    (await agent.ask(update, { id: world.ids.agents.agent, ...variables })).updateAgent.agent.avatarUrl;
  const [first, second] = ['https://example.test/first.png', 'https://example.test/second.png'];
  expect(await pictureAfter({ avatarUrl: first })).toBe(first);
  expect(await pictureAfter({})).toBe(first);
  expect(await pictureAfter({ avatarUrl: null })).toBeNull();
  expect(await pictureAfter({ avatarUrl: second })).toBe(second);
  expect(await pictureAfter({})).toBe(second);
});
