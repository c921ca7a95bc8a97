import { afterAll, beforeAll, expect, it } from 'vitest';
import { sql } from '../../src/services/database.js';
import { ANNOTATE } from '../security/details.js';
import type { ApiClient } from '../support/client.js';
import { customerWrites, SEND } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';

let server: TestServer;
let world: World;
let admin: ApiClient;
let supervisor: ApiClient;
let agent: ApiClient;
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
  [admin, supervisor, agent] = await Promise.all([world.as('admin'), world.as('supervisor'), world.as('agent')]);
});
afterAll(() => server.stop());

/** An answer of the agent's: the event, and the conversation. */
async function answered(): Promise<{ id: string; sequence: number; conversationId: string }> {
  const { conversationId } = await customerWrites(world);
  await agent.ask(SEND, { input: { conversationId, text: 'Hello' } });
  const { auditEvents } = await admin.ask(
    'query($filter: AuditEventFilter) { auditEvents(filter: $filter) { nodes { id sequence } } }',
    { filter: { conversationId, actions: ['message.sent'] } },
  );
  return { ...auditEvents.nodes[0], conversationId };
}

const READ = `query($id: ID!) { auditEvent(id: $id) { annotations { id text author { kind id label } createdAt } } }`;
const annotate = async (client: ApiClient, input: object) =>
  (await client.ask(ANNOTATE, { input })).annotateEvent.annotation;

it('are read with the event by whoever reads the event, oldest first', async () => {
  const { id } = await answered();
  const first = await annotate(supervisor, { eventId: id, text: 'Kind and quick' });
  const second = await annotate(agent, { eventId: id, text: 'Thanks 🙏' });
  expect([first.text, first.author, second.text]).toEqual(['Kind and quick', { label: 'Sam' }, 'Thanks 🙏']);
  for (const client of [admin, supervisor, agent, await world.as('auditor'), world.withKey('audit')]) {
    const { annotations } = (await client.ask(READ, { id })).auditEvent;
    expect(annotations).toEqual([
      { ...first, author: { kind: 'AGENT', id: world.ids.agents.supervisor, label: 'Sam' } },
      { ...second, author: { kind: 'AGENT', id: world.ids.agents.agent, label: 'Bo' } },
    ]);
  }
});

it('are events themselves, found by their words and by the conversation, with the text as a disclosure', async () => {
  const { id, sequence, conversationId } = await answered();
  const { id: own } = await annotate(admin, { eventId: id, text: 'Needs coaching' });
  const { auditEvents } = await supervisor.ask(
    `query($filter: AuditEventFilter) { auditEvents(filter: $filter) { nodes { id action category summary target { type id label } metadata changes { field } } } }`,
    { filter: { conversationId, search: 'coach' } },
  );
  const label = `event ${sequence} (message.sent)`;
  expect(auditEvents.nodes).toEqual([
    {
      id: own,
      action: 'audit.annotated',
      category: 'AUDIT',
      summary: `Ada annotated ${label}: Needs coaching`,
      target: { type: 'event', id, label },
      metadata: null,
      changes: [],
    },
  ]);
  const [row] = await server.app.db.rows<{ body: string }>(sql`select body from record_body where event_id = ${own}`);
  expect(row!.body).not.toContain('coaching');
});

it('are written once for one key, and are refused for who does not read the event', async () => {
  const { id } = await answered();
  const input = { eventId: id, text: 'Once', idempotencyKey: 'a1' };
  const [first, again] = [await annotate(admin, input), await annotate(admin, input)];
  expect(again).toEqual(first);
  const other = await admin.refused(ANNOTATE, { input: { ...input, text: 'Twice' } });
  expect(other.extensions.code).toBe('CONFLICT');
  const [outsider, foreign] = [await world.as('outsider'), await createWorld(server, 'globex')];
  for (const client of [outsider, await world.as('colleague'), await foreign.as('admin'), world.withKey('read')]) {
    expect((await client.refused(ANNOTATE, { input: { eventId: id, text: 'Hm' } })).extensions.code).toBe('NOT_FOUND');
  }
  expect((await admin.ask(READ, { id })).auditEvent.annotations).toEqual([expect.objectContaining({ text: 'Once' })]);
});

it('say something, in 5,000 characters at most', async () => {
  const { id } = await answered();
  for (const [text, message] of [
    [' ', 'must not be empty'],
    ['x'.repeat(5_001), 'must have at most 5000 characters'],
  ]) {
    const error = await admin.refused(ANNOTATE, { input: { eventId: id, text } });
    expect(error.extensions['fields']).toEqual([{ path: 'text', message }]);
  }
  const text = 'x'.repeat(5_000);
  expect((await annotate(admin, { eventId: id, text })).text).toBe(text);
});

it('and what belongs to the same request take one statement each for a whole page', async () => {
  const { conversationId } = await answered();
  const filter = { conversationId };
  const one = await admin.ask(
    `query($filter: AuditEventFilter) { auditEvents(filter: $filter, first: 10) { nodes { action annotations { id } related { action } causation { id } } } }`,
    { filter },
  );
  expect(one.auditEvents.nodes).toEqual([
    { action: 'message.sent', annotations: [], related: [], causation: null },
    {
      action: 'message.received',
      annotations: [],
      related: ['contact.created', 'contact.identity_added', 'conversation.created'].map((action) => ({ action })),
      causation: null,
    },
    {
      action: 'conversation.created',
      annotations: [],
      related: ['contact.created', 'contact.identity_added', 'message.received'].map((action) => ({ action })),
      causation: null,
    },
  ]);
  // A supervisor of the conversation's team reads of the request what is of the conversation.
  const theirs = await supervisor.ask(
    `query($filter: AuditEventFilter) { auditEvents(filter: $filter, first: 10) { nodes { action related { action } } } }`,
    { filter: { ...filter, actions: ['message.received'] } },
  );
  expect(theirs.auditEvents.nodes).toEqual([
    { action: 'message.received', related: [{ action: 'conversation.created' }] },
  ]);
});

it('show a conversation’s trail as the record does, page by page, and only to readers of the record', async () => {
  const { conversationId } = await answered();
  const trail = `query($id: ID!, $first: Int, $after: String) { conversation(id: $id) { auditTrail(first: $first, after: $after) {
    nodes { action ipAddress } pageInfo { hasNextPage endCursor } eventCursor } } }`;
  const seen = async (client: ApiClient, variables: object = {}) =>
    (await client.ask(trail, { id: conversationId, ...variables })).conversation.auditTrail;
  const first = await seen(admin, { first: 1 });
  expect(first.nodes).toEqual([{ action: 'message.sent', ipAddress: '127.0.0.1' }]);
  const rest = await seen(admin, { after: first.pageInfo.endCursor });
  expect(rest.nodes.map(({ action }: { action: string }) => action)).toEqual([
    'message.received',
    'conversation.created',
  ]);
  expect((await seen(agent)).nodes).toEqual([{ action: 'message.sent', ipAddress: null }]);
  expect((await seen(supervisor)).nodes.map(({ ipAddress }: { ipAddress: unknown }) => ipAddress)).toEqual([
    null,
    null,
    null,
  ]);
  expect((await seen(await world.as('colleague'))).nodes).toEqual([]);
  const refused = await world.withKey('read').refused(trail, { id: conversationId });
  expect(refused.extensions.code).toBe('FORBIDDEN');
  const { auditEvents } = await admin.ask(
    'query($filter: AuditEventFilter) { auditEvents(filter: $filter) { nodes { actor { id } } } }',
    { filter: { actions: ['audit.viewed'], actorIds: [world.ids.agents.colleague] } },
  );
  expect(auditEvents.nodes).toEqual([{ actor: { id: world.ids.agents.colleague } }]);
});
