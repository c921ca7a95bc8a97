import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { wakeConversations } from '../../src/services/jobs/wake-conversations.js';
import { MARK_SPAM, UNMARK_SPAM } from '../security/details.js';
import { HAND_OVER_SHIFT } from '../security/routing-rows.js';
import type { ApiClient } from '../support/client.js';
import { followedBy } from '../support/live-view.js';
import {
  asCustomer,
  ASSIGN,
  customerWrites,
  offer,
  REQUEST,
  SAY,
  SEND,
  SET_STATUS,
  START,
} from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { brief, recording } from './recorded.js';

const clock = { at: Date.now() };
let server: TestServer;
let superuser: pg.Client;
let world: World;
let admin: ApiClient;
let agent: ApiClient;
let viewers: ApiClient[];
let worlds = 0;
beforeAll(async () => {
  server = await startTestServer({ now: () => new Date(clock.at) });
  superuser = new pg.Client({ connectionString: server.database.url });
  await superuser.connect();
  // What the sweep does is done when a test says so.
  await superuser.query(
    `insert into turn (duty, node_id, expires_at) values ('sweep', gen_random_uuid(), '2200-01-01')
     on conflict (duty) do update set node_id = excluded.node_id, expires_at = excluded.expires_at`,
  );
}, 60_000);
afterAll(async () => {
  await superuser.end();
  await server.stop();
});
beforeEach(async () => {
  world = await createWorld(server, `acme-${(worlds += 1)}`);
  [admin, agent] = [await world.as('admin'), await world.as('agent')];
  viewers = [admin, agent, world.withKey('read'), world.withKey('bot')];
});

const contact = { address: 'visitor', name: 'Asha' };
const opened = async (input: object = {}) => (await customerWrites(world, { ...input })).conversationId;
const mark = (conversationId: string) => agent.ask(MARK_SPAM, { input: { conversationId } });
const unmark = (conversationId: string) => agent.ask(UNMARK_SPAM, { input: { conversationId } });
const listed = async (): Promise<string[]> =>
  (await admin.ask('{ conversations { nodes { id } } }')).conversations.nodes.map(({ id }: { id: string }) => id);
const stateOf = async (id: string) =>
  (
    await admin.ask(
      `query($id: ID!) { conversation(id: $id) { spam status botActive waitingSince snoozedUntil resolvedAt assignee { id } team { id }
        openHandover { id } viewerState { unreadCount } } }`,
      { id },
    )
  ).conversation;

it.each(['OPEN', 'PENDING', 'SNOOZED', 'RESOLVED'] as const)(
  'takes what the customer writes to what is spam and %s into it, and wakes nobody',
  async (status) => {
    const conversationId = await opened({ contact });
    const { colleague } = world.ids.agents;
    await admin.ask(ASSIGN, { input: { conversationId, assigneeId: status === 'PENDING' ? null : colleague } });
    await agent.ask(SEND, { input: { conversationId, text: 'Here you are' } });
    const until = new Date(clock.at + 3_600_000);
    await agent.ask(SET_STATUS, { input: { conversationId, status, ...(status === 'SNOOZED' ? { until } : {}) } });
    const before = await stateOf(conversationId);
    expect(before.waitingSince).toBeNull();
    await mark(conversationId);
    const { result, events } = await recording(admin, () =>
      followedBy(viewers, () => customerWrites(world, { contact, text: 'Win now' })),
    );
    expect(result.conversationId).toBe(conversationId);
    expect(brief(events)).toEqual([{ action: 'message.received', changes: [] }]);
    expect(await listed()).toEqual([]);
    const { conversationCounts } = await admin.ask('{ conversationCounts { open pending snoozed resolved unread } }');
    expect(conversationCounts).toEqual({ open: 0, pending: 0, snoozed: 0, resolved: 0, unread: 0 });
    // Where it was none after all, nobody has seen it, and it waits for an answer.
    await unmark(conversationId);
    expect(await stateOf(conversationId)).toEqual({
      ...before,
      waitingSince: expect.any(String),
      viewerState: { unreadCount: before.viewerState.unreadCount + 1 },
    });
    expect(await listed()).toEqual([conversationId]);
  },
);

it('takes what a customer writes in their web chat likewise', async () => {
  const customer = await asCustomer(world, { contactExternalId: 'crm-1' });
  const { startConversation } = await customer.ask(START, { input: { text: 'Hello', idempotencyKey: randomUUID() } });
  const conversationId = startConversation.conversation.id;
  await agent.ask(SET_STATUS, { input: { conversationId, status: 'RESOLVED' } });
  await mark(conversationId);
  const { events } = await recording(admin, () =>
    customer.ask(SAY, { input: { conversationId, text: 'Win now', idempotencyKey: randomUUID() } }),
  );
  expect(brief(events)).toEqual([{ action: 'message.received', changes: [] }]);
  expect(await stateOf(conversationId)).toMatchObject({ spam: true, status: 'RESOLVED' });
});

it('withdraws an open handover, is not handed over, and not with a shift', async () => {
  const { support, billing, agents } = world.ids;
  const conversationId = await opened();
  await admin.ask(ASSIGN, { input: { conversationId, assigneeId: agents.agent } });
  await offer(agent, conversationId, { toTeamId: support });
  const { events } = await recording(admin, () => followedBy(viewers, () => mark(conversationId)));
  expect(brief(events)).toEqual([
    { action: 'handover.cancelled', changes: ['handoverStatus: REQUESTED → CANCELLED'] },
    { action: 'conversation.spam_marked', changes: ['spam: false → true'] },
  ]);
  const { extensions } = await agent.refused(REQUEST, {
    input: { conversationId, toTeamId: billing, reason: 'OTHER' },
  });
  expect(extensions).toMatchObject({ code: 'CONFLICT', current: { conversationId, spam: true } });
  const shift = await agent.ask(HAND_OVER_SHIFT, { input: { agentId: agents.agent, toTeamId: billing } });
  expect(shift.handOverShift.shiftHandover).toMatchObject({ conversations: 0, handedOver: 0 });
  await unmark(conversationId);
  expect(await stateOf(conversationId)).toMatchObject({ openHandover: null, assignee: { id: agents.agent } });
});

it('wakes what was snoozed only when it is spam no longer', async () => {
  const conversationId = await opened();
  const until = new Date(clock.at + 60_000);
  await agent.ask(SET_STATUS, { input: { conversationId, status: 'SNOOZED', until } });
  await mark(conversationId);
  clock.at += 61_000;
  expect(await wakeConversations(server.app)).toBe(0);
  expect(await stateOf(conversationId)).toMatchObject({ status: 'SNOOZED', snoozedUntil: until.toISOString() });
  await unmark(conversationId);
  expect(await wakeConversations(server.app)).toBe(1);
  expect(await stateOf(conversationId)).toMatchObject({ status: 'OPEN', snoozedUntil: null });
});

it('is found and shown with its contact as before, marked, by who may see it and by nobody else', async () => {
  const conversationId = await opened({ contact, text: 'Extraordinary casino' });
  await mark(conversationId);
  const { conversation } = await admin.ask('query($id: ID!) { conversation(id: $id) { contact { id } } }', {
    id: conversationId,
  });
  const SHOWN = `query($id: ID!) {
    searchMessages(query: "casino") { nodes { conversation { id spam } } }
    contact(id: $id) { conversations { nodes { id spam } } timeline { nodes { ... on Message { conversation { id spam } } } } } }`;
  const shown = { id: conversationId, spam: true };
  const { searchMessages, contact: seen } = await agent.ask(SHOWN, { id: conversation.contact.id });
  expect(searchMessages.nodes).toEqual([{ conversation: shown }]);
  expect(seen.conversations.nodes).toEqual([shown]);
  expect(seen.timeline.nodes.filter((line: { conversation?: object }) => line.conversation)).toEqual([
    { conversation: shown },
  ]);
  const hidden = await (await world.as('outsider')).ask(SHOWN, { id: conversation.contact.id });
  expect(JSON.stringify(hidden)).not.toContain(conversationId);
});
