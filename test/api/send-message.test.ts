import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../support/client.js';
import { followedBy } from '../support/live-view.js';
import { ASSIGN, customerWrites, SEND, SET_STATUS } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { brief, recording, stateOf, transcriptOf } from './recorded.js';

let server: TestServer;
let world: World;
let admin: ApiClient;
let agent: ApiClient;
let viewers: ApiClient[];
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
  [admin, agent] = [await world.as('admin'), await world.as('agent')];
  viewers = [admin, agent, await world.as('supervisor'), world.withKey('bot')];
});
afterAll(() => server.stop());

const opened = async () => (await customerWrites(world)).conversationId;

it('an agent’s answer takes the conversation over from its bot, all in the one event of the message', async () => {
  const conversationId = await opened();
  const { result, events } = await recording(admin, () =>
    followedBy(viewers, () => agent.ask(SEND, { input: { conversationId, text: 'On its way' } })),
  );
  expect(result.sendMessage.message).toEqual({ id: expect.any(String), position: 3, text: 'On its way' });
  expect(events).toEqual([
    expect.objectContaining({
      action: 'message.sent',
      outcome: 'SUCCESS',
      actor: { kind: 'AGENT', id: world.ids.agents.agent, label: 'Bo' },
      target: { type: 'message', id: result.sendMessage.message.id, label: expect.stringMatching(/^#\d+$/) },
      changes: ['status: OPEN → IN_PROGRESS', 'botActive: true → false'],
    }),
  ]);
  expect(await stateOf(admin, conversationId)).toMatchObject({
    status: 'IN_PROGRESS',
    botActive: false,
    assignee: null,
  });

  const again = await recording(admin, () => agent.ask(SEND, { input: { conversationId, text: 'And here' } }));
  expect(brief(again.events)).toEqual([{ action: 'message.sent', changes: [] }]);
});

it('an agent’s answer takes up a resolved conversation', async () => {
  const conversationId = await opened();
  await agent.ask(SET_STATUS, { input: { conversationId, status: 'RESOLVED' } });
  const { events } = await recording(admin, () =>
    followedBy(viewers, () => agent.ask(SEND, { input: { conversationId, text: 'One more thing' } })),
  );
  expect(brief(events)).toEqual([
    { action: 'message.sent', changes: ['status: RESOLVED → IN_PROGRESS', 'botActive: true → false'] },
  ]);
  expect(await stateOf(admin, conversationId)).toMatchObject({ status: 'IN_PROGRESS', resolved: false });
});

it('a bot answers while it has the conversation, which stays as it is', async () => {
  const conversationId = await opened();
  const { events } = await recording(admin, () =>
    followedBy(viewers, () => world.withKey('bot').ask(SEND, { input: { conversationId, text: 'I am Robin' } })),
  );
  expect(events).toEqual([
    expect.objectContaining({
      action: 'message.sent',
      actor: { kind: 'BOT', id: world.ids.bot, label: 'Robin' },
      changes: [],
    }),
  ]);
  expect(await stateOf(admin, conversationId)).toMatchObject({ status: 'OPEN', botActive: true });
});

it('a bot that has lost the conversation is suppressed: FORBIDDEN, nothing sent, once on the record', async () => {
  const conversationId = await opened();
  await agent.ask(SEND, { input: { conversationId, text: 'I have it' } });
  const { result, events } = await recording(admin, () =>
    followedBy(viewers, () =>
      Promise.all(
        ['Still', 'here'].map((text) => world.withKey('bot').refused(SEND, { input: { conversationId, text } })),
      ),
    ),
  );
  expect(result.map(({ extensions }) => extensions.code)).toEqual(['FORBIDDEN', 'FORBIDDEN']);
  expect(events).toEqual([
    expect.objectContaining({
      action: 'bot.reply_suppressed',
      outcome: 'DENIED',
      actor: { kind: 'BOT', id: world.ids.bot, label: 'Robin' },
      metadata: { attempted: 'message.send', suppressed: 0 },
    }),
  ]);
  expect(await transcriptOf(admin, conversationId)).toEqual([
    '1 conversation.created',
    '2 My order is late',
    '3 I have it',
  ]);
});

it('a program’s answer leaves the conversation with its bot', async () => {
  const conversationId = await opened();
  const { events } = await recording(admin, () =>
    followedBy(viewers, () => world.withKey('all').ask(SEND, { input: { conversationId, text: 'Ticket noted' } })),
  );
  expect(brief(events)).toEqual([{ action: 'message.sent', changes: [] }]);
  expect(await stateOf(admin, conversationId)).toMatchObject({ status: 'OPEN', botActive: true });
});

describe('an answer is refused', () => {
  it.each([
    ['outsider', 'NOT_FOUND'],
    ['auditor', 'NOT_FOUND'],
  ] as const)('to the %s as %s, and nothing is sent', async (person, code) => {
    const conversationId = await opened();
    const client = await world.as(person);
    const { result, events } = await recording(admin, () =>
      followedBy([admin], () => client.refused(SEND, { input: { conversationId, text: 'Let me in' } })),
    );
    expect(result.extensions.code).toBe(code);
    expect(events.map(({ action, metadata }) => [action, metadata])).toEqual([
      ['auth.access_denied', { attempted: 'message.send', suppressed: 0 }],
    ]);
    expect(await transcriptOf(admin, conversationId)).toHaveLength(2);
  });

  it.each(['01890000-0000-7000-8000-000000000000', 'no id'])(
    'in conversation %s as NOT_FOUND',
    async (conversationId) => {
      const { result, events } = await recording(admin, () =>
        agent.refused(SEND, { input: { conversationId, text: 'Hello' } }),
      );
      expect(result.extensions.code).toBe('NOT_FOUND');
      expect(events).toEqual([]);
    },
  );

  it.each([
    ['without text', { text: '' }, 'text', 'must not be empty'],
    ['with a text too long', { text: 'x'.repeat(50_001) }, 'text', 'must have at most 50000 characters'],
    ['with an empty key', { idempotencyKey: '' }, 'idempotencyKey', 'must have 1 to 255 characters'],
    ['with a key too long', { idempotencyKey: 'x'.repeat(256) }, 'idempotencyKey', 'must have 1 to 255 characters'],
  ])('%s as VALIDATION_FAILED', async (_, input, path, message) => {
    const conversationId = await opened();
    const { result, events } = await recording(admin, () =>
      agent.refused(SEND, { input: { conversationId, text: 'Hello', ...input } }),
    );
    expect(result.extensions).toMatchObject({ code: 'VALIDATION_FAILED', fields: [{ path, message }] });
    expect(events).toEqual([]);
  });
});

describe('an idempotencyKey', () => {
  it('used 8 times at once sends one message and answers 8 times alike', async () => {
    const conversationId = await opened();
    const input = { conversationId, text: 'Once', idempotencyKey: randomUUID() };
    const { result, events } = await recording(admin, () =>
      followedBy(viewers, () => Promise.all(Array.from({ length: 8 }, () => agent.ask(SEND, { input })))),
    );
    expect(new Set(result.map(({ sendMessage }) => JSON.stringify(sendMessage.message))).size).toBe(1);
    expect(events.map(({ action }) => action)).toEqual(['message.sent']);
    expect(await transcriptOf(admin, conversationId)).toEqual([
      '1 conversation.created',
      '2 My order is late',
      '3 Once',
    ]);
  });

  it('of its own for each of 16 answers at once to one conversation: all are sent, one after another', async () => {
    const conversationId = await opened();
    const { result, events } = await recording(admin, () =>
      Promise.all(
        Array.from({ length: 16 }, (_, index) =>
          agent.ask(SEND, { input: { conversationId, text: `Answer ${index}`, idempotencyKey: randomUUID() } }),
        ),
      ),
    );
    expect(new Set(result.map(({ sendMessage }) => sendMessage.message.id)).size).toBe(16);
    expect(events.map(({ action }) => action)).toEqual(Array.from({ length: 16 }, () => 'message.sent'));
    const lines = await transcriptOf(admin, conversationId);
    expect(lines.map((line) => Number(line.split(' ')[0]))).toEqual(
      Array.from({ length: 18 }, (_, index) => index + 1),
    );
    expect(new Set(lines.slice(2).map((line) => line.replace(/^\d+ /, '')))).toEqual(
      new Set(Array.from({ length: 16 }, (_, index) => `Answer ${index}`)),
    );
  });

  it('of another request is a CONFLICT, and of another caller another key', async () => {
    const conversationId = await opened();
    const idempotencyKey = randomUUID();
    const first = await agent.ask(SEND, { input: { conversationId, text: 'One', idempotencyKey } });
    const { result, events } = await recording(admin, () =>
      agent.refused(SEND, { input: { conversationId, text: 'Two', idempotencyKey } }),
    );
    expect(result.extensions).toMatchObject({ code: 'CONFLICT', current: { idempotencyKey } });
    expect(events).toEqual([]);
    const colleague = await world.as('colleague');
    const other = await colleague.ask(SEND, { input: { conversationId, text: 'Two', idempotencyKey } });
    expect(other.sendMessage.message.id).not.toBe(first.sendMessage.message.id);
  });

  it('of a refused request is free again', async () => {
    const conversationId = await opened();
    const idempotencyKey = randomUUID();
    await agent.refused(SEND, {
      input: { conversationId: '01890000-0000-7000-8000-000000000000', text: 'Hello', idempotencyKey },
    });
    const sent = await agent.ask(SEND, { input: { conversationId, text: 'Hello', idempotencyKey } });
    expect(sent.sendMessage.message.text).toBe('Hello');
  });

  it('answers only who may still see the conversation', async () => {
    const conversationId = await opened();
    const outsider = await world.as('outsider');
    await admin.ask(ASSIGN, { input: { conversationId, assigneeId: world.ids.agents.outsider } });
    const input = { conversationId, text: 'Mine for now', idempotencyKey: randomUUID() };
    await outsider.ask(SEND, { input });
    await admin.ask(ASSIGN, { input: { conversationId, assigneeId: null } });
    expect((await outsider.refused(SEND, { input })).extensions.code).toBe('NOT_FOUND');
  });
});

it('answers with all of the message and its conversation as a query does afterwards, and so does a repetition', async () => {
  const conversationId = await opened();
  const whole = `id position occurredAt actor { id displayName } direction text editedAt deletedAt externalId createdAt
    revisions { text } conversation { id number status botActive lastActivityAt updatedAt waitingSince firstResponseSeconds
      resolvedAt snoozedUntil lastMessage { id text } viewerState { unreadCount } }`;
  const sending = `mutation($input: SendMessageInput!) { sendMessage(input: $input) { message { ${whole} } } }`;
  const input = { conversationId, text: 'Whole', idempotencyKey: randomUUID() };
  const { message } = (await agent.ask(sending, { input })).sendMessage;
  const reading = `query($id: ID!) { conversation(id: $id) { messages(last: 1) { nodes { ${whole} } } } }`;
  const { conversation } = await agent.ask(reading, { id: conversationId });
  expect(message).toEqual(conversation.messages.nodes[0]);
  expect(message).toMatchObject({
    text: 'Whole',
    direction: 'OUTBOUND',
    conversation: { lastMessage: { text: 'Whole' } },
  });
  expect((await agent.ask(sending, { input })).sendMessage.message).toEqual(message);
});
