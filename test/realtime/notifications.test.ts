import { afterAll, beforeAll, expect, it } from 'vitest';
import { ADD_NOTE, MARK_SPAM } from '../security/details.js';
import type { ApiClient, Subscription } from '../support/client.js';
import { ACCEPT, ASSIGN, customerWrites, offer, SEND } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';

let server: TestServer;
let world: World;
let admin: ApiClient;
let agent: ApiClient;
let colleague: ApiClient;
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
  [admin, agent, colleague] = await Promise.all([world.as('admin'), world.as('agent'), world.as('colleague')]);
});
afterAll(() => server.stop());

const FOLLOW = `subscription($after: String) { notificationEvents(afterEvent: $after) {
  cursor id kind occurredAt actor { id } conversationId conversation { id number } entryId handover { id status } } }`;

interface Frame {
  cursor: string;
  id: string | null;
  kind: string | null;
  actor: { id: string } | null;
  conversationId: string | null;
  conversation: { id: string } | null;
  entryId: string | null;
  handover: { id: string; status: string } | null;
}

const now = async (client: ApiClient): Promise<string> =>
  (await client.ask('{ conversations(first: 1) { eventCursor } }')).conversations.eventCursor;
/** What happened until the replay has caught up. */
async function heard(client: ApiClient, after: string): Promise<Frame[]> {
  const stream: Subscription = client.subscribe(FOLLOW, { after });
  const frames: Frame[] = [];
  await stream.until(({ notificationEvents: frame }) => {
    if (frame.id !== null) frames.push(frame);
    return frame.id === null;
  });
  await stream.stop();
  return frames;
}
const assign = (by: ApiClient, conversationId: string, to: 'agent' | 'colleague' | null) =>
  by.ask(ASSIGN, { input: { conversationId, assigneeId: to && world.ids.agents[to] } });

it('tells of what is given, written, noted and taken, each once and as it happens', async () => {
  const stream = agent.subscribe(FOLLOW, { after: await now(agent) });
  const next = async () =>
    (await stream.until(({ notificationEvents: frame }) => frame.id !== null)).notificationEvents as Frame;
  const externalId = `shop-${Date.now()}`;
  const contact = { address: externalId };
  const { conversationId } = await customerWrites(world, { contact });
  await assign(admin, conversationId, 'agent');
  expect(await next()).toMatchObject({
    kind: 'ASSIGNED',
    actor: { id: world.ids.agents.admin },
    conversationId,
    conversation: { id: conversationId },
    entryId: null,
    handover: null,
  });
  const { messageId } = await customerWrites(world, { contact });
  expect(await next()).toMatchObject({ kind: 'MESSAGE', conversationId, entryId: messageId });
  const { addNote } = await colleague.ask(ADD_NOTE, {
    input: { conversationId, text: 'Look at this', mentionIds: [world.ids.agents.agent] },
  });
  expect(await next()).toMatchObject({
    kind: 'MENTION',
    actor: { id: world.ids.agents.colleague },
    entryId: addNote.note.id,
  });
  await assign(admin, conversationId, 'colleague');
  expect(await next()).toMatchObject({ kind: 'UNASSIGNED', conversationId });
  await stream.stop();
  const ids = stream.frames.flatMap(({ notificationEvents: { id } }) => id ?? []);
  expect(new Set(ids).size).toBe(4);
});

it('tells an offer to whom it is made, and how it ended to both', async () => {
  const [start, { conversationId }] = [await now(agent), await customerWrites(world)];
  const handoverId = await offer(colleague, conversationId, { toAgentId: world.ids.agents.agent });
  expect(await heard(agent, start)).toMatchObject([
    { kind: 'HANDOVER_OFFERED', conversationId, handover: { id: handoverId, status: 'REQUESTED' } },
  ]);
  expect(await heard(colleague, start)).toEqual([]);
  await agent.ask(ACCEPT, { input: { handoverId } });
  expect(await heard(colleague, start)).toMatchObject([
    {
      kind: 'HANDOVER_SETTLED',
      actor: { id: world.ids.agents.agent },
      handover: { id: handoverId, status: 'ACCEPTED' },
    },
  ]);
  // To who took it that is their own doing.
  expect((await heard(agent, start)).map(({ kind }) => kind)).toEqual(['HANDOVER_OFFERED']);
});

it('tells a team’s offer to its members alone, and to the others of them that it is taken', async () => {
  const [start, { conversationId }] = [await now(agent), await customerWrites(world)];
  const handoverId = await offer(admin, conversationId, { toTeamId: world.ids.support });
  await colleague.ask(ACCEPT, { input: { handoverId } });
  expect((await heard(agent, start)).map(({ kind }) => kind)).toEqual(['HANDOVER_OFFERED', 'HANDOVER_SETTLED']);
  for (const other of ['supervisor', 'outsider'] as const)
    expect(await heard(await world.as(other), start)).toEqual([]);
});

it('says nothing of one’s own doing, of others’ conversations, of spam and of who is blocked', async () => {
  const start = await now(agent);
  const contact = { address: 'blocked-one', externalId: 'blocked-one' };
  const { conversationId } = await customerWrites(world, { contact });
  await assign(agent, conversationId, 'agent');
  await agent.ask(SEND, { input: { conversationId, text: 'Hello' } });
  const other = await customerWrites(world);
  await assign(admin, other.conversationId, 'colleague');
  const spammer = { address: 'spammer' };
  const spam = await customerWrites(world, { contact: spammer });
  await assign(agent, spam.conversationId, 'agent');
  await admin.ask(MARK_SPAM, { input: { conversationId: spam.conversationId } });
  await customerWrites(world, { contact: spammer });
  const { conversation } = await admin.ask('query($id: ID!) { conversation(id: $id) { contact { id } } }', {
    id: conversationId,
  });
  await admin.ask('mutation($input: BlockContactInput!) { blockContact(input: $input) { contact { id } } }', {
    input: { contactId: conversation.contact.id },
  });
  await customerWrites(world, { contact });
  expect(await heard(agent, start)).toEqual([]);
});

it('says only which conversation was taken from who does not see it any more', async () => {
  const outsider = await world.as('outsider');
  const { conversationId } = await customerWrites(world);
  const to = (assigneeId: string) => admin.ask(ASSIGN, { input: { conversationId, assigneeId } });
  await to(world.ids.agents.outsider);
  const start = await now(admin);
  await to(world.ids.agents.agent);
  expect(await heard(outsider, start)).toMatchObject([
    { kind: 'UNASSIGNED', conversationId, conversation: null, entryId: null, handover: null },
  ]);
});

it('mentions nothing to who does not see the conversation of the note', async () => {
  const outsider = await world.as('outsider');
  const [start, { conversationId }] = [await now(admin), await customerWrites(world)];
  await agent.ask(ADD_NOTE, { input: { conversationId, text: 'Ask Olu', mentionIds: [world.ids.agents.outsider] } });
  expect(await heard(outsider, start)).toEqual([]);
});

it('goes on after the cursor of any frame', async () => {
  const start = await now(agent);
  for (let at = 0; at < 3; at++) await assign(admin, (await customerWrites(world)).conversationId, 'agent');
  const all = await heard(agent, start);
  expect(all.map(({ kind }) => kind)).toEqual(['ASSIGNED', 'ASSIGNED', 'ASSIGNED']);
  expect((await heard(agent, all[0]!.cursor)).map(({ id }) => id)).toEqual([all[1]!.id, all[2]!.id]);
});
