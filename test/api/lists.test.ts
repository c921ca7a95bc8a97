import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../support/client.js';
import { customerWrites, offer, SEND } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';

let server: TestServer;
let world: World;
let admin: ApiClient;
let agent: ApiClient;
/** Conversations in the order they were opened. */
let conversationIds: string[];
const start = Date.now();
let now = start;
beforeAll(async () => {
  server = await startTestServer({
    now: () => new Date(now),
    env: { COST_BUCKET_POINTS: '1000000', COST_REFILL_PER_SECOND: '1000000' },
  });
  world = await createWorld(server);
  [admin, agent] = [await world.as('admin'), await world.as('agent')];
  conversationIds = [];
  for (let index = 0; index < 8; index += 1) conversationIds.push(await another());
});
afterAll(() => server.stop());

/** Opens one more conversation, a second later, with an answer, an offer and a customer of its own. */
async function another(): Promise<string> {
  now += 1_000;
  const { conversationId } = await customerWrites(world);
  await world.withKey('bot').ask(SEND, { input: { conversationId, text: 'I am Robin' } });
  await offer(await world.as('agent'), conversationId, { toTeamId: world.ids.support, expiresInSeconds: 604_800 });
  return conversationId;
}

const PAGE = `query($first: Int, $after: String, $last: Int, $before: String, $orderBy: ConversationOrder, $filter: ConversationFilter) {
  conversations(first: $first, after: $after, last: $last, before: $before, orderBy: $orderBy, filter: $filter) {
    nodes { id } edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;
// oxlint-disable-next-line typescript/no-explicit-any
const page = async (variables: object, client = admin): Promise<any> =>
  (await client.ask(PAGE, { orderBy: 'CREATED_ASC', ...variables })).conversations;
const idsOf = ({ nodes }: { nodes: { id: string }[] }) => nodes.map((node) => node.id);

describe('paging', () => {
  it('goes forwards and backwards over the same rows, and says where it stands', async () => {
    const ids = idsOf(await page({ first: 100 }));
    const first = await page({ first: 3 });
    expect(idsOf(first)).toEqual(ids.slice(0, 3));
    expect(first.edges.map(({ node }: { node: { id: string } }) => node.id)).toEqual(ids.slice(0, 3));
    expect(first.pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: first.edges[0].cursor,
      endCursor: first.edges[2].cursor,
    });
    const second = await page({ first: 3, after: first.pageInfo.endCursor });
    expect(idsOf(second)).toEqual(ids.slice(3, 6));
    expect(second.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true });
    const back = await page({ last: 2, before: second.pageInfo.startCursor });
    expect(idsOf(back)).toEqual(ids.slice(1, 3));
    expect(back.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true });
    const last = await page({ last: 3 });
    expect(idsOf(last)).toEqual(ids.slice(-3));
    expect(last.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
  });

  it('is empty after the end', async () => {
    const all = await page({ first: 100 });
    expect(await page({ first: 5, after: all.pageInfo.endCursor })).toEqual({
      nodes: [],
      edges: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: true, startCursor: null, endCursor: null },
    });
  });

  it.each([
    ['an empty page', { first: 0 }, 'first', 'must be 1 to 100'],
    ['a page too large', { first: 101 }, 'first', 'must be 1 to 100'],
    ['a negative page', { last: -1 }, 'last', 'must be 1 to 100'],
    ['both directions', { first: 1, last: 1 }, 'first', 'cannot be combined with last'],
    ['after with last', { last: 1, after: 'x' }, 'after', 'goes with first, not with last'],
    ['before with first', { first: 1, before: 'x' }, 'before', 'goes with last, not with first'],
    ['a cursor that is none', { first: 1, after: 'x' }, 'after', 'is not a cursor of this list in this order'],
    ['an inbox that is none', { filter: { inboxIds: ['Web chat'] } }, 'filter.inboxIds.0', 'is not an id'],
    ['a contact that is none', { filter: { contactId: 'Asha' } }, 'filter.contactId', 'is not an id'],
  ])('refuses %s', async (_, variables, path, message) => {
    expect((await admin.refused(PAGE, variables)).extensions).toMatchObject({
      code: 'VALIDATION_FAILED',
      fields: [{ path, message }],
    });
  });

  const forged = (...parts: string[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');

  it('refuses a cursor of another order, and one with values that no row has', async () => {
    const { pageInfo } = await page({ first: 1 });
    const wrong = [
      pageInfo.endCursor,
      forged('LAST_ACTIVITY_DESC', '2026-01-01T00:00:00.000Z'),
      forged('LAST_ACTIVITY_DESC', '7'),
      forged('LAST_ACTIVITY_DESC', 'yesterday', world.ids.inbox),
      forged('LAST_ACTIVITY_DESC', '2026-01-01T00:00:00.000Z', 'no id'),
      forged('LAST_ACTIVITY_DESC'),
    ];
    for (const after of wrong) {
      const error = await admin.refused(PAGE, { first: 1, after, orderBy: 'LAST_ACTIVITY_DESC' });
      expect(error.extensions).toMatchObject({
        code: 'VALIDATION_FAILED',
        fields: [{ path: 'after', message: 'is not a cursor of this list in this order' }],
      });
    }
  });
});

it.each([
  ['agents', 'query($after: String) { agents(after: $after) { nodes { id } } }', ['NAME_ASC', 'Bo', 'no id']],
  ['agents', 'query($after: String) { agents(after: $after) { nodes { id } } }', ['NAME_ASC', 'B\0', 'id']],
  ['handovers', 'query($after: String) { handovers(after: $after) { nodes { id } } }', ['REQUESTED_DESC', 'x', 'id']],
  ['events', 'query($after: String) { auditEvents(after: $after) { nodes { id } } }', ['RECORDED_DESC', 'last']],
])('refuses a forged cursor of %s', async (_, operation, parts) => {
  const named = parts.map((part) => (part === 'id' ? world.ids.inbox : part));
  const after = Buffer.from(JSON.stringify(named)).toString('base64url');
  expect((await admin.refused(operation, { after })).extensions).toMatchObject({
    code: 'VALIDATION_FAILED',
    fields: [{ path: 'after', message: 'is not a cursor of this list in this order' }],
  });
});

it('refuses a forged cursor of a transcript, and goes nowhere from one behind its end', async () => {
  const operation =
    'query($id: ID!, $after: String) { conversation(id: $id) { transcript(first: 5, after: $after) { nodes { id } } } }';
  const after = (position: string) => Buffer.from(JSON.stringify(['POSITION', position])).toString('base64url');
  const [id] = conversationIds;
  expect((await admin.refused(operation, { id, after: after('one') })).extensions.code).toBe('VALIDATION_FAILED');
  const { conversation } = await admin.ask(operation, { id, after: after('999999999999999') });
  expect(conversation.transcript.nodes).toEqual([]);
});

describe('the order', () => {
  it('is by opening or by last activity, both ways', async () => {
    now += 1_000;
    const [oldest] = conversationIds;
    await agent.ask(SEND, { input: { conversationId: oldest, text: 'Sorry for the wait' } });
    const created = idsOf(await page({ first: 100, orderBy: 'CREATED_ASC' }));
    expect(created.slice(0, 8)).toEqual(conversationIds);
    expect(idsOf(await page({ first: 100, orderBy: 'CREATED_DESC' }))).toEqual(created.toReversed());
    const active = idsOf(await page({ first: 100, orderBy: 'LAST_ACTIVITY_DESC' }));
    expect(active[0]).toBe(oldest);
    expect(idsOf(await page({ first: 100, orderBy: 'LAST_ACTIVITY_ASC' }))).toEqual(active.toReversed());
    expect(idsOf(await page({ first: 1, orderBy: null }))).toEqual([oldest]);
  });
});

it('lists agents by name, filtered by role, team and part of a name', async () => {
  const names = async (filter: object) => {
    const data = await admin.ask('query($filter: AgentFilter) { agents(filter: $filter) { nodes { displayName } } }', {
      filter,
    });
    return data.agents.nodes.map(({ displayName }: { displayName: string }) => displayName);
  };
  expect(await names({})).toEqual(['Ada', 'Bo', 'Ines', 'Kim', 'Olu', 'Sam']);
  expect(await names({ roles: ['AUDITOR', 'SUPERVISOR'] })).toEqual(['Ines', 'Sam']);
  expect(await names({ teamIds: [world.ids.support] })).toEqual(['Bo', 'Kim']);
  expect(await names({ search: 'COLLEAGUE@' })).toEqual(['Kim']);
  expect(await names({ search: '%' })).toEqual([]);
  expect(await names({ active: false })).toEqual([]);
});
