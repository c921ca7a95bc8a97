import { afterAll, beforeAll, expect, it } from 'vitest';
import { wakeConversations } from '../../src/services/jobs/wake-conversations.js';
import { followedBy } from '../support/live-view.js';
import { actionsAfter, customerWrites, newestSequence, SEND, SET_STATUS } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';

let clock = new Date();
let server: TestServer;
let world: World;
beforeAll(async () => {
  server = await startTestServer({ now: () => new Date(Math.max(Date.now(), clock.getTime())) });
  world = await createWorld(server);
  // Signed in before anything is counted.
  await viewers();
});
afterAll(() => server.stop());

const viewers = async () => Promise.all([world.as('admin'), world.as('agent'), world.as('outsider')]);
const change = (name: string, fields: string) =>
  `mutation($input: ${name[0]!.toUpperCase()}${name.slice(1)}Input!) { ${name}(input: $input) { ${fields} } }`;

it.each([
  ['setConversationPriority', { priority: 'URGENT' }, { priority: 'URGENT' }, ['conversation.priority_changed']],
  ['pinConversation', {}, { pinned: true }, ['conversation.pinned']],
  ['updateConversation', { subject: 'Late parcel' }, { subject: 'Late parcel' }, ['conversation.subject_changed']],
] as const)(
  '%s changes the conversation once, live for everybody who sees it',
  async (name, input, expected, actions) => {
    const admin = await world.as('admin');
    const agent = await world.as('agent');
    const { conversationId } = await customerWrites(world);
    const before = await newestSequence(admin);
    const mutation = change(name, 'conversation { priority pinned subject }');
    const run = () => agent.ask(mutation, { input: { conversationId, ...input } });
    const answer = await followedBy(await viewers(), run);
    expect(answer[name].conversation).toMatchObject(expected);
    await run();
    expect(await actionsAfter(admin, before)).toEqual(actions);
    const outsider = await (await world.as('outsider')).refused(mutation, { input: { conversationId, ...input } });
    expect(outsider.extensions.code).toBe('NOT_FOUND');
    const auditor = await (await world.as('auditor')).refused(mutation, { input: { conversationId, ...input } });
    expect(auditor.extensions.code).toBe('NOT_FOUND');
  },
);

it('adds and removes labels one event each, filters by them, and refuses labels of nobody', async () => {
  const [admin, agent] = [await world.as('admin'), await world.as('agent')];
  const { conversationId } = await customerWrites(world);
  const { vip, billing } = world.ids.labels;
  const before = await newestSequence(admin);
  const add = change('addLabels', 'conversation { labels { name } }');
  const remove = change('removeLabels', 'conversation { labels { name } }');
  const added = await followedBy(await viewers(), () =>
    agent.ask(add, { input: { conversationId, labelIds: [vip, billing] } }),
  );
  expect(added.addLabels.conversation.labels).toEqual([{ name: 'billing' }, { name: 'vip' }]);
  await agent.ask(add, { input: { conversationId, labelIds: [vip] } });
  const { conversations } = await agent.ask(
    'query($id: ID!) { conversations(filter: { labelIds: [$id] }) { nodes { id } } }',
    { id: vip },
  );
  expect(conversations.nodes).toEqual([{ id: conversationId }]);
  const removed = await followedBy(await viewers(), () =>
    agent.ask(remove, { input: { conversationId, labelIds: [vip] } }),
  );
  expect(removed.removeLabels.conversation.labels).toEqual([{ name: 'billing' }]);
  expect(await actionsAfter(admin, before)).toEqual([
    'conversation.label_added',
    'conversation.label_added',
    'conversation.label_removed',
  ]);
  const unknown = await agent.refused(add, { input: { conversationId, labelIds: [conversationId] } });
  expect(unknown.extensions.code).toBe('VALIDATION_FAILED');
});

it('wakes a snoozed conversation by itself, and at once when the customer writes', async () => {
  const [admin, agent] = [await world.as('admin'), await world.as('agent')];
  const contact = { address: 'sleeper', name: 'Asha' };
  const { conversationId } = await customerWrites(world, { contact });
  const status = async () =>
    (await agent.ask('query($id: ID!) { conversation(id: $id) { status snoozedUntil } }', { id: conversationId }))
      .conversation;
  const before = await newestSequence(admin);
  const snooze = async () => {
    const until = new Date(server.app.now().getTime() + 60_000);
    await followedBy(await viewers(), () =>
      agent.ask(SET_STATUS, { input: { conversationId, status: 'SNOOZED', until } }),
    );
    return until;
  };
  const until = await snooze();
  expect(await status()).toEqual({ status: 'SNOOZED', snoozedUntil: until.toISOString() });
  expect(await wakeConversations(server.app)).toBe(0);
  clock = new Date(until.getTime() + 1);
  await wakeConversations(server.app);
  expect(await status()).toEqual({ status: 'OPEN', snoozedUntil: null });
  await snooze();
  await customerWrites(world, { contact });
  expect(await status()).toEqual({ status: 'OPEN', snoozedUntil: null });
  expect(await actionsAfter(admin, before)).toEqual([
    'conversation.snoozed',
    'conversation.unsnoozed',
    'conversation.snoozed',
    'conversation.unsnoozed',
    'message.received',
  ]);
  const past = await agent.refused(SET_STATUS, { input: { conversationId, status: 'SNOOZED', until: new Date(0) } });
  expect(past.extensions).toMatchObject({ code: 'VALIDATION_FAILED', fields: [{ path: 'until' }] });
});

it('counts unread messages for each agent, and the waiting until a person answers', async () => {
  const [agent, colleague] = [await world.as('agent'), await world.as('colleague')];
  const contact = { address: 'waiting', name: 'Asha' };
  const { conversationId } = await customerWrites(world, { contact });
  await customerWrites(world, { contact });
  const read = change('markConversationRead', 'conversation { viewerState { unreadCount lastReadPosition } }');
  const state = async (client: typeof agent) =>
    (
      await client.ask(
        'query($id: ID!) { conversation(id: $id) { waitingSince firstResponseSeconds viewerState { unreadCount } } }',
        { id: conversationId },
      )
    ).conversation;
  expect(await state(agent)).toMatchObject({ viewerState: { unreadCount: 2 }, waitingSince: expect.any(String) });
  const { markConversationRead } = await followedBy([agent, colleague], () =>
    agent.ask(read, { input: { conversationId, position: 2 } }),
  );
  expect(markConversationRead.conversation.viewerState).toEqual({ unreadCount: 1, lastReadPosition: 2 });
  const again = await agent.ask(read, { input: { conversationId, position: 1 } });
  expect(again.markConversationRead.conversation.viewerState).toEqual({ unreadCount: 1, lastReadPosition: 2 });
  expect(await state(colleague)).toMatchObject({ viewerState: { unreadCount: 2 } });
  await world.withKey('bot').ask(SEND, { input: { conversationId, text: 'One moment' } });
  expect(await state(agent)).toMatchObject({ waitingSince: expect.any(String), firstResponseSeconds: null });
  await agent.ask(SEND, { input: { conversationId, text: 'Here I am' } });
  expect(await state(agent)).toMatchObject({ waitingSince: null, firstResponseSeconds: expect.any(Number) });
  const bot = await world.withKey('bot').refused(read, { input: { conversationId } });
  expect(bot.extensions.code).toBe('FORBIDDEN');
});

it('keeps what a message said before it was edited and deleted', async () => {
  const [admin, agent, colleague] = await Promise.all([world.as('admin'), world.as('agent'), world.as('colleague')]);
  const { conversationId } = await customerWrites(world);
  const { sendMessage } = await agent.ask(SEND, { input: { conversationId, text: 'Tomorow' } });
  const messageId = sendMessage.message.id;
  const fields = 'message { text editedAt deletedAt revisions { number text } }';
  const edit = change('editMessage', fields);
  const remove = change('deleteMessage', fields);
  const before = await newestSequence(admin);
  const refused = await colleague.refused(edit, { input: { messageId, text: 'Never' } });
  expect(refused.extensions.code).toBe('FORBIDDEN');
  const edited = await followedBy(await viewers(), () => agent.ask(edit, { input: { messageId, text: 'Tomorrow' } }));
  expect(edited.editMessage.message).toMatchObject({ text: 'Tomorrow', revisions: [{ number: 1, text: 'Tomorow' }] });
  const deleted = await followedBy(await viewers(), () => agent.ask(remove, { input: { messageId } }));
  expect(deleted.deleteMessage.message).toMatchObject({
    text: null,
    revisions: [
      { number: 1, text: 'Tomorow' },
      { number: 2, text: 'Tomorrow' },
    ],
  });
  await agent.ask(remove, { input: { messageId } });
  const late = await agent.refused(edit, { input: { messageId, text: 'Again' } });
  expect(late.extensions.code).toBe('CONFLICT');
  expect(await actionsAfter(admin, before)).toEqual(['auth.access_denied', 'message.edited', 'message.deleted']);
});
