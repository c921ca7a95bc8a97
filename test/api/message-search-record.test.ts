import { afterAll, beforeAll, expect, it } from 'vitest';
import { ERASE } from '../security/details.js';
import type { ApiClient } from '../support/client.js';
import { customerWrites, SEND } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';

let server: TestServer;
let world: World;
let admin: ApiClient;
let agent: ApiClient;
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
  [admin, agent] = await Promise.all([world.as('admin'), world.as('agent')]);
});
afterAll(() => server.stop());

const SEARCH = `query($query: String!, $filter: MessageSearchFilter, $first: Int, $after: String) {
  searchMessages(query: $query, filter: $filter, first: $first, after: $after) {
    nodes { id kind occurredAt snippet { text highlighted } conversation { id } message { id text } note { id text } }
    pageInfo { hasNextPage endCursor } } }`;
const search = (client: ApiClient, query: string, more: object = {}) => client.ask(SEARCH, { query, ...more });
const writes = (text: string, more: object = {}) => customerWrites(world, { text, ...more });

it('puts onto the record who searched for what, and of whom they read, before they get it', async () => {
  const { conversationId } = await writes('Uakari one');
  await agent.ask(SEND, { input: { conversationId, text: 'Uakari two' } });
  await writes('Nobody', { contact: { address: 's4', name: 'Uakari' } });
  const { searchMessages } = await search(agent, 'uakari', { first: 1 });
  await search(agent, 'uakari', { first: 3, after: searchMessages.pageInfo.endCursor });
  await search(agent, 'uakar', { filter: { kinds: ['CONVERSATION'] } });
  const EVENTS = `query($filter: AuditEventFilter) { auditEvents(filter: $filter) {
    nodes { action summary conversation { id } target { type } changes { field before after redacted } } } }`;
  const told = async (client: ApiClient, actions: string[]) =>
    (await client.ask(EVENTS, { filter: { actions, actorIds: [world.ids.agents.agent] } })).auditEvents.nodes;
  const asked = (change: object) => [{ field: 'filter', before: null, redacted: false, ...change }];
  const [narrow, wide] = await told(admin, ['search.performed']);
  expect(narrow.changes).toEqual(asked({ after: JSON.stringify({ query: 'uakar', kinds: ['CONVERSATION'] }) }));
  expect(wide).toEqual({
    action: 'search.performed',
    summary: 'Bo searched the messages',
    conversation: null,
    target: { type: 'messages' },
    // Of all its pages, once.
    changes: asked({ after: JSON.stringify({ query: 'uakari' }) }),
  });
  const readings = (await told(admin, ['transcript.viewed'])).filter(
    (event: { conversation: { id: string } }) => event.conversation.id === conversationId,
  );
  expect(readings).toHaveLength(1);
  const masked = await told(await world.as('supervisor'), ['search.performed']);
  expect(masked[0].changes).toEqual([{ field: 'filter', before: null, after: null, redacted: true }]);
});

it('forgets what was searched for where it names a contact who is erased', async () => {
  const contact = { address: 's5', name: 'Vicuna Vogel' };
  const { conversationId } = await writes('Hello', { contact });
  await search(agent, 'vicuna vogel');
  const { conversation } = await admin.ask('query($id: ID!) { conversation(id: $id) { contact { id } } }', {
    id: conversationId,
  });
  await admin.ask(ERASE, { input: { contactId: conversation.contact.id, reason: 'They asked' } });
  const { auditEvents } = await admin.ask(
    '{ auditEvents(filter: { actions: ["search.performed"] }) { nodes { changes { after } } } }',
  );
  expect(JSON.stringify(auditEvents)).not.toMatch(/vicuna/i);
});
