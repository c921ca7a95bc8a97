import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { MERGE, UNMERGE } from '../security/contact-rows.js';
import {
  ADD_LABELS,
  ADD_NOTE,
  CHANGE_CONVERSATIONS,
  DELETE_MESSAGE,
  MARK_READ,
  MARK_SPAM,
  PIN,
  PRIORITY,
  UPDATE,
} from '../security/details.js';
import type { ApiClient } from '../support/client.js';
import { waitingForLocks } from '../support/locks.js';
import {
  actionsAfter,
  asCustomer,
  ASSIGN,
  customerWrites,
  FOLLOW_OWN,
  newestSequence,
  offer,
  READ_OWN,
  REQUEST,
  SAY,
  SEND,
  SET_STATUS,
} from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { uploaded } from '../support/uploads.js';
import { createWorld, type World } from '../support/world.js';
import { joiningScene } from './joining-scene.js';
import { transcriptOf } from './recorded.js';

let server: TestServer;
let superuser: pg.Client;
let world: World;
let admin: ApiClient;
let agent: ApiClient;
let scene: Awaited<ReturnType<typeof joiningScene>>;
let worlds = 0;
beforeAll(async () => {
  server = await startTestServer();
  superuser = new pg.Client({ connectionString: server.database.url });
  await superuser.connect();
});
afterAll(async () => {
  await superuser.end();
  await server.stop();
});
beforeEach(async () => {
  world = await createWorld(server, `acme-${(worlds += 1)}`);
  scene = await joiningScene(world);
  ({ admin, agent } = scene);
});

it('refuses what would be wrong, and changes nothing then', async () => {
  const [one, two] = [await scene.writes('one'), await scene.writes('two')];
  const contact = { externalId: 'asha', address: 'asha@mail.test' };
  const byMail = await scene.writes('mail', 'By mail', { contact, inboxId: world.ids.emailInbox });
  const { conversationId: others } = await customerWrites(world);
  const { conversationId: resolved } = await customerWrites(world, {
    contact: { externalId: 'asha' },
    conversationExternalId: 'resolved',
  });
  await agent.ask(SET_STATUS, { input: { conversationId: resolved, status: 'RESOLVED' } });
  const before = await newestSequence(admin);
  const invalid = { code: 'VALIDATION_FAILED', fields: [expect.objectContaining({ path: 'intoConversationId' })] };
  expect(await scene.refused('merge', one, one)).toMatchObject(invalid);
  expect(await scene.refused('merge', one, others)).toMatchObject(invalid);
  expect(
    (await admin.send(scene.MERGE, { input: { conversationId: one, intoConversationId: byMail } })).errors,
  ).toEqual([expect.objectContaining({ extensions: expect.objectContaining(invalid) })]);
  expect(await scene.refused('unmerge', one)).toMatchObject({ code: 'CONFLICT', current: { conversationId: one } });
  // Who waits is not put where nobody looks.
  expect(await scene.refused('merge', one, resolved)).toMatchObject({
    code: 'CONFLICT',
    current: { conversationId: resolved, status: 'RESOLVED' },
  });
  expect(await actionsAfter(admin, before)).toEqual([]);
  await agent.ask(MARK_SPAM, { input: { conversationId: two } });
  expect(await scene.refused('merge', one, two)).toMatchObject({
    code: 'CONFLICT',
    current: { conversationId: two, spam: true },
  });
  await agent.ask(MARK_SPAM, { input: { conversationId: one } });
  await scene.merge(one, two);
  expect(await scene.stateOf(one)).toMatchObject({ spam: true, status: 'RESOLVED', mergedInto: { id: two } });
});

it('does nothing more in what was merged, but lets what was said in it be seen and put right', async () => {
  const [one, two, three] = [await scene.writes('one'), await scene.writes('two'), await scene.writes('three')];
  const { sendMessage } = await agent.ask(SEND, { input: { conversationId: one, text: 'We luk' } });
  await scene.merge(one, two);
  const before = await newestSequence(admin);
  const current = { conversationId: one, mergedIntoId: two };
  for (const [operation, input] of [
    [SEND, { text: 'Once more' }],
    [ASSIGN, { assigneeId: world.ids.agents.agent }],
    [SET_STATUS, { status: 'OPEN' }],
    [REQUEST, { reason: 'OTHER', toTeamId: world.ids.billing }],
    [PRIORITY, { priority: 'HIGH' }],
    [UPDATE, { subject: 'Late' }],
    [PIN, {}],
    [MARK_SPAM, {}],
    [ADD_LABELS, { labelIds: [world.ids.labels.vip] }],
    [ADD_NOTE, { text: 'Call back' }],
  ] as const) {
    const { extensions } = await agent.refused(operation, { input: { conversationId: one, ...input } });
    expect(extensions).toMatchObject({ code: 'CONFLICT', current });
  }
  for (const [from, into] of [
    [one, three],
    [three, one],
  ] as const)
    expect(await scene.refused('merge', from, into)).toMatchObject({ code: 'CONFLICT', current });
  const { changeConversations } = await agent.ask(CHANGE_CONVERSATIONS, {
    input: { conversationIds: [one, three], priority: 'HIGH' },
  });
  expect(
    changeConversations.results.map(({ error, changed }: { error: { code: string } | null; changed: boolean }) =>
      error ? error.code : changed,
    ),
  ).toEqual(['CONFLICT', true]);
  expect(await actionsAfter(admin, before)).toEqual(['conversation.bulk_changed', 'conversation.priority_changed']);
  await agent.ask(MARK_READ, { input: { conversationId: one } });
  await agent.ask(DELETE_MESSAGE, { input: { messageId: sendMessage.message.id } });
  expect(await scene.timeline(admin, two)).toEqual(['My order is late', 'My order is late', null]);
});

it('takes what the customer writes where it goes on, by whatever name, once', async () => {
  const [one, two] = [await scene.writes('one'), await scene.writes('two')];
  await scene.merge(one, two);
  const externalId = randomUUID();
  expect(await scene.writes('one', 'By its name', { externalId })).toBe(two);
  const again = await customerWrites(world, {
    contact: { externalId: 'asha' },
    conversationExternalId: 'one',
    externalId,
  });
  expect(again).toMatchObject({ conversationId: two, duplicate: true });
  const latest = await customerWrites(world, { contact: { externalId: 'asha' }, text: 'The latest' });
  expect(latest.conversationId).toBe(two);
  await agent.ask(SET_STATUS, { input: { conversationId: two, status: 'RESOLVED' } });
  expect(await scene.writes('one', 'And another thing')).toBe(two);
  expect(await scene.stateOf(two)).toMatchObject({ status: 'OPEN' });
  expect(await scene.stateOf(one)).toMatchObject({ status: 'RESOLVED' });
  expect(await transcriptOf(admin, two)).toEqual([
    '1 conversation.created',
    '2 My order is late',
    '3 conversation.merged',
    '4 By its name',
    '5 The latest',
    '6 conversation.resolved',
    '7 conversation.reopened',
    '8 And another thing',
  ]);
});

it('tells a customer where their conversation goes on, and takes what they write there', async () => {
  const asha = await asCustomer(world, { contactExternalId: 'asha' });
  const [one, two] = [await scene.writes('one'), await scene.writes('two')];
  const at = (await asha.ask(READ_OWN, { id: one })).customerConversation.messages.eventCursor;
  const stream = asha.subscribe(FOLLOW_OWN, { id: one, at });
  await stream.until(({ customerTranscriptChanges: { changeType } }) => changeType === 'CURSOR');
  await scene.merge(one, two);
  expect((await stream.end())[0].extensions.code).toBe('RESYNC_REQUIRED');
  const { customerConversation } = await asha.ask(
    'query($id: ID!) { customerConversation(id: $id) { open mergedIntoId messages { nodes { text } } } }',
    { id: one },
  );
  expect(customerConversation).toEqual({
    open: false,
    mergedIntoId: two,
    messages: { nodes: [{ text: 'My order is late' }] },
  });
  const input = { conversationId: one, text: 'Well?', idempotencyKey: randomUUID() };
  const said = await asha.ask(SAY, { input });
  expect(said.sendCustomerMessage.conversation).toMatchObject({ id: two, open: true });
  expect(await asha.ask(SAY, { input })).toEqual(said);
  expect(await scene.timeline(admin, two)).toEqual(['My order is late', 'My order is late', 'Well?']);
  // Somebody else's stays somebody else's.
  const ben = await asCustomer(world, { contactExternalId: 'ben' });
  const refused = await ben.refused(SAY, { input: { ...input, idempotencyKey: randomUUID() } });
  expect(refused.extensions.code).toBe('NOT_FOUND');
});

it('never leaves what one contact said with another, who they turned out not to be', async () => {
  const one = await scene.writes('one', 'Of Asha');
  const two = await scene.writes('two', 'Of Ben', { contact: { externalId: 'ben' } });
  const [asha, ben] = [(await scene.stateOf(one)).contact.id, (await scene.stateOf(two)).contact.id];
  await agent.ask(MERGE, { input: { contactId: asha, intoContactId: ben } });
  for (const [from, into] of [
    [one, two],
    [two, one],
  ] as const) {
    await scene.merge(from, into);
    const { extensions } = await agent.refused(UNMERGE, { input: { contactId: asha } });
    expect(extensions).toMatchObject({ code: 'CONFLICT', current: { conversationId: from, mergedIntoId: into } });
    await scene.unmerge(from);
  }
  await agent.ask(UNMERGE, { input: { contactId: asha } });
  expect((await scene.stateOf(one)).contact.id).toBe(asha);
});

it('is done by one of two who merge the same two the other way round at once', async () => {
  const [one, two] = [await scene.writes('one'), await scene.writes('two')];
  for (let times = 0; times < 3; times += 1) {
    const answers = await Promise.all(
      [
        [one, two],
        [two, one],
      ].map(([conversationId, intoConversationId]) =>
        agent.send(scene.MERGE, { input: { conversationId, intoConversationId } }),
      ),
    );
    const codes = answers.map(({ errors }) => errors?.[0]?.extensions.code ?? 'done');
    expect(codes.toSorted()).toEqual(['CONFLICT', 'done']);
    await scene.unmerge(codes[0] === 'done' ? one : two);
  }
});

it('has what waits for the merge said where it goes on', async () => {
  const [one, two] = [await scene.writes('one'), await scene.writes('two')];
  // Holds both as the merge would, until the message waits.
  await superuser.query('begin');
  await superuser.query('select 1 from conversation where id = any($1) order by id for update', [[one, two]]);
  await superuser.query(`update conversation set status = 'RESOLVED', merged_into_id = $2 where id = $1`, [one, two]);
  const writing = [
    scene.writes('one', 'Meanwhile'),
    customerWrites(world, { contact: { externalId: 'ben' } }),
  ] as const;
  await expect.poll(() => waitingForLocks(superuser), { timeout: 1_500 }).toBe(1);
  await superuser.query('commit');
  expect(await writing[0]).toBe(two);
  await writing[1];
});

it('merges once where many ask at once, and are taken apart, while messages arrive, and loses none', async () => {
  const [one, two] = [await scene.writes('one'), await scene.writes('two')];
  const arriving = (from: number) =>
    Array.from({ length: 6 }, (_, index) => scene.writes(index % 2 ? 'one' : 'two', `No. ${from + index}`));
  const first = await Promise.all([...arriving(0), ...Array.from({ length: 4 }, () => scene.merge(one, two))]);
  expect(first).toHaveLength(10);
  await Promise.all([...arriving(6), scene.unmerge(one)]);
  const said = async (id: string) => (await scene.timeline(admin, id)).filter((text) => text.startsWith('No.'));
  const all = Array.from({ length: 12 }, (_, index) => `No. ${index}`).toSorted();
  expect([...(await said(one)), ...(await said(two))].toSorted()).toEqual(all);
  const { auditEvents } = await admin.ask(
    '{ auditEvents(filter: { actions: ["conversation.merged"] }) { nodes { id } } }',
  );
  expect(auditEvents.nodes).toHaveLength(1);
});

it('refuses to have a customer who waits go on with a bot, which would not know', async () => {
  const [one, two] = [await scene.writes('b-1'), await scene.writes('b-2')];
  await agent.ask(ASSIGN, { input: { conversationId: one, assigneeId: world.ids.agents.agent } });
  expect(await scene.refused('merge', one, two)).toMatchObject({
    code: 'CONFLICT',
    current: { conversationId: two, botActive: true },
  });
});

it('sends a file that was uploaded for the one that was merged since', async () => {
  const [one, two] = [await scene.writes('f-1'), await scene.writes('f-2')];
  const attachmentId = await uploaded(agent, { conversationId: one }, Buffer.from('%PDF-1.7 an invoice'));
  const elsewhere = await scene.writes('f-3');
  await scene.merge(one, two);
  const send = (conversationId: string) => ({ input: { conversationId, attachmentIds: [attachmentId] } });
  expect((await agent.refused(SEND, send(elsewhere))).extensions['code']).toBe('VALIDATION_FAILED');
  const { sendMessage } = await agent.ask(SEND, send(two));
  expect(sendMessage.message.id).toBeTruthy();
});

it('refuses a handover that waits, until it is settled', async () => {
  const [one, two] = [await scene.writes('one'), await scene.writes('two')];
  const handoverId = await offer(agent, one, { toTeamId: world.ids.billing });
  expect(await scene.refused('merge', one, two)).toMatchObject({
    code: 'CONFLICT',
    current: { conversationId: one, handoverId },
  });
  await scene.merge(two, one);
  expect((await scene.stateOf(one)).mergedConversations).toEqual([{ id: two }]);
});
