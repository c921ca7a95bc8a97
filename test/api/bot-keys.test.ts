import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { CREATE_KEY } from '../security/administration-rows.js';
import { CREATE_BOT, DISABLE_BOT, ENABLE_BOT, UPDATE_BOT_SETTINGS } from '../security/bot-rows.js';
import { RawSocket } from '../realtime/raw-socket.js';
import { UPDATE_INBOX } from '../security/place-rows.js';
import { ApiClient } from '../support/client.js';
import { customerWrites, offer, REQUEST, SEND } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { brief, recording, stateOf } from './recorded.js';

let server: TestServer;
let world: World;
let admin: ApiClient;
let bot: ApiClient;
let input: { botId: string };
let worlds = 0;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());
beforeEach(async () => {
  world = await createWorld(server, `acme-${(worlds += 1)}`);
  [admin, bot] = [await world.as('admin'), world.withKey('bot')];
  input = { botId: world.ids.bot };
});

const opened = async () => (await customerWrites(world)).conversationId;
const says = (client: ApiClient, conversationId: string, text: string, more: object = {}) =>
  client.send(SEND, { input: { conversationId, text, ...more } });
const codeOf = async (answer: ReturnType<typeof says>) => (await answer).errors?.[0]!.extensions.code ?? 'OK';
const messagesOf = async (conversationId: string) => {
  const { conversation } = await admin.ask(
    'query($id: ID!) { conversation(id: $id) { messages(last: 50) { nodes { text botVersion actor { id } } } } }',
    { id: conversationId },
  );
  return conversation.messages.nodes as { text: string; botVersion: number | null; actor: { id: string } }[];
};

it('writes with each of a bot’s messages the version of its settings of that moment, and with nobody else’s', async () => {
  const conversationId = await opened();
  const publish = (expectedVersion: number) =>
    admin.ask(UPDATE_BOT_SETTINGS, { input: { ...input, expectedVersion, prompt: `After ${expectedVersion}` } });
  await says(bot, conversationId, 'One', { idempotencyKey: 'one' });
  await publish(1);
  await says(bot, conversationId, 'Two');
  // A repetition is the message that was sent, by the version of then.
  const again = await bot.ask(
    'mutation($input: SendMessageInput!) { sendMessage(input: $input) { message { text botVersion } } }',
    { input: { conversationId, text: 'One', idempotencyKey: 'one' } },
  );
  expect(again.sendMessage.message).toEqual({ text: 'One', botVersion: 1 });
  await publish(2);
  await says(world.withKey('all'), conversationId, 'By a program');
  await says(await world.as('agent'), conversationId, 'By a person');
  await publish(3);
  expect((await messagesOf(conversationId)).map(({ text, botVersion }) => [text, botVersion])).toEqual([
    ['My order is late', null],
    ['One', 1],
    ['Two', 2],
    ['By a program', null],
    ['By a person', null],
  ]);
});

it('lets a bot speak while it has the conversation, and again when it gets it back, and records what was not said', async () => {
  const conversationId = await opened();
  expect(await codeOf(says(bot, conversationId, 'Hello'))).toBe('OK');
  await says(await world.as('agent'), conversationId, 'I take over');
  const { result, events } = await recording(admin, () => codeOf(says(bot, conversationId, 'Still here')));
  expect(result).toBe('FORBIDDEN');
  expect(events).toEqual([
    expect.objectContaining({
      action: 'bot.reply_suppressed',
      outcome: 'DENIED',
      actor: { kind: 'BOT', id: world.ids.bot, label: 'Robin' },
      target: expect.objectContaining({ type: 'conversation', id: conversationId }),
      metadata: { attempted: 'message.send', suppressed: 0 },
    }),
  ]);
  await offer(await world.as('agent'), conversationId, { toBotId: world.ids.bot });
  expect(await codeOf(says(bot, conversationId, 'Back again'))).toBe('OK');
  expect((await messagesOf(conversationId)).map(({ text }) => text)).toEqual([
    'My order is late',
    'Hello',
    'I take over',
    'Back again',
  ]);
});

it('lets a bot that the inbox has no longer keep what it has, and gives what is new to the other', async () => {
  const { createBot } = await admin.ask(CREATE_BOT, { input: { displayName: 'Zoe' } });
  const otherId = createBot.bot.id;
  const { createApiKey } = await admin.ask(CREATE_KEY, { input: { displayName: 'Zoe', botId: otherId } });
  const other = new ApiClient(server.url, createApiKey.secret);
  const before = await opened();
  await admin.ask(UPDATE_INBOX, { input: { inboxId: world.ids.inbox, botId: otherId } });
  const after = await opened();
  const { events } = await recording(admin, async () => {
    expect(await codeOf(says(bot, before, 'Mine'))).toBe('OK');
    expect(await codeOf(says(other, after, 'Mine'))).toBe('OK');
    expect(await codeOf(says(other, before, 'Not mine'))).toBe('NOT_FOUND');
    expect(await codeOf(says(bot, after, 'Not mine'))).toBe('NOT_FOUND');
  });
  expect(events.map(({ action, actor }) => [action, actor.label])).toEqual([
    ['message.sent', 'Robin'],
    ['message.sent', 'Zoe'],
    ['bot.reply_suppressed', 'Zoe'],
    ['bot.reply_suppressed', 'Robin'],
  ]);
});

it('refuses the key of a disabled bot at once, sockets included, and takes it again when it is enabled', async () => {
  const conversationId = await opened();
  const socket = await RawSocket.signedIn(server.url, world.keys.bot);
  socket.subscribe('1', 'subscription { conversationChanges { changeType conversation { id } } }');
  expect(await codeOf(says(bot, conversationId, 'Hello'))).toBe('OK');
  const { events } = await recording(admin, async () => {
    await admin.ask(DISABLE_BOT, { input });
    // What writes asks afresh, what reads within half a second.
    expect(await codeOf(says(bot, conversationId, 'Not said'))).toBe('UNAUTHENTICATED');
    expect(await socket.closed).toEqual({ code: 4401, reason: 'Access revoked' });
    await expect
      .poll(async () => (await bot.send('{ viewer { role } }')).errors?.[0]!.extensions.code, { timeout: 2_000 })
      .toBe('UNAUTHENTICATED');
  });
  // That it is tried is on the record, once a minute.
  expect(brief(events)).toEqual([
    { action: 'bot.disabled', changes: ['enabled: true → false'] },
    { action: 'auth.access_denied', changes: [] },
  ]);
  const refused = await admin.refused(REQUEST, {
    input: { conversationId, toBotId: world.ids.bot, reason: 'OTHER' },
  });
  expect(refused.extensions).toMatchObject({ code: 'VALIDATION_FAILED', fields: [{ path: 'toBotId' }] });
  // New ones go to people; what it had is still its own, and anybody may take it.
  expect(await stateOf(admin, await opened())).toMatchObject({ botActive: false });
  expect(await stateOf(admin, conversationId)).toMatchObject({ botActive: true });
  await admin.ask(ENABLE_BOT, { input });
  expect(await codeOf(says(bot, conversationId, 'Back'))).toBe('OK');
  expect((await messagesOf(conversationId)).map(({ text }) => text)).toEqual(['My order is late', 'Hello', 'Back']);
});
