import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { continueShiftHandovers } from '../../src/services/jobs/continue-shift-handovers.js';
import { DEACTIVATE, REACTIVATE } from '../security/administration-rows.js';
import { HAND_OVER_SHIFT } from '../security/routing-rows.js';
import type { ApiClient } from '../support/client.js';
import { followedBy } from '../support/live-view.js';
import { ASSIGN, customerWrites, offer, SET_STATUS } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { recording, stateOf } from './recorded.js';

const clock = { at: Date.now() };
let server: TestServer;
let superuser: pg.Client;
let world: World;
let admin: ApiClient;
let agent: ApiClient;
beforeAll(async () => {
  server = await startTestServer({ now: () => new Date(clock.at) });
  superuser = new pg.Client({ connectionString: server.database.url });
  await superuser.connect();
  world = await createWorld(server);
  admin = await world.as('admin');
  agent = await world.as('agent');
});
afterAll(async () => {
  await superuser.end();
  await server.stop();
});
// Nobody has anything to begin with.
beforeEach(async () => {
  await superuser.query(`update conversation set status = 'RESOLVED', assignee_id = null, open_handover_id = null,
    offered_agent_id = null, offered_team_id = null`);
  await superuser.query("update handover set status = 'CANCELLED' where status = 'REQUESTED'");
});
afterEach(() => superuser.query('rollback'));

/** A conversation of the agent's. */
async function theirs(assigneeId = world.ids.agents.agent): Promise<string> {
  const { conversationId } = await customerWrites(world);
  await admin.ask(ASSIGN, { input: { conversationId, assigneeId } });
  return conversationId;
}
const toBilling = () => ({ agentId: world.ids.agents.agent, toTeamId: world.ids.billing });
const handOver = async (client: ApiClient, input: object) =>
  (await client.ask(HAND_OVER_SHIFT, { input })).handOverShift.shiftHandover;
const batchOf = async (batchId: string) =>
  (
    await admin.ask(
      `query($filter: HandoverFilter) { handovers(filter: $filter, first: 100) { nodes {
        status kind reason comment summary unattended batchId from { id } toTeam { id } conversation { id } } } }`,
      { filter: { batchId } },
    )
  ).handovers.nodes as { conversation: { id: string } }[];

it('offers all open work of an agent, each conversation by a handover of its own, between two events', async () => {
  const ids = [await theirs(), await theirs(), await theirs()];
  const resolved = await theirs();
  await admin.ask(SET_STATUS, { input: { conversationId: resolved, status: 'RESOLVED' } });
  const offered = await theirs();
  await offer(agent, offered, { toTeamId: world.ids.support });
  await theirs(world.ids.agents.colleague);
  const { result: shift, events } = await recording(admin, () =>
    followedBy([admin, agent], () =>
      handOver(agent, { ...toBilling(), summary: 'Nothing urgent', reason: 'Gone home' }),
    ),
  );
  expect(shift).toEqual({
    id: expect.any(String),
    agent: { id: world.ids.agents.agent },
    toAgent: null,
    toTeam: { id: world.ids.billing },
    conversations: 3,
    handedOver: 3,
    skipped: 0,
    unattended: true,
    startedAt: expect.any(String),
    completedAt: expect.any(String),
  });
  const batchId = shift.id;
  expect(events.map(({ action, metadata, reason, summary }) => ({ action, metadata, reason, summary }))).toEqual([
    {
      action: 'shift_handover.started',
      metadata: { batchId, kind: 'TO_TEAM', conversations: 3, unattended: true },
      reason: 'Gone home',
      summary: 'Bo began to hand the open conversations of Bo over to Billing: Gone home',
    },
    ...ids.map(() => ({
      action: 'handover.requested',
      metadata: expect.objectContaining({ batchId, handoverReason: 'SHIFT_END', unattended: true }),
      reason: null,
      summary: expect.stringMatching(/^Bo asked to hand conversation #\d+ over to Billing: end of shift$/),
    })),
    {
      action: 'shift_handover.completed',
      metadata: { batchId, handedOver: 3, skipped: 0 },
      reason: null,
      summary: '3 conversations of Bo were offered to Billing',
    },
  ]);
  const handovers = await batchOf(batchId);
  expect(handovers.map(({ conversation }) => conversation.id).toSorted()).toEqual(ids.toSorted());
  expect(handovers[0]).toMatchObject({
    status: 'REQUESTED',
    reason: 'SHIFT_END',
    comment: 'Gone home',
    summary: 'Nothing urgent',
    unattended: true,
    from: { id: world.ids.agents.agent },
  });
  // They keep it until somebody takes it.
  expect(await stateOf(admin, ids[0]!)).toMatchObject({ assignee: world.ids.agents.agent });
  // What was said of customers is kept where their erasure reaches it alone.
  const { rows } = await superuser.query('select comment, summary, pending from shift_handover where id = $1', [
    batchId,
  ]);
  expect(rows).toEqual([{ comment: null, summary: null, pending: [] }]);
});

it('offers nothing twice: 6 times at once without a key, and again under one', async () => {
  const ids = [await theirs(), await theirs()];
  const { events } = await recording(admin, () =>
    Promise.all(Array.from({ length: 6 }, () => handOver(agent, toBilling()))),
  );
  const requested = events.filter(({ action }) => action === 'handover.requested');
  expect(requested).toHaveLength(ids.length);
  const key = { ...toBilling(), idempotencyKey: randomUUID() };
  const first = await handOver(agent, key);
  const again = await recording(admin, () => handOver(agent, key));
  expect(again.result).toEqual(first);
  expect(again.events).toEqual([]);
  const other = await agent.refused(HAND_OVER_SHIFT, { input: { ...key, toTeamId: world.ids.support } });
  expect(other.extensions).toMatchObject({ code: 'CONFLICT', current: { idempotencyKey: key.idempotencyKey } });
});

it('goes on by itself with what was interrupted, and says only then that it is completed', async () => {
  const [first, second] = [await theirs(), await theirs()];
  await superuser.query('begin');
  await superuser.query('select 1 from conversation where id = $1 for update', [second]);
  const started = await recording(admin, () => agent.refused(HAND_OVER_SHIFT, { input: toBilling() }));
  expect(started.result.extensions.code).toBe('UNAVAILABLE');
  expect(started.events.map(({ action }) => action)).toEqual(['shift_handover.started']);
  // To somebody else meanwhile: no.
  const elsewhere = await agent.refused(HAND_OVER_SHIFT, { input: { ...toBilling(), toTeamId: world.ids.support } });
  expect(elsewhere.extensions).toMatchObject({ code: 'CONFLICT', current: { toTeamId: world.ids.billing } });
  await superuser.query('rollback');
  // One of them was resolved before it was taken up again.
  await admin.ask(SET_STATUS, { input: { conversationId: first, status: 'RESOLVED' } });
  clock.at += 10_001;
  const { events } = await recording(admin, () => followedBy([admin], () => continueShiftHandovers(server.app)));
  expect(events.map(({ action, actor, metadata }) => ({ action, kind: actor.kind, metadata }))).toEqual([
    { action: 'handover.requested', kind: 'SYSTEM', metadata: expect.anything() },
    {
      action: 'shift_handover.completed',
      kind: 'SYSTEM',
      metadata: { batchId: expect.any(String), handedOver: 1, skipped: 1 },
    },
  ]);
  expect(await recording(admin, () => continueShiftHandovers(server.app))).toMatchObject({ events: [] });
});

it('answers with the one under way under another key too, and for each repetition of that key', async () => {
  const conversationId = await theirs();
  await superuser.query('begin');
  await superuser.query('select 1 from conversation where id = $1 for update', [conversationId]);
  expect((await agent.refused(HAND_OVER_SHIFT, { input: toBilling() })).extensions.code).toBe('UNAVAILABLE');
  await superuser.query('rollback');
  const key = { ...toBilling(), idempotencyKey: randomUUID() };
  const first = await handOver(agent, key);
  expect(first).toMatchObject({ conversations: 1, handedOver: 1, completedAt: expect.any(String) });
  const again = await recording(admin, () => handOver(agent, key));
  expect(again.result).toEqual(first);
  expect(again.events).toEqual([]);
});

it('goes on with the same request, and offers nothing more to who was let go meanwhile', async () => {
  const conversationId = await theirs();
  const input = { agentId: world.ids.agents.agent, toAgentId: world.ids.agents.colleague };
  await superuser.query('begin');
  await superuser.query('select 1 from conversation where id = $1 for update', [conversationId]);
  expect((await agent.refused(HAND_OVER_SHIFT, { input })).extensions.code).toBe('UNAVAILABLE');
  await superuser.query('rollback');
  await admin.ask(DEACTIVATE, { input: { agentId: world.ids.agents.colleague } });
  const { result, events } = await recording(admin, () => handOver(agent, input));
  await admin.ask(REACTIVATE, { input: { agentId: world.ids.agents.colleague } });
  expect(result).toMatchObject({ conversations: 1, handedOver: 0, skipped: 1, completedAt: expect.any(String) });
  expect(events.map(({ action }) => action)).toEqual(['shift_handover.completed']);
  expect(await stateOf(admin, conversationId)).toMatchObject({ openHandover: null });
});

it('hands over more than one transaction holds, in batches', async () => {
  // In a workspace of its own: the others look at one page of handovers.
  const many = await createWorld(server, 'globex');
  const all = many.withKey('all');
  const { conversationId } = await customerWrites(many);
  await all.ask(ASSIGN, { input: { conversationId, assigneeId: many.ids.agents.agent } });
  await superuser.query(
    `insert into conversation select (jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid(), 'number', 100000 + n))).*
     from conversation c, generate_series(1, 204) n where c.id = $1`,
    [conversationId],
  );
  const shift = await handOver(all, { agentId: many.ids.agents.agent, toTeamId: many.ids.billing });
  expect(shift).toMatchObject({ conversations: 205, handedOver: 205, skipped: 0, completedAt: expect.any(String) });
  const { rows } = await superuser.query(
    `select count(*)::int as handovers, count(distinct conversation_id)::int as conversations,
       bool_and(from_kind = 'API_KEY') as "fromCaller" from handover where batch_id = $1`,
    [shift.id],
  );
  expect(rows).toEqual([{ handovers: 205, conversations: 205, fromCaller: true }]);
});

it('lets a supervisor hand over of their people’s work what they see of it, and the rest stays', async () => {
  const seen = await theirs();
  const unseen = await theirs();
  await admin.ask(ASSIGN, { input: { conversationId: unseen, teamId: world.ids.billing } });
  await superuser.query('update conversation set inbox_id = $2 where id = $1', [unseen, world.ids.emailInbox]);
  const shift = await handOver(await world.as('supervisor'), { ...toBilling(), toTeamId: world.ids.support });
  expect(shift).toMatchObject({ conversations: 1, handedOver: 1, skipped: 0 });
  expect((await batchOf(shift.id)).map(({ conversation }) => conversation.id)).toEqual([seen]);
});

it('says that somebody is there to take it', async () => {
  await theirs();
  const supervisor = await world.as('supervisor');
  const toAgentId = world.ids.agents.supervisor;
  const socket = await supervisor.subscribe('subscription { presenceChanges { agent { id } } }').connected();
  const there = `select 1 from presence where agent_id = $1 and status = 'ONLINE'`;
  await expect.poll(async () => (await superuser.query(there, [toAgentId])).rowCount, { timeout: 5_000 }).toBe(1);
  const shift = await handOver(agent, { agentId: world.ids.agents.agent, toAgentId });
  expect(shift.unattended).toBe(false);
  expect(await batchOf(shift.id)).toMatchObject([{ unattended: false }]);
  await socket.stop();
});

it.each([
  ['without a receiver', () => ({ toTeamId: null }), 'toAgentId', 'give exactly one of toAgentId and toTeamId'],
  [
    'with two receivers',
    () => ({ toAgentId: world.ids.agents.colleague }),
    'toAgentId',
    'give exactly one of toAgentId and toTeamId',
  ],
  ['to themself', () => ({ toTeamId: null, toAgentId: world.ids.agents.agent }), 'toAgentId', 'is who hands over'],
  [
    'to an auditor',
    () => ({ toTeamId: null, toAgentId: world.ids.agents.auditor }),
    'toAgentId',
    'there is no such agent who can take it',
  ],
  ['to an unknown team', () => ({ toTeamId: world.ids.inbox }), 'toTeamId', 'there is no such team'],
  ['for 9 seconds', () => ({ expiresInSeconds: 9 }), 'expiresInSeconds', 'must be 10 to 604800'],
  ['with a reason too long', () => ({ reason: 'x'.repeat(501) }), 'reason', 'must have at most 500 characters'],
  ['with a summary too long', () => ({ summary: 'x'.repeat(2_001) }), 'summary', 'must have at most 2000 characters'],
])('%s is VALIDATION_FAILED, and nothing begins', async (_, input, path, message) => {
  await theirs();
  const { result, events } = await recording(admin, () =>
    agent.refused(HAND_OVER_SHIFT, { input: { ...toBilling(), ...input() } }),
  );
  expect(result.extensions).toMatchObject({ code: 'VALIDATION_FAILED', fields: [{ path, message }] });
  expect(events).toEqual([]);
});
