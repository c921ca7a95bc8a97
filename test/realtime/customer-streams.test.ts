import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ADD_NOTE, ADD_LABELS, DELETE_MESSAGE, EDIT_MESSAGE, EDIT_NOTE, ERASE } from '../security/details.js';
import type { ApiClient } from '../support/client.js';
import {
  asCustomer,
  ASSIGN,
  CANCEL,
  customerWrites,
  FOLLOW_OWN,
  offer,
  READ_OWN,
  SAY,
  SEND,
  START,
} from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { RawSocket } from './raw-socket.js';

/** What stands in notes, reasons, comments and labels, and in what others write; nowhere in what is said to the customer. */
const MARKER = 'quokka-7f3a';

let server: TestServer;
let world: World;
let agent: ApiClient;
let customer: ApiClient;
let conversationId: string;
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
  agent = await world.as('agent');
  customer = await asCustomer(world, { contactExternalId: 'asha', name: 'Asha' });
  const input = { text: 'My order is late', idempotencyKey: 'one' };
  conversationId = (await customer.ask(START, { input })).startConversation.conversation.id;
});
afterAll(() => server.stop());

const says = async (text: string, by = customer, id = conversationId) =>
  (await by.ask(SAY, { input: { conversationId: id, text, idempotencyKey: randomUUID() } })).sendCustomerMessage.message
    .id as string;
const answers = async (text: string) =>
  (await agent.ask(SEND, { input: { conversationId, text } })).sendMessage.message.id as string;
const cursorOf = async (id = conversationId, by = customer) =>
  (await by.ask(READ_OWN, { id })).customerConversation.messages.eventCursor as string;

/** Everything that people do in a conversation among themselves, each with the marker. */
async function work(): Promise<string[]> {
  const { addNote } = await agent.ask(ADD_NOTE, { input: { conversationId, text: `${MARKER} note` } });
  await agent.ask(EDIT_NOTE, { input: { noteId: addNote.note.id, text: `${MARKER} edited`, reason: `${MARKER} why` } });
  const handoverId = await offer(agent, conversationId, {
    toTeamId: world.ids.billing,
    comment: `${MARKER} comment`,
    summary: `${MARKER} summary`,
  });
  const input = { conversationId, assigneeId: world.ids.agents.colleague, reason: `${MARKER} reason` };
  await (await world.as('admin')).ask(ASSIGN, { input });
  const cancelled = { handoverId, reason: `${MARKER} cancelled` };
  await (await world.as('admin')).ask(CANCEL, { input: cancelled });
  await agent.ask(ADD_LABELS, { input: { conversationId, labelIds: [world.ids.labels.vip], reason: MARKER } });
  // Somebody else writes, and is written to.
  const other = await customerWrites(world, {
    text: `${MARKER} of another`,
    contact: { externalId: 'kim', name: MARKER },
  });
  await agent.ask(SEND, { input: { conversationId: other.conversationId, text: `${MARKER} to another` } });
  return [addNote.note.id, handoverId, other.conversationId, other.messageId];
}

it('gives a customer what is said, as it is said, changed and taken back, and resumes without loss', async () => {
  const at = await cursorOf();
  const stream = customer.subscribe(FOLLOW_OWN, { id: conversationId, at });
  await stream.until(({ customerTranscriptChanges: { changeType } }) => changeType === 'CURSOR');
  const first = await answers('On its wya');
  const second = await says('Thank you');
  await agent.ask(EDIT_MESSAGE, { input: { messageId: first, text: 'On its way' } });
  await agent.ask(DELETE_MESSAGE, { input: { messageId: first } });
  await stream.until(({ customerTranscriptChanges: { message } }) => message?.deletedAt != null);
  const frames = stream.frames
    .map(({ customerTranscriptChanges: change }) => change)
    .filter(({ changeType }) => changeType !== 'CURSOR');
  expect(frames.map(({ changeType, messageId }) => [changeType, messageId])).toEqual([
    ['ADDED', first],
    ['ADDED', second],
    ['UPDATED', first],
    ['UPDATED', first],
  ]);
  expect(frames.at(-1).message).toMatchObject({ text: null, author: { kind: 'AGENT', displayName: 'Bo' } });
  await stream.stop();
  const missed = await says('Are you there?');
  const resumed = customer.subscribe(FOLLOW_OWN, { id: conversationId, at: frames.at(-1).cursor });
  const { customerTranscriptChanges } = await resumed.next();
  expect(customerTranscriptChanges).toMatchObject({ messageId: missed, message: { text: 'Are you there?' } });
  await resumed.stop();
});

it('lets no byte of a note, an internal event or anybody else reach a customer’s socket, replayed or live', async () => {
  const at = await cursorOf();
  const hidden = await work();
  const socket = await RawSocket.signedIn(server.url, customer.credential!);
  const bytes: string[] = [];
  socket.ws.on('message', (data) => bytes.push(String(data)));
  socket.subscribe('replayed', FOLLOW_OWN, { id: conversationId, at });
  socket.subscribe('live', FOLLOW_OWN, { id: conversationId });
  socket.subscribe('read', READ_OWN, { id: conversationId });
  // What a customer may not ask for is answered too.
  socket.subscribe('notes', 'query($id: ID!) { conversation(id: $id) { notes { nodes { text } } } }', {
    id: conversationId,
  });
  socket.subscribe('events', 'subscription($id: ID!) { transcriptChanges(conversationId: $id) { entryId } }', {
    id: conversationId,
  });
  socket.subscribe('all', 'subscription { conversationChanges { conversation { id } } }');
  await socket.until(
    ({ id, payload }) => id === 'replayed' && payload?.data?.customerTranscriptChanges.changeType === 'CURSOR',
  );
  hidden.push(...(await work()));
  const last = await answers('After all of it');
  for (const id of ['replayed', 'live']) {
    await socket.until((one) => one.id === id && one.payload?.data?.customerTranscriptChanges?.messageId === last);
  }
  for (const id of ['notes', 'events', 'all']) {
    const { payload } = await socket.until((one) => one.id === id && one.type !== 'complete');
    const errors = (Array.isArray(payload) ? payload : payload.errors) as { extensions: { code: string } }[];
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN']);
  }
  const everything = bytes.join('\n');
  expect(everything).toContain('After all of it');
  const people = [world.email('agent'), world.email('colleague'), 'Kim', ...Object.values(world.ids.agents)];
  for (const text of [MARKER, ...hidden, ...people, world.ids.support, world.ids.billing, world.ids.labels.vip]) {
    expect(everything, `${text}`).not.toContain(text);
  }
  socket.ws.close();
});

it('gives what is said to its customer alone, also where many follow alike', async () => {
  const kim = await asCustomer(world, { contactExternalId: 'kim-2', name: 'Kim' });
  const input = { text: 'Mine is late too', idempotencyKey: 'kim' };
  const theirs = (await kim.ask(START, { input })).startConversation.conversation.id;
  const open = async (by: ApiClient, id: string) => {
    const stream = by.subscribe(FOLLOW_OWN, { id, at: await cursorOf(id, by) });
    await stream.until(({ customerTranscriptChanges: { changeType } }) => changeType === 'CURSOR');
    return stream;
  };
  const again = await asCustomer(world, { contactExternalId: 'asha' });
  const streams = await Promise.all([open(customer, conversationId), open(again, conversationId), open(kim, theirs)]);
  const mine = await says('Only mine');
  const other = await says('Only theirs', kim, theirs);
  const seen = await Promise.all(
    streams.map(async (stream, index) => {
      const wanted = index < 2 ? mine : other;
      await stream.until(({ customerTranscriptChanges: { messageId } }) => messageId === wanted);
      return stream.frames.flatMap(({ customerTranscriptChanges: { messageId } }) => messageId ?? []);
    }),
  );
  expect(seen).toEqual([[mine], [mine], [other]]);
  await Promise.all(streams.map((stream) => stream.stop()));
  for (const [by, id] of [
    [kim, conversationId],
    [customer, theirs],
  ] as const) {
    const refused = by.subscribe(FOLLOW_OWN, { id });
    expect(await refused.end()).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
    await refused.stop();
  }
});

it('closes the socket of a customer who is erased, and gives nothing after that', async () => {
  const lee = await asCustomer(world, { contactExternalId: 'lee' });
  const input = { text: 'Forget me', idempotencyKey: 'lee' };
  const id = (await lee.ask(START, { input })).startConversation.conversation.id;
  const socket = await RawSocket.signedIn(server.url, lee.credential!);
  socket.subscribe('1', FOLLOW_OWN, { id, at: await cursorOf(id, lee) });
  await socket.until(({ payload }) => payload?.data?.customerTranscriptChanges.changeType === 'CURSOR');
  const admin = await world.as('admin');
  const { conversation } = await admin.ask('query($id: ID!) { conversation(id: $id) { contact { id } } }', { id });
  await admin.ask(ERASE, { input: { contactId: conversation.contact.id, reason: 'They asked for it' } });
  await agent.ask(SEND, { input: { conversationId: id, text: `${MARKER} after` } });
  expect((await socket.closed).code).toBe(4401);
  expect(JSON.stringify(socket.messages)).not.toContain(MARKER);
});
