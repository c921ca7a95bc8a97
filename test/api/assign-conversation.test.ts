import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../support/client.js';
import { followedBy } from '../support/live-view.js';
import { ASSIGN, customerWrites } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { brief, recording, stateOf } from './recorded.js';

let server: TestServer;
let world: World;
let admin: ApiClient;
let agent: ApiClient;
let outsider: ApiClient;
let viewers: ApiClient[];
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
  [admin, agent, outsider] = [await world.as('admin'), await world.as('agent'), await world.as('outsider')];
  viewers = [admin, agent, await world.as('supervisor'), outsider];
});
afterAll(() => server.stop());

const opened = async (input: Record<string, unknown> = {}) => (await customerWrites(world, input)).conversationId;
const assign = (client: ApiClient, input: object) =>
  recording(admin, () => followedBy(viewers, () => client.ask(ASSIGN, { input })));

it('gives a conversation to an agent, who takes it over from the bot', async () => {
  const conversationId = await opened();
  const { agents } = world.ids;
  const { result, events } = await assign(agent, { conversationId, assigneeId: agents.colleague, reason: 'Knows it' });
  expect(result.assignConversation.conversation).toEqual({
    id: conversationId,
    assignee: { id: agents.colleague },
    team: { id: world.ids.support },
    botActive: false,
    status: 'OPEN',
  });
  expect(events).toEqual([
    expect.objectContaining({
      action: 'conversation.assigned',
      actor: { kind: 'AGENT', id: agents.agent, label: 'Bo' },
      target: { type: 'conversation', id: conversationId, label: expect.stringMatching(/^#\d+$/) },
      changes: [`assigneeId: null → ${agents.colleague}`, 'botActive: true → false'],
      reason: 'Knows it',
      summary: expect.stringMatching(/^Bo assigned conversation #\d+ to Kim: Knows it$/),
    }),
  ]);
});

it('takes it from its agent', async () => {
  const conversationId = await opened();
  const { agents } = world.ids;
  await agent.ask(ASSIGN, { input: { conversationId, assigneeId: agents.agent } });
  const { events } = await assign(agent, { conversationId, assigneeId: null });
  expect(brief(events)).toEqual([
    { action: 'conversation.unassigned', changes: [`assigneeId: ${agents.agent} → null`] },
  ]);
  expect(events[0]!.summary).toMatch(/^Bo unassigned conversation #\d+ from Bo$/);
  expect(await stateOf(admin, conversationId)).toMatchObject({ assignee: null, botActive: false });
});

it('gives it to another team, whose members see it from then on', async () => {
  const conversationId = await opened();
  const { support, billing } = world.ids;
  const { events } = await assign(agent, { conversationId, teamId: billing });
  expect(brief(events)).toEqual([
    { action: 'conversation.team_assigned', changes: [`teamId: ${support} → ${billing}`] },
  ]);
  const seen = await outsider.ask('query($id: ID!) { conversation(id: $id) { team { id } } }', { id: conversationId });
  expect(seen.conversation.team.id).toBe(billing);
});

it('takes it from its team, whose members no longer see it', async () => {
  const conversationId = await opened({ inboxId: world.ids.emailInbox });
  const { billing } = world.ids;
  const { events } = await assign(outsider, { conversationId, teamId: null });
  expect(brief(events)).toEqual([{ action: 'conversation.team_unassigned', changes: [`teamId: ${billing} → null`] }]);
  expect(events[0]!.summary).toMatch(/^Olu took conversation #\d+ from the team Billing$/);
  const refused = await outsider.refused('query($id: ID!) { conversation(id: $id) { id } }', { id: conversationId });
  expect(refused.extensions.code).toBe('NOT_FOUND');
});

it('gives it to a team and an agent at once, as two events', async () => {
  const conversationId = await opened();
  const { support, billing, agents } = world.ids;
  const { events } = await assign(admin, { conversationId, teamId: billing, assigneeId: agents.outsider });
  expect(brief(events)).toEqual([
    { action: 'conversation.team_assigned', changes: [`teamId: ${support} → ${billing}`] },
    {
      action: 'conversation.assigned',
      changes: [`assigneeId: null → ${agents.outsider}`, 'botActive: true → false'],
    },
  ]);
});

it('changes and records nothing where it is so already', async () => {
  const conversationId = await opened();
  const { support, agents } = world.ids;
  await agent.ask(ASSIGN, { input: { conversationId, assigneeId: agents.agent } });
  const { result, events } = await assign(agent, { conversationId, teamId: support, assigneeId: agents.agent });
  expect(result.assignConversation.conversation.assignee.id).toBe(agents.agent);
  expect(events).toEqual([]);
});

it('gives it to one of two agents at once, and then to the other, each event from the state before it', async () => {
  const conversationId = await opened();
  const { agents } = world.ids;
  const both = [agents.agent, agents.colleague];
  const { events } = await recording(admin, () =>
    followedBy(viewers, () =>
      Promise.all(both.map((assigneeId) => admin.ask(ASSIGN, { input: { conversationId, assigneeId } }))),
    ),
  );
  const { assignee } = await stateOf(admin, conversationId);
  const first = both.find((id) => id !== assignee);
  expect(brief(events)).toEqual([
    { action: 'conversation.assigned', changes: [`assigneeId: null → ${first}`, 'botActive: true → false'] },
    { action: 'conversation.assigned', changes: [`assigneeId: ${first} → ${assignee}`] },
  ]);
});

describe('is refused', () => {
  it.each([
    ['outsider', 'NOT_FOUND', 'auth.access_denied'],
    ['auditor', 'NOT_FOUND', 'auth.access_denied'],
    ['key read', 'FORBIDDEN', 'auth.access_denied'],
    ['bot', 'FORBIDDEN', 'bot.reply_suppressed'],
  ] as const)('to the %s as %s, which is recorded', async (who, code, action) => {
    const conversationId = await opened();
    const client =
      who === 'bot' ? world.withKey('bot') : who === 'key read' ? world.withKey('read') : await world.as(who);
    const input = { conversationId, assigneeId: world.ids.agents.agent };
    const { result, events } = await recording(admin, () => client.refused(ASSIGN, { input }));
    expect(result.extensions.code).toBe(code);
    expect(events.map(({ action, outcome, metadata }) => ({ action, outcome, metadata }))).toEqual([
      { action, outcome: 'DENIED', metadata: { attempted: 'conversation.assign', suppressed: 0 } },
    ]);
    expect(await stateOf(admin, conversationId)).toMatchObject({ assignee: null, botActive: true });
  });

  it.each([
    ['nothing to assign', () => ({}), 'assigneeId', 'give an assigneeId, a teamId or both'],
    [
      'an auditor',
      () => ({ assigneeId: world.ids.agents.auditor }),
      'assigneeId',
      'there is no such agent who can take it',
    ],
    [
      'an unknown agent',
      () => ({ assigneeId: world.ids.support }),
      'assigneeId',
      'there is no such agent who can take it',
    ],
    ['an agent who is no id', () => ({ assigneeId: 'Bo' }), 'assigneeId', 'there is no such agent who can take it'],
    ['an unknown team', () => ({ teamId: world.ids.inbox }), 'teamId', 'there is no such team'],
    [
      'a reason too long',
      () => ({ assigneeId: null, reason: 'x'.repeat(501) }),
      'reason',
      'must have at most 500 characters',
    ],
  ])('with %s as VALIDATION_FAILED', async (_, input, path, message) => {
    const conversationId = await opened();
    const { result, events } = await recording(admin, () =>
      agent.refused(ASSIGN, { input: { conversationId, ...input() } }),
    );
    expect(result.extensions).toMatchObject({ code: 'VALIDATION_FAILED', fields: [{ path, message }] });
    expect(events).toEqual([]);
  });

  it('with a team that is there and an agent who is not, without giving it to the team', async () => {
    const conversationId = await opened();
    const input = { conversationId, teamId: world.ids.billing, assigneeId: world.ids.support };
    const { result, events } = await recording(admin, () => agent.refused(ASSIGN, { input }));
    expect(result.extensions.code).toBe('VALIDATION_FAILED');
    expect(events).toEqual([]);
    expect(await stateOf(admin, conversationId)).toMatchObject({ team: world.ids.support });
  });
});
