import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { routeConversations } from '../../src/services/jobs/route-conversations.js';
import { brief, recording, stateOf } from '../api/recorded.js';
import { DEACTIVATE_TEAM } from '../security/place-rows.js';
import { HAND_OVER_SHIFT } from '../security/routing-rows.js';
import { followedBy } from '../support/live-view.js';
import { ASSIGN, customerWrites, offer, SET_STATUS } from '../support/operations.js';
import { RoutingStage } from './stage.js';

let stage: RoutingStage;
beforeAll(async () => {
  stage = await RoutingStage.open();
});
afterAll(() => stage.close());
beforeEach(() => stage.quiet());

const route = () => routeConversations(stage.server.app);
const resolve = (conversationId: string) =>
  stage.key.ask(SET_STATUS, { input: { conversationId, status: 'RESOLVED' } });

it('gives what waits to who is ONLINE, in turn, who waits longest first, and tells of each', async () => {
  const [a, b, c, d] = (await stage.agents(4)) as [string, string, string, string];
  const { teamId, inboxId } = await stage.team([a, b, c, d], {});
  await stage.online(a, d);
  await stage.presence('AWAY', b);
  const ids = await stage.waiting(inboxId, 3);
  const { events } = await recording(stage.key, () => followedBy([stage.key], route));
  expect(await stage.assignees(ids)).toEqual([a, d, a]);
  expect(brief(events)).toEqual(
    [a, d, a].map((id) => ({ action: 'conversation.auto_assigned', changes: [`assigneeId: null → ${id}`] })),
  );
  expect(events[0]).toMatchObject({
    actor: { kind: 'SYSTEM', id: null, label: 'Verbatim' },
    target: { type: 'conversation', id: ids[0] },
    metadata: { strategy: 'ROUND_ROBIN' },
    summary: expect.stringMatching(/^Conversation #\d+ was assigned to Agent 0 automatically$/),
  });
  expect(await stateOf(stage.key, ids[0]!)).toMatchObject({ status: 'OPEN', team: teamId, assignee: a });
  expect((await recording(stage.key, route)).events).toEqual([]);
  // Whose turn it is outlasts the sweep.
  const [next] = await stage.waiting(inboxId, 1);
  await route();
  expect(await stage.assignees([next!])).toEqual([d]);
});

it('gives nobody more than they take, and the rest when there is room again or somebody comes', async () => {
  const [a, b] = (await stage.agents(2)) as [string, string];
  const { inboxId } = await stage.team([a, b], {});
  await stage.online(a);
  await stage.capacity(a, 1);
  const ids = await stage.waiting(inboxId, 5);
  await route();
  expect(await stage.assignees(ids)).toEqual([a, null, null, null, null]);
  await stage.capacity(a, 2);
  await route();
  expect(await stage.assignees(ids)).toEqual([a, a, null, null, null]);
  await resolve(ids[0]!);
  await route();
  expect(await stage.assignees(ids)).toEqual([a, a, a, null, null]);
  await stage.capacity(b, 0);
  await stage.online(b);
  await route();
  expect(await stage.assignees(ids)).toEqual([a, a, a, null, null]);
  await stage.capacity(b, null);
  await route();
  expect(await stage.assignees(ids)).toEqual([a, a, a, b, b]);
});

it('by LEAST_BUSY gives it to who has the fewest', async () => {
  const [a, b] = (await stage.agents(2)) as [string, string];
  const { inboxId } = await stage.team([a, b], { strategy: 'LEAST_BUSY' });
  await stage.online(a, b);
  for (let index = 0; index < 2; index += 1) {
    const { conversationId } = await customerWrites(stage.world);
    await stage.key.ask(ASSIGN, { input: { conversationId, assigneeId: a } });
  }
  const ids = await stage.waiting(inboxId, 4);
  await route();
  expect(await stage.assignees(ids)).toEqual([b, b, a, b]);
});

it('takes what a bot offers to the team: the handover is accepted, and the bot is silent', async () => {
  const [a] = (await stage.agents(1)) as [string];
  const { teamId } = await stage.team([a], {});
  await stage.online(a);
  const { conversationId } = await customerWrites(stage.world);
  await route();
  expect(await stateOf(stage.key, conversationId)).toMatchObject({ assignee: null, botActive: true });
  const handoverId = await offer(stage.world.withKey('bot'), conversationId, { toTeamId: teamId });
  const { events } = await recording(stage.key, () => followedBy([stage.key], route));
  expect(brief(events)).toEqual([
    {
      action: 'handover.accepted',
      changes: [
        'handoverStatus: REQUESTED → ACCEPTED',
        'status: OPEN → IN_PROGRESS',
        `teamId: ${stage.world.ids.support} → ${teamId}`,
        'botActive: true → false',
      ],
    },
    { action: 'conversation.auto_assigned', changes: [`assigneeId: null → ${a}`] },
  ]);
  expect(await stateOf(stage.key, conversationId)).toEqual({
    status: 'IN_PROGRESS',
    botActive: false,
    resolved: false,
    assignee: a,
    team: teamId,
    openHandover: null,
  });
  const { handovers } = await stage.key.ask(
    'query($id: ID!) { handovers(filter: { conversationId: $id }) { nodes { id status acceptedBy { __typename } } } }',
    { id: conversationId },
  );
  expect(handovers.nodes).toEqual([{ id: handoverId, status: 'ACCEPTED', acceptedBy: { __typename: 'SystemActor' } }]);
});

it('gives a shift that was handed over to the team to the others, never back, and it keeps nobody waiting', async () => {
  const [a, b] = (await stage.agents(2)) as [string, string];
  const { teamId, inboxId } = await stage.team([a, b], {});
  await stage.online(a);
  const ids = await stage.waiting(inboxId, 60);
  await route();
  expect(new Set(await stage.assignees(ids))).toEqual(new Set([a]));
  await stage.key.ask(HAND_OVER_SHIFT, { input: { agentId: a, toTeamId: teamId } });
  const [late] = (await stage.waiting(inboxId, 1)) as [string];
  await route();
  expect(new Set(await stage.assignees(ids))).toEqual(new Set([a]));
  expect(await stage.assignees([late])).toEqual([a]);
  await stage.online(b);
  await route();
  expect(new Set(await stage.assignees(ids))).toEqual(new Set([b]));
});

it('never gives it to who offers it, though nobody had it', async () => {
  const [a] = (await stage.agents(1)) as [string];
  const { agent } = stage.world.ids.agents;
  const { teamId } = await stage.team([agent, a], {});
  await stage.online(agent);
  const { inboxId } = await stage.team([agent]);
  const [conversationId] = (await stage.waiting(inboxId, 1)) as [string];
  const handoverId = await offer(await stage.session('agent'), conversationId, { toTeamId: teamId });
  expect((await recording(stage.key, route)).events).toEqual([]);
  expect(await stateOf(stage.key, conversationId)).toMatchObject({ assignee: null, openHandover: handoverId });
  await stage.online(a);
  await route();
  expect(await stage.assignees([conversationId])).toEqual([a]);
});

it('gives out nothing without a policy, with one that is off, of a deactivated team, or what is not waiting', async () => {
  const [a] = (await stage.agents(1)) as [string];
  await stage.online(a);
  const none = await stage.team([a]);
  const off = await stage.team([a], { enabled: false });
  const gone = await stage.team([a], {});
  const on = await stage.team([a], {});
  const ids = [
    ...(await stage.waiting(none.inboxId, 1)),
    ...(await stage.waiting(off.inboxId, 1)),
    ...(await stage.waiting(gone.inboxId, 1)),
  ];
  await stage.superuser.query('update inbox set default_team_id = null where id = $1', [gone.inboxId]);
  await stage.key.ask(DEACTIVATE_TEAM, { input: { teamId: gone.teamId } });
  for (const status of ['PENDING', 'RESOLVED', 'SNOOZED']) {
    const [conversationId] = (await stage.waiting(on.inboxId, 1)) as [string];
    const until = status === 'SNOOZED' ? { until: new Date(stage.clock.at + 3_600_000).toISOString() } : {};
    await stage.key.ask(SET_STATUS, { input: { conversationId, status, ...until } });
    ids.push(conversationId);
  }
  expect((await recording(stage.key, route)).events).toEqual([]);
  expect(await stage.assignees(ids)).toEqual(ids.map(() => null));
});
