import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { MERGE_CONVERSATIONS } from '../security/details.js';
import type { ApiClient } from '../support/client.js';
import { followedBy, LiveView } from '../support/live-view.js';
import { LiveTranscript } from '../support/live-transcript.js';
import { ASSIGN, SEND, SET_STATUS } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { joiningScene } from './joining-scene.js';
import { brief, recording } from './recorded.js';

let server: TestServer;
let superuser: pg.Client;
let world: World;
let admin: ApiClient;
let agent: ApiClient;
let scene: Awaited<ReturnType<typeof joiningScene>>;
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
  scene = await joiningScene(world);
  ({ admin, agent } = scene);
});

it('has one go on for both, live for everybody, and takes them apart exactly as they were', async () => {
  const [one, two] = [await scene.writes('one'), await scene.writes('two')];
  await agent.ask(ASSIGN, { input: { conversationId: one, assigneeId: world.ids.agents.agent } });
  await agent.ask(ASSIGN, { input: { conversationId: two, assigneeId: world.ids.agents.colleague } });
  await scene.label(one, world.ids.labels.vip);
  await scene.describe(one, { subject: 'Late', priority: 'HIGH' });
  await scene.describe(two, { subject: 'Very late' });
  const states = async () => [await scene.stateOf(one), await scene.stateOf(two)];
  const [a, b] = await states();
  const counts = await scene.counts(agent);
  const viewers = [admin, agent, await world.as('supervisor'), await world.as('outsider'), world.withKey('read')];
  const merged = await LiveView.open(agent, 'conversations', { merged: true });
  const merging = await recording(admin, () => followedBy(viewers, () => scene.merge(one, two, 'One question')));
  await merged.matchesFresh();
  expect(merging.result.mergeConversations).toEqual({
    conversation: { id: two },
    merged: { id: one },
    kept: ['subject'],
  });
  expect(brief(merging.events)).toEqual([
    {
      action: 'conversation.merged_into',
      changes: [`mergedIntoId: null → ${two}`, 'status: OPEN → RESOLVED'],
    },
    {
      action: 'conversation.merged',
      changes: [`mergedConversationId: null → ${one}`, `waitingSince: ${b.waitingSince} → ${a.waitingSince}`],
    },
    { action: 'conversation.label_added', changes: [] },
    { action: 'conversation.priority_changed', changes: ['priority: NONE → HIGH'] },
  ]);
  expect(merging.events.slice(0, 2).map(({ summary, reason }) => [summary, reason])).toEqual([
    [`Bo merged conversation #${a.number} into #${b.number}: One question`, 'One question'],
    [`Bo merged conversation #${a.number} into #${b.number}: One question`, 'One question'],
  ]);
  expect(await states()).toEqual([
    { ...a, status: 'RESOLVED', resolvedAt: expect.any(String), mergedInto: { id: two } },
    {
      ...b,
      labels: [{ name: 'vip' }],
      priority: 'HIGH',
      waitingSince: a.waitingSince,
      mergedConversations: [{ id: one }],
    },
  ]);
  for (const client of [admin, agent, world.withKey('read')]) {
    expect(await scene.listed(client)).toEqual([two]);
    expect(await scene.listed(client, { statuses: ['RESOLVED'] })).toEqual([]);
    expect(await scene.listed(client, { merged: true })).toEqual([one]);
  }
  expect(await scene.counts(agent)).toEqual({ ...counts, open: 1, mine: 0, unread: 1 });
  expect(await scene.counts(agent, { merged: true })).toMatchObject({ resolved: 1, open: 0, unread: 0 });
  // Done already changes nothing.
  expect((await recording(admin, () => scene.merge(one, two))).events).toEqual([]);

  const apart = await recording(admin, () => followedBy(viewers, () => scene.unmerge(one)));
  await merged.matchesFresh();
  await merged.stop();
  expect(apart.result.unmergeConversations).toEqual({ conversation: { id: one }, from: { id: two } });
  expect(brief(apart.events)).toEqual([
    {
      action: 'conversation.unmerged_from',
      changes: [`mergedIntoId: ${two} → null`, 'status: RESOLVED → OPEN'],
    },
    {
      action: 'conversation.unmerged',
      changes: [`mergedConversationId: ${one} → null`, `waitingSince: ${a.waitingSince} → ${b.waitingSince}`],
    },
    { action: 'conversation.label_removed', changes: [] },
    { action: 'conversation.priority_changed', changes: ['priority: HIGH → NONE'] },
  ]);
  expect(await states()).toEqual([a, b]);
  expect(await scene.counts(agent)).toEqual(counts);
});

it('shows both together in order of time, each followed by itself, none of it lost or doubled', async () => {
  const [one, two] = [await scene.writes('one', 'first'), await scene.writes('two', 'second')];
  await agent.ask(SEND, { input: { conversationId: one, text: 'third' } });
  const live = [await LiveTranscript.open(agent, one), await LiveTranscript.open(agent, two)];
  await scene.merge(one, two);
  expect(await scene.writes('one', 'fourth')).toBe(two);
  await agent.ask(SEND, { input: { conversationId: two, text: 'fifth' } });
  const lines = await Promise.all(live.map((each) => each.matches()));
  for (const each of live) {
    const ids = each.stream.frames.flatMap(({ transcriptChanges: { entry } }) => (entry ? [entry.id] : []));
    expect(new Set(ids).size).toBe(ids.length);
    await each.stream.stop();
  }
  const said = ['first', 'second', 'third', 'fourth', 'fifth'];
  expect(await scene.timeline(admin, two)).toEqual(said);
  // Page by page, from both ends.
  for (const size of [1, 2, 4]) {
    expect(await scene.paged(two, size, 'forwards')).toEqual(said);
    expect(await scene.paged(two, size, 'backwards')).toEqual(said);
  }
  // All lines of both, by their own ids and no others.
  const { conversation } = await admin.ask(
    'query($id: ID!) { conversation(id: $id) { timeline(last: 100) { nodes { id } } } }',
    { id: two },
  );
  const own = lines.flat().map(({ id }) => id);
  expect(conversation.timeline.nodes.map(({ id }: { id: string }) => id).toSorted()).toEqual(own.toSorted());
  expect(await scene.timeline(admin, one)).toEqual(['first', 'third']);
  const colleague = await world.as('colleague');
  const { events } = await scene.readings(() => scene.timeline(colleague, two));
  expect(events.toSorted()).toEqual([one, two].toSorted());
  await scene.unmerge(one);
  expect(await scene.timeline(admin, one)).toEqual(['first', 'third']);
  expect(await scene.timeline(admin, two)).toEqual(['second', 'fourth', 'fifth']);
});

it('shows of what was merged only what the caller may see', async () => {
  const [one, two] = [await scene.writes('one', 'for Support'), await scene.writes('two', 'for all')];
  await admin.ask(ASSIGN, { input: { conversationId: two, teamId: world.ids.billing } });
  await scene.merge(one, two);
  const outsider = await world.as('outsider');
  const shown = async (client: ApiClient) =>
    (
      await client.ask('query($id: ID!) { conversation(id: $id) { mergedConversations { id } } }', {
        id: two,
      })
    ).conversation.mergedConversations;
  expect(await shown(outsider)).toEqual([]);
  expect(await scene.timeline(outsider, two)).toEqual(['for all']);
  expect(await shown(agent)).toEqual([{ id: one }]);
  expect(await scene.timeline(agent, two)).toEqual(['for Support', 'for all']);
  // And the other way round.
  const three = await scene.writes('three');
  await admin.ask(ASSIGN, { input: { conversationId: three, assigneeId: world.ids.agents.outsider } });
  await admin.ask(ASSIGN, { input: { conversationId: two, assigneeId: world.ids.agents.colleague } });
  await scene.merge(three, two);
  await admin.ask(ASSIGN, { input: { conversationId: two, teamId: world.ids.support } });
  const { conversation } = await outsider.ask(
    'query($id: ID!) { conversation(id: $id) { status mergedInto { id } } }',
    { id: three },
  );
  expect(conversation).toEqual({ status: 'RESOLVED', mergedInto: null });
});

it('gives back by whom it is waited, whatever has come since', async () => {
  const [one, two] = [await scene.writes('one'), await scene.writes('two')];
  await agent.ask(SEND, { input: { conversationId: two, text: 'We look' } });
  const since = (await scene.stateOf(one)).waitingSince;
  await scene.merge(one, two);
  expect((await scene.stateOf(two)).waitingSince).toBe(since);
  await scene.writes('two', 'Well?');
  expect((await scene.stateOf(two)).waitingSince).toBe(since);
  await scene.unmerge(one);
  const { waitingSince, lastMessage } = await scene.stateOf(two);
  expect(waitingSince).toBe(lastMessage.createdAt);
  await scene.merge(one, two);
  await agent.ask(SEND, { input: { conversationId: two, text: 'Here it is' } });
  await scene.unmerge(one);
  expect((await scene.stateOf(one)).waitingSince).toBe(since);
  expect((await scene.stateOf(two)).waitingSince).toBeNull();
});

it('goes on in the last of several, and takes each apart where nobody is left nowhere', async () => {
  const [one, two, three] = [await scene.writes('one'), await scene.writes('two'), await scene.writes('three')];
  for (const id of [one, three]) await scene.label(id, world.ids.labels.vip);
  await scene.describe(one, { subject: 'Late' });
  await scene.describe(three, { subject: 'Late' });
  const states = async () => Promise.all([one, two, three].map((id) => scene.stateOf(id)));
  const apart = await states();
  await scene.merge(one, two);
  await scene.merge(three, two);
  await scene.unmerge(one);
  expect(await scene.stateOf(two)).toMatchObject({ labels: [{ name: 'vip' }], subject: 'Late' });
  await scene.unmerge(three);
  expect(await states()).toEqual(apart);
  // A chain.
  await scene.merge(one, two);
  await scene.merge(two, three);
  expect(await scene.writes('one')).toBe(three);
  expect(await scene.refused('unmerge', one)).toMatchObject({
    code: 'CONFLICT',
    current: { conversationId: two, mergedIntoId: three },
  });
  expect((await scene.timeline(admin, three)).length).toBe(4);
  await scene.unmerge(two);
  expect(await scene.writes('one')).toBe(two);
  await scene.unmerge(one);
  expect(await scene.writes('one')).toBe(one);
});

it('answers a repeated request as the first time, and writes nothing', async () => {
  const [one, two] = [await scene.writes('one'), await scene.writes('two')];
  await scene.describe(one, { subject: 'Late' });
  await scene.describe(two, { subject: 'Very late' });
  const input = { conversationId: one, intoConversationId: two, idempotencyKey: 'once' };
  const first = await agent.ask(MERGE_CONVERSATIONS, { input });
  expect(first.mergeConversations.kept).toEqual(['subject']);
  const again = await recording(admin, () => agent.ask(MERGE_CONVERSATIONS, { input }));
  await scene.unmerge(one);
  expect([again.result, again.events]).toEqual([first, []]);
  expect(await agent.ask(MERGE_CONVERSATIONS, { input })).toEqual(first);
  expect((await scene.stateOf(one)).mergedInto).toBeNull();
  const other = await agent.refused(MERGE_CONVERSATIONS, { input: { ...input, reason: 'Other' } });
  expect(other.extensions.code).toBe('CONFLICT');
});

it('fills in attributes that the other had not, and takes back those that nobody has changed since', async () => {
  const [one, two] = [await scene.writes('one'), await scene.writes('two')];
  await scene.defines('plan', 'seats', 'old');
  const has = (id: string, attributes: object) => scene.describe(id, { attributes });
  await has(one, { plan: 'gold', seats: 'three', old: 'yes' });
  await has(two, { plan: 'silver' });
  await scene.ends('old');
  expect((await scene.merge(one, two)).mergeConversations.kept).toEqual(['attributes.plan']);
  expect((await scene.stateOf(two)).attributes).toEqual({ plan: 'silver', seats: 'three' });
  await scene.unmerge(one);
  expect((await scene.stateOf(two)).attributes).toEqual({ plan: 'silver' });
  await scene.merge(one, two);
  await has(two, { seats: 'four' });
  await scene.unmerge(one);
  expect((await scene.stateOf(two)).attributes).toEqual({ plan: 'silver', seats: 'four' });
  expect((await scene.stateOf(one)).attributes).toEqual({ plan: 'gold', seats: 'three', old: 'yes' });
});

it('is still found, by who looks for it', async () => {
  const [one, two] = [await scene.writes('one', 'a rare zeppelin'), await scene.writes('two')];
  const { contact } = await scene.stateOf(one);
  await scene.merge(one, two);
  const found = await admin.ask(
    `query($id: ID!, $contactId: ID!, $number: Int!) { searchMessages(query: "zeppelin") { nodes { conversation { id mergedInto { id } } } }
      contact(id: $contactId) { conversations { nodes { id } } timeline(kinds: [MESSAGE]) { nodes { id } } }
      conversationByNumber(number: $number) { id } conversationByExternalId(externalId: "one") { id }
      conversation(id: $id) { messages { nodes { text } } }
      workspaceEvents(first: 100) { nodes { action conversation { id } } } }`,
    { id: one, contactId: contact.id, number: (await scene.stateOf(one)).number },
  );
  expect(found.searchMessages.nodes).toEqual([{ conversation: { id: one, mergedInto: { id: two } } }]);
  expect(found.contact.conversations.nodes.map(({ id }: { id: string }) => id).toSorted()).toEqual(
    [one, two].toSorted(),
  );
  expect(found.contact.timeline.nodes).toHaveLength(2);
  expect([found.conversationByNumber, found.conversationByExternalId]).toEqual([{ id: one }, { id: one }]);
  expect(found.conversation.messages.nodes).toEqual([{ text: 'a rare zeppelin' }]);
  expect(
    found.workspaceEvents.nodes.filter(({ action }: { action: string }) => action.startsWith('conversation.merged')),
  ).toEqual([
    { action: 'conversation.merged_into', conversation: { id: one } },
    { action: 'conversation.merged', conversation: { id: two } },
  ]);
});

it('keeps what is done with it from being lost: it comes back with its agent only while they are there', async () => {
  const [one, two] = [await scene.writes('one'), await scene.writes('two')];
  await agent.ask(ASSIGN, { input: { conversationId: one, assigneeId: world.ids.agents.colleague } });
  await agent.ask(ASSIGN, { input: { conversationId: two, assigneeId: world.ids.agents.agent } });
  const until = new Date(Date.now() + 3_600_000).toISOString();
  await agent.ask(SET_STATUS, { input: { conversationId: one, status: 'SNOOZED', until } });
  await scene.merge(one, two);
  expect((await scene.stateOf(one)).snoozedUntil).toBeNull();
  await superuser.query('update agent set active = false where id = $1', [world.ids.agents.colleague]);
  await scene.unmerge(one);
  expect(await scene.stateOf(one)).toMatchObject({ status: 'SNOOZED', snoozedUntil: until, assignee: null });
});
