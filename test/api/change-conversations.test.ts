import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ADD_LABELS, CHANGE_CONVERSATIONS, PRIORITY } from '../security/details.js';
import type { ApiClient } from '../support/client.js';
import { followedBy } from '../support/live-view.js';
import { ASSIGN, customerWrites, newestSequence, offer, SET_STATUS } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { recording, transcriptOf } from './recorded.js';
import { change, changed, noSuch, refused } from './several.js';

let server: TestServer;
let superuser: pg.Client;
let world: World;
let admin: ApiClient;
let agent: ApiClient;
let viewers: ApiClient[];
beforeAll(async () => {
  server = await startTestServer();
  superuser = new pg.Client({ connectionString: server.database.url });
  await superuser.connect();
  world = await createWorld(server);
  [admin, agent] = [await world.as('admin'), await world.as('agent')];
  viewers = [admin, agent, await world.as('supervisor'), await world.as('outsider'), world.withKey('bot')];
});
afterAll(async () => {
  await superuser.end();
  await server.stop();
});

const opened = async (input: object = {}) => (await customerWrites(world, { ...input })).conversationId;
const several = (count: number) => Promise.all(Array.from({ length: count }, () => opened()));

interface BatchEvent {
  action: string;
  severity: string;
  causationId: string | null;
  conversation: { id: string } | null;
}
/** What was recorded since, in order, denials and readings aside. */
async function eventsSince(sequence: number): Promise<BatchEvent[]> {
  const { auditEvents } = await admin.ask(
    `{ auditEvents(filter: { categories: [CONVERSATION, HANDOVER] }, first: 100) {
      nodes { sequence action severity causationId conversation { id } } } }`,
  );
  return auditEvents.nodes.filter((event: { sequence: number }) => event.sequence > sequence).toReversed();
}

it('changes all that is asked of each, by the events of the single mutations and one that caused them', async () => {
  const { ids } = world;
  const [first, second] = (await several(2)).toSorted() as [string, string];
  const handoverId = await offer(agent, first, { toTeamId: ids.support });
  await agent.ask(ADD_LABELS, { input: { conversationId: second, labelIds: [ids.labels.billing] } });
  const since = await newestSequence(admin);
  const {
    result: { batchId, results },
    events,
  } = await recording(admin, () =>
    followedBy(viewers, () =>
      change(agent, [second, first], {
        status: 'RESOLVED',
        priority: 'HIGH',
        teamId: ids.billing,
        assigneeId: ids.agents.colleague,
        addLabelIds: [ids.labels.vip],
        removeLabelIds: [ids.labels.billing],
        reason: 'Spring cleaning',
      }),
    ),
  );
  expect(results).toEqual([changed(second), changed(first)]);
  const assigned = [
    { action: 'conversation.team_assigned', changes: [`teamId: ${ids.support} → ${ids.billing}`] },
    {
      action: 'conversation.assigned',
      changes: [`assigneeId: null → ${ids.agents.colleague}`, 'botActive: true → false'],
    },
  ];
  const done = [
    { action: 'conversation.resolved', changes: ['status: OPEN → RESOLVED'] },
    { action: 'conversation.priority_changed', changes: ['priority: NONE → HIGH'] },
  ];
  const added = { action: 'conversation.label_added', changes: [] };
  expect(events.map(({ action, changes }) => ({ action, changes }))).toEqual([
    { action: 'conversation.bulk_changed', changes: [] },
    ...assigned,
    { action: 'handover.cancelled', changes: ['handoverStatus: REQUESTED → CANCELLED'] },
    ...done,
    added,
    ...assigned,
    ...done,
    { action: 'conversation.label_removed', changes: [] },
    added,
  ]);
  expect(events[0]).toMatchObject({
    target: { type: 'conversation_batch', id: batchId, label: '2 conversations' },
    metadata: { conversations: 2 },
    reason: null,
    summary: 'Bo changed up to 2 conversations at once',
  });
  for (const { action, reason } of events.slice(1))
    expect(reason).toBe(action === 'handover.cancelled' ? null : 'Spring cleaning');
  const inRecord = await eventsSince(since);
  expect(inRecord.map(({ severity }) => severity)).toEqual(inRecord.map(() => 'NOTICE'));
  expect(inRecord.map(({ causationId }) => causationId)).toEqual([null, ...inRecord.slice(1).map(() => batchId)]);
  expect(await transcriptOf(admin, second)).toEqual([
    '1 conversation.created',
    '2 My order is late',
    '3 conversation.label_added',
    '4 conversation.team_assigned',
    '5 conversation.assigned',
    '6 conversation.resolved',
    '7 conversation.priority_changed',
    '8 conversation.label_removed',
    '9 conversation.label_added',
  ]);
  const { handovers } = await admin.ask(
    'query($id: ID!) { handovers(filter: { conversationId: $id }) { nodes { id status } } }',
    { id: first },
  );
  expect(handovers.nodes).toEqual([{ id: handoverId, status: 'CANCELLED' }]);
});

it.each([
  ['status', { status: 'SNOOZED', until: '2031-01-01T00:00:00.000Z' }, SET_STATUS],
  ['priority', { priority: 'LOW' }, PRIORITY],
  ['nobody', { assigneeId: null, teamId: null }, ASSIGN],
] as const)('leaves what the single mutation leaves: %s', async (_, changes, operation) => {
  // Only within a year is it taken.
  const wanted = { ...changes, ...('until' in changes ? { until: new Date(Date.now() + 86_400_000) } : {}) };
  const [one, other] = (await several(2)) as [string, string];
  for (const conversationId of [one, other]) {
    await admin.ask(ASSIGN, { input: { conversationId, assigneeId: world.ids.agents.agent } });
    await admin.ask(SET_STATUS, { input: { conversationId, status: 'PENDING' } });
  }
  const single = await recording(admin, () => agent.ask(operation, { input: { conversationId: one, ...wanted } }));
  const bulk = await recording(admin, () => followedBy(viewers, () => change(agent, [other], wanted)));
  const told = (events: typeof single.events) =>
    events.map(({ action, changes: fields, metadata, actor }) => ({ action, fields, metadata, actor }));
  expect(told(bulk.events.slice(1))).toEqual(told(single.events));
  const state = `query($id: ID!) { conversation(id: $id) { status priority snoozedUntil assignee { id } team { id } botActive resolvedAt } }`;
  expect((await admin.ask(state, { id: other })).conversation).toEqual(
    (await admin.ask(state, { id: one })).conversation,
  );
});

it('says of each what became of it, in the order asked; what is refused leaves nothing and keeps no other', async () => {
  const outsider = await world.as('outsider');
  const [mine, unseen, done] = await Promise.all([
    opened({ inboxId: world.ids.emailInbox }),
    opened(),
    opened({ inboxId: world.ids.emailInbox }),
  ]);
  await admin.ask(PRIORITY, { input: { conversationId: done, priority: 'URGENT' } });
  const absent = randomUUID();
  const strange = '__proto__';
  const asked = [unseen, done, absent, mine, strange];
  const since = await newestSequence(admin);
  const { result, events } = await recording(admin, () =>
    followedBy(viewers, () => change(outsider, asked, { priority: 'URGENT' })),
  );
  expect(result.results).toEqual([
    noSuch(unseen),
    changed(done, false),
    noSuch(absent),
    changed(mine),
    noSuch(strange),
  ]);
  expect(events.map(({ action, target }) => [action, target.id])).toEqual([
    ['conversation.bulk_changed', result.batchId],
    ['conversation.priority_changed', mine],
    // Who is denied is on the record, as it is of the single mutation.
    ['auth.access_denied', unseen],
  ]);
  expect((await eventsSince(since)).map((event) => event.conversation?.id ?? null)).toEqual([null, mine]);
  expect(await transcriptOf(admin, unseen)).toEqual(['1 conversation.created', '2 My order is late']);
});

it('is altogether or not at all: who lacks one of the rights changes nothing', async () => {
  const conversationId = await opened();
  const bot = world.withKey('bot');
  const { result, events } = await recording(admin, () =>
    change(bot, [conversationId], { status: 'PENDING', priority: 'HIGH' }),
  );
  expect(result.results).toEqual([
    refused(conversationId, 'FORBIDDEN', 'You may see this conversation, but not do this.'),
  ]);
  expect(events.map(({ action }) => action)).toEqual(['bot.reply_suppressed']);
  // What a bot may do to one that it has, it may do to several.
  const alone = await recording(admin, () => change(bot, [conversationId], { status: 'PENDING' }));
  expect(alone.result.results).toEqual([changed(conversationId)]);
  expect(alone.events.map(({ action }) => action)).toEqual([
    'conversation.bulk_changed',
    'conversation.status_changed',
  ]);
});

it('refuses of each what it cannot be given, as the single mutation does, and leaves alone who has it', async () => {
  const [one, other] = (await several(2)) as [string, string];
  const { auditor } = world.ids.agents;
  await admin.ask(ASSIGN, { input: { conversationId: other, assigneeId: null, teamId: null } });
  const attempts = [
    [{ assigneeId: auditor }, 'assigneeId: there is no such agent who can take it'],
    [{ assigneeId: 'x' }, 'assigneeId: there is no such agent who can take it'],
    [{ teamId: randomUUID() }, 'teamId: there is no such team'],
    [{ addLabelIds: [world.ids.labels.vip, 'x'] }, 'addLabelIds.1: there is no such label'],
    [{ removeLabelIds: [randomUUID()] }, 'removeLabelIds.0: there is no such label'],
  ] as const;
  const { events } = await recording(admin, async () => {
    for (const [changes, message] of attempts) {
      const { results } = await change(agent, [one, other], { ...changes, priority: 'URGENT' });
      expect(results).toEqual([one, other].map((id) => refused(id, 'VALIDATION_FAILED', message)));
    }
  });
  expect(events).toEqual([]);
});

it('refuses as a whole what no conversation could be changed by', async () => {
  const [one] = (await several(1)) as [string];
  const labels = [world.ids.labels.vip];
  const past = new Date(Date.now() - 1_000);
  const attempts = [
    [[], { priority: 'LOW' }, ['conversationIds']],
    [Array.from({ length: 101 }, () => randomUUID()), { priority: 'LOW' }, ['conversationIds']],
    [[one, randomUUID(), one], { priority: 'LOW' }, ['conversationIds.2']],
    [[one], {}, ['status']],
    [[one], { status: 'SNOOZED' }, ['until']],
    [[one], { status: 'SNOOZED', until: past }, ['until']],
    [[one], { status: 'OPEN', until: past }, ['until']],
    [[one], { priority: 'LOW', until: past }, ['until']],
    [[one], { addLabelIds: labels, removeLabelIds: labels }, ['addLabelIds.0']],
    [[one], { addLabelIds: [] }, ['addLabelIds']],
    [[one], { removeLabelIds: Array.from({ length: 11 }, () => randomUUID()) }, ['removeLabelIds']],
    [[one], { priority: 'LOW', reason: 'x'.repeat(501) }, ['reason']],
  ] as const;
  const { events } = await recording(admin, async () => {
    for (const [conversationIds, changes, paths] of attempts) {
      const { extensions } = await agent.refused(CHANGE_CONVERSATIONS, { input: { conversationIds, ...changes } });
      expect(extensions.code).toBe('VALIDATION_FAILED');
      expect((extensions['fields'] as { path: string }[]).map(({ path }) => path)).toEqual(paths);
      // A key that comes with it is not used up.
      const keyed = { conversationIds, ...changes, idempotencyKey: 'refused' };
      expect((await agent.refused(CHANGE_CONVERSATIONS, { input: keyed })).extensions.code).toBe('VALIDATION_FAILED');
    }
  });
  expect(events).toEqual([]);
  const { rows } = await superuser.query("select 1 from idempotency_key where key = 'refused'");
  expect(rows).toEqual([]);
});

it('shows no more of what its caller has given out of their own sight', async () => {
  const outsider = await world.as('outsider');
  const conversationId = await opened({ inboxId: world.ids.emailInbox });
  const { results } = await followedBy([outsider, admin], () =>
    change(outsider, [conversationId], { teamId: world.ids.support }),
  );
  expect(results).toEqual([{ conversationId, changed: true, error: null, conversation: null }]);
});

it('is admitted as what it may answer with, a hundred conversations', async () => {
  const [conversationId] = (await several(1)) as [string];
  const asking = (messages: number) =>
    `mutation($input: ChangeConversationsInput!) { changeConversations(input: $input) {
      results { conversation { messages(last: ${messages}) { nodes { id } } } } } }`;
  const input = { conversationIds: [conversationId], priority: 'LOW' };
  const { extensions } = await agent.refused(asking(50), { input });
  expect(extensions).toMatchObject({ code: 'LIMIT_EXCEEDED', limit: 'nodes' });
  const { changeConversations } = await agent.ask(asking(40), { input });
  expect(changeConversations.results[0].conversation.messages.nodes).toHaveLength(1);
});
