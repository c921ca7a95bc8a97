import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ADD_IDENTITY, REMOVE_IDENTITY } from '../security/contact-rows.js';
import { ERASE } from '../security/details.js';
import type { ApiClient } from '../support/client.js';
import { everythingOf } from '../support/everything-of.js';
import { followedBy } from '../support/live-view.js';
import { actionsAfter, customerWrites, newestSequence } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';

let server: TestServer;
let owner: pg.Client;
let world: World;
let admin: ApiClient;
let crm: ApiClient;
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
  admin = await world.as('admin');
  crm = world.withKey('all');
});

const CONTACT = `id name email phone about avatarUrl externalId updatedAt identities { id channel address verified }`;
const UPSERT = `mutation($input: UpsertContactInput!) { upsertContact(input: $input) { result contact { ${CONTACT} } } }`;
const upsert = async (input: object, client = crm) => (await client.ask(UPSERT, { input })).upsertContact;
const refused = async (input: object, client = crm) => (await client.refused(UPSERT, { input })).extensions;
const addresses = (contact: { identities: { channel: string; address: string }[] }): string[] =>
  contact.identities.map(({ channel, address }) => `${channel} ${address}`).toSorted();
const changesOf = async (action: string) =>
  (
    await admin.ask(
      `query($actions: [String!]) { auditEvents(filter: { actions: $actions }, orderBy: RECORDED_ASC, first: 50) {
        nodes { summary reason metadata actor { label } changes { field before after } } } }`,
      { actions: [action] },
    )
  ).auditEvents.nodes;
const contactOf = async (conversationId: string) =>
  (await admin.ask(`query($id: ID!) { conversation(id: $id) { contact { ${CONTACT} } } }`, { id: conversationId }))
    .conversation.contact;

const ASHA = {
  externalId: 'crm-17',
  name: 'Asha Rao',
  email: 'Asha@Example.test',
  phone: '+49 30 901820',
  about: 'Likes tea',
  avatarUrl: 'https://example.test/asha.png',
  identities: [
    { channel: 'EMAIL', address: 'Asha@Example.test', verified: true },
    { channel: 'WHATSAPP', address: '+49 (30) 901820' },
  ],
};

it('makes a contact by external id, changes what is different, and records nothing where nothing is', async () => {
  const made = await upsert(ASHA);
  expect(made).toMatchObject({
    result: 'CREATED',
    contact: { name: 'Asha Rao', email: 'asha@example.test', phone: '+4930901820', about: 'Likes tea' },
  });
  expect(made.contact.identities).toMatchObject([
    { channel: 'EMAIL', address: 'asha@example.test', verified: true },
    { channel: 'WHATSAPP', address: '+4930901820', verified: false },
  ]);
  const before = await newestSequence(admin);
  expect(await upsert(ASHA)).toEqual({ result: 'NOOP', contact: made.contact });
  expect(await upsert({ externalId: 'crm-17' })).toEqual({ result: 'NOOP', contact: made.contact });
  expect(await actionsAfter(admin, before)).toEqual([]);

  // What is absent stays, null takes away: as variables and as text.
  const changed = await upsert({ externalId: 'crm-17', about: null, name: 'Asha R.', reason: 'She said so' });
  expect(changed).toMatchObject({ result: 'UPDATED', contact: { about: null, name: 'Asha R.', phone: '+4930901820' } });
  const text = `mutation($phone: String, $email: String) {
    upsertContact(input: { externalId: "crm-17", avatarUrl: null, phone: $phone, email: $email }) { result contact { ${CONTACT} } } }`;
  expect((await crm.ask(text, { phone: null })).upsertContact).toMatchObject({
    result: 'UPDATED',
    contact: { avatarUrl: null, phone: null, email: 'asha@example.test', name: 'Asha R.' },
  });
  expect(await actionsAfter(admin, before)).toEqual(['contact.updated', 'contact.updated']);
  const [first, second] = await changesOf('contact.updated');
  expect(first).toMatchObject({ reason: 'She said so', actor: { label: 'Everything' } });
  expect(first.changes).toEqual([
    { field: 'name', before: 'Asha Rao', after: 'Asha R.' },
    { field: 'about', before: 'Likes tea', after: null },
  ]);
  expect(second.changes).toEqual([
    { field: 'phone', before: '+4930901820', after: null },
    { field: 'avatarUrl', before: 'https://example.test/asha.png', after: null },
  ]);
});

it('makes one contact of many that come at once', async () => {
  const results = await Promise.all(
    Array.from({ length: 8 }, (_, index) => upsert({ ...ASHA, name: `Asha ${index}` })),
  );
  expect(new Set(results.map(({ contact }) => contact.id)).size).toBe(1);
  expect(results.map(({ result }) => result).toSorted()).toEqual(['CREATED', ...Array(7).fill('UPDATED')]);
  expect((await admin.ask('{ contacts { nodes { id } } }')).contacts.nodes).toHaveLength(1);
});

it('means who writes from one of the addresses, and is met by who writes from there, however it is written', async () => {
  const { conversationId } = await customerWrites(world, {
    inboxId: world.ids.emailInbox,
    contact: { address: 'Asha@Example.Test' },
  });
  const { id } = await contactOf(conversationId);
  const identities = [{ channel: 'EMAIL', address: ' asha@EXAMPLE.test ' }];
  expect(await upsert({ identities })).toMatchObject({ result: 'NOOP', contact: { id } });
  expect(await upsert({ identities, name: 'Asha' })).toMatchObject({
    result: 'UPDATED',
    contact: { id, name: 'Asha' },
  });
  const again = await customerWrites(world, {
    inboxId: world.ids.emailInbox,
    contact: { address: 'ASHA@example.test' },
  });
  expect(again.conversationId).toBe(conversationId);
  expect(again.number).toBe((await customerWrites(world)).number - 1);
});

it('repeats nothing under a known key, and refuses another request under it', async () => {
  const input = { name: 'Nobody yet', idempotencyKey: 'once' };
  const made = await upsert(input);
  expect(await upsert(input)).toEqual({ result: 'NOOP', contact: made.contact });
  expect(await refused({ ...input, name: 'Somebody' })).toMatchObject({ code: 'CONFLICT' });
});

it('names the other contact whose id or address it is, and changes nothing of either', async () => {
  const { contact: asha } = await upsert(ASHA);
  const { contact: ben } = await upsert({ externalId: 'crm-18', name: 'Ben' });
  const before = await newestSequence(admin);
  const identities = [{ channel: 'EMAIL', address: 'asha@example.test' }];
  const current = { contactId: asha.id };
  expect(await refused({ id: ben.id, externalId: 'crm-17', name: 'B' })).toMatchObject({ code: 'CONFLICT', current });
  expect(await refused({ externalId: 'crm-18', name: 'B', identities })).toMatchObject({ code: 'CONFLICT', current });
  const several = [...identities, { channel: 'SMS', address: '+4930901821' }];
  await crm.ask(ADD_IDENTITY, { input: { contactId: ben.id, channel: 'SMS', address: '+4930901821' } });
  expect(await refused({ identities: several })).toMatchObject({
    code: 'CONFLICT',
    current: { contactIds: [asha.id, ben.id].toSorted() },
  });
  expect(await actionsAfter(admin, before)).toEqual(['contact.identity_added']);
  const { contact } = await admin.ask('query($id: ID!) { contact(id: $id) { name externalId } }', { id: ben.id });
  expect(contact).toEqual({ name: 'Ben', externalId: 'crm-18' });
});

it.each([
  [{}, ['id']],
  [{ externalId: 'x', email: 'nobody' }, ['email']],
  [{ externalId: 'x', phone: '030 901820' }, ['phone']],
  [{ externalId: 'x', phone: '+49 1' }, ['phone']],
  [{ externalId: 'x', avatarUrl: 'http://example.test/a.png' }, ['avatarUrl']],
  [{ externalId: ' ', name: '' }, ['name', 'externalId']],
  [{ externalId: 'x', identities: [{ channel: 'SMS', address: 'Asha' }] }, ['identities.0.address']],
  [{ externalId: 'x', identities: [{ channel: 'EMAIL', address: 'a b@c' }] }, ['identities.0.address']],
  [{ externalId: 'x', about: 'a'.repeat(2_001), reason: 'b'.repeat(501) }, ['about', 'reason']],
])('refuses %j, naming all that is wrong', async (input, paths) => {
  const { code, fields } = await refused(input);
  expect(code).toBe('VALIDATION_FAILED');
  const named = (fields as { path: string }[]).map(({ path }) => path);
  expect([...new Set(named)].toSorted()).toEqual(paths.toSorted());
  expect((await admin.ask('{ contacts { nodes { id } } }')).contacts.nodes).toEqual([]);
});

it('adds and removes addresses: whoever writes from one that was removed is somebody else', async () => {
  const { conversationId } = await customerWrites(world, { contact: { address: 'visitor-1', name: 'Asha' } });
  const agent = await world.as('agent');
  const { id, identities } = await contactOf(conversationId);
  const before = await newestSequence(admin);
  const add = (address: string, verified?: boolean) =>
    agent.ask(ADD_IDENTITY, { input: { contactId: id, channel: 'SMS', address, verified } });
  await add('+49 30 901820');
  await add('+4930 90 18 20');
  await add('+4930901820', true);
  expect(addresses(await contactOf(conversationId))).toEqual(['SMS +4930901820', 'WEB_CHAT visitor-1']);
  const input = { identityId: identities[0].id, reason: 'A shared computer' };
  await agent.ask(REMOVE_IDENTITY, { input });
  expect((await agent.refused(REMOVE_IDENTITY, { input })).extensions.code).toBe('NOT_FOUND');
  expect(await actionsAfter(admin, before)).toEqual([
    'contact.identity_added',
    'contact.identity_verified',
    'contact.identity_removed',
  ]);
  const [removed] = await changesOf('contact.identity_removed');
  expect(removed).toMatchObject({
    reason: 'A shared computer',
    metadata: { channel: 'WEB_CHAT' },
    changes: [{ field: 'address', before: 'visitor-1', after: null }],
  });
  const other = await customerWrites(world, { contact: { address: 'visitor-1' } });
  expect(other.conversationId).not.toBe(conversationId);
  expect((await contactOf(other.conversationId)).id).not.toBe(id);
});

it('is followed by who looks at the conversations of the contact', async () => {
  const { conversationId } = await customerWrites(world, { contact: { externalId: 'crm-17', address: 'v' } });
  const viewers = [admin, await world.as('agent'), await world.as('outsider')];
  const { result } = await followedBy(viewers, () => upsert({ externalId: 'crm-17', name: 'Asha Rao' }));
  expect(result).toBe('UPDATED');
  expect((await contactOf(conversationId)).name).toBe('Asha Rao');
});

it('is erased with everything that was said, and nothing is said of who was erased', async () => {
  const { contact } = await upsert(ASHA);
  await crm.ask(REMOVE_IDENTITY, { input: { identityId: contact.identities[1].id } });
  await upsert({ externalId: 'crm-17', about: 'Likes coffee' });
  await admin.ask(ERASE, { input: { contactId: contact.id, reason: 'They asked for it' } });
  const left = await everythingOf(owner, world.ids.workspace);
  for (const gone of ['Asha', 'example.test', '901820', 'Likes', 'crm-17']) expect(left).not.toContain(gone);
  const late = await refused({ id: contact.id, name: 'Asha Rao' });
  expect(late).toMatchObject({ code: 'CONFLICT', current: { contactId: contact.id } });
  const input = { contactId: contact.id, channel: 'EMAIL', address: 'asha@example.test' };
  expect((await crm.refused(ADD_IDENTITY, { input })).extensions.code).toBe('CONFLICT');
  expect(await upsert(ASHA)).toMatchObject({ result: 'CREATED' });
});
