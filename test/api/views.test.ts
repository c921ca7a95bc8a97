import { afterAll, beforeAll, expect, it } from 'vitest';
import { CREATE_VIEW, DELETE_VIEW, UPDATE_VIEW } from '../security/view-rows.js';
import type { ApiClient } from '../support/client.js';
import { ASSIGN, customerWrites } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type Person, type World } from '../support/world.js';
import { brief, recording } from './recorded.js';

let server: TestServer;
let world: World;
let admin: ApiClient;
let agent: ApiClient;
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
  [admin, agent] = [await world.as('admin'), await world.as('agent')];
});
afterAll(() => server.stop());

let made = 0;
const create = async (client: ApiClient, input: object = {}): Promise<string> => {
  const view = { name: `View ${(made += 1)}`, filter: { unassigned: true }, ...input };
  return (await client.ask(CREATE_VIEW, { input: view })).createView.view.id;
};
const seen = async (client: ApiClient, id: string) =>
  (await client.ask('{ views { id name filter orderBy sharing owner { id } team { id } } }')).views.find(
    (view: { id: string }) => view.id === id,
  );
const refusal = async (client: ApiClient, operation: string, input: object) =>
  (await client.refused(operation, { input })).extensions;
/** Who of all sees a view. */
async function audience(id: string): Promise<Person[]> {
  const people: Person[] = ['admin', 'supervisor', 'agent', 'colleague', 'outsider'];
  const views = await Promise.all(people.map(async (person) => seen(await world.as(person), id)));
  return people.filter((_, index) => views[index] !== undefined);
}

it('keeps a filter that is passed on as it is, to lists, counts and streams', async () => {
  const { conversationId } = await customerWrites(world);
  const { agent: bo } = world.ids.agents;
  await admin.ask(ASSIGN, { input: { conversationId, assigneeId: bo } });
  const filter = { assigneeIds: [bo], statuses: null, createdFrom: '2026-01-01T00:00:00.000Z', pinned: false };
  const id = await create(agent, { filter, orderBy: 'WAITING_LONGEST' });
  const view = await seen(agent, id);
  expect(view).toMatchObject({
    filter: { assigneeIds: [bo], createdFrom: '2026-01-01T00:00:00.000Z', pinned: false },
    orderBy: 'WAITING_LONGEST',
    sharing: 'PRIVATE',
    owner: { id: bo },
    team: null,
  });
  const data = await agent.ask(
    `query($filter: ConversationFilter, $orderBy: ConversationOrder) {
      conversations(filter: $filter, orderBy: $orderBy) { nodes { id } eventCursor }
      conversationCounts(filter: $filter) { open mine } }`,
    { filter: view.filter, orderBy: view.orderBy },
  );
  expect(data.conversations.nodes).toEqual([{ id: conversationId }]);
  expect(data.conversationCounts).toEqual({ open: 1, mine: 1 });
  const stream = agent.subscribe(
    'subscription($filter: ConversationFilter, $at: String) { conversationChanges(filter: $filter, afterEvent: $at) { conversationId } }',
    { filter: view.filter, at: data.conversations.eventCursor },
  );
  await stream.connected();
  const other = await customerWrites(world);
  await admin.ask(ASSIGN, { input: { conversationId: other.conversationId, assigneeId: bo } });
  await stream.until(({ conversationChanges }) => conversationChanges.conversationId === other.conversationId);
  await stream.stop();
});

it('creates, changes and deletes a view, each with what was before and after, and nothing where nothing changes', async () => {
  const input = { name: ' Mine ', filter: { pinned: true }, reason: 'Handy', idempotencyKey: 'views' };
  const { result, events } = await recording(admin, async () => {
    const first = await agent.ask(CREATE_VIEW, { input });
    expect(await agent.ask(CREATE_VIEW, { input })).toEqual(first);
    return first;
  });
  const { id } = result.createView.view;
  expect(events).toMatchObject([
    {
      action: 'view.created',
      target: { type: 'view', id, label: 'Mine' },
      changes: [
        'name: null → Mine',
        'filter: null → {"pinned":true}',
        'orderBy: null → LAST_ACTIVITY_DESC',
        'sharing: null → PRIVATE',
      ],
      summary: 'Bo created the view Mine: Handy',
    },
  ]);
  expect((await refusal(agent, CREATE_VIEW, { ...input, name: 'Other' })).code).toBe('CONFLICT');
  const change = {
    viewId: id,
    name: 'Ours',
    filter: { unassigned: true, attributes: [{ key: 'plan', value: 'gold' }] },
    sharing: 'TEAM',
    teamId: world.ids.support,
  };
  const changed = await recording(admin, async () => {
    await agent.ask(UPDATE_VIEW, { input: change });
    await agent.ask(UPDATE_VIEW, { input: change });
  });
  expect(brief(changed.events)).toEqual([
    {
      action: 'view.updated',
      changes: [
        'name: Mine → Ours',
        'filter: {"pinned":true} → {"attributes":[{"key":"plan","value":"gold"}],"unassigned":true}',
        'sharing: PRIVATE → TEAM',
        `teamId: null → ${world.ids.support}`,
      ],
    },
  ]);
  const gone = await recording(admin, () => agent.ask(DELETE_VIEW, { input: { viewId: id } }));
  expect(gone.result.deleteView.viewId).toBe(id);
  expect(brief(gone.events)).toMatchObject([
    { action: 'view.deleted', changes: expect.arrayContaining(['name: Ours → null']) },
  ]);
  expect(await seen(agent, id)).toBeUndefined();
  // What the first request made is not there any more, and is not made again.
  const { result: late, events: none } = await recording(admin, () => refusal(agent, CREATE_VIEW, input));
  expect([late.code, none]).toEqual(['NOT_FOUND', []]);
  expect((await refusal(agent, DELETE_VIEW, { viewId: id })).code).toBe('NOT_FOUND');
});

it('is seen by whom it is shared with, and by nobody else', async () => {
  const { support, billing } = world.ids;
  expect(await audience(await create(agent))).toEqual(['agent']);
  expect(await audience(await create(admin))).toEqual(['admin']);
  const ours = await create(agent, { sharing: 'TEAM', teamId: support });
  // The supervisor watches over Support.
  expect(await audience(ours)).toEqual(['admin', 'supervisor', 'agent', 'colleague']);
  expect(await audience(await create(admin, { sharing: 'TEAM', teamId: billing }))).toEqual(['admin', 'outsider']);
  expect(await audience(await create(admin, { sharing: 'EVERYBODY' }))).toHaveLength(5);
  await agent.ask(UPDATE_VIEW, { input: { viewId: ours, sharing: 'PRIVATE' } });
  expect(await audience(ours)).toEqual(['agent']);
  expect(await seen(agent, ours)).toMatchObject({ sharing: 'PRIVATE', team: null });
  // A key has none of its own, and keeps those of others.
  const shared = await create(world.withKey('all'), { sharing: 'EVERYBODY' });
  expect(await seen(agent, shared)).toMatchObject({ owner: null });
  // Nobody else can make it their own, and so take it from all.
  const bos = await create(agent, { sharing: 'TEAM', teamId: support });
  for (const viewId of [shared, bos])
    expect((await refusal(admin, UPDATE_VIEW, { viewId, sharing: 'PRIVATE' })).code).toBe('FORBIDDEN');
  expect(await seen(agent, shared)).toMatchObject({ sharing: 'EVERYBODY' });
});

it('refuses a filter by what is no id', async () => {
  for (const contactId of ['', 'x'])
    expect((await refusal(agent, CREATE_VIEW, { name: 'Theirs', filter: { contactId } })).code).toBe(
      'VALIDATION_FAILED',
    );
});

it('is changed and deleted by whose it is, and where it is shared by administrators; who does not see it learns nothing', async () => {
  const [mine, ours] = [await create(agent), await create(agent, { sharing: 'TEAM', teamId: world.ids.support })];
  const colleague = await world.as('colleague');
  const code = async (client: ApiClient, viewId: string) => [
    (await refusal(client, UPDATE_VIEW, { viewId, name: 'Taken' })).code,
    (await refusal(client, DELETE_VIEW, { viewId })).code,
  ];
  expect(await code(colleague, ours)).toEqual(['FORBIDDEN', 'FORBIDDEN']);
  expect(await code(await world.as('outsider'), ours)).toEqual(['NOT_FOUND', 'NOT_FOUND']);
  for (const client of [colleague, admin, world.withKey('all')])
    expect(await code(client, mine)).toEqual(['NOT_FOUND', 'NOT_FOUND']);
  await admin.ask(UPDATE_VIEW, { input: { viewId: ours, name: 'Tidied' } });
  expect(await seen(agent, ours)).toMatchObject({ name: 'Tidied', owner: { id: world.ids.agents.agent } });
  expect(await seen(agent, mine)).toBeDefined();
});

it('is shared only with teams that one is in, and with everybody only by administrators', async () => {
  const view = { name: 'x', filter: {} };
  const { billing, support } = world.ids;
  expect((await refusal(agent, CREATE_VIEW, { ...view, sharing: 'TEAM', teamId: billing })).code).toBe('FORBIDDEN');
  expect((await refusal(agent, CREATE_VIEW, { ...view, sharing: 'EVERYBODY' })).code).toBe('FORBIDDEN');
  const mine = await create(agent);
  expect((await refusal(agent, UPDATE_VIEW, { viewId: mine, sharing: 'EVERYBODY' })).code).toBe('FORBIDDEN');
  expect((await refusal(agent, UPDATE_VIEW, { viewId: mine, sharing: 'TEAM', teamId: billing })).code).toBe(
    'FORBIDDEN',
  );
  expect(await audience(mine)).toEqual(['agent']);
  await agent.ask(UPDATE_VIEW, { input: { viewId: mine, sharing: 'TEAM', teamId: support } });
  expect(await audience(mine)).toContain('colleague');
});

it.each([
  ['no name', { name: ' ', filter: {} }, 'name'],
  ['a name that is too long', { name: 'x'.repeat(101), filter: {} }, 'name'],
  ['a filter that is none', { name: 'x', filter: { inboxIds: ['x'] } }, 'filter.inboxIds.0'],
  ['a team without sharing', { name: 'x', filter: {}, teamId: '01890000-0000-7000-8000-000000000000' }, 'teamId'],
  ['sharing with no team', { name: 'x', filter: {}, sharing: 'TEAM' }, 'teamId'],
  [
    'a filter that is too long',
    {
      name: 'x',
      filter: {
        labelIds: Array.from({ length: 250 }, () => '01890000-0000-7000-8000-000000000000'),
        inboxIds: Array.from({ length: 250 }, () => '01890000-0000-7000-8000-000000000000'),
      },
    },
    'filter',
  ],
])('refuses %s', async (_, input, path) => {
  expect(await refusal(agent, CREATE_VIEW, input)).toMatchObject({ code: 'VALIDATION_FAILED', fields: [{ path }] });
});

it('has 50 private views of an agent at the most', async () => {
  const outsider = await world.as('outsider');
  for (let index = 0; index < 50; index += 1) await create(outsider);
  expect(await refusal(outsider, CREATE_VIEW, { name: 'x', filter: {} })).toMatchObject({
    code: 'LIMIT_EXCEEDED',
    limit: 'privateViewsOfAnAgent',
    value: 50,
  });
  await create(agent);
});
