import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { routeConversations } from '../../src/services/jobs/route-conversations.js';
import { DELETE_CONVERSATION, RESTORE_CONVERSATION } from '../security/details.js';
import { RoutingStage } from './stage.js';

let stage: RoutingStage;
beforeAll(async () => {
  stage = await RoutingStage.open();
});
afterAll(() => stage.close());
beforeEach(() => stage.quiet());

const route = () => routeConversations(stage.server.app);
const remove = (conversationId: string) =>
  stage.key.ask(DELETE_CONVERSATION, { input: { conversationId, reason: 'A test' } });
const restore = (conversationId: string) => stage.key.ask(RESTORE_CONVERSATION, { input: { conversationId } });
const queueOf = async (teamId: string): Promise<object | undefined> =>
  (await stage.key.ask('{ queues { team { id } depth oldestWaitingSince freeCapacity } }')).queues.find(
    ({ team }: { team: { id: string } }) => team.id === teamId,
  );

it('waits in no queue and is given to nobody, until it is restored', async () => {
  const [a] = (await stage.agents(1)) as [string];
  const { teamId, inboxId } = await stage.team([a], { requeueAfterSeconds: 60 });
  const [gone] = (await stage.waiting(inboxId, 1)) as [string];
  const since = new Date(stage.clock.at).toISOString();
  await remove(gone);
  await stage.online(a);
  expect(await queueOf(teamId)).toMatchObject({ depth: 0, oldestWaitingSince: null });
  await route();
  await restore(gone);
  expect(await stage.assignees([gone])).toEqual([null]);
  expect(await queueOf(teamId)).toMatchObject({ depth: 1, oldestWaitingSince: since });
  await route();
  expect(await stage.assignees([gone])).toEqual([a]);
});

it('takes nobody’s attention, and goes back to the queue only once it is there again', async () => {
  const [a, b] = (await stage.agents(2)) as [string, string];
  const { teamId, inboxId } = await stage.team([a, b], { requeueAfterSeconds: 60 });
  await stage.capacity(a, 1);
  await stage.online(a);
  const [first] = (await stage.waiting(inboxId, 1)) as [string];
  await route();
  expect(await queueOf(teamId)).toMatchObject({ freeCapacity: 0 });
  await remove(first);
  expect(await queueOf(teamId)).toMatchObject({ freeCapacity: 1 });
  await stage.online(b);
  stage.advance(61);
  await route();
  await restore(first);
  expect(await stage.assignees([first])).toEqual([a]);
  stage.advance(60);
  await route();
  expect(await stage.assignees([first])).toEqual([b]);
});
