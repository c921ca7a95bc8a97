import { afterAll, beforeAll, expect, it } from 'vitest';
import { ERASE } from '../security/details.js';
import { CREATE_ATTRIBUTE, DEACTIVATE_ATTRIBUTE } from '../security/setting-rows.js';
import type { ApiClient } from '../support/client.js';
import { followedBy, LiveView } from '../support/live-view.js';
import { customerWrites } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { brief, recording, transcriptOf } from './recorded.js';

let server: TestServer;
let world: World;
let admin: ApiClient;
let agent: ApiClient;
/** Ids of the attributes by key. */
const ids: Record<string, string> = {};
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
  [admin, agent] = [await world.as('admin'), await world.as('agent')];
  const types = {
    order: 'TEXT',
    total: 'NUMBER',
    gift: 'BOOLEAN',
    due: 'DATE',
    plan: 'LIST',
    page: 'URL',
    old: 'TEXT',
  };
  for (const [key, type] of Object.entries(types)) {
    const choices = type === 'LIST' ? ['free', 'gold'] : null;
    const input = { noun: 'CONVERSATION', key, name: `The ${key}`, type, choices };
    ids[key] = (await admin.ask(CREATE_ATTRIBUTE, { input })).createAttributeDefinition.attributeDefinition.id;
  }
  await admin.ask(CREATE_ATTRIBUTE, { input: { noun: 'CONTACT', key: 'tier', name: 'Tier', type: 'TEXT' } });
});
afterAll(() => server.stop());

const SET = `mutation($input: UpdateConversationInput!) { updateConversation(input: $input) {
  conversation { subject attributes } } }`;
const set = async (conversationId: string, attributes: unknown, client = agent) =>
  (await client.ask(SET, { input: { conversationId, attributes } })).updateConversation.conversation.attributes;
const refusal = async (conversationId: string, attributes: unknown, client = agent) =>
  (await client.refused(SET, { input: { conversationId, attributes } })).extensions;
const attributesOf = async (conversationId: string) =>
  (await agent.ask('query($id: ID!) { conversation(id: $id) { attributes } }', { id: conversationId })).conversation
    .attributes;
const found = async (attributes: object[], client = agent): Promise<string[]> =>
  (
    await client.ask('query($f: ConversationFilter) { conversations(filter: $f, first: 100) { nodes { id } } }', {
      f: { attributes },
    })
  ).conversations.nodes.map(({ id }: { id: string }) => id);

const all = {
  order: 'A-1',
  total: 12.5,
  gift: false,
  due: '2026-01-31',
  plan: 'gold',
  page: 'https://shop.test/o/1',
};

it('sets, changes and takes away attributes, an event each, live for everybody who sees the conversation', async () => {
  const { conversationId } = await customerWrites(world);
  expect(await attributesOf(conversationId)).toEqual({});
  const viewers = [admin, agent, await world.as('outsider')];
  const { result, events } = await recording(admin, () => followedBy(viewers, () => set(conversationId, all)));
  expect(result).toEqual(all);
  expect(await attributesOf(conversationId)).toEqual(all);
  expect(brief(events).map(({ changes }) => changes)).toEqual([
    ['value: null → A-1'],
    ['value: null → 12.5'],
    ['value: null → false'],
    ['value: null → 2026-01-31'],
    ['value: null → gold'],
    ['value: null → https://shop.test/o/1'],
  ]);
  expect(events[1]).toMatchObject({
    action: 'conversation.attribute_changed',
    target: { type: 'conversation', id: conversationId },
    metadata: { definitionId: ids['total'], key: 'total' },
    summary: expect.stringMatching(/^Bo changed The total of conversation #\d+$/),
  });

  const changed = await recording(admin, () =>
    followedBy(viewers, () => set(conversationId, { order: 'A-2', total: null, gift: false, old: null })),
  );
  const { total: _total, ...rest } = all;
  expect(changed.result).toEqual({ ...rest, order: 'A-2' });
  expect(brief(changed.events).map(({ changes }) => changes)).toEqual([['value: A-1 → A-2'], ['value: 12.5 → null']]);
  // What is so already is no event, nor is nothing.
  const again = await recording(admin, async () => {
    await set(conversationId, { ...rest, order: 'A-2' });
    await set(conversationId, {});
    await set(conversationId, null);
  });
  expect(again.events).toEqual([]);
});

it('shows in the transcript that an attribute changed, and of what it was and is nothing', async () => {
  const { conversationId } = await customerWrites(world);
  await set(conversationId, { order: 'secret-1' });
  expect((await transcriptOf(agent, conversationId)).at(-1)).toMatch(/ conversation\.attribute_changed$/);
  const { conversation } = await agent.ask(
    `query($id: ID!) { conversation(id: $id) { transcript(last: 1) { nodes { ... on ConversationEvent { summary changes { field before after } } } } } }`,
    { id: conversationId },
  );
  expect(JSON.stringify(conversation)).not.toContain('secret-1');
});

it('names every value at fault, and changes nothing then', async () => {
  const { conversationId } = await customerWrites(world);
  const wrong = {
    order: 7,
    total: '7',
    gift: 'yes',
    due: '2026-02-30',
    plan: 'silver',
    page: 'shop',
    tier: 'gold',
    constructor: 'x',
    'No key': 'x',
  };
  const { result, events } = await recording(admin, () => refusal(conversationId, { ...wrong }));
  expect(result).toMatchObject({
    code: 'VALIDATION_FAILED',
    fields: [
      { path: 'attributes.order', message: 'must be a text' },
      { path: 'attributes.total', message: 'must be a number' },
      { path: 'attributes.gift', message: 'must be true or false' },
      { path: 'attributes.due', message: 'must be a day as 2026-01-31' },
      { path: 'attributes.plan', message: 'must be one of free, gold' },
      { path: 'attributes.page', message: 'must be an http or https address' },
      { path: 'attributes.tier', message: 'there is no such attribute' },
      { path: 'attributes.constructor', message: 'there is no such attribute' },
      { path: 'attributes.No key', message: 'there is no such attribute' },
    ],
  });
  expect(await refusal(conversationId, { order: 'A-3', plan: 'silver' })).toMatchObject({
    fields: [{ path: 'attributes.plan' }],
  });
  for (const shape of ['order', ['order'], 7]) {
    expect(await refusal(conversationId, shape)).toMatchObject({
      fields: [{ path: 'attributes', message: 'must be an object by key' }],
    });
  }
  const many = Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${index}`, 'x']));
  expect(await refusal(conversationId, many)).toMatchObject({ fields: [{ path: 'attributes' }] });
  expect(events).toEqual([]);
  expect(await attributesOf(conversationId)).toEqual({});
});

it('keeps what a deactivated attribute has, takes it away, and sets it no more', async () => {
  const { conversationId } = await customerWrites(world);
  const input = { noun: 'CONVERSATION', key: 'passing', name: 'Passing', type: 'TEXT' };
  const { createAttributeDefinition } = await admin.ask(CREATE_ATTRIBUTE, { input });
  await set(conversationId, { passing: 'one' });
  const { id } = createAttributeDefinition.attributeDefinition;
  await admin.ask(DEACTIVATE_ATTRIBUTE, { input: { attributeDefinitionId: id } });
  expect(await attributesOf(conversationId)).toEqual({ passing: 'one' });
  expect(await refusal(conversationId, { passing: 'two' })).toMatchObject({
    fields: [{ path: 'attributes.passing', message: 'this attribute was deactivated' }],
  });
  expect(await set(conversationId, { passing: 'one', order: 'A-4' })).toEqual({ passing: 'one', order: 'A-4' });
  expect(await set(conversationId, { passing: null })).toEqual({ order: 'A-4' });
});

it('changes nothing for who may not', async () => {
  const { conversationId } = await customerWrites(world);
  for (const [who, code] of [
    [await world.as('outsider'), 'NOT_FOUND'],
    [await world.as('auditor'), 'NOT_FOUND'],
    [world.withKey('read'), 'FORBIDDEN'],
    [world.withKey('bot'), 'FORBIDDEN'],
  ] as const) {
    expect((await refusal(conversationId, { order: 'mine' }, who)).code).toBe(code);
  }
  expect(await attributesOf(conversationId)).toEqual({});
});

it('finds conversations by what their attributes are exactly, for who sees them, in lists and streams', async () => {
  const [one, two, hidden] = [
    await customerWrites(world),
    await customerWrites(world),
    await customerWrites(world, { inboxId: world.ids.emailInbox }),
  ].map(({ conversationId }) => conversationId) as [string, string, string];
  await set(one, { order: 'B-1', total: 1, gift: true });
  await set(two, { order: 'B-1', total: 2.5 });
  await set(hidden, { order: 'B-1' }, admin);
  const order = { key: 'order', value: 'B-1' };
  expect((await found([order])).toSorted()).toEqual([one, two].toSorted());
  expect((await found([order], admin)).toSorted()).toEqual([one, two, hidden].toSorted());
  expect(await found([order, { key: 'total', value: 2.5 }])).toEqual([two]);
  expect(await found([{ key: 'gift', value: true }, order])).toEqual([one]);
  for (const value of ['B', 'b-1', 'B-1 ', '1']) expect(await found([{ key: 'order', value }])).toEqual([]);
  expect(await found([{ key: 'total', value: '1' }])).toEqual([]);
  expect(await found([{ key: 'constructor', value: 'x' }])).toEqual([]);

  const view = await LiveView.open(agent, 'conversations', { attributes: [order] });
  await set(one, { order: 'B-2' });
  const { conversationId } = await customerWrites(world);
  await set(conversationId, { order: 'B-1' });
  await view.matchesFresh();
  expect((await found([order])).toSorted()).toEqual([two, conversationId].toSorted());
  await view.stop();
});

it.each([
  ['none', [], 'filter.attributes'],
  ['a key that is none', [{ key: 'No Key', value: 'x' }], 'filter.attributes.0.key'],
  ['a value that is no text, number or boolean', [{ key: 'order', value: { a: 1 } }], 'filter.attributes.0.value'],
  ['too many', Array.from({ length: 11 }, () => ({ key: 'order', value: 'x' })), 'filter.attributes'],
])('refuses to filter by %s', async (_, attributes, path) => {
  const error = await agent.refused('query($f: ConversationFilter) { conversations(filter: $f) { nodes { id } } }', {
    f: { attributes },
  });
  expect(error.extensions).toMatchObject({ code: 'VALIDATION_FAILED', fields: [{ path }] });
});

it('loses its attributes, and on the record what they were, with the contact who is erased', async () => {
  const { conversationId } = await customerWrites(world);
  await set(conversationId, { order: 'erase-me' });
  const { conversation } = await admin.ask('query($id: ID!) { conversation(id: $id) { contact { id } } }', {
    id: conversationId,
  });
  await admin.ask(ERASE, { input: { contactId: conversation.contact.id, reason: 'They asked for it' } });
  expect(await attributesOf(conversationId)).toEqual({});
  const { auditEvents } = await admin.ask(
    'query($id: ID!) { auditEvents(filter: { conversationId: $id, actions: ["conversation.attribute_changed"] }) { nodes { state changes { field after redacted } } } }',
    { id: conversationId },
  );
  expect(auditEvents.nodes).toEqual([{ state: 'ERASED', changes: [{ field: 'value', after: null, redacted: true }] }]);
});
