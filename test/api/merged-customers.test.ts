import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { MERGE, UNMERGE } from '../security/contact-rows.js';
import { ERASE } from '../security/details.js';
import type { ApiClient } from '../support/client.js';
import { asCustomer, CREATE_TOKEN, FOLLOW_OWN, LIST_OWN, READ_OWN, SAY, SEND, START } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { recording } from './recorded.js';

let server: TestServer;
let world: World;
let agent: ApiClient;
/** Two customers, each with a conversation, who turn out to be one. */
let asha: ApiClient;
let ben: ApiClient;
let ids: { asha: string; ben: string };
let chats: { asha: string; ben: string };
let worlds = 0;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());
beforeEach(async () => {
  world = await createWorld(server, `acme-${(worlds += 1)}`);
  agent = await world.as('agent');
  [asha, ben] = [await named('asha'), await named('ben')];
  ids = { asha: await idOf('asha'), ben: await idOf('ben') };
  chats = { asha: await started(asha), ben: await started(ben) };
});

const named = (name: string) => asCustomer(world, { contactExternalId: name, name });
const token = async (input: object) =>
  (await world.withKey('ingest').ask(CREATE_TOKEN, { input: { inboxId: world.ids.inbox, ...input } }))
    .createCustomerToken;
const idOf = async (name: string): Promise<string> => (await token({ contactExternalId: name })).contactId;
const input = (text: string, more: object = {}) => ({ input: { text, idempotencyKey: randomUUID(), ...more } });
const started = async (by: ApiClient): Promise<string> =>
  (await by.ask(START, input('Hello'))).startConversation.conversation.id;
const own = async (by: ApiClient): Promise<string[]> =>
  (await by.ask(LIST_OWN)).customerConversations.nodes.map(({ id }: { id: string }) => id).toSorted();
const merge = () => agent.ask(MERGE, { input: { contactId: ids.asha, intoContactId: ids.ben } });
const unmerge = () => agent.ask(UNMERGE, { input: { contactId: ids.asha } });
/** Who a caller is, is asked every half a second. */
const soon = { timeout: 3_000 };

it('goes on as who they turned out to be, by the token that they have, and as themself when the two are taken apart', async () => {
  const both = [chats.asha, chats.ben].toSorted();
  await merge();
  for (const client of [asha, ben]) await expect.poll(() => own(client), soon).toEqual(both);
  expect((await asha.ask(READ_OWN, { id: chats.ben })).customerConversation.id).toBe(chats.ben);
  const { result, events } = await recording(world.withKey('all'), () =>
    asha.ask(SAY, input('Me too', { conversationId: chats.ben })),
  );
  expect(result.sendCustomerMessage.message.text).toBe('Me too');
  expect(events.map(({ actor }) => actor.label)).toEqual(['ben']);
  const [later, bens] = [await started(asha), await started(ben)];
  // A new token is of the same; who they are now is said.
  expect(await token({ contactExternalId: 'asha' })).toMatchObject({ contactId: ids.ben });
  expect(await token({ contactId: ids.asha })).toMatchObject({ contactId: ids.ben });
  const renewed = await named('asha');
  expect(await own(renewed)).toEqual([...both, later, bens].toSorted());

  await unmerge();
  for (const client of [asha, renewed]) {
    await expect.poll(() => own(client), soon).toEqual([chats.asha, later].toSorted());
    expect((await client.refused(READ_OWN, { id: chats.ben })).extensions.code).toBe('NOT_FOUND');
    const said = input('Once more', { conversationId: bens });
    expect((await client.refused(SAY, said)).extensions.code).toBe('NOT_FOUND');
  }
  await expect.poll(() => own(ben), soon).toEqual([chats.ben, bens].toSorted());
});

it('writes nothing twice, whoever a customer turns out to be between two tries', async () => {
  const variables = input('Only once');
  const first = (await asha.ask(START, variables)).startConversation;
  await merge();
  const { result, events } = await recording(world.withKey('all'), () => asha.ask(START, variables));
  expect(result.startConversation.message.id).toBe(first.message.id);
  await unmerge();
  expect((await asha.ask(START, variables)).startConversation.message.id).toBe(first.message.id);
  expect(events).toEqual([]);
  // The other's keys are the other's.
  const theirs = (await ben.ask(START, variables)).startConversation;
  expect(theirs.message.id).not.toBe(first.message.id);
});

it('loses nothing of what both write while they become one, and are taken apart', async () => {
  const writing = (by: ApiClient) => [1, 2].map(() => started(by));
  const [, ...first] = await Promise.all([merge(), ...writing(asha), ...writing(ben)]);
  const [, ...second] = await Promise.all([unmerge(), ...writing(asha), ...writing(ben)]);
  const of = (from: number) => [...first.slice(from, from + 2), ...second.slice(from, from + 2)];
  await expect.poll(() => own(asha), soon).toEqual([chats.asha, ...of(0)].toSorted());
  await expect.poll(() => own(ben), soon).toEqual([chats.ben, ...of(2)].toSorted());
});

it('tells open streams to look again, and never shows what is not theirs', async () => {
  const answers = (conversationId: string, text: string) => agent.ask(SEND, { input: { conversationId, text } });
  const follow = async (by: ApiClient, id: string) => {
    const at = (await by.ask(READ_OWN, { id })).customerConversation.messages.eventCursor;
    const stream = by.subscribe(FOLLOW_OWN, { id, at });
    await stream.until(({ customerTranscriptChanges: { changeType } }) => changeType === 'CURSOR');
    return stream;
  };
  const isResync = async (stream: Awaited<ReturnType<typeof follow>>) => (await stream.end())[0].extensions.code;
  const before = await follow(asha, chats.asha);
  await merge();
  await answers(chats.asha, 'As one');
  expect(await isResync(before)).toBe('RESYNC_REQUIRED');
  const during = await follow(asha, chats.ben);
  await answers(chats.ben, 'As one, too');
  await during.until(({ customerTranscriptChanges: { message } }) => message?.text === 'As one, too');
  await expect.poll(() => own(asha), soon).toContain(chats.ben);
  await unmerge();
  await expect.poll(() => own(asha), soon).not.toContain(chats.ben);
  await answers(chats.ben, 'For Ben alone');
  expect(await isResync(during)).toBe('RESYNC_REQUIRED');
  expect(JSON.stringify(during.frames)).not.toContain('For Ben alone');
});

it('ends with the erasure of who they turned out to be', async () => {
  await merge();
  await expect.poll(() => own(asha), soon).toContain(chats.ben);
  await (await world.as('admin')).ask(ERASE, { input: { contactId: ids.ben, reason: 'They asked for it' } });
  for (const client of [asha, ben]) {
    await expect
      .poll(async () => (await client.send(LIST_OWN)).errors?.[0]?.extensions.code, soon)
      .toBe('UNAUTHENTICATED');
    expect((await client.refused(START, input('Still me'))).extensions.code).toBe('UNAUTHENTICATED');
  }
  expect((await agent.refused(UNMERGE, { input: { contactId: ids.asha } })).extensions.code).toBe('CONFLICT');
  const again = await token({ contactExternalId: 'asha' });
  expect([ids.asha, ids.ben]).not.toContain(again.contactId);
});
