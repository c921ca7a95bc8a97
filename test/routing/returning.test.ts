import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { routeConversations } from '../../src/services/jobs/route-conversations.js';
import { brief, recording, stateOf } from '../api/recorded.js';
import { DEACTIVATE } from '../security/administration-rows.js';
import { CREATE_BOT, DISABLE_BOT, ENABLE_BOT } from '../security/bot-rows.js';
import { CREATE_INBOX } from '../security/place-rows.js';
import { followedBy } from '../support/live-view.js';
import { asCustomer, ASSIGN, customerWrites, SAY, SET_STATUS, START } from '../support/operations.js';
import { RoutingStage } from './stage.js';

let stage: RoutingStage;
beforeAll(async () => {
  stage = await RoutingStage.open();
});
afterAll(() => stage.close());
beforeEach(() => stage.quiet());

const depthOf = async (teamId: string): Promise<number> => {
  const { queues } = await stage.key.ask('{ queues { team { id } depth } }');
  return queues.find(({ team }: { team: { id: string } }) => team.id === teamId).depth;
};
const setStatus = (conversationId: string, status: string, more: object = {}) =>
  stage.key.ask(SET_STATUS, { input: { conversationId, status, ...more } });
const inAnHour = () => new Date(stage.clock.at + 3_600_000).toISOString();

/** What the actions record while everybody follows. */
const told = async (act: () => Promise<unknown>) => {
  const everybody = [stage.key, await stage.session('admin'), await stage.session('outsider')];
  return brief((await recording(stage.key, () => followedBy(everybody, act))).events);
};

describe('a customer of a bot that was disabled', () => {
  /** A team whose inbox has a bot of its own, and a customer there. */
  async function withBot() {
    const [agentId] = (await stage.agents(1)) as [string];
    const { teamId } = await stage.team([agentId], {});
    const { createBot } = await stage.key.ask(CREATE_BOT, { input: { displayName: randomUUID() } });
    const botId: string = createBot.bot.id;
    const input = { name: randomUUID(), channel: 'WEB_CHAT', defaultTeamId: teamId, botId };
    const { createInbox } = await stage.key.ask(CREATE_INBOX, { input });
    const inboxId: string = createInbox.inbox.id;
    const contact = { address: `visitor-${randomUUID()}` };
    const writes = async () => (await customerWrites(stage.world, { inboxId, contact })).conversationId;
    const switchBot = (operation: string) => stage.key.ask(operation, { input: { botId } });
    return { agentId, teamId, inboxId, botId, writes, switchBot };
  }
  const RELEASED = 'botActive: true → false';
  const RECEIVED = { action: 'message.received', changes: [] };

  it.each([
    ['resolved', { action: 'conversation.reopened', changes: ['status: RESOLVED → OPEN', RELEASED] }],
    [
      'snoozed',
      { action: 'conversation.unsnoozed', changes: ['status: SNOOZED → OPEN', RELEASED, expect.any(String)] },
    ],
    ['pending', { action: 'conversation.status_changed', changes: ['status: PENDING → OPEN', RELEASED] }],
  ])('who writes again where it was %s waits for people, and is given to them', async (status, event) => {
    const { agentId, teamId, writes, switchBot } = await withBot();
    const conversationId = await writes();
    await setStatus(conversationId, status.toUpperCase(), status === 'snoozed' ? { until: inAnHour() } : {});
    await switchBot(DISABLE_BOT);
    expect(await depthOf(teamId)).toBe(0);
    expect(await told(writes)).toEqual([event, RECEIVED]);
    expect(await stateOf(stage.key, conversationId)).toMatchObject({ status: 'OPEN', botActive: false });
    expect(await depthOf(teamId)).toBe(1);
    await stage.online(agentId);
    await routeConversations(stage.server.app);
    expect(await stage.assignees([conversationId])).toEqual([agentId]);
  });

  it('who writes in what is open waits for people too, told by the message, once', async () => {
    const { teamId, writes, switchBot } = await withBot();
    const conversationId = await writes();
    await switchBot(DISABLE_BOT);
    expect(await depthOf(teamId)).toBe(0);
    expect(await told(writes)).toEqual([{ action: 'message.received', changes: [RELEASED] }]);
    expect(await depthOf(teamId)).toBe(1);
    // For good: the bot gets it back by a handover alone.
    await switchBot(ENABLE_BOT);
    expect(await told(writes)).toEqual([RECEIVED]);
    expect(await stateOf(stage.key, conversationId)).toMatchObject({ status: 'OPEN', botActive: false });
    expect(await depthOf(teamId)).toBe(1);
  });

  it('who says something in the web chat waits for people', async () => {
    const { teamId, inboxId, switchBot } = await withBot();
    const customer = await asCustomer(stage.world, { inboxId, contactExternalId: randomUUID() });
    const first = { text: 'Hello', idempotencyKey: randomUUID() };
    const { startConversation } = await customer.ask(START, { input: first });
    const conversationId: string = startConversation.conversation.id;
    await switchBot(DISABLE_BOT);
    const say = () => customer.ask(SAY, { input: { conversationId, text: 'Anybody?', idempotencyKey: randomUUID() } });
    expect(await told(say)).toEqual([{ action: 'message.received', changes: [RELEASED] }]);
    expect(await depthOf(teamId)).toBe(1);
  });

  it('stays with a bot that goes on, also one that the inbox has no more, whatever the status', async () => {
    const { teamId, inboxId, writes } = await withBot();
    await stage.superuser.query('update inbox set bot_id = null where id = $1', [inboxId]);
    const other = await withBot();
    const [orphan, theirs] = [await writes(), await other.writes()];
    await stage.superuser.query('update conversation set bot_id = $2, bot_active = true where id = $1', [
      orphan,
      other.botId,
    ]);
    for (const id of [orphan, theirs]) await setStatus(id, 'PENDING');
    expect(await told(writes)).toEqual([RECEIVED]);
    expect(await told(other.writes)).toEqual([RECEIVED]);
    expect(await stateOf(stage.key, theirs)).toMatchObject({ status: 'PENDING', botActive: true });
    await setStatus(orphan, 'RESOLVED');
    expect(await told(writes)).toEqual([
      { action: 'conversation.reopened', changes: ['status: RESOLVED → OPEN'] },
      RECEIVED,
    ]);
    expect(await stateOf(stage.key, orphan)).toMatchObject({ status: 'OPEN', botActive: true });
    expect(await depthOf(teamId)).toBe(0);
    await other.switchBot(DISABLE_BOT);
    expect(await told(writes)).toEqual([{ action: 'message.received', changes: [RELEASED] }]);
    expect(await depthOf(teamId)).toBe(1);
  });
});

describe('what waited for its customer and nobody has', () => {
  const contact = () => ({ address: `visitor-${randomUUID()}` });

  it('is open and queued when the customer answers', async () => {
    const { teamId, inboxId } = await stage.team([]);
    const input = { inboxId, contact: contact() };
    const { conversationId } = await customerWrites(stage.world, input);
    await setStatus(conversationId, 'PENDING');
    expect(await depthOf(teamId)).toBe(0);
    expect(await told(() => customerWrites(stage.world, input))).toEqual([
      { action: 'conversation.status_changed', changes: ['status: PENDING → OPEN'] },
      { action: 'message.received', changes: [] },
    ]);
    expect(await depthOf(teamId)).toBe(1);
    expect(await stateOf(stage.key, conversationId)).toMatchObject({ status: 'OPEN', assignee: null });
  });

  it.each([
    [
      'is taken from them',
      ({ conversationId }: Had) => stage.key.ask(ASSIGN, { input: { conversationId, assigneeId: null } }),
    ],
    ['go for good', ({ agentId }: Had) => stage.key.ask(DEACTIVATE, { input: { agentId, reason: 'Gone' } })],
  ])('stays pending with who has it; is queued when, after the answer, it or they %s', async (_, leave) => {
    const [agentId] = (await stage.agents(1)) as [string];
    const { teamId, inboxId } = await stage.team([agentId]);
    const input = { inboxId, contact: contact() };
    const { conversationId } = await customerWrites(stage.world, input);
    await stage.key.ask(ASSIGN, { input: { conversationId, assigneeId: agentId } });
    await setStatus(conversationId, 'PENDING');
    expect(await told(() => customerWrites(stage.world, input))).toEqual([{ action: 'message.received', changes: [] }]);
    expect(await told(() => leave({ conversationId, agentId }))).toContainEqual({
      action: 'conversation.unassigned',
      changes: ['status: PENDING → OPEN', `assigneeId: ${agentId} → null`],
    });
    expect(await depthOf(teamId)).toBe(1);
  });

  it('stays pending when it is taken from them while they wait for the customer', async () => {
    const [agentId] = (await stage.agents(1)) as [string];
    const { teamId, inboxId } = await stage.team([agentId]);
    const { conversationId } = await customerWrites(stage.world, { inboxId });
    await stage.superuser.query('update conversation set waiting_since = null where id = $1', [conversationId]);
    await stage.key.ask(ASSIGN, { input: { conversationId, assigneeId: agentId } });
    await setStatus(conversationId, 'PENDING');
    await stage.key.ask(ASSIGN, { input: { conversationId, assigneeId: null } });
    expect(await stateOf(stage.key, conversationId)).toMatchObject({ status: 'PENDING', assignee: null });
    expect(await depthOf(teamId)).toBe(0);
  });
});

interface Had {
  conversationId: string;
  agentId: string;
}
