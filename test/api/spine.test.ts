import { afterAll, beforeAll, expect, it } from 'vitest';
import { followedBy } from '../support/live-view.js';
import {
  ACCEPT,
  actionsAfter,
  customerWrites,
  newestSequence,
  offer,
  SEND,
  SET_STATUS,
} from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';

let server: TestServer;
let world: World;
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
});
afterAll(() => server.stop());

it('carries a message from the customer over the bot and the handover to an agent’s answer, all of it on the record', async () => {
  const [admin, agent, colleague] = await Promise.all([world.as('admin'), world.as('agent'), world.as('colleague')]);
  const viewers = [admin, agent, await world.as('supervisor'), await world.as('outsider')];
  const bot = world.withKey('bot');
  const before = await newestSequence(admin);

  const { conversationId } = await followedBy(viewers, () => customerWrites(world));
  await followedBy(viewers, () => bot.ask(SEND, { input: { conversationId, text: 'I am Robin' } }));
  const handoverId = await followedBy(viewers, () => offer(bot, conversationId, { toTeamId: world.ids.support }));
  const answers = await followedBy(viewers, () =>
    Promise.all([agent, colleague].map((client) => client.send(ACCEPT, { input: { handoverId } }))),
  );
  const winner = answers.findIndex((answer) => !answer.errors);
  expect(answers.filter((answer) => !answer.errors)).toHaveLength(1);
  const winnerId = world.ids.agents[winner === 0 ? 'agent' : 'colleague'];
  expect(answers[1 - winner]!.errors![0]!.extensions).toMatchObject({
    code: 'CONFLICT',
    current: { handoverId, status: 'ACCEPTED', settledBy: { kind: 'AGENT', id: winnerId } },
  });
  const taker = [agent, colleague][winner]!;
  const silenced = await bot.refused(SEND, { input: { conversationId, text: 'Still here' } });
  expect(silenced.extensions.code).toBe('FORBIDDEN');
  await followedBy(viewers, () => taker.ask(SEND, { input: { conversationId, text: 'On its way' } }));
  await followedBy(viewers, () => taker.ask(SET_STATUS, { input: { conversationId, status: 'RESOLVED' } }));

  const { conversation } = await taker.ask(
    `query($id: ID!) { conversation(id: $id) { transcript { nodes {
      position actor { __typename } ... on Message { text } ... on ConversationEvent { action } } } } }`,
    { id: conversationId },
  );
  expect(conversation.transcript.nodes).toEqual([
    { position: 1, actor: { __typename: 'Contact' }, action: 'conversation.created' },
    { position: 2, actor: { __typename: 'Contact' }, text: 'My order is late' },
    { position: 3, actor: { __typename: 'Bot' }, text: 'I am Robin' },
    { position: 4, actor: { __typename: 'Bot' }, action: 'handover.requested' },
    { position: 5, actor: { __typename: 'Agent' }, action: 'handover.accepted' },
    { position: 6, actor: { __typename: 'Agent' }, text: 'On its way' },
    { position: 7, actor: { __typename: 'Agent' }, action: 'conversation.resolved' },
  ]);
  expect(await actionsAfter(admin, before)).toEqual([
    'contact.created',
    'contact.identity_added',
    'conversation.created',
    'message.received',
    'message.sent',
    'handover.requested',
    'handover.accepted',
    'bot.reply_suppressed',
    'message.sent',
    'conversation.resolved',
  ]);
});
