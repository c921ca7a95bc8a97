import { afterAll, beforeAll, expect, it } from 'vitest';
import { SET_PRESENCE } from '../security/details.js';
import { SET_CAPACITY } from '../security/routing-rows.js';
import type { ApiClient } from '../support/client.js';
import { ASSIGN, customerWrites, SET_STATUS } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';

let server: TestServer;
let world: World;
let admin: ApiClient;
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
  admin = await world.as('admin');
});
afterAll(() => server.stop());

const changes = async (agentId: string) =>
  (
    await admin.ask(
      `query($id: ID!) { auditEvents(filter: { actions: ["agent.capacity_changed"], targetIds: [$id] }, orderBy: RECORDED_ASC) {
        nodes { severity summary changes { before after } } } }`,
      { id: agentId },
    )
  ).auditEvents.nodes;
const presenceOf = async (client: ApiClient, agentId: string) =>
  (await client.ask('{ agents { nodes { id presence { capacity openConversations } } } }')).agents.nodes.find(
    ({ id }: { id: string }) => id === agentId,
  ).presence;

it('is set, told with before and after, and nothing where it is so already', async () => {
  const agentId = world.ids.agents.agent;
  const set = (capacity: number | null, reason?: string) =>
    admin.ask(SET_CAPACITY, { input: { agentId, capacity, ...(reason ? { reason } : {}) } });
  expect((await set(3, 'Is new')).setAgentCapacity.agent.presence).toEqual({ capacity: 3, openConversations: 0 });
  await set(3);
  await set(0);
  await set(null);
  expect(await changes(agentId)).toEqual([
    { severity: 'NOTICE', summary: 'Ada set the capacity of Bo to 3: Is new', changes: [{ before: null, after: 3 }] },
    { severity: 'NOTICE', summary: 'Ada set the capacity of Bo to 0', changes: [{ before: 3, after: 0 }] },
    { severity: 'NOTICE', summary: 'Ada set the capacity of Bo to unlimited', changes: [{ before: 0, after: null }] },
  ]);
});

it.each([-1, 1_001])('of %d is VALIDATION_FAILED', async (capacity) => {
  const input = { agentId: world.ids.agents.outsider, capacity };
  const { extensions } = await admin.refused(SET_CAPACITY, { input });
  expect(extensions).toMatchObject({
    code: 'VALIDATION_FAILED',
    fields: [{ path: 'capacity', message: 'must be 0 to 1000' }],
  });
  expect(await changes(world.ids.agents.outsider)).toEqual([]);
});

it('counts what somebody has that is neither resolved nor snoozed', async () => {
  const assigneeId = world.ids.agents.colleague;
  const given = async () => {
    const { conversationId } = await customerWrites(world);
    await admin.ask(ASSIGN, { input: { conversationId, assigneeId } });
    return conversationId;
  };
  const [first, second] = [await given(), await given()];
  await given();
  expect(await presenceOf(admin, assigneeId)).toEqual({ capacity: null, openConversations: 3 });
  await admin.ask(SET_STATUS, { input: { conversationId: first, status: 'RESOLVED' } });
  const until = new Date(Date.now() + 3_600_000).toISOString();
  await admin.ask(SET_STATUS, { input: { conversationId: second, status: 'SNOOZED', until } });
  expect(await presenceOf(world.withKey('read'), assigneeId)).toEqual({ capacity: null, openConversations: 1 });
});

it('comes over presenceChanges', async () => {
  const agentId = world.ids.agents.supervisor;
  const stream = admin.subscribe('subscription { presenceChanges { agent { id presence { status capacity } } } }');
  await stream.connected();
  const supervisor = await world.as('supervisor');
  // The stream begins at some moment after the socket has opened.
  await expect
    .poll(async () => {
      await supervisor.ask(SET_PRESENCE, { input: { status: 'AWAY', reason: String(Math.random()) } });
      return stream.frames.some(({ presenceChanges }) => presenceChanges.agent.id === agentId);
    })
    .toBe(true);
  await admin.ask(SET_CAPACITY, { input: { agentId, capacity: 7 } });
  const { presenceChanges } = await stream.until((frame) => frame.presenceChanges.agent.presence.capacity === 7);
  expect(presenceChanges.agent).toEqual({ id: agentId, presence: { status: 'AWAY', capacity: 7 } });
  await stream.stop();
});
