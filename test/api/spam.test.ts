import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { CHANGE_CONVERSATIONS, MARK_SPAM, UNMARK_SPAM } from '../security/details.js';
import type { ApiClient } from '../support/client.js';
import { followedBy, LiveView } from '../support/live-view.js';
import { ASSIGN, customerWrites, SET_STATUS } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { brief, recording, transcriptOf } from './recorded.js';

let server: TestServer;
let superuser: pg.Client;
let world: World;
let admin: ApiClient;
let agent: ApiClient;
let viewers: ApiClient[];
let worlds = 0;
beforeAll(async () => {
  server = await startTestServer();
  superuser = new pg.Client({ connectionString: server.database.url });
  await superuser.connect();
});
afterAll(async () => {
  await superuser.end();
  await server.stop();
});
beforeEach(async () => {
  world = await createWorld(server, `acme-${(worlds += 1)}`);
  [admin, agent] = [await world.as('admin'), await world.as('agent')];
  viewers = [admin, agent, world.withKey('read'), world.withKey('bot')];
});

const opened = async () => (await customerWrites(world)).conversationId;
const mark = (conversationId: string, more: object = {}) =>
  agent.ask(MARK_SPAM, { input: { conversationId, ...more } });
const unmark = (conversationId: string, more: object = {}) =>
  agent.ask(UNMARK_SPAM, { input: { conversationId, ...more } });
const listed = async (client: ApiClient, filter: object | null = null): Promise<string[]> =>
  (
    await client.ask('query($filter: ConversationFilter) { conversations(filter: $filter) { nodes { id } } }', {
      filter,
    })
  ).conversations.nodes.map(({ id }: { id: string }) => id);
const stateOf = async (id: string) =>
  (
    await admin.ask(
      `query($id: ID!) { conversation(id: $id) { spam status botActive waitingSince snoozedUntil resolvedAt assignee { id } team { id }
        openHandover { id } viewerState { unreadCount } } }`,
      { id },
    )
  ).conversation;
const COUNTS = `query($filter: ConversationFilter) { conversationCounts(filter: $filter) {
  open inProgress pending snoozed resolved unassigned mine unread } }`;
const countsOf = async (client: ApiClient, filter: object = {}) =>
  (await client.ask(COUNTS, { filter })).conversationCounts;
const none = { open: 0, inProgress: 0, pending: 0, snoozed: 0, resolved: 0, unassigned: 0, mine: 0, unread: 0 };

it('takes a conversation out of lists and counts, shows it to who asks for spam, and brings it back as it was', async () => {
  const conversationId = await opened();
  const { agents } = world.ids;
  await admin.ask(ASSIGN, { input: { conversationId, assigneeId: agents.agent } });
  const before = await stateOf(conversationId);
  const counted = { ...none, open: 1, mine: 1, unread: 1 };
  expect(await countsOf(agent)).toEqual(counted);
  viewers = [...viewers, await world.as('supervisor'), await world.as('outsider')];
  const marking = await recording(admin, () => followedBy(viewers, () => mark(conversationId, { reason: 'Casino' })));
  expect(marking.result.markSpam.conversation).toEqual({ id: conversationId });
  expect(marking.events).toEqual([
    expect.objectContaining({
      action: 'conversation.spam_marked',
      changes: ['spam: false → true'],
      reason: 'Casino',
      summary: expect.stringMatching(/^Bo marked conversation #\d+ as spam: Casino$/),
    }),
  ]);
  for (const client of [admin, agent, await world.as('supervisor'), world.withKey('read')]) {
    for (const filter of [null, {}, { spam: null }, { spam: false }, { assigneeIds: [agents.agent] }])
      expect(await listed(client, filter)).toEqual([]);
    expect(await listed(client, { spam: true })).toEqual([conversationId]);
    expect(await listed(client, { spam: true, statuses: ['OPEN'] })).toEqual([conversationId]);
  }
  expect(await countsOf(agent)).toEqual(none);
  expect(await countsOf(agent, { spam: true })).toEqual(counted);
  // Who does not see it does not see it as spam either.
  expect(await listed(await world.as('outsider'), { spam: true })).toEqual([]);
  expect(await countsOf(await world.as('outsider'), { spam: true })).toEqual(none);
  expect(await stateOf(conversationId)).toEqual({ ...before, spam: true });

  const taken = await recording(admin, () =>
    followedBy(viewers, () => unmark(conversationId, { reason: 'A customer' })),
  );
  expect(taken.events).toEqual([
    expect.objectContaining({
      action: 'conversation.spam_unmarked',
      changes: ['spam: true → false'],
      summary: expect.stringMatching(/^Bo took conversation #\d+ back from spam: A customer$/),
    }),
  ]);
  expect(await stateOf(conversationId)).toEqual(before);
  expect(await countsOf(agent)).toEqual(counted);
  expect(await transcriptOf(admin, conversationId)).toEqual([
    '1 conversation.created',
    '2 My order is late',
    '3 conversation.assigned',
    '4 conversation.spam_marked',
    '5 conversation.spam_unmarked',
  ]);
});

it('changes and records nothing where it is so already', async () => {
  const conversationId = await opened();
  const { events } = await recording(admin, async () => {
    await unmark(conversationId);
    await mark(conversationId);
    await mark(conversationId);
  });
  expect(brief(events)).toEqual([{ action: 'conversation.spam_marked', changes: ['spam: false → true'] }]);
});

it('leaves streams whose filter it passes no longer as REMOVED, comes into those of spam, and back', async () => {
  const conversationId = await opened();
  const { conversations } = await admin.ask('{ conversations(first: 1) { eventCursor } }');
  const follow = async (client: ApiClient, filter: object | null) =>
    client
      .subscribe(
        `subscription($filter: ConversationFilter, $at: String) { conversationChanges(filter: $filter, afterEvent: $at) {
          changeType conversationId changedFields conversation { spam } } }`,
        { filter, at: conversations.eventCursor },
      )
      .connected();
  const [inbox, spam] = [await follow(agent, null), await follow(agent, { spam: true })];
  // Each waits for what it is told before the next is done: a replay tells the last alone.
  const next = async (stream: typeof inbox) => {
    const frame = await stream.until((each) => each.conversationChanges.conversationId === conversationId);
    return frame.conversationChanges;
  };
  await inbox.until((frame) => frame.conversationChanges.changeType === 'CURSOR');
  await spam.until((frame) => frame.conversationChanges.changeType === 'CURSOR');
  const gone = { changeType: 'REMOVED', conversationId, changedFields: [], conversation: null };
  const there = (isSpam: boolean, changedFields: string[]) => ({
    changeType: 'UPDATED',
    conversationId,
    changedFields,
    conversation: { spam: isSpam },
  });
  await mark(conversationId);
  expect([await next(inbox), await next(spam)]).toEqual([gone, there(true, ['spam'])]);
  await opened();
  await unmark(conversationId);
  expect([await next(inbox), await next(spam)]).toEqual([there(false, ['spam']), gone]);
  await Promise.all([inbox.stop(), spam.stop()]);
});

it('keeps a live view of spam what a fresh query of spam is', async () => {
  const ids = [await opened(), await opened()] as [string, string];
  const views = await Promise.all(
    [agent, world.withKey('all')].flatMap((client) =>
      [{ spam: true }, { spam: true, unread: true }].map((filter) => LiveView.open(client, 'conversations', filter)),
    ),
  );
  await mark(ids[0]);
  await mark(ids[1]);
  await agent.ask(SET_STATUS, { input: { conversationId: ids[1], status: 'RESOLVED' } });
  await unmark(ids[0]);
  await Promise.all(views.map((view) => view.matchesFresh()));
  await Promise.all(views.map((view) => view.stop()));
  expect(await listed(agent, { spam: true })).toEqual([ids[1]]);
});

it('is marked for several at once, too', async () => {
  const ids = [await opened(), await opened()];
  const { result, events } = await recording(admin, () =>
    followedBy(viewers, () => agent.ask(CHANGE_CONVERSATIONS, { input: { conversationIds: ids, spam: true } })),
  );
  expect(result.changeConversations.results.map(({ changed }: { changed: boolean }) => changed)).toEqual([true, true]);
  expect(events.map(({ action }) => action)).toEqual([
    'conversation.bulk_changed',
    'conversation.spam_marked',
    'conversation.spam_marked',
  ]);
  expect(await listed(agent)).toEqual([]);
});

it('reads the inbox past no spam, however much there is of it', { timeout: 60_000 }, async () => {
  const spam = await opened();
  const other = await opened();
  await mark(spam);
  await superuser.query(
    `insert into conversation select (jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid(), 'external_id', null,
       'number', 1000000 + g, 'last_activity_at', now() + interval '1 day', 'created_at', now() + interval '1 day'))).*
     from conversation c, generate_series(1, 20000) g where c.id = $1`,
    [spam],
  );
  await superuser.query('vacuum analyze conversation');
  expect(await listed(agent)).toEqual([other]);
  expect(await countsOf(agent)).toEqual({ ...none, open: 1, unassigned: 1, unread: 1 });
  expect(await countsOf(agent, { spam: true })).toMatchObject({ open: 10_001, unassigned: 10_001 });
  const read = async (query: string) => {
    const { rows } = await superuser.query(`explain (analyze, format json) ${query}`, [world.ids.workspace]);
    const plan = rows[0]['QUERY PLAN'][0].Plan;
    const nodes: { [name: string]: unknown }[] = [];
    const visit = (node: { Plans?: (typeof node)[] }) => {
      nodes.push(node as never);
      node.Plans?.forEach(visit);
    };
    visit(plan);
    return {
      removed: nodes.reduce((sum, node) => sum + Number(node['Rows Removed by Filter'] ?? 0), 0),
      indexes: nodes.flatMap((node) => (node['Index Name'] as string | undefined) ?? []),
    };
  };
  const of = `from reading.conversation c where c.workspace_id = $1 and c.merged_into_id is null`;
  for (const [query, index] of [
    [`select 1 ${of} and not c.spam order by c.last_activity_at desc, c.id desc limit 26`, 'conversation_by_activity'],
    [`select 1 ${of} and not c.spam order by c.created_at desc, c.id desc limit 26`, 'conversation_by_creation'],
    [`select 1 ${of} and not c.spam and c.status = 'OPEN' limit 10001`, 'conversation_unresolved'],
    [
      `select 1 ${of} and c.inbox_id = '${world.ids.inbox}' and not c.spam order by c.last_activity_at desc, c.id desc limit 26`,
      'conversation_by_inbox',
    ],
    [
      `select 1 ${of} and c.team_id = '${world.ids.support}' and not c.spam order by c.last_activity_at desc, c.id desc limit 26`,
      'conversation_by_team',
    ],
  ] as const)
    expect({ query, ...(await read(query)) }).toEqual({ query, removed: 0, indexes: [index] });
});
