import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { routeConversations } from '../../src/services/jobs/route-conversations.js';
import { MARK_SPAM, UNMARK_SPAM } from '../security/details.js';
import { RoutingStage } from './stage.js';

let stage: RoutingStage;
beforeAll(async () => {
  stage = await RoutingStage.open();
});
afterAll(() => stage.close());
beforeEach(() => stage.quiet());

const route = () => routeConversations(stage.server.app);
const mark = (conversationId: string) => stage.key.ask(MARK_SPAM, { input: { conversationId } });
const unmark = (conversationId: string) => stage.key.ask(UNMARK_SPAM, { input: { conversationId } });
const queueOf = async (teamId: string): Promise<object | undefined> =>
  (await stage.key.ask('{ queues { team { id } depth oldestWaitingSince freeCapacity } }')).queues.find(
    ({ team }: { team: { id: string } }) => team.id === teamId,
  );

it('waits in no queue and is given to nobody, until it is spam no longer', async () => {
  const [a] = (await stage.agents(1)) as [string];
  const { teamId, inboxId } = await stage.team([a], { requeueAfterSeconds: 60 });
  const [spam] = (await stage.waiting(inboxId, 1)) as [string];
  const since = new Date(stage.clock.at).toISOString();
  await mark(spam);
  await stage.online(a);
  expect(await queueOf(teamId)).toMatchObject({ depth: 0, oldestWaitingSince: null });
  await route();
  expect(await stage.assignees([spam])).toEqual([null]);
  await unmark(spam);
  expect(await queueOf(teamId)).toMatchObject({ depth: 1, oldestWaitingSince: since });
  await route();
  expect(await stage.assignees([spam])).toEqual([a]);
});

it('takes nobody’s attention, and does not go back to the queue while it is spam', async () => {
  const [a, b] = (await stage.agents(2)) as [string, string];
  const { teamId, inboxId } = await stage.team([a, b], { requeueAfterSeconds: 60 });
  await stage.capacity(a, 1);
  await stage.online(a);
  const [first] = (await stage.waiting(inboxId, 1)) as [string];
  await route();
  expect(await stage.assignees([first])).toEqual([a]);
  expect(await queueOf(teamId)).toMatchObject({ freeCapacity: 0 });
  await mark(first);
  expect(await queueOf(teamId)).toMatchObject({ freeCapacity: 1 });
  const presence =
    'query($ids: [ID!]!) { agents(filter: { teamIds: $ids }) { nodes { id presence { openConversations } } } }';
  const { agents } = await stage.key.ask(presence, { ids: [teamId] });
  expect(agents.nodes.find(({ id }: { id: string }) => id === a).presence).toEqual({ openConversations: 0 });
  const [second] = (await stage.waiting(inboxId, 1)) as [string];
  await route();
  expect(await stage.assignees([first, second])).toEqual([a, a]);
  // Answered by nobody, it is looked at again once it is spam no longer.
  await stage.online(b);
  stage.advance(61);
  await route();
  expect(await stage.assignees([first, second])).toEqual([a, b]);
  await unmark(first);
  stage.advance(60);
  await route();
  expect(await stage.assignees([first])).not.toEqual([a]);
});
