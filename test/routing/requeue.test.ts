import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { routeConversations } from '../../src/services/jobs/route-conversations.js';
import { brief, recording, stateOf } from '../api/recorded.js';
import { DEACTIVATE_TEAM } from '../security/place-rows.js';
import { SET_ROUTING } from '../security/routing-rows.js';
import { followedBy } from '../support/live-view.js';
import { ASSIGN, SEND, SET_STATUS } from '../support/operations.js';
import { RoutingStage } from './stage.js';

let stage: RoutingStage;
beforeAll(async () => {
  stage = await RoutingStage.open();
});
afterAll(() => stage.close());
beforeEach(() => stage.quiet());

const route = () => routeConversations(stage.server.app);

/** Two people who are there, and a conversation that the first of them was given. */
async function given(policy: object = { requeueAfterSeconds: 60 }) {
  const [a, b] = (await stage.agents(2)) as [string, string];
  const { teamId, inboxId } = await stage.team([a, b], policy);
  await stage.online(a, b);
  const [conversationId] = (await stage.waiting(inboxId, 1)) as [string];
  await route();
  expect(await stage.assignees([conversationId])).toEqual([a]);
  return { a, b, teamId, inboxId, conversationId };
}
/** An answer of a person. */
async function answer(conversationId: string): Promise<void> {
  await (await stage.session('admin')).ask(SEND, { input: { conversationId, text: 'On its way' } });
}

/** Ends a team, whose inbox gets another one before. */
async function deactivate(teamId: string, inboxId: string): Promise<void> {
  await stage.superuser.query('update inbox set default_team_id = null where id = $1', [inboxId]);
  await stage.key.ask(DEACTIVATE_TEAM, { input: { teamId } });
}

describe('who does not answer in time', () => {
  it('loses it to the next one, by two events, to the second', async () => {
    const { a, b, conversationId } = await given();
    stage.advance(59.9);
    await route();
    expect(await stage.assignees([conversationId])).toEqual([a]);
    stage.advance(0.1);
    const { events } = await recording(stage.key, () => followedBy([stage.key], route));
    expect(brief(events)).toEqual([
      { action: 'conversation.requeued', changes: [`assigneeId: ${a} → null`] },
      { action: 'conversation.auto_assigned', changes: [`assigneeId: null → ${b}`] },
    ]);
    expect(events[0]).toMatchObject({
      actor: { kind: 'SYSTEM' },
      metadata: { afterSeconds: 60 },
      summary: expect.stringMatching(
        /^Conversation #\d+ went back to the queue of .+: Agent 0 did not answer within 60 s$/,
      ),
    });
  });

  it('is not given it again while another has room, also when it is their turn', async () => {
    const { a, b, inboxId, conversationId } = await given();
    // The turn goes to the second, and comes back to the first.
    const [other] = (await stage.waiting(inboxId, 1)) as [string];
    await route();
    expect(await stage.assignees([other])).toEqual([b]);
    await answer(other);
    stage.advance(60);
    await route();
    expect(await stage.assignees([conversationId])).toEqual([b]);
    expect(a).not.toBe(b);
  });

  it.each<[string, (b: string) => Promise<unknown>, (b: string) => Promise<unknown>]>([
    ['is there', (b) => stage.presence('OFFLINE', b), (b) => stage.online(b)],
    ['has room', (b) => stage.capacity(b, 0), (b) => stage.capacity(b, 1)],
  ])(
    'keeps it without an event while nobody else %s, and loses it within a minute of that',
    async (_, ends, begins) => {
      const { a, b, conversationId } = await given({ requeueAfterSeconds: 600 });
      await ends(b);
      stage.advance(540);
      for (let minute = 0; minute < 3; minute += 1) {
        stage.advance(60);
        expect((await recording(stage.key, route)).events).toEqual([]);
      }
      expect(await stage.assignees([conversationId])).toEqual([a]);
      await begins(b);
      stage.advance(60);
      const { events } = await recording(stage.key, route);
      expect(brief(events)).toEqual([
        { action: 'conversation.requeued', changes: [`assigneeId: ${a} → null`] },
        { action: 'conversation.auto_assigned', changes: [`assigneeId: null → ${b}`] },
      ]);
    },
  );

  it.each<[string, (a: string) => Promise<unknown>]>([
    ['they have gone too', (a) => stage.presence('OFFLINE', a)],
    ['they take less than they have', (a) => stage.capacity(a, 0)],
  ])('loses it to the queue where nobody else has room and %s', async (_, act) => {
    const { a, b, conversationId } = await given();
    await stage.presence('OFFLINE', b);
    await act(a);
    stage.advance(60);
    expect(brief((await recording(stage.key, route)).events)).toEqual([
      { action: 'conversation.requeued', changes: [`assigneeId: ${a} → null`] },
    ]);
    expect(await stage.assignees([conversationId])).toEqual([null]);
    stage.advance(60);
    expect((await recording(stage.key, route)).events).toEqual([]);
  });

  it('keeps it also where it is all that they take', async () => {
    const { a, b, conversationId } = await given();
    await stage.presence('OFFLINE', b);
    await stage.capacity(a, 1);
    stage.advance(60);
    expect((await recording(stage.key, route)).events).toEqual([]);
    expect(await stage.assignees([conversationId])).toEqual([a]);
  });
});

describe('nothing is put back', () => {
  it.each<[string, (id: string, ids: { a: string; b: string; teamId: string; inboxId: string }) => Promise<unknown>]>([
    ['that a person has answered', (id) => answer(id)],
    ['that was resolved', (id) => stage.key.ask(SET_STATUS, { input: { conversationId: id, status: 'RESOLVED' } })],
    [
      'that waits for the customer',
      (id) => stage.key.ask(SET_STATUS, { input: { conversationId: id, status: 'PENDING' } }),
    ],
    [
      'that a person gave to somebody',
      (id, { b }) => stage.key.ask(ASSIGN, { input: { conversationId: id, assigneeId: b } }),
    ],
    ['of a team that was deactivated', (_, { teamId, inboxId }) => deactivate(teamId, inboxId)],
    ['when the policy is off', (_, { teamId }) => stage.policy(teamId, { enabled: false })],
    ['when the policy says never', (_, { teamId }) => stage.policy(teamId, { requeueAfterSeconds: null })],
  ])('%s', async (_, act) => {
    const { conversationId, ...ids } = await given();
    await act(conversationId, ids);
    const before = await stateOf(stage.key, conversationId);
    stage.advance(61);
    expect((await recording(stage.key, route)).events).toEqual([]);
    expect(await stateOf(stage.key, conversationId)).toEqual(before);
    stage.advance(600);
    expect((await recording(stage.key, route)).events).toEqual([]);
  });

  it('that was answered in the same millisecond in which it was given, and the customer wrote again', async () => {
    const { a, conversationId } = await given();
    await answer(conversationId);
    await stage.superuser.query('update conversation set waiting_since = $2 where id = $1', [
      conversationId,
      new Date(stage.clock.at),
    ]);
    stage.advance(61);
    expect((await recording(stage.key, route)).events).toEqual([]);
    expect(await stage.assignees([conversationId])).toEqual([a]);
  });
});

describe('what was not to be answered when it was looked at is put back later', () => {
  it('where the customer did not wait, by the time since they do', async () => {
    const { a, b, conversationId } = await given();
    const waits = (since: Date | null) =>
      stage.superuser.query('update conversation set waiting_since = $2 where id = $1', [conversationId, since]);
    await waits(null);
    stage.advance(60);
    expect((await recording(stage.key, route)).events).toEqual([]);
    stage.advance(1);
    await waits(new Date(stage.clock.at));
    stage.advance(59.9);
    await route();
    expect(await stage.assignees([conversationId])).toEqual([a]);
    stage.advance(0.1);
    await route();
    expect(await stage.assignees([conversationId])).toEqual([b]);
  });

  it.each(['SNOOZED', 'PENDING'])('where it was %s for that moment', async (status) => {
    const { a, b, conversationId } = await given();
    stage.advance(50);
    const until = status === 'SNOOZED' ? { until: new Date(stage.clock.at + 3_600_000).toISOString() } : {};
    await stage.key.ask(SET_STATUS, { input: { conversationId, status, ...until } });
    stage.advance(10);
    expect((await recording(stage.key, route)).events).toEqual([]);
    await stage.key.ask(SET_STATUS, { input: { conversationId, status: 'OPEN' } });
    expect(await stage.assignees([conversationId])).toEqual([a]);
    stage.advance(60);
    await route();
    expect(await stage.assignees([conversationId])).toEqual([b]);
  });

  it.each([
    ['was off', { enabled: false, requeueAfterSeconds: 60 }],
    ['had no time', { requeueAfterSeconds: null }],
  ])('where the policy %s', async (_, policy) => {
    const { b, teamId, conversationId } = await given();
    await stage.policy(teamId, policy);
    stage.advance(61);
    expect((await recording(stage.key, route)).events).toEqual([]);
    await stage.policy(teamId, { requeueAfterSeconds: 90 });
    stage.advance(29);
    await route();
    expect(await stage.assignees([conversationId])).toEqual([b]);
  });
});

it('looks at what was given before by the time that is set since', async () => {
  const { a, b, teamId, conversationId } = await given();
  await stage.policy(teamId, { requeueAfterSeconds: 120 });
  stage.advance(61);
  await route();
  expect(await stage.assignees([conversationId])).toEqual([a]);
  stage.advance(59);
  await route();
  expect(await stage.assignees([conversationId])).toEqual([b]);
});

it('records a change of the policy with before and after, and none where nothing changes', async () => {
  const { teamId } = await stage.team([]);
  const set = (input: object) =>
    recording(stage.key, () => stage.key.ask(SET_ROUTING, { input: { teamId, ...input } }));
  const first = await set({ enabled: true, strategy: 'LEAST_BUSY', requeueAfterSeconds: 90, reason: 'Trial' });
  expect(first.result.setRoutingPolicy.team).toEqual({
    id: teamId,
    routing: { enabled: true, strategy: 'LEAST_BUSY', requeueAfterSeconds: 90 },
  });
  expect(first.events).toMatchObject([
    {
      action: 'routing_policy.updated',
      changes: ['enabled: false → true', 'strategy: ROUND_ROBIN → LEAST_BUSY', 'requeueAfterSeconds: null → 90'],
      reason: 'Trial',
    },
  ]);
  expect((await set({ enabled: true, requeueAfterSeconds: 90 })).events).toEqual([]);
  expect(brief((await set({ enabled: false, requeueAfterSeconds: 90 })).events)).toEqual([
    { action: 'routing_policy.updated', changes: ['enabled: true → false'] },
  ]);
});

it.each([9, 604_801])('requeueAfterSeconds of %d is VALIDATION_FAILED', async (requeueAfterSeconds) => {
  const { teamId } = await stage.team([]);
  const { extensions } = await stage.key.refused(SET_ROUTING, {
    input: { teamId, enabled: true, requeueAfterSeconds },
  });
  expect(extensions).toMatchObject({
    code: 'VALIDATION_FAILED',
    fields: [{ path: 'requeueAfterSeconds', message: 'must be 10 to 604800' }],
  });
});
