import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { faultOfValue } from '../../src/services/attributes/validate.js';
import { CREATE_ATTRIBUTE, DEACTIVATE_ATTRIBUTE, UPDATE_ATTRIBUTE } from '../security/setting-rows.js';
import type { ApiClient } from '../support/client.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld } from '../support/world.js';
import { brief, recording } from './recorded.js';

let server: TestServer;
let admin: ApiClient;
let reader: ApiClient;
let worlds = 0;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());
beforeEach(async () => {
  const world = await createWorld(server, `acme-${(worlds += 1)}`);
  [admin, reader] = [world.withKey('all'), world.withKey('read')];
});

const plan = { noun: 'CONTACT', key: 'plan', name: ' Plan ', type: 'LIST', choices: ['free', ' gold '] };
const create = async (input: object): Promise<string> =>
  (await admin.ask(CREATE_ATTRIBUTE, { input })).createAttributeDefinition.attributeDefinition.id;
const refusal = async (operation: string, input: object) => (await admin.refused(operation, { input })).extensions;
const LIST = `query($noun: AttributeNoun, $all: Boolean = false) {
  attributeDefinitions(noun: $noun, includeInactive: $all) { key } }`;
const keys = async (variables: object): Promise<string[]> =>
  (await reader.ask(LIST, variables as Record<string, unknown>)).attributeDefinitions.map(
    ({ key }: { key: string }) => key,
  );

it('defines, changes and deactivates an attribute, each once and with what was before and after', async () => {
  const { result, events } = await recording(admin, () =>
    admin.ask(CREATE_ATTRIBUTE, { input: { ...plan, description: 'What they pay for', reason: 'Sales' } }),
  );
  const { attributeDefinition } = result.createAttributeDefinition;
  expect(attributeDefinition).toEqual({
    id: expect.any(String),
    noun: 'CONTACT',
    key: 'plan',
    name: 'Plan',
    description: 'What they pay for',
    type: 'LIST',
    choices: ['free', 'gold'],
    deactivatedAt: null,
  });
  const { id } = attributeDefinition;
  expect(events).toMatchObject([
    {
      action: 'attribute_definition.created',
      target: { type: 'attribute_definition', id, label: 'Plan' },
      changes: [
        'noun: null → CONTACT',
        'type: null → LIST',
        'key: null → plan',
        'name: null → Plan',
        'description: null → What they pay for',
        'choices: null → ["free","gold"]',
      ],
      reason: 'Sales',
      summary: 'Everything defined the attribute Plan: Sales',
    },
  ]);

  const input = { attributeDefinitionId: id, name: 'Tier', description: null, choices: ['free', 'gold', 'silver'] };
  const changed = await recording(admin, async () => {
    await admin.ask(UPDATE_ATTRIBUTE, { input });
    // What is so already is no event.
    return admin.ask(UPDATE_ATTRIBUTE, { input });
  });
  expect(changed.result.updateAttributeDefinition.attributeDefinition).toMatchObject({
    name: 'Tier',
    description: null,
    choices: ['free', 'gold', 'silver'],
  });
  expect(brief(changed.events)).toEqual([
    {
      action: 'attribute_definition.updated',
      changes: [
        'name: Plan → Tier',
        'description: What they pay for → null',
        'choices: ["free","gold"] → ["free","gold","silver"]',
      ],
    },
  ]);

  const ended = await recording(admin, async () => {
    await admin.ask(DEACTIVATE_ATTRIBUTE, { input: { attributeDefinitionId: id } });
    return admin.ask(DEACTIVATE_ATTRIBUTE, { input: { attributeDefinitionId: id } });
  });
  expect(ended.result.deactivateAttributeDefinition.attributeDefinition.deactivatedAt).toEqual(expect.any(String));
  expect(brief(ended.events)).toEqual([
    { action: 'attribute_definition.deactivated', changes: ['active: true → false'] },
  ]);
  expect(await refusal(UPDATE_ATTRIBUTE, { ...input, name: 'Plan' })).toMatchObject({
    code: 'CONFLICT',
    current: { attributeDefinitionId: id },
  });
});

it('lists those in use, of one noun or both, and all where asked for', async () => {
  const id = await create({ ...plan, key: 'old' });
  await admin.ask(DEACTIVATE_ATTRIBUTE, { input: { attributeDefinitionId: id } });
  await create(plan);
  await create({ noun: 'CONVERSATION', key: 'order', name: 'Order', type: 'TEXT' });
  expect(await keys({})).toEqual(['order', 'plan']);
  expect(await keys({ noun: 'CONTACT' })).toEqual(['plan']);
  expect(await keys({ noun: 'CONTACT', all: true })).toEqual(['plan', 'old']);
});

it('takes a key once while it is in use, also from two at once, and never for values of another type', async () => {
  const both = await Promise.all([plan, plan].map((input) => admin.send(CREATE_ATTRIBUTE, { input })));
  expect(both.map(({ errors }) => errors?.[0]?.extensions.code).toSorted()).toEqual(['CONFLICT', undefined]);
  await create({ ...plan, noun: 'CONVERSATION' });
  const { attributeDefinitions } = await admin.ask('{ attributeDefinitions(noun: CONTACT) { id } }');
  const [{ id }] = attributeDefinitions;
  expect(await refusal(CREATE_ATTRIBUTE, plan)).toMatchObject({
    code: 'CONFLICT',
    current: { key: 'plan', attributeDefinitionId: id },
  });
  await admin.ask(DEACTIVATE_ATTRIBUTE, { input: { attributeDefinitionId: id } });
  expect(await refusal(CREATE_ATTRIBUTE, { ...plan, type: 'TEXT', choices: null })).toMatchObject({
    code: 'CONFLICT',
    current: { type: 'LIST', attributeDefinitionId: id },
  });
  await create({ ...plan, choices: ['gold'] });
});

it.each([
  ['a key that is none', { ...plan, key: 'Plan' }, 'key'],
  ['a key that begins with a digit', { ...plan, key: '1st' }, 'key'],
  ['no name', { ...plan, name: ' ' }, 'name'],
  ['a list without choices', { ...plan, choices: [] }, 'choices'],
  ['the same choice twice', { ...plan, choices: ['gold', 'gold '] }, 'choices'],
  ['an empty choice', { ...plan, choices: ['gold', ''] }, 'choices.1'],
  ['choices of a text', { ...plan, type: 'TEXT' }, 'choices'],
  ['a reason that is too long', { ...plan, reason: 'x'.repeat(501) }, 'reason'],
])('refuses %s, and records nothing', async (_, input, path) => {
  const { result, events } = await recording(admin, () => refusal(CREATE_ATTRIBUTE, input));
  expect(result).toMatchObject({ code: 'VALIDATION_FAILED', fields: [{ path }] });
  expect(events).toEqual([]);
});

it('has 50 attributes of a noun in use at the most', async () => {
  for (let index = 0; index < 50; index += 1)
    await create({ noun: 'CONTACT', key: `k${index}`, name: 'K', type: 'TEXT' });
  expect(await refusal(CREATE_ATTRIBUTE, plan)).toMatchObject({
    code: 'LIMIT_EXCEEDED',
    limit: 'attributesOfContacts',
    value: 50,
    asked: 51,
  });
  await create({ ...plan, noun: 'CONVERSATION' });
});

it.each([
  ['TEXT', ['Late', 'é'.repeat(2_000)], ['', 'x'.repeat(2_001), 'a\0b', '\ud800', 7, true, {}, []]],
  ['NUMBER', [0, -1.5, 2 ** 53], ['7', Number.NaN, Number.POSITIVE_INFINITY, true]],
  ['BOOLEAN', [true, false], ['true', 0, 1]],
  ['DATE', ['2024-02-29'], ['2023-02-29', '2026-1-1', '2026-01-01T00:00:00Z', 20_260_101]],
  ['LIST', ['gold'], ['Gold', '', 'silver', 1]],
  [
    'URL',
    ['https://shop.test/o/1?x=1', 'http://localhost:1'],
    ['shop.test', 'ftp://shop.test', 'javascript:alert(1)', ''],
  ],
] as const)('takes of %s what is one, and nothing else', (type, good, bad) => {
  const definition = { type, choices: type === 'LIST' ? ['gold', 'free'] : [] };
  expect(good.map((value) => faultOfValue(definition, value))).toEqual(good.map(() => null));
  expect(bad.filter((value) => faultOfValue(definition, value) === null)).toEqual([]);
});
