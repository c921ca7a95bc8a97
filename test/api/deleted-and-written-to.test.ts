import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { makeEvidence } from '../../src/services/record/bundle/make-evidence.js';
import type { ApiClient } from '../support/client.js';
import {
  asCustomer,
  ASSIGN,
  customerWrites,
  LIST_OWN,
  READ_OWN,
  SAY,
  SEND,
  SET_STATUS,
} from '../support/operations.js';
import type { World } from '../support/world.js';
import { said, started } from './customer-stage.js';
import { deletingScene } from './deleting-scene.js';
import { UPSERT } from '../security/contact-rows.js';
import { mergingScene } from './merging-scene.js';
import { brief, recording } from './recorded.js';
import { Worlds } from './worlds.js';

let worlds: Worlds;
let world: World;
let admin: ApiClient;
let scene: Awaited<ReturnType<typeof deletingScene>>;
beforeAll(async () => {
  worlds = await Worlds.open();
});
afterAll(() => worlds.close());
beforeEach(async () => {
  ({ world } = await worlds.next());
  scene = await deletingScene(world);
  ({ admin } = scene);
});

const contact = { address: 'asha', name: 'Asha' };
const textsOf = async (id: string): Promise<string[]> =>
  (await scene.wholeOf(id)).messages.nodes.map(({ text }: { text: string }) => text);

it.each(['by its contact', 'by its external id'])(
  'loses nothing that the customer writes, found %s: it opens another, and both are there in the end',
  async (how) => {
    const thread = how === 'by its external id' ? { conversationExternalId: 'thread-1' } : {};
    const externalId = randomUUID();
    const first = await customerWrites(world, { contact, ...thread, externalId });
    await scene.remove(first.conversationId);
    // What was taken before is not taken twice, and shows nothing of what is gone.
    const { receiveMessage } = await world
      .withKey('all')
      .ask(
        `mutation($input: ReceiveMessageInput!) { receiveMessage(input: $input) { duplicate message { id } conversation { id } } }`,
        { input: { inboxId: world.ids.inbox, externalId, contact, text: 'My order is late', ...thread } },
      );
    expect(receiveMessage).toEqual({ duplicate: true, message: null, conversation: null });
    expect(await scene.listed()).toEqual([]);
    const next = await customerWrites(world, { contact, ...thread, text: 'Anybody?' });
    const after = await customerWrites(world, { contact, ...thread, text: 'Hello?' });
    expect(next.conversationId).not.toBe(first.conversationId);
    expect(after.conversationId).toBe(next.conversationId);
    const { result, events } = await recording(admin, () => scene.restore(first.conversationId));
    expect(result.id).toBe(first.conversationId);
    expect(events[0]!.metadata).toEqual({ externalIdTaken: how === 'by its external id' });
    expect(await textsOf(first.conversationId)).toEqual(['My order is late']);
    expect(await textsOf(next.conversationId)).toEqual(['Anybody?', 'Hello?']);
    expect((await scene.wholeOf(next.conversationId)).externalId).toBe(thread.conversationExternalId ?? null);
    expect((await scene.wholeOf(first.conversationId)).externalId).toBeNull();
  },
);

it('comes back with its external id where nobody has it', async () => {
  const { conversationId } = await customerWrites(world, { contact, conversationExternalId: 'thread-1' });
  const before = await scene.wholeOf(conversationId);
  expect(before.externalId).toBe('thread-1');
  await scene.remove(conversationId);
  await scene.restore(conversationId);
  expect(await scene.wholeOf(conversationId)).toEqual({ ...before, updatedAt: expect.any(String) });
  expect((await customerWrites(world, { contact, conversationExternalId: 'thread-1' })).conversationId).toBe(
    conversationId,
  );
});

it('lets a customer in the web chat go on in another one, and see nothing of the first', async () => {
  const customer = await asCustomer(world, { contactExternalId: 'asha', name: 'Asha' });
  const stranger = await asCustomer(world, { contactExternalId: 'kim', name: 'Kim' });
  const first = await started(customer);
  await scene.remove(first);
  expect((await customer.ask(LIST_OWN)).customerConversations.nodes).toEqual([]);
  expect((await customer.refused(READ_OWN, { id: first })).extensions['code']).toBe('NOT_FOUND');
  const say = async (text: string, conversationId = first): Promise<string> =>
    (await customer.ask(SAY, said(text, { conversationId }))).sendCustomerMessage.conversation.id;
  expect((await stranger.refused(SAY, said('Mine?', { conversationId: first }))).extensions['code']).toBe('NOT_FOUND');
  const next = await say('Anybody?');
  expect(next).not.toBe(first);
  // Both at once, to what is gone: in the one that was opened.
  expect(await Promise.all([say('Hello?'), say('Hm')])).toEqual([next, next]);
  await scene.remove(next);
  const third = await say('Still there?');
  expect([first, next]).not.toContain(third);
  expect(await say('And there?', next)).toBe(third);
  await scene.restore(first);
  expect(await say('Back')).toBe(first);
  expect(await textsOf(first)).toEqual(['My order is late', 'Back']);
});

it('moves with its contact when two are merged, and back when they are taken apart', async () => {
  const { asha, ben, merge, unmerge, idOf } = await mergingScene(world);
  const [a, b] = [await asha(), await ben()];
  await scene.remove(a.conversationId);
  const { events } = await recording(admin, () => merge(a.id, b.id));
  expect(brief(events).filter(({ action }) => action === 'conversation.contact_changed')).toEqual([
    { action: 'conversation.contact_changed', changes: [`contactId: ${a.id} → ${b.id}`] },
  ]);
  expect(await scene.listed()).toEqual([b.conversationId]);
  await scene.restore(a.conversationId);
  expect(await idOf(a.conversationId)).toBe(b.id);
  await scene.remove(a.conversationId);
  await unmerge(a.id);
  await scene.restore(a.conversationId);
  expect(await idOf(a.conversationId)).toBe(a.id);
});

it('is found by the name that its contact got meanwhile, once it is there again', async () => {
  const { conversationId } = await customerWrites(world, { contact, text: 'Late' });
  const { id } = (await scene.wholeOf(conversationId)).contact;
  await scene.remove(conversationId);
  await admin.ask(UPSERT, { input: { id, name: 'Zoltan' } });
  const found = async (query: string): Promise<string[]> =>
    (
      await admin.ask('query($query: String!) { searchMessages(query: $query) { nodes { conversation { id } } } }', {
        query,
      })
    ).searchMessages.nodes.map(({ conversation }: { conversation: { id: string } }) => conversation.id);
  expect(await found('Zoltan')).toEqual([]);
  await scene.restore(conversationId);
  expect([await found('Zoltan'), await found('Asha')]).toEqual([[conversationId], []]);
});

it('gives away nothing of what it said in evidence of a time', async () => {
  const evidence = async (): Promise<string> => {
    const wanted = { from: null, to: null };
    const { lines } = await makeEvidence(worlds.server.app, world.ids.workspace, wanted, {
      by: 'a test',
      unmasked: true,
    });
    const all: string[] = [];
    for await (const line of lines) all.push(line);
    return all.join('');
  };
  const { conversationId } = await customerWrites(world, { contact, text: 'My secret' });
  expect(await evidence()).toContain('My secret');
  await scene.remove(conversationId);
  expect(await evidence()).not.toContain('My secret');
  await scene.restore(conversationId);
  expect(await evidence()).toContain('My secret');
});

it.each([
  ['is there', false],
  ['is deleted, too', true],
])('says nothing of what one customer wrote to another, once two are taken apart: where that %s', async (_, isGone) => {
  const { merge, unmerge, idOf } = await mergingScene(world);
  const asha = await asCustomer(world, { contactExternalId: 'asha', name: 'Asha' });
  const ben = await asCustomer(world, { contactExternalId: 'ben', name: 'Ben' });
  const [ofAsha, ofBen] = [await started(asha), await started(ben)];
  const [ashaId, benId] = [await idOf(ofAsha), await idOf(ofBen)];
  await merge(ashaId, benId);
  await scene.remove(ofAsha);
  const say = async (customer: ApiClient, text: string): Promise<string> =>
    (await customer.ask(SAY, said(text, { conversationId: ofAsha }))).sendCustomerMessage.conversation.id;
  const next = await say(ben, 'From Ben');
  expect(await idOf(next)).toBe(benId);
  await unmerge(ashaId);
  if (isGone) await scene.remove(next);
  const own = await say(asha, 'From Asha');
  expect(await say(asha, 'And more')).toBe(own);
  if (isGone) await scene.restore(next);
  expect(own).not.toBe(next);
  expect(await idOf(own)).toBe(ashaId);
  expect(await textsOf(next)).toEqual(['From Ben']);
  expect(await textsOf(own)).toEqual(['From Asha', 'And more']);
  expect((await ben.refused(SAY, said('Mine?', { conversationId: ofAsha }))).extensions['code']).toBe('NOT_FOUND');
});

it('says of a repeated message of a customer that it was taken, and does not take it twice', async () => {
  const customer = await asCustomer(world, { contactExternalId: 'asha', name: 'Asha' });
  const conversationId = await started(customer);
  const again = said('Is it late?', { conversationId });
  await customer.ask(SAY, again);
  await scene.remove(conversationId);
  expect((await customer.refused(SAY, again)).extensions).toMatchObject({
    code: 'CONFLICT',
    current: { conversationId },
  });
  await scene.restore(conversationId);
  await customer.ask(SAY, again);
  expect(await textsOf(conversationId)).toEqual(['My order is late', 'Is it late?']);
});

it('takes what a channel reports of an answer that was on its way, and shows it once it is restored', async () => {
  const { conversationId } = await customerWrites(world, { contact });
  const { sendMessage } = await scene.agent.ask(SEND, { input: { conversationId, text: 'It is on its way' } });
  await scene.remove(conversationId);
  const { result, events } = await recording(admin, () =>
    world
      .withKey('all')
      .ask(
        'mutation($input: UpdateDeliveryInput!) { updateDelivery(input: $input) { status changed message { id } } }',
        {
          input: { messageId: sendMessage.message.id, status: 'DELIVERED' },
        },
      ),
  );
  expect(result.updateDelivery).toEqual({ status: 'DELIVERED', changed: true, message: null });
  expect(events.map(({ action }) => action)).toEqual(['message.delivered']);
  await scene.restore(conversationId);
  const { conversation } = await admin.ask(
    'query($id: ID!) { conversation(id: $id) { messages { nodes { delivery { status } } } } }',
    { id: conversationId },
  );
  expect(conversation.messages.nodes.at(-1)).toEqual({ delivery: { status: 'DELIVERED' } });
});

it('comes back to whoever looks for work where its agent has gone and its customer waits', async () => {
  const { conversationId } = await customerWrites(world, { contact });
  const agentId = world.ids.agents.agent;
  await admin.ask(ASSIGN, { input: { conversationId, assigneeId: agentId } });
  await admin.ask(SET_STATUS, { input: { conversationId, status: 'PENDING' } });
  await customerWrites(world, { contact, text: 'Anybody?' });
  await scene.remove(conversationId);
  await admin.ask('mutation($input: DeactivateAgentInput!) { deactivateAgent(input: $input) { agent { active } } }', {
    input: { agentId },
  });
  await scene.restore(conversationId);
  const state = await admin.ask('query($id: ID!) { conversation(id: $id) { status assignee { id } } }', {
    id: conversationId,
  });
  expect(state.conversation).toEqual({ status: 'OPEN', assignee: null });
});
