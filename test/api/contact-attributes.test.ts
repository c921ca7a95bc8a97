import { afterAll, beforeAll, expect, it } from 'vitest';
import { ERASE } from '../security/details.js';
import { CREATE_ATTRIBUTE, DEACTIVATE_ATTRIBUTE } from '../security/setting-rows.js';
import type { ApiClient } from '../support/client.js';
import { followedBy } from '../support/live-view.js';
import { customerWrites } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { brief, recording } from './recorded.js';

let server: TestServer;
let world: World;
let admin: ApiClient;
let crm: ApiClient;
let tierId: string;
let external = 0;
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
  [admin, crm] = [await world.as('admin'), world.withKey('all')];
  tierId = await define({ noun: 'CONTACT', key: 'tier', name: 'The tier', type: 'LIST', choices: ['free', 'gold'] });
  await define({ noun: 'CONTACT', key: 'spent', name: 'Spent', type: 'NUMBER' });
  await define({ noun: 'CONVERSATION', key: 'order', name: 'Order', type: 'TEXT' });
});
afterAll(() => server.stop());

const define = async (input: object): Promise<string> =>
  (await admin.ask(CREATE_ATTRIBUTE, { input })).createAttributeDefinition.attributeDefinition.id;
const UPSERT = `mutation($input: UpsertContactInput!) { upsertContact(input: $input) { result contact { id attributes } } }`;
const upsert = async (input: object, client = crm) => (await client.ask(UPSERT, { input })).upsertContact;
const refusal = async (input: object, client = crm) => (await client.refused(UPSERT, { input })).extensions;
const attributesOf = async (id: string, client = crm) =>
  (await client.ask('query($id: ID!) { contact(id: $id) { attributes } }', { id })).contact.attributes;
const someone = () => `crm-${(external += 1)}`;

it('makes a contact with attributes, changes some, takes some away, an event each, and is a NOOP where nothing is new', async () => {
  const externalId = someone();
  const made = await recording(admin, () =>
    upsert({ externalId, attributes: { tier: 'free', spent: 12.5 }, reason: 'From the shop' }),
  );
  expect(made.result).toMatchObject({ result: 'CREATED', contact: { attributes: { tier: 'free', spent: 12.5 } } });
  expect(brief(made.events)).toEqual([
    { action: 'contact.created', changes: [`externalId: null → ${externalId}`] },
    { action: 'contact.attribute_changed', changes: ['value: null → free'] },
    { action: 'contact.attribute_changed', changes: ['value: null → 12.5'] },
  ]);
  const { id } = made.result.contact;
  expect(made.events[1]).toMatchObject({
    target: { type: 'contact', id },
    metadata: { definitionId: tierId, key: 'tier' },
    reason: 'From the shop',
    summary: expect.stringMatching(/^Everything changed The tier of .+: From the shop$/),
  });

  const changed = await recording(admin, () => upsert({ externalId, attributes: { tier: 'gold', spent: null } }));
  expect(changed.result).toMatchObject({ result: 'UPDATED', contact: { attributes: { tier: 'gold' } } });
  expect(brief(changed.events).map(({ changes }) => changes)).toEqual([['value: free → gold'], ['value: 12.5 → null']]);

  const again = await recording(admin, async () => [
    await upsert({ externalId, attributes: { tier: 'gold', spent: null } }),
    await upsert({ externalId, attributes: {} }),
    await upsert({ externalId, attributes: null }),
  ]);
  expect(again.result.map(({ result }) => result)).toEqual(['NOOP', 'NOOP', 'NOOP']);
  expect(again.events).toEqual([]);
  expect(await attributesOf(id)).toEqual({ tier: 'gold' });
});

it('is told to whoever follows a conversation of theirs', async () => {
  const { conversationId } = await customerWrites(world);
  const { conversation } = await admin.ask('query($id: ID!) { conversation(id: $id) { contact { id } } }', {
    id: conversationId,
  });
  const { id } = conversation.contact;
  await followedBy([admin, await world.as('agent'), await world.as('outsider')], () =>
    upsert({ id, attributes: { tier: 'gold' } }),
  );
  expect(await attributesOf(id)).toEqual({ tier: 'gold' });
});

it('changes nothing of a contact where one value is wrong, and makes none', async () => {
  const externalId = someone();
  const { events } = await recording(admin, async () => {
    expect(
      await refusal({ externalId, name: 'Nobody', attributes: { tier: 'silver', spent: '7', order: 'A-1' } }),
    ).toMatchObject({
      code: 'VALIDATION_FAILED',
      fields: [
        { path: 'attributes.tier', message: 'must be one of free, gold' },
        { path: 'attributes.spent', message: 'must be a number' },
        { path: 'attributes.order', message: 'there is no such attribute' },
      ],
    });
    for (const shape of ['tier', ['tier'], 7]) {
      expect(await refusal({ externalId, attributes: shape })).toMatchObject({
        fields: [{ path: 'attributes', message: 'must be an object by key' }],
      });
    }
  });
  expect(events).toEqual([]);
  const OF = 'query($externalId: String!) { contactByExternalId(externalId: $externalId) { id } }';
  expect((await crm.refused(OF, { externalId })).extensions.code).toBe('NOT_FOUND');
});

it('keeps what a deactivated attribute has, and sets it no more', async () => {
  const externalId = someone();
  const attributeDefinitionId = await define({ noun: 'CONTACT', key: 'passing', name: 'Passing', type: 'TEXT' });
  await upsert({ externalId, attributes: { passing: 'one' } });
  await admin.ask(DEACTIVATE_ATTRIBUTE, { input: { attributeDefinitionId } });
  expect(await refusal({ externalId, attributes: { passing: 'two' } })).toMatchObject({
    fields: [{ path: 'attributes.passing', message: 'this attribute was deactivated' }],
  });
  const kept = await upsert({ externalId, attributes: { passing: 'one', tier: 'free' } });
  expect(kept.contact.attributes).toEqual({ passing: 'one', tier: 'free' });
  const rid = await upsert({ externalId, attributes: { passing: null } });
  expect(rid.contact.attributes).toEqual({ tier: 'free' });
});

it('shows attributes to who reads contacts, which is recorded before, and to nobody else', async () => {
  const { conversationId } = await customerWrites(world);
  const OF = 'query($id: ID!) { conversation(id: $id) { contact { id attributes } } }';
  const { conversation } = await admin.ask(OF, { id: conversationId });
  const { id } = conversation.contact;
  await upsert({ id, attributes: { tier: 'gold' } });
  const agent = await world.as('agent');
  expect((await agent.ask(OF, { id: conversationId })).conversation.contact.attributes).toEqual({ tier: 'gold' });
  const { auditEvents } = await admin.ask(
    `query($target: ID!) { auditEvents(filter: { contactId: $target, actions: ["contact.profile_viewed"] }) { nodes { actor { label } } } }`,
    { target: id },
  );
  expect(auditEvents.nodes.map(({ actor }: { actor: { label: string } }) => actor.label)).toContain('Bo');
  expect((await world.withKey('bot').ask(OF, { id: conversationId })).conversation.contact.attributes).toBeNull();
  for (const [who, code] of [
    [world.withKey('read'), 'NOT_FOUND'],
    [await world.as('auditor'), 'NOT_FOUND'],
  ] as const) {
    expect((await refusal({ id, attributes: { tier: 'free' } }, who)).code).toBe(code);
  }
  expect(await attributesOf(id)).toEqual({ tier: 'gold' });
});

it('loses them, and on the record what they were, when the contact is erased', async () => {
  const { contact } = await upsert({ externalId: someone(), attributes: { tier: 'gold' } });
  await admin.ask(ERASE, { input: { contactId: contact.id, reason: 'They asked for it' } });
  expect(await attributesOf(contact.id)).toEqual({});
  const { auditEvents } = await admin.ask(
    'query($id: ID!) { auditEvents(filter: { contactId: $id, actions: ["contact.attribute_changed"] }) { nodes { state changes { field after redacted } } } }',
    { id: contact.id },
  );
  expect(auditEvents.nodes).toEqual([{ state: 'ERASED', changes: [{ field: 'value', after: null, redacted: true }] }]);
});
