import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ADD_IDENTITY, BLOCK, MERGE, UNBLOCK, UNMERGE, UPSERT } from '../security/contact-rows.js';
import { ADD_LABELS, ERASE, REMOVE_LABELS } from '../security/details.js';
import type { ApiClient } from '../support/client.js';
import { followedBy, LiveView } from '../support/live-view.js';
import { actionsAfter, newestSequence } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { mergingScene } from './merging-scene.js';

let server: TestServer;
let owner: pg.Client;
let world: World;
let admin: ApiClient;
let agent: ApiClient;
let scene: Awaited<ReturnType<typeof mergingScene>>;
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
  scene = await mergingScene(world);
  ({ admin, agent } = scene);
});

it('makes one of two, live for everybody, and takes them apart exactly as they were', async () => {
  const [one, two] = [await scene.asha(), await scene.ben()];
  await scene.label(one.id, world.ids.labels.vip);
  await scene.label(two.id, world.ids.labels.billing);
  const [a, b] = [await scene.stateOf(one.id), await scene.stateOf(two.id)];
  const viewers = [admin, agent, await world.as('outsider')];
  const before = await newestSequence(admin);
  const ofOne = await LiveView.open(agent, 'conversations', { contactId: one.id });
  const ofTwo = await LiveView.open(agent, 'conversations', { contactId: two.id });
  const { mergeContacts } = await followedBy(viewers, () => scene.merge(one.id, two.id));
  await Promise.all([ofOne, ofTwo].map((view) => view.matchesFresh()));
  expect(mergeContacts).toEqual({ contact: { id: two.id }, kept: ['name'] });
  expect(await scene.stateOf(two.id)).toEqual({
    ...b,
    email: 'asha@example.test',
    labels: ['billing', 'vip'],
    identities: [...a.identities, ...b.identities].toSorted(),
    conversations: [one.conversationId, two.conversationId].toSorted(),
    mergedContacts: [one.id],
  });
  expect(await scene.stateOf(one.id)).toEqual({ ...a, mergedInto: { id: two.id }, identities: [], conversations: [] });
  expect((await admin.ask('{ contacts { nodes { id } } }')).contacts.nodes).toEqual([{ id: two.id }]);
  await scene.merge(one.id, two.id);

  const { unmergeContacts } = await followedBy(viewers, () => scene.unmerge(one.id));
  await Promise.all([ofOne, ofTwo].map((view) => view.matchesFresh()));
  await Promise.all([ofOne, ofTwo].map((view) => view.stop()));
  expect(unmergeContacts).toEqual({ contact: { id: one.id }, from: { id: two.id } });
  expect([await scene.stateOf(one.id), await scene.stateOf(two.id)]).toEqual([a, b]);
  expect(await actionsAfter(admin, before)).toEqual([
    'contact.merged',
    'contact.label_added',
    'conversation.contact_changed',
    'contact.unmerged',
    'contact.label_removed',
    'conversation.contact_changed',
  ]);
  const { auditEvents } = await admin.ask(
    '{ auditEvents(filter: { actions: ["contact.merged"] }) { nodes { summary changes { field before after } } } }',
  );
  expect(auditEvents.nodes).toEqual([
    {
      summary: 'Bo merged Asha Rao into Ben Ito: The same person',
      changes: [
        { field: 'mergedContactId', before: null, after: one.id },
        { field: 'email', before: null, after: 'asha@example.test' },
      ],
    },
  ]);
});

it('finds who goes on by what the other was known by, and gives back what came from there alone', async () => {
  const [one, two] = [await scene.asha(), await scene.ben()];
  await scene.merge(one.id, two.id);
  // The latest of the contact in the inbox, whoever of the two writes.
  const again = await scene.arrives({ address: 'visitor-a' });
  expect(again.id).toBe(two.id);
  const inboxId = world.ids.emailInbox;
  const byId = await scene.arrives(
    { externalId: 'crm-a', address: 'a@mail.test' },
    { inboxId, conversationExternalId: 'x-a' },
  );
  const other = await scene.arrives({ externalId: 'crm-b' }, { inboxId, conversationExternalId: 'x-b' });
  expect([byId.id, other.id]).toEqual([two.id, two.id]);
  expect((await admin.ask('{ contactByExternalId(externalId: "crm-a") { id } }')).contactByExternalId.id).toBe(two.id);
  await agent.ask(UPSERT, { input: { externalId: 'crm-b', about: 'Tea' } });
  // Not even what a channel says of the other stays behind.
  await scene.arrives({ externalId: 'crm-a', email: 'late@example.test', phone: '+4930901899' });
  await scene.unmerge(one.id);
  expect(await scene.stateOf(one.id)).toMatchObject({
    conversations: [one.conversationId, byId.conversationId].toSorted(),
    identities: ['EMAIL a@mail.test', 'WEB_CHAT visitor-a'],
  });
  expect(await scene.stateOf(two.id)).toMatchObject({
    conversations: [two.conversationId, other.conversationId].toSorted(),
    identities: ['WEB_CHAT visitor-b'],
    about: 'Tea',
    email: null,
    phone: '+4930901820',
  });
  expect((await scene.arrives({ address: 'visitor-a' })).id).toBe(one.id);
});

it('takes apart what was merged one after the other, in any order that leaves nobody nowhere', async () => {
  const [one, two] = [await scene.asha(), await scene.ben()];
  const three = await scene.arrives({
    externalId: 'crm-c',
    address: 'visitor-c',
    name: 'Cem',
    email: 'c@example.test',
  });
  const states = async () => Promise.all([one, two, three].map(({ id }) => scene.stateOf(id)));
  await scene.label(one.id, world.ids.labels.vip);
  await scene.label(three.id, world.ids.labels.vip);
  const apart = await states();
  // Two that filled in the same: what the first gave is then the second's.
  await scene.merge(one.id, two.id);
  await scene.merge(three.id, two.id);
  await scene.unmerge(one.id);
  expect(await scene.stateOf(two.id)).toMatchObject({ email: 'c@example.test', labels: ['vip'] });
  await scene.unmerge(three.id);
  expect(await states()).toEqual(apart);
  // A chain.
  await scene.merge(one.id, two.id);
  await scene.merge(two.id, three.id);
  const opened = await scene.arrives({ address: 'visitor-a' }, { conversationExternalId: 'later' });
  expect(opened.id).toBe(three.id);
  const early = await agent.refused(UNMERGE, { input: { contactId: one.id } });
  expect(early.extensions).toMatchObject({ code: 'CONFLICT', current: { contactId: two.id, mergedIntoId: three.id } });
  await scene.unmerge(two.id);
  expect(await scene.idOf(opened.conversationId)).toBe(two.id);
  await scene.unmerge(one.id);
  expect(await scene.idOf(opened.conversationId)).toBe(one.id);
  const [a, ...others] = await states();
  expect(others).toEqual(apart.slice(1));
  expect(a).toEqual({ ...apart[0], conversations: [one.conversationId, opened.conversationId].toSorted() });
});

it('says who else somebody was only to who may read contacts', async () => {
  const [one, two] = [await scene.asha(), await scene.ben()];
  await scene.merge(one.id, two.id);
  const shown = async (client: ApiClient) => {
    const { conversation } = await client.ask(
      'query($id: ID!) { conversation(id: $id) { contact { id mergedInto { id } mergedContacts { id displayName } } } }',
      { id: two.conversationId },
    );
    return conversation.contact;
  };
  const nothing = { id: two.id, mergedInto: null, mergedContacts: [] };
  expect(await shown(agent)).toEqual({ ...nothing, mergedContacts: [{ id: one.id, displayName: 'Asha Rao' }] });
  expect(await shown(world.withKey('read'))).toEqual(nothing);
});

it('follows in counts, timelines, searches and views', async () => {
  const [one, two] = [await scene.asha(), await scene.ben()];
  const ask = async (contactId: string) => {
    const { conversationCounts, contact, searchMessages } = await admin.ask(
      `query($contactId: ID!, $filter: ConversationFilter) { conversationCounts(filter: $filter) { open }
        contact(id: $contactId) { timeline(kinds: [MESSAGE]) { nodes { ... on Message { conversation { id } } } } }
        searchMessages(query: "asha", filter: { contactId: $contactId }) { nodes { conversation { id } } } }`,
      { contactId, filter: { contactId } },
    );
    const ids = (nodes: { conversation: { id: string } }[]) => nodes.map(({ conversation }) => conversation.id);
    return [conversationCounts.open, ids(contact.timeline.nodes), ids(searchMessages.nodes)];
  };
  const apart = [await ask(one.id), await ask(two.id)];
  expect(apart).toEqual([
    [1, [one.conversationId], [one.conversationId]],
    [1, [two.conversationId], []],
  ]);
  await scene.merge(one.id, two.id);
  // A conversation is found by what its contact is called, who is Ben now.
  expect([await ask(one.id), await ask(two.id)]).toEqual([
    [0, [], []],
    [2, [one.conversationId, two.conversationId], []],
  ]);
  await scene.unmerge(one.id);
  expect([await ask(one.id), await ask(two.id)]).toEqual(apart);
});

it('fills in attributes that the other had not, and takes them back', async () => {
  const [one, two] = [await scene.asha(), await scene.ben()];
  const has = (id: string, attributes: object) =>
    owner.query('update contact set attributes = $2 where id = $1', [id, JSON.stringify(attributes)]);
  const attributes = async () =>
    (await owner.query('select attributes from contact where id = any($1) order by id', [[one.id, two.id]])).rows.map(
      (row) => row.attributes,
    );
  const [ofOne, ofTwo] = [
    { plan: 'gold', seats: 3, vip: true },
    { plan: 'silver', since: 2.5 },
  ];
  await has(one.id, ofOne);
  await has(two.id, ofTwo);
  const { mergeContacts } = await scene.merge(one.id, two.id);
  expect(mergeContacts.kept).toEqual(['name', 'attributes.plan']);
  expect(await attributes()).toEqual([ofOne, { ...ofTwo, seats: 3, vip: true }]);
  await has(two.id, { ...ofTwo, seats: 5, vip: true });
  await scene.unmerge(one.id);
  // Somebody has changed the one since.
  expect(await attributes()).toEqual([ofOne, { ...ofTwo, seats: 5 }]);
});

it('leaves what was changed since as it is', async () => {
  const [one, two] = [await scene.asha(), await scene.ben()];
  await scene.merge(one.id, two.id);
  await agent.ask(UPSERT, { input: { id: two.id, email: 'new@example.test' } });
  await scene.unmerge(one.id);
  expect(await scene.stateOf(two.id)).toMatchObject({ email: 'new@example.test' });
  expect(await scene.stateOf(one.id)).toMatchObject({ email: 'asha@example.test' });
});

it('refuses what would be wrong, and changes nothing then', async () => {
  const [one, two, three] = [await scene.asha(), await scene.ben(), await scene.arrives({ address: 'visitor-c' })];
  const refused = async (operation: string, input: object) => (await agent.refused(operation, { input })).extensions;
  const both = { contactId: one.id, intoContactId: two.id };
  expect(await refused(MERGE, { contactId: one.id, intoContactId: one.id })).toMatchObject({
    code: 'VALIDATION_FAILED',
  });
  expect(await refused(UNMERGE, { contactId: one.id })).toMatchObject({ code: 'CONFLICT' });
  await agent.ask(BLOCK, { input: { contactId: one.id } });
  expect(await refused(MERGE, both)).toMatchObject({ code: 'CONFLICT', current: { blockedContactId: one.id } });
  await agent.ask(BLOCK, { input: { contactId: two.id } });
  await scene.merge(one.id, two.id);
  const before = await newestSequence(admin);
  const current = { contactId: one.id, mergedIntoId: two.id };
  for (const [operation, input] of [
    [MERGE, { contactId: one.id, intoContactId: three.id }],
    [MERGE, { contactId: three.id, intoContactId: one.id }],
    [UPSERT, { id: one.id, name: 'A' }],
    [UPSERT, { externalId: 'crm-a', name: 'A' }],
    [ADD_IDENTITY, { contactId: one.id, channel: 'EMAIL', address: 'a@mail.test' }],
    [REMOVE_LABELS, { contactId: one.id, labelIds: [world.ids.labels.vip] }],
    [UNBLOCK, { contactId: one.id }],
    [ADD_LABELS, { contactId: one.id, labelIds: [world.ids.labels.vip] }],
    [BLOCK, { contactId: one.id }],
  ] as const) {
    expect(await refused(operation, input)).toMatchObject({ code: 'CONFLICT', current });
  }
  const erase = { contactId: one.id, reason: 'They asked for it' };
  expect((await admin.refused(ERASE, { input: erase })).extensions).toMatchObject({ code: 'CONFLICT', current });
  expect((await admin.refused(ERASE, { input: { ...erase, dryRun: true } })).extensions.code).toBe('CONFLICT');
  expect(await actionsAfter(admin, before)).toEqual([]);
  await admin.ask(ERASE, { input: { ...erase, contactId: two.id } });
  expect(await refused(UNMERGE, { contactId: one.id })).toMatchObject({ code: 'CONFLICT' });
  expect(await refused(MERGE, { contactId: three.id, intoContactId: two.id })).toMatchObject({ code: 'CONFLICT' });
});
