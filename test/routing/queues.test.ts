import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { routeConversations } from '../../src/services/jobs/route-conversations.js';
import { ADD_TEAM_MEMBERS, DEACTIVATE_TEAM, REMOVE_TEAM_MEMBERS } from '../security/place-rows.js';
import type { ApiClient } from '../support/client.js';
import { createWorld } from '../support/world.js';
import { offer } from '../support/operations.js';
import { RoutingStage } from './stage.js';

let stage: RoutingStage;
beforeAll(async () => {
  stage = await RoutingStage.open();
});
afterAll(() => stage.close());
beforeEach(() => stage.quiet());

const QUEUE = 'team { id } depth oldestWaitingSince onlineMembers freeCapacity';
const CHANGES = `subscription($teamIds: [ID!]) { queueChanges(teamIds: $teamIds) { ${QUEUE} } }`;

const queuesOf = async (client: ApiClient): Promise<{ team: { id: string }; depth: number }[]> =>
  (await client.ask(`{ queues { ${QUEUE} } }`)).queues;
const queueOf = async (teamId: string) => (await queuesOf(stage.key)).find(({ team }) => team.id === teamId);

it('says what waits since when, and how much those who are there take', async () => {
  const [a, b, c] = (await stage.agents(3)) as [string, string, string];
  const { teamId, inboxId } = await stage.team([a, b, c], {});
  expect(await queueOf(teamId)).toEqual({
    team: { id: teamId },
    depth: 0,
    oldestWaitingSince: null,
    onlineMembers: 0,
    freeCapacity: 0,
  });
  const since = new Date(stage.clock.at + 1).toISOString();
  await stage.waiting(inboxId, 3);
  const other = await stage.team([a]);
  const [offered] = (await stage.waiting(other.inboxId, 1)) as [string];
  await offer(stage.key, offered, { toTeamId: teamId });
  // It waits for who is asked now.
  expect(await queueOf(other.teamId)).toMatchObject({ depth: 0 });
  await stage.capacity(a, 1);
  await stage.capacity(b, 2);
  await stage.online(a, b);
  await stage.presence('AWAY', c);
  expect(await queueOf(teamId)).toEqual({
    team: { id: teamId },
    depth: 4,
    oldestWaitingSince: since,
    onlineMembers: 2,
    freeCapacity: 3,
  });
  await routeConversations(stage.server.app);
  expect(await queueOf(teamId)).toMatchObject({ depth: 1, freeCapacity: 0 });
  await stage.capacity(b, null);
  expect(await queueOf(teamId)).toMatchObject({ depth: 1, freeCapacity: null });
});

it('shows nobody a team whose conversations they do not see', async () => {
  const { support, billing } = stage.world.ids;
  const teams = async (client: ApiClient) => (await queuesOf(client)).map(({ team }) => team.id);
  expect(await teams(await stage.session('agent'))).toEqual([support]);
  expect(await teams(await stage.session('outsider'))).toEqual([billing]);
  expect(await teams(await stage.session('supervisor'))).toEqual([support]);
  expect(await teams(await stage.session('admin'))).toEqual(expect.arrayContaining([support, billing]));
});

it('streams first what is, then what changes, of the teams that are asked for', async () => {
  const [a] = (await stage.agents(1)) as [string];
  const { teamId, inboxId } = await stage.team([a]);
  const another = await stage.team([a]);
  const stream = stage.key.subscribe(CHANGES, { teamIds: [teamId] });
  const first = await stream.next();
  expect(first.queueChanges).toMatchObject({ team: { id: teamId }, depth: 0 });
  await stage.waiting(another.inboxId, 1);
  await stage.waiting(inboxId, 2);
  await stream.until(({ queueChanges }) => queueChanges.depth === 2);
  await stage.capacity(a, 5);
  expect(stream.frames.filter(({ queueChanges }) => queueChanges.team.id !== teamId)).toEqual([]);
  expect(await queueOf(teamId)).toEqual(stream.frames.at(-1).queueChanges);
  await stream.stop();
});

it('tells once more of a team that was deactivated, that nothing is left', async () => {
  const [a] = (await stage.agents(1)) as [string];
  const { teamId, inboxId } = await stage.team([a]);
  await stage.waiting(inboxId, 2);
  await stage.superuser.query('update inbox set default_team_id = null where id = $1', [inboxId]);
  const stream = stage.key.subscribe(CHANGES, { teamIds: [teamId] });
  expect((await stream.next()).queueChanges).toMatchObject({ team: { id: teamId }, depth: 2 });
  await stage.key.ask(DEACTIVATE_TEAM, { input: { teamId } });
  expect((await stream.next()).queueChanges).toEqual({
    team: { id: teamId },
    depth: 0,
    oldestWaitingSince: null,
    onlineMembers: 0,
    freeCapacity: 0,
  });
  await stream.stop();
});

it('tells at most once a second, and the last word is what is', async () => {
  const { teamId, inboxId } = await stage.team([]);
  const stream = stage.key.subscribe(CHANGES, { teamIds: [teamId] });
  await stream.next();
  const times: number[] = [];
  let done = false;
  const reading = (async () => {
    for (let frame = await stream.next(); ; frame = await stream.next()) {
      times.push(performance.now());
      if (frame.queueChanges.depth === 30) break;
    }
    done = true;
  })();
  const began = performance.now();
  await stage.waiting(inboxId, 30);
  await reading;
  expect(done).toBe(true);
  const seconds = (performance.now() - began) / 1_000;
  expect(times.length).toBeLessThanOrEqual(Math.ceil(seconds) + 1);
  // Frames of two readings; sockets deliver some milliseconds sooner or later.
  const gaps = times.slice(1).map((time, index) => time - times[index]!);
  expect(gaps.filter((gap) => gap <= 800)).toEqual([]);
  await stream.stop();
});

it('follows the rights of the moment, and shows nothing of another workspace', async () => {
  const foreign = await createWorld(stage.server, 'globex');
  const [agent, { teamId, inboxId }] = [await stage.session('agent'), await stage.team([])];
  const agentIds = [stage.world.ids.agents.agent];
  await stage.key.ask(ADD_TEAM_MEMBERS, { input: { teamId, agentIds } });
  const stream = agent.subscribe(CHANGES);
  await stream.until(({ queueChanges }) => queueChanges.team.id === teamId);
  const theirs = foreign.withKey('all').subscribe(CHANGES, {
    teamIds: [teamId, stage.world.ids.support, foreign.ids.billing],
  });
  expect((await theirs.next()).queueChanges.team.id).toBe(foreign.ids.billing);
  await stage.key.ask(REMOVE_TEAM_MEMBERS, { input: { teamId, agentIds } });
  // A node may know somebody's rights of a second ago.
  stage.advance(2);
  const before = stream.frames.length;
  await stage.waiting(inboxId, 2);
  await stage.waiting(stage.world.ids.emailInbox, 1);
  const all = stage.key.subscribe(CHANGES, { teamIds: [teamId] });
  await all.until(({ queueChanges }) => queueChanges.depth === 2);
  expect(stream.frames.slice(before).filter(({ queueChanges }) => queueChanges.team.id === teamId)).toEqual([]);
  expect(theirs.frames.map(({ queueChanges }) => queueChanges.team.id)).toEqual([foreign.ids.billing]);
  await Promise.all([stream.stop(), theirs.stop(), all.stop()]);
});
