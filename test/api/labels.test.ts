import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ADD_LABELS, REMOVE_LABELS } from '../security/details.js';
import { CREATE_LABEL, DEACTIVATE_LABEL, UPDATE_LABEL } from '../security/setting-rows.js';
import type { ApiClient } from '../support/client.js';
import { customerWrites } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { brief, recording } from './recorded.js';

let server: TestServer;
let world: World;
let admin: ApiClient;
let worlds = 0;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());
beforeEach(async () => {
  world = await createWorld(server, `acme-${(worlds += 1)}`);
  admin = world.withKey('all');
});

const create = async (input: object): Promise<string> =>
  (await admin.ask(CREATE_LABEL, { input: { color: '#112233', ...input } })).createLabel.label.id;
const deactivate = (labelId: string) => admin.ask(DEACTIVATE_LABEL, { input: { labelId } });
const refusal = async (operation: string, input: object) => (await admin.refused(operation, { input })).extensions;
const names = async (all = false): Promise<string[]> =>
  (
    await world.withKey('read').ask('query($all: Boolean!) { labels(includeInactive: $all) { name } }', { all })
  ).labels.map(({ name }: { name: string }) => name);
const carried = async (conversationId: string): Promise<string[]> =>
  (
    await admin.ask('query($id: ID!) { conversation(id: $id) { labels { name } } }', { id: conversationId })
  ).conversation.labels.map(({ name }: { name: string }) => name);

it('creates, changes and deactivates a label, each once and with what was before and after', async () => {
  const input = { name: ' refund ', color: '#00aa00', description: 'Money back', reason: 'Sales' };
  const { result, events } = await recording(admin, () => admin.ask(CREATE_LABEL, { input }));
  const { label } = result.createLabel;
  expect(label).toEqual({
    id: expect.any(String),
    name: 'refund',
    color: '#00aa00',
    description: 'Money back',
    deactivatedAt: null,
  });
  expect(events).toMatchObject([
    {
      action: 'label.created',
      target: { type: 'label', id: label.id, label: 'refund' },
      changes: ['name: null → refund', 'color: null → #00aa00', 'description: null → Money back'],
      reason: 'Sales',
      summary: 'Everything created the label refund: Sales',
    },
  ]);
  const change = { labelId: label.id, name: 'refunds', color: '#00bb00', description: null };
  const changed = await recording(admin, async () => {
    await admin.ask(UPDATE_LABEL, { input: change });
    return admin.ask(UPDATE_LABEL, { input: change });
  });
  expect(changed.result.updateLabel.label).toMatchObject({ name: 'refunds', color: '#00bb00', description: null });
  expect(brief(changed.events)).toEqual([
    {
      action: 'label.updated',
      changes: ['name: refund → refunds', 'color: #00aa00 → #00bb00', 'description: Money back → null'],
    },
  ]);
  const ended = await recording(admin, async () => {
    await deactivate(label.id);
    return deactivate(label.id);
  });
  expect(ended.result.deactivateLabel.label.deactivatedAt).toEqual(expect.any(String));
  expect(brief(ended.events)).toEqual([{ action: 'label.deactivated', changes: ['active: true → false'] }]);
  expect(await refusal(UPDATE_LABEL, change)).toMatchObject({ code: 'CONFLICT', current: { labelId: label.id } });
});

it('is carried on by what carries it, found by it and taken away, but added to nothing any more', async () => {
  const { vip, billing } = world.ids.labels;
  const { conversationId } = await customerWrites(world);
  const other = await customerWrites(world);
  await admin.ask(ADD_LABELS, { input: { conversationId, labelIds: [vip] } });
  await deactivate(vip);
  expect(await carried(conversationId)).toEqual(['vip']);
  const { conversations } = await admin.ask(
    'query($id: ID!) { conversations(filter: { labelIds: [$id] }) { nodes { id } } }',
    { id: vip },
  );
  expect(conversations.nodes).toEqual([{ id: conversationId }]);
  const input = { conversationId: other.conversationId, labelIds: [billing, vip] };
  const { result, events } = await recording(admin, () => refusal(ADD_LABELS, input));
  expect(result).toMatchObject({
    code: 'VALIDATION_FAILED',
    fields: [{ path: 'labelIds.1', message: 'this label was deactivated' }],
  });
  expect(events).toEqual([]);
  expect(await carried(other.conversationId)).toEqual([]);
  await admin.ask(REMOVE_LABELS, { input: { conversationId, labelIds: [vip] } });
  expect(await carried(conversationId)).toEqual([]);
});

it('shows the change of a label wherever it is carried', async () => {
  const { conversationId } = await customerWrites(world);
  await admin.ask(ADD_LABELS, { input: { conversationId, labelIds: [world.ids.labels.vip] } });
  await admin.ask(UPDATE_LABEL, { input: { labelId: world.ids.labels.vip, name: 'important' } });
  expect(await carried(conversationId)).toEqual(['important']);
});

it('has a name once among those in use, also where two take it at once', async () => {
  const { vip, billing } = world.ids.labels;
  const taken = { code: 'CONFLICT', current: { name: 'vip', labelId: vip } };
  expect(await refusal(CREATE_LABEL, { name: 'vip ', color: '#112233' })).toMatchObject(taken);
  expect(await refusal(UPDATE_LABEL, { labelId: billing, name: 'vip' })).toMatchObject(taken);
  await deactivate(vip);
  const input = { name: 'vip', color: '#112233' };
  const both = await Promise.all([input, input].map((each) => admin.send(CREATE_LABEL, { input: each })));
  expect(both.map(({ errors }) => errors?.[0]?.extensions.code).toSorted()).toEqual(['CONFLICT', undefined]);
  const ids = [await create({ name: 'one' }), await create({ name: 'two' })];
  const renamed = await Promise.all(
    ids.map((labelId) => admin.send(UPDATE_LABEL, { input: { labelId, name: 'three' } })),
  );
  expect(renamed.map(({ errors }) => errors?.[0]?.extensions.code).toSorted()).toEqual(['CONFLICT', undefined]);
  expect((await names()).filter((name) => name === 'vip' || name === 'three')).toEqual(['three', 'vip']);
  expect((await names(true)).filter((name) => name === 'vip')).toEqual(['vip', 'vip']);
});

it.each([
  ['no name', { name: ' ', color: '#112233' }, 'name'],
  ['a colour that is none', { name: 'x', color: 'red' }, 'color'],
  ['a colour in upper case', { name: 'x', color: '#AABBCC' }, 'color'],
  ['a description that is too long', { name: 'x', color: '#112233', description: 'x'.repeat(2_001) }, 'description'],
  ['a reason that is too long', { name: 'x', color: '#112233', reason: 'x'.repeat(501) }, 'reason'],
])('refuses %s', async (_, input, path) => {
  expect(await refusal(CREATE_LABEL, input)).toMatchObject({ code: 'VALIDATION_FAILED', fields: [{ path }] });
  expect(await names()).toEqual(['billing', 'vip']);
});
