import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../support/client.js';
import { followedBy } from '../support/live-view.js';
import { customerWrites, offer, SEND, SET_STATUS } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { brief, recording, stateOf } from './recorded.js';

let server: TestServer;
let world: World;
let admin: ApiClient;
let agent: ApiClient;
let viewers: ApiClient[];
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
  [admin, agent] = [await world.as('admin'), await world.as('agent')];
  viewers = [admin, agent, await world.as('supervisor'), await world.as('outsider')];
});
afterAll(() => server.stop());

const opened = async () => (await customerWrites(world)).conversationId;
const move = (client: ApiClient, input: object) =>
  recording(admin, () => followedBy(viewers, () => client.ask(SET_STATUS, { input })));

it.each([
  ['OPEN', 'PENDING', 'conversation.status_changed', { from: 'OPEN', to: 'PENDING' }],
  ['IN_PROGRESS', 'OPEN', 'conversation.status_changed', { from: 'IN_PROGRESS', to: 'OPEN' }],
  ['PENDING', 'RESOLVED', 'conversation.resolved', null],
  ['RESOLVED', 'OPEN', 'conversation.reopened', null],
  ['RESOLVED', 'PENDING', 'conversation.reopened', null],
] as const)('moves a conversation from %s to %s as %s', async (from, to, action, metadata) => {
  const conversationId = await opened();
  if (from !== 'OPEN') await agent.ask(SET_STATUS, { input: { conversationId, status: from } });
  const { result, events } = await move(agent, { conversationId, status: to, reason: 'Because' });
  const { conversation } = result.setConversationStatus;
  expect(conversation).toMatchObject({ id: conversationId, status: to, openHandover: null });
  expect(conversation.resolvedAt !== null).toBe(to === 'RESOLVED');
  expect(events).toEqual([
    expect.objectContaining({ action, changes: [`status: ${from} → ${to}`], metadata, reason: 'Because' }),
  ]);
});

it('changes and records nothing for the status that it has', async () => {
  const conversationId = await opened();
  const { result, events } = await move(agent, { conversationId, status: 'OPEN' });
  expect(result.setConversationStatus.conversation.status).toBe('OPEN');
  expect(events).toEqual([]);
});

it('withdraws an open handover when it resolves', async () => {
  const conversationId = await opened();
  const { support, agents } = world.ids;
  const handoverId = await offer(agent, conversationId, { toTeamId: support });
  const { events } = await move(agent, { conversationId, status: 'RESOLVED' });
  expect(brief(events)).toEqual([
    { action: 'handover.cancelled', changes: ['handoverStatus: REQUESTED → CANCELLED'] },
    { action: 'conversation.resolved', changes: ['status: OPEN → RESOLVED'] },
  ]);
  const data = await admin.ask(
    'query($id: ID!) { handovers(filter: { conversationId: $id }) { nodes { id status settledBy { id } acceptedBy { id } } } }',
    { id: conversationId },
  );
  expect(data.handovers.nodes).toEqual([
    { id: handoverId, status: 'CANCELLED', settledBy: { id: agents.agent }, acceptedBy: null },
  ]);
  expect(await stateOf(admin, conversationId)).toMatchObject({
    status: 'RESOLVED',
    resolved: true,
    openHandover: null,
  });
});

it('is for the bot too, while it has the conversation', async () => {
  const conversationId = await opened();
  const bot = world.withKey('bot');
  const { events } = await move(bot, { conversationId, status: 'PENDING' });
  expect(events).toEqual([
    expect.objectContaining({
      actor: { kind: 'BOT', id: world.ids.bot, label: 'Robin' },
      changes: ['status: OPEN → PENDING'],
    }),
  ]);
  await agent.ask(SEND, { input: { conversationId, text: 'I have it' } });
  const denied = await recording(admin, () =>
    bot.refused(SET_STATUS, { input: { conversationId, status: 'RESOLVED' } }),
  );
  expect(denied.result.extensions.code).toBe('FORBIDDEN');
  expect(denied.events.map(({ action, metadata }) => [action, metadata])).toEqual([
    ['bot.reply_suppressed', { attempted: 'conversation.set_status', suppressed: 0 }],
  ]);
  expect(await stateOf(admin, conversationId)).toMatchObject({ status: 'IN_PROGRESS' });
});

describe('is refused', () => {
  it.each([
    ['outsider', 'NOT_FOUND'],
    ['auditor', 'NOT_FOUND'],
    ['read', 'FORBIDDEN'],
  ] as const)('to the %s as %s, which is recorded', async (who, code) => {
    const conversationId = await opened();
    const client = who === 'read' ? world.withKey('read') : await world.as(who);
    const { result, events } = await recording(admin, () =>
      client.refused(SET_STATUS, { input: { conversationId, status: 'RESOLVED' } }),
    );
    expect(result.extensions.code).toBe(code);
    expect(events.map(({ action, outcome }) => [action, outcome])).toEqual([['auth.access_denied', 'DENIED']]);
    expect(await stateOf(admin, conversationId)).toMatchObject({ status: 'OPEN' });
  });

  it('with a reason too long as VALIDATION_FAILED, and in an unknown conversation as NOT_FOUND', async () => {
    const conversationId = await opened();
    const input = { conversationId, status: 'RESOLVED', reason: 'x'.repeat(501) };
    const { result, events } = await recording(admin, () =>
      Promise.all([
        agent.refused(SET_STATUS, { input }),
        agent.refused(SET_STATUS, { input: { conversationId: world.ids.inbox, status: 'RESOLVED' } }),
      ]),
    );
    expect(result[0].extensions).toMatchObject({
      code: 'VALIDATION_FAILED',
      fields: [{ path: 'reason', message: 'must have at most 500 characters' }],
    });
    expect(result[1].extensions.code).toBe('NOT_FOUND');
    expect(events).toEqual([]);
  });
});
