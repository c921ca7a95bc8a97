import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { BLOCK, UNBLOCK } from '../security/contact-rows.js';
import { ERASE, MARK_READ } from '../security/details.js';
import type { ApiClient } from '../support/client.js';
import { followedBy } from '../support/live-view.js';
import { actionsAfter, customerWrites, newestSequence, SET_STATUS } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';

let server: TestServer;
let world: World;
let admin: ApiClient;
let agent: ApiClient;
let slug = 0;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());
beforeEach(async () => {
  world = await createWorld(server, `acme-${(slug += 1)}`);
  [admin, agent] = [await world.as('admin'), await world.as('agent')];
});

const contact = { address: 'visitor', name: 'Asha' };
const stateOf = async (id: string) =>
  (
    await agent.ask(
      `query($id: ID!) { conversation(id: $id) { status botActive waitingSince lastActivityAt resolvedAt viewerState { unreadCount }
        contact { id blockedAt blockReason } messages { nodes { text } } } }`,
      { id },
    )
  ).conversation;
const RECEIVE =
  'mutation($input: ReceiveMessageInput!) { receiveMessage(input: $input) { contactBlocked duplicate conversationId } }';

it('keeps what a blocked contact writes, and lets it wait for nobody', async () => {
  const { conversationId } = await customerWrites(world, { contact });
  await agent.ask(SET_STATUS, { input: { conversationId, status: 'RESOLVED' } });
  const there = await stateOf(conversationId);
  const contactId = there.contact.id;
  const viewers = [admin, agent, await world.as('outsider')];
  const before = await newestSequence(admin);
  const input = { contactId, reason: 'Phishing' };
  const { blockContact } = await followedBy(viewers, () => agent.ask(BLOCK, { input }));
  expect(blockContact.contact).toEqual({ id: contactId, blockedAt: expect.any(String), blockReason: 'Phishing' });
  await agent.ask(BLOCK, { input });

  const received = { inboxId: world.ids.inbox, externalId: 'm-1', contact, text: 'Click here' };
  const ingest = world.withKey('ingest');
  const taken = await followedBy(viewers, () => ingest.ask(RECEIVE, { input: received }));
  expect(taken.receiveMessage).toEqual({ contactBlocked: true, duplicate: false, conversationId });
  const repeated = (await ingest.ask(RECEIVE, { input: received })).receiveMessage;
  expect(repeated).toEqual({ contactBlocked: true, duplicate: true, conversationId });
  const { messages, ...after } = await stateOf(conversationId);
  expect(messages.nodes.at(-1)).toEqual({ text: 'Click here' });
  expect({ ...after, contact: null }).toEqual({
    ...there,
    contact: null,
    messages: undefined,
    viewerState: { unreadCount: 1 },
  });
  expect(await actionsAfter(admin, before)).toEqual(['contact.blocked', 'message.received']);

  const unblocked = await followedBy(viewers, () => agent.ask(UNBLOCK, { input: { contactId } }));
  expect(unblocked.unblockContact.contact).toMatchObject({ blockedAt: null, blockReason: null });
  expect(await stateOf(conversationId)).toMatchObject({ status: 'RESOLVED', viewerState: { unreadCount: 1 } });
  await ingest.ask(RECEIVE, { input: { ...received, externalId: 'm-2' } });
  expect(await stateOf(conversationId)).toMatchObject({ status: 'OPEN', viewerState: { unreadCount: 2 } });
});

it('opens what a blocked contact writes elsewhere as resolved, without a bot', async () => {
  const { conversationId } = await customerWrites(world, {
    inboxId: world.ids.emailInbox,
    contact: { externalId: 'a' },
  });
  const { conversation } = await admin.ask('query($id: ID!) { conversation(id: $id) { contact { id } } }', {
    id: conversationId,
  });
  await agent.ask(BLOCK, { input: { contactId: conversation.contact.id } });
  const opened = await customerWrites(world, { contact: { externalId: 'a' }, text: 'Click here' });
  expect(opened.conversationId).not.toBe(conversationId);
  expect(await stateOf(opened.conversationId)).toMatchObject({
    status: 'RESOLVED',
    botActive: false,
    waitingSince: null,
    resolvedAt: expect.any(String),
    viewerState: { unreadCount: 0 },
    messages: { nodes: [{ text: 'Click here' }] },
  });
});

it('counts nothing that the blocked write, also for who reads on from the middle', async () => {
  const inbound = async (times: number): Promise<string> => {
    let conversationId = '';
    for (let said = 0; said < times; said += 1) ({ conversationId } = await customerWrites(world, { contact }));
    return conversationId;
  };
  const conversationId = await inbound(2);
  const position = async (): Promise<number> =>
    (
      await agent.ask('query($id: ID!) { conversation(id: $id) { messages(last: 1) { nodes { position } } } }', {
        id: conversationId,
      })
    ).conversation.messages.nodes[0].position;
  const counted = await position();
  await agent.ask(BLOCK, { input: { contactId: (await stateOf(conversationId)).contact.id } });
  await inbound(3);
  expect((await stateOf(conversationId)).viewerState.unreadCount).toBe(2);
  const unread = async (at: number) => {
    await agent.ask(MARK_READ, { input: { conversationId, position: at } });
    const { conversations } = await agent.ask('{ conversations(filter: { unread: true }) { nodes { id } } }');
    return [(await stateOf(conversationId)).viewerState.unreadCount, conversations.nodes.length];
  };
  expect(await unread(counted - 1)).toEqual([1, 1]);
  expect(await unread(counted)).toEqual([0, 0]);
  expect(await unread(await position())).toEqual([0, 0]);
  await agent.ask(UNBLOCK, { input: { contactId: (await stateOf(conversationId)).contact.id } });
  await inbound(1);
  expect((await stateOf(conversationId)).viewerState.unreadCount).toBe(1);
});

it('lists the blocked and the others, and erases why', async () => {
  const [one, two] = [await customerWrites(world), await customerWrites(world)];
  const ids = await Promise.all(
    [one, two].map(async ({ conversationId }) => (await stateOf(conversationId)).contact.id),
  );
  await agent.ask(BLOCK, { input: { contactId: ids[0], reason: 'Asha shouts' } });
  const listed = async (blocked: boolean | null) =>
    (
      await agent.ask('query($filter: ContactFilter) { contacts(filter: $filter) { nodes { id } } }', {
        filter: { blocked },
      })
    ).contacts.nodes.map(({ id }: { id: string }) => id);
  expect(await listed(true)).toEqual([ids[0]]);
  expect(await listed(false)).toEqual([ids[1]]);
  expect((await listed(null)).toSorted()).toEqual(ids.toSorted());
  const { conversation } = await world
    .withKey('read')
    .ask('query($id: ID!) { conversation(id: $id) { contact { blockedAt blockReason } } }', { id: one.conversationId });
  expect(conversation.contact).toEqual({ blockedAt: expect.any(String), blockReason: null });
  await admin.ask(ERASE, { input: { contactId: ids[0], reason: 'They asked for it' } });
  expect((await stateOf(one.conversationId)).contact.blockReason).toBeNull();
  const late = await agent.refused(UNBLOCK, { input: { contactId: ids[0] } });
  expect(late.extensions.code).toBe('CONFLICT');
});
