import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { BoundTransaction } from '../../src/services/bound-transaction.js';
import { filtersNaming } from '../../src/services/removals/filters-of-contact.js';
import { compile, type Sql } from '../../src/services/sql.js';
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

const contactOf = async (conversationId: string): Promise<string> =>
  (await admin.ask('query($id: ID!) { conversation(id: $id) { contact { id } } }', { id: conversationId })).conversation
    .contact.id;
const erase = (contactId: string) => admin.ask(ERASE, { input: { contactId, reason: 'They asked' } });
/** Everything that was searched for and is still on the record, newest first. */
const searched = async (): Promise<string[]> => {
  const { auditEvents } = await admin.ask(
    '{ auditEvents(filter: { actions: ["search.performed"] }, first: 100) { nodes { changes { after } } } }',
  );
  return auditEvents.nodes.flatMap(({ changes }: { changes: { after: string | null }[] }) =>
    changes.flatMap(({ after }) => (after === null ? [] : (JSON.parse(after).query as string))),
  );
};

it('forgets what was searched for where it may name a contact who is erased, and nothing else', async () => {
  const { conversationId } = await writes('Hello', {
    contact: { address: 's5', name: 'Vicuña Vögel 王小明', email: 'vv.lama@mail.example' },
  });
  const naming = [
    'vicuna vogel',
    'VÖGE',
    'refund vogel',
    'vogel refund',
    'late vicu',
    '小明 refund',
    '王',
    'lama',
    'vv.lama@mail.example',
  ];
  const others = ['vicu refund', 'refund', 'mail example', 'vogelsang', '小王', 'order 17'];
  for (const query of [...naming, ...others]) await search(agent, query, { filter: { kinds: ['MESSAGE'] } });
  expect(await searched()).toEqual(expect.arrayContaining([...naming, ...others]));
  await erase(await contactOf(conversationId));
  const left = await searched();
  expect(naming.filter((query) => left.includes(query))).toEqual([]);
  expect(others.filter((query) => !left.includes(query))).toEqual([]);
});

it('reads what was searched for before it locks a contact who is erased', async () => {
  const { conversationId } = await writes('Hello', { contact: { address: 's6', name: 'Guanaco' } });
  const contactId = await contactOf(conversationId);
  await search(agent, 'guanaco refund');
  const rows = vi.spyOn(BoundTransaction.prototype, 'rows');
  await erase(contactId);
  const read = rows.mock.calls.flatMap(([statement], call) =>
    compile(statement).sql.includes('as "targetId"') ? [rows.mock.results[call]!.value as Promise<object[]>] : [],
  );
  rows.mockRestore();
  expect((await Promise.all(read)).map(({ length }) => length)).toEqual([0]);
  expect(await searched()).not.toContain('guanaco refund');
});

it('takes up what was searched for since, and looks at all of it again for a name that is new', async () => {
  const { conversationId } = await writes('Hello', { contact: { address: 's7', name: 'Huemul' } });
  const contactId = await contactOf(conversationId);
  for (const query of ['huemul one', 'taruca one']) await search(agent, query);
  let read = 0;
  const counting = {
    rows: async <T extends object>(statement: Sql): Promise<T[]> => {
      const rows = await server.app.db.rows<T>(statement);
      if (compile(statement).sql.includes('as "targetId"')) read += rows.length;
      return rows;
    },
  };
  const { workspace } = world.ids;
  const known = await filtersNaming(counting, workspace, [contactId]);
  expect(known.sequences).toHaveLength(1);
  const all = read;
  for (const query of ['huemul two', 'taruca two']) await search(agent, query);
  read = 0;
  const since = await filtersNaming(counting, workspace, [contactId], known);
  expect([since.sequences.length, since.sequences[0], read]).toEqual([2, known.sequences[0], 2]);
  const owner = new pg.Client({ connectionString: server.database.url });
  await owner.connect();
  await owner.query("update contact set name = 'Taruca' where id = $1", [contactId]);
  await owner.end();
  read = 0;
  const renamed = await filtersNaming(counting, workspace, [contactId], since);
  expect(renamed.sequences).toHaveLength(4);
  expect(read).toBe(all + 2);
});
