import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { CONVERSATIONS_PER_HOUR, MESSAGES_PER_MINUTE } from '../../src/services/customers/customer-limits.js';
import { ADD_NOTE, DELETE_MESSAGE, EDIT_MESSAGE } from '../security/details.js';
import { CREATE_INBOX } from '../security/place-rows.js';
import type { ApiClient } from '../support/client.js';
import { followedBy } from '../support/live-view.js';
import { asCustomer, customerWrites, LIST_OWN, READ_OWN, SAY, SEND, SET_STATUS, START } from '../support/operations.js';
import type { World } from '../support/world.js';
import { refusal, said, started } from './customer-stage.js';
import { brief, recording, stateOf, transcriptOf } from './recorded.js';
import { Worlds } from './worlds.js';

let worlds: Worlds;
let world: World;
let admin: ApiClient;
let customer: ApiClient;
/** The clock only ever goes on. */
let ahead = 0;
beforeAll(async () => {
  worlds = await Worlds.open({ now: () => new Date(Date.now() + ahead) });
});
afterAll(() => worlds.close());
beforeEach(async () => {
  ({ world, admin } = await worlds.next());
  customer = await asCustomer(world, { contactExternalId: 'asha', name: 'Asha' });
});

const own = async (id: string, by = customer, page: object = {}) =>
  (await by.ask(READ_OWN, { id, ...page })).customerConversation;

it('a customer begins a conversation once for one key, which the bot has, and everybody who follows sees', async () => {
  const viewers = [admin, await world.as('agent'), world.withKey('bot')];
  const variables = said('My order is late', { idempotencyKey: 'one' });
  const { result, events } = await recording(admin, () => followedBy(viewers, () => customer.ask(START, variables)));
  const { conversation, message } = result.startConversation;
  expect(message).toEqual({
    id: expect.any(String),
    text: 'My order is late',
    author: { kind: 'CUSTOMER', displayName: null },
    sentAt: expect.any(String),
    editedAt: null,
    deletedAt: null,
  });
  expect(conversation).toMatchObject({ open: true });
  expect(events.map(({ action, actor }) => [action, actor.kind, actor.label])).toEqual([
    ['conversation.created', 'CONTACT', 'Asha'],
    ['message.received', 'CONTACT', 'Asha'],
  ]);
  expect(await stateOf(admin, conversation.id)).toMatchObject({
    status: 'OPEN',
    botActive: true,
    team: world.ids.support,
  });
  const again = await recording(admin, () => customer.ask(START, variables));
  expect(again).toMatchObject({ result: { startConversation: { message: { id: message.id } } }, events: [] });
  expect((await refusal(customer, START, said('Other', { idempotencyKey: 'one' }))).code).toBe('CONFLICT');
  // Another customer's key is their own.
  const kim = await asCustomer(world, { contactExternalId: 'kim' });
  const theirs = await kim.ask(START, variables);
  expect(theirs.startConversation.conversation.id).not.toBe(conversation.id);
});

it('a customer says more, and takes up what was resolved', async () => {
  const conversationId = await started(customer);
  const agent = await world.as('agent');
  await agent.ask(SEND, { input: { conversationId, text: 'On its way' } });
  await agent.ask(SET_STATUS, { input: { conversationId, status: 'RESOLVED' } });
  expect((await own(conversationId)).open).toBe(false);
  const variables = said('It is not', { conversationId, idempotencyKey: 'two' });
  const { result, events } = await recording(admin, () =>
    followedBy([admin, agent], () => customer.ask(SAY, variables)),
  );
  expect(result.sendCustomerMessage).toMatchObject({ conversation: { open: true }, message: { text: 'It is not' } });
  expect(brief(events)).toEqual([
    { action: 'conversation.reopened', changes: ['status: RESOLVED → OPEN'] },
    { action: 'message.received', changes: [] },
  ]);
  const again = await recording(admin, () => customer.ask(SAY, variables));
  expect(again.events).toEqual([]);
  // At once: each is written, each in a place of its own.
  const texts = ['a', 'b', 'c', 'd', 'e'];
  await Promise.all(texts.map((text) => customer.ask(SAY, said(text, { conversationId }))));
  const lines = await transcriptOf(admin, conversationId);
  expect(lines.map((line) => Number(line.split(' ')[0]))).toEqual(lines.map((_, index) => index + 1));
  expect(
    lines
      .slice(-5)
      .map((line) => line.split(' ')[1])
      .toSorted(),
  ).toEqual(texts);
});

it('shows a customer what was said, by whom, and nothing that people do among themselves', async () => {
  const conversationId = await started(customer);
  const agent = await world.as('agent');
  await world.withKey('bot').ask(SEND, { input: { conversationId, text: 'I am Robin' } });
  await agent.ask(ADD_NOTE, { input: { conversationId, text: 'Difficult customer' } });
  const { message } = (await agent.ask(SEND, { input: { conversationId, text: 'On its wya' } })).sendMessage;
  await agent.ask(EDIT_MESSAGE, { input: { messageId: message.id, text: 'On its way' } });
  const gone = (await agent.ask(SEND, { input: { conversationId, text: 'Wrong window' } })).sendMessage.message;
  await agent.ask(DELETE_MESSAGE, { input: { messageId: gone.id } });
  await world.withKey('all').ask(SEND, { input: { conversationId, text: 'Your parcel left' } });
  const before = await own(conversationId);
  const said = (nodes: { text: string | null; author: { kind: string; displayName: string | null } }[]) =>
    nodes.map(({ text, author }) => [text, author.kind, author.displayName]);
  expect(said(before.messages.nodes)).toEqual([
    ['My order is late', 'CUSTOMER', null],
    ['I am Robin', 'BOT', 'Robin'],
    ['On its way', 'AGENT', 'Bo'],
    [null, 'AGENT', 'Bo'],
    ['Your parcel left', 'TEAM', null],
  ]);
  expect(before.messages.nodes[2].editedAt).not.toBeNull();
  expect(before.messages.nodes[3].deletedAt).not.toBeNull();
  // Not even when: a note is no activity that a customer sees.
  await agent.ask(ADD_NOTE, { input: { conversationId, text: 'Once more' } });
  await agent.ask(SET_STATUS, { input: { conversationId, status: 'PENDING' } });
  const after = await own(conversationId);
  expect({ ...after, messages: after.messages.nodes }).toEqual({ ...before, messages: before.messages.nodes });
  const page = await own(conversationId, customer, { last: 2 });
  expect(said(page.messages.nodes).map(([text]) => text)).toEqual([null, 'Your parcel left']);
  const { startCursor } = page.messages.pageInfo;
  const earlier = await own(conversationId, customer, { last: 2, before: startCursor });
  expect(said(earlier.messages.nodes).map(([text]) => text)).toEqual(['I am Robin', 'On its way']);
  // Its place among notes and events is in no cursor.
  expect(Buffer.from(startCursor, 'base64url').toString()).toBe(JSON.stringify(['MESSAGE', '', gone.id]));
});

it('shows and gives a customer nothing of anybody else, nor of their own in another inbox, and records that they tried', async () => {
  const conversationId = await started(customer);
  const kim = await asCustomer(world, { contactExternalId: 'kim', name: 'Kim' });
  const { createInbox } = await admin.ask(CREATE_INBOX, { input: { name: 'Shop', channel: 'WEB_CHAT' } });
  const elsewhere = await asCustomer(world, { contactExternalId: 'asha', inboxId: createInbox.inbox.id });
  for (const stranger of [kim, elsewhere]) {
    expect((await stranger.ask(LIST_OWN)).customerConversations.nodes).toEqual([]);
    ahead += 61_000;
    const { events } = await recording(await world.as('auditor'), async () => {
      expect((await refusal(stranger, READ_OWN, { id: conversationId })).code).toBe('NOT_FOUND');
      expect((await refusal(stranger, SAY, said('Mine', { conversationId }))).code).toBe('NOT_FOUND');
    });
    expect(events.map(({ action, outcome, metadata }) => [action, outcome, metadata!['attempted']])).toEqual([
      ['auth.access_denied', 'DENIED', 'conversation.read'],
      ['auth.access_denied', 'DENIED', 'message.send'],
    ]);
  }
  const { world: other } = await worlds.next();
  const foreign = await asCustomer(other, { contactExternalId: 'asha' });
  const there = (await customerWrites(other)).conversationId;
  expect((await refusal(foreign, READ_OWN, { id: conversationId })).code).toBe('NOT_FOUND');
  expect((await refusal(customer, SAY, said('Mine', { conversationId: there }))).code).toBe('NOT_FOUND');
  expect((await refusal(customer, READ_OWN, { id: 'nothing' })).code).toBe('NOT_FOUND');
  const second = await started(customer, 'And another thing');
  const { customerConversations } = await customer.ask(LIST_OWN, { first: 1 });
  expect(customerConversations.nodes).toEqual([{ id: second }]);
  const rest = await customer.ask(LIST_OWN, { first: 1, after: customerConversations.pageInfo.endCursor });
  expect(rest.customerConversations).toMatchObject({
    nodes: [{ id: conversationId }],
    pageInfo: { hasNextPage: false },
  });
});

it('refuses a customer everything else, however it is wrapped, and every other way in', async () => {
  const conversationId = await started(customer);
  for (const operation of [
    '{ __schema { queryType { name } } }',
    '{ viewer { workspace { id } } }',
    '{ errorCodes { code } }',
    '{ customerConversations { nodes { id } } conversations { nodes { id } } }',
    'query { ...A } fragment A on Query { customerConversations { nodes { id } } ...B } fragment B on Query { agents { nodes { email } } }',
    '{ customerConversations: conversations { nodes { id } } }',
    '{ ... on Query @include(if: true) { inboxes { id } } }',
    'query A { customerConversations { nodes { id } } } query B { labels { id } }',
    'mutation { signOut { signedOut } }',
  ]) {
    const { data, errors } = await customer.send(operation);
    expect([data ?? null, errors![0]!.extensions.code], `${operation}`).toEqual([
      null,
      operation.startsWith('query A') ? 'VALIDATION_FAILED' : 'FORBIDDEN',
    ]);
  }
  // What they may ask for has no way on to what they may not.
  const named = await customer.send(`{ __typename customerConversation(id: "${conversationId}") { __typename id } }`);
  expect(named.data).toEqual({
    __typename: 'Query',
    customerConversation: { __typename: 'CustomerConversation', id: conversationId },
  });
  const { credential } = customer;
  for (const path of [`/record/${world.ids.workspace}/checkpoint`, `/record/${world.ids.workspace}/tile/0/000`]) {
    const response = await fetch(`${worlds.server.url}${path}`, { headers: { authorization: `Bearer ${credential}` } });
    expect([403, 404], `${path}`).toContain(response.status);
  }
});

it('takes what is repeated for nothing more, also where the limit is reached', async () => {
  const variables = said('My order is late', { idempotencyKey: 'begun' });
  const first = (await customer.ask(START, variables)).startConversation.message.id;
  const again = async () => (await customer.ask(START, variables)).startConversation.message.id;
  for (let times = 0; times < CONVERSATIONS_PER_HOUR + 1; times += 1) expect(await again()).toBe(first);
  const conversationId = await started(customer, 'Another');
  const more = said('More', { conversationId, idempotencyKey: 'said' });
  const { id } = (await customer.ask(SAY, more)).sendCustomerMessage.message;
  for (let times = 0; times < MESSAGES_PER_MINUTE; times += 1)
    expect((await customer.ask(SAY, more)).sendCustomerMessage.message.id).toBe(id);
  for (let left = MESSAGES_PER_MINUTE - 3; left > 0; left -= 1) await customer.ask(SAY, said('x', { conversationId }));
  expect((await refusal(customer, SAY, said('x', { conversationId }))).code).toBe('RATE_LIMITED');
  expect(await again()).toBe(first);
  expect((await refusal(customer, SAY, { input: { ...more.input, text: 'Other' } })).code).toBe('CONFLICT');
});

it('takes so many messages of one contact a minute, by whatever token, and those of others as before', async () => {
  const conversationId = await started(customer);
  const again = await asCustomer(world, { contactExternalId: 'asha' });
  for (let sent = 1; sent < MESSAGES_PER_MINUTE; sent += 1) {
    await (sent % 2 ? customer : again).ask(SAY, said('x', { conversationId }));
  }
  const { events } = await recording(admin, async () => {
    for (const client of [customer, again]) {
      const refused = await refusal(client, SAY, said('x', { conversationId }));
      expect(refused).toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) });
      expect((await refusal(client, START, said('x'))).code).toBe('RATE_LIMITED');
    }
  });
  expect(events).toEqual([]);
  await started(await asCustomer(world, { contactExternalId: 'kim' }), 'Hello');
});
