import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../support/client.js';
import { followedBy } from '../support/live-view.js';
import { CANCEL, customerWrites, offer, REQUEST, SEND, SET_STATUS } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type Person, type World } from '../support/world.js';
import { brief, recording, stateOf } from './recorded.js';

let server: TestServer;
let world: World;
let clients: Record<Person, ApiClient>;
let admin: ApiClient;
let viewers: ApiClient[];
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
  const people = Object.keys(world.ids.agents) as Person[];
  clients = Object.fromEntries(
    await Promise.all(people.map(async (person) => [person, await world.as(person)])),
  ) as Record<Person, ApiClient>;
  admin = clients.admin;
  viewers = [admin, clients.agent, clients.supervisor, clients.outsider];
});
afterAll(() => server.stop());

// Each in an inbox of people, so that no bot is in the way unless it is wanted.
const opened = async () => (await customerWrites(world)).conversationId;
const followed = <T>(act: () => Promise<T>) => recording(admin, () => followedBy(viewers, act));
const request = (client: ApiClient, input: object) =>
  followed(() => client.ask(REQUEST, { input: { reason: 'NEEDS_EXPERTISE', ...input } }));

describe('asking for a handover', () => {
  it('offers the conversation to a team until the workspace’s deadline', async () => {
    const conversationId = await opened();
    const before = Date.now();
    const { result, events } = await request(clients.agent, {
      conversationId,
      toTeamId: world.ids.support,
      comment: 'Please',
      summary: 'An order is late',
    });
    const { handover } = result.requestHandover;
    expect(handover).toEqual({
      id: expect.any(String),
      status: 'REQUESTED',
      kind: 'TO_TEAM',
      expiresAt: expect.any(String),
    });
    const seconds = (Date.parse(handover.expiresAt) - before) / 1000;
    expect(Math.floor(seconds / 10)).toBe(30);
    expect(events).toEqual([
      expect.objectContaining({
        action: 'handover.requested',
        changes: ['handoverStatus: null → REQUESTED', 'comment: null → Please', 'summary: null → An order is late'],
        metadata: {
          handoverId: handover.id,
          handoverReason: 'NEEDS_EXPERTISE',
          kind: 'TO_TEAM',
          expiresAt: handover.expiresAt,
          // Those who look on come with sockets, which are noticed a little later.
          unattended: expect.any(Boolean),
        },
        summary: expect.stringMatching(/^Bo asked to hand conversation #\d+ over to Support: needs expertise$/),
      }),
    ]);
    expect(await stateOf(admin, conversationId)).toMatchObject({ openHandover: handover.id, botActive: true });
  });

  it('lets an agent see what they are offered, until it is settled', async () => {
    const conversationId = await opened();
    const look = () =>
      clients.outsider.send('query($id: ID!) { conversation(id: $id) { id } }', { id: conversationId });
    expect((await look()).errors![0]!.extensions.code).toBe('NOT_FOUND');
    const { result } = await request(clients.agent, { conversationId, toAgentId: world.ids.agents.outsider });
    expect((await look()).errors).toBeUndefined();
    const handoverId = result.requestHandover.handover.id;
    await followed(() => clients.agent.ask(CANCEL, { input: { handoverId } }));
    expect((await look()).errors![0]!.extensions.code).toBe('NOT_FOUND');
  });

  it('is a CONFLICT while one is open, and in a resolved conversation', async () => {
    const conversationId = await opened();
    const handoverId = await offer(clients.agent, conversationId, { toTeamId: world.ids.support });
    const input = { conversationId, toTeamId: world.ids.billing, reason: 'OTHER' };
    const { result, events } = await recording(admin, () => clients.agent.refused(REQUEST, { input }));
    expect(result.extensions).toMatchObject({
      code: 'CONFLICT',
      current: { handoverId, status: 'REQUESTED', settledBy: null, settledAt: null },
    });
    expect(events).toEqual([]);
    await clients.agent.ask(SET_STATUS, { input: { conversationId, status: 'RESOLVED' } });
    expect((await clients.agent.refused(REQUEST, { input })).extensions).toMatchObject({
      code: 'CONFLICT',
      current: { conversationId, status: 'RESOLVED' },
    });
  });

  it('under one idempotencyKey 8 times at once makes one, however its fields are ordered', async () => {
    const conversationId = await opened();
    const input = { conversationId, toTeamId: world.ids.support, reason: 'OTHER', idempotencyKey: randomUUID() };
    const reversed = Object.fromEntries(Object.entries(input).toReversed());
    const { result, events } = await followed(() =>
      Promise.all(
        Array.from({ length: 8 }, (_, index) => clients.agent.ask(REQUEST, { input: index % 2 ? input : reversed })),
      ),
    );
    expect(new Set(result.map(({ requestHandover }) => requestHandover.handover.id)).size).toBe(1);
    expect(events.map(({ action }) => action)).toEqual(['handover.requested']);
    const other = { ...input, toTeamId: world.ids.billing };
    expect((await clients.agent.refused(REQUEST, { input: other })).extensions).toMatchObject({
      code: 'CONFLICT',
      current: { idempotencyKey: input.idempotencyKey },
    });
  });

  it.each([
    ['without a receiver', () => ({}), 'toAgentId', 'give exactly one of toAgentId, toTeamId and toBotId'],
    [
      'with two receivers',
      () => ({ toTeamId: world.ids.support, toBotId: world.ids.bot }),
      'toAgentId',
      'give exactly one of toAgentId, toTeamId and toBotId',
    ],
    [
      'to oneself',
      () => ({ toAgentId: world.ids.agents.agent }),
      'toAgentId',
      'is yourself; assign the conversation instead',
    ],
    [
      'to an auditor',
      () => ({ toAgentId: world.ids.agents.auditor }),
      'toAgentId',
      'there is no such agent who can take it',
    ],
    ['to an unknown team', () => ({ toTeamId: world.ids.inbox }), 'toTeamId', 'there is no such team'],
    ['to an unknown bot', () => ({ toBotId: world.ids.inbox }), 'toBotId', 'there is no such bot that is enabled'],
    [
      'for 9 seconds',
      () => ({ toTeamId: world.ids.support, expiresInSeconds: 9 }),
      'expiresInSeconds',
      'must be 10 to 604800',
    ],
    [
      'for over a week',
      () => ({ toTeamId: world.ids.support, expiresInSeconds: 604_801 }),
      'expiresInSeconds',
      'must be 10 to 604800',
    ],
    [
      'with a comment too long',
      () => ({ toTeamId: world.ids.support, comment: 'x'.repeat(2_001) }),
      'comment',
      'must have at most 2000 characters',
    ],
    [
      'with an empty key',
      () => ({ toTeamId: world.ids.support, idempotencyKey: '' }),
      'idempotencyKey',
      'must have 1 to 255 characters',
    ],
  ])('%s is VALIDATION_FAILED', async (_, input, path, message) => {
    const conversationId = await opened();
    const { result, events } = await recording(admin, () =>
      clients.agent.refused(REQUEST, { input: { conversationId, reason: 'OTHER', ...input() } }),
    );
    expect(result.extensions).toMatchObject({ code: 'VALIDATION_FAILED', fields: [{ path, message }] });
    expect(events).toEqual([]);
  });
});

describe('a handover to a bot', () => {
  it('is accepted at once: the bot has the conversation and speaks again', async () => {
    const conversationId = await opened();
    const bot = world.withKey('bot');
    await clients.agent.ask(SEND, { input: { conversationId, text: 'I have it' } });
    expect((await bot.refused(SEND, { input: { conversationId, text: 'Me too' } })).extensions.code).toBe('FORBIDDEN');
    const { result, events } = await request(clients.agent, {
      conversationId,
      toBotId: world.ids.bot,
      reason: 'SHIFT_END',
    });
    expect(result.requestHandover.handover).toMatchObject({ status: 'ACCEPTED', kind: 'TO_BOT' });
    expect(brief(events)).toEqual([
      {
        action: 'handover.bot_returned',
        changes: ['handoverStatus: null → ACCEPTED', 'status: IN_PROGRESS → OPEN', 'botActive: false → true'],
      },
    ]);
    expect(events[0]!.summary).toMatch(/^Bo handed conversation #\d+ over to the bot Robin: end of shift$/);
    const { sendMessage } = await bot.ask(SEND, { input: { conversationId, text: 'I am back' } });
    expect(sendMessage.message.text).toBe('I am back');
  });
});
