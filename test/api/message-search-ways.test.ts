import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { newId } from '../../src/services/ids.js';
import type { MessageSearchFilter } from '../../src/services/message-search/search-filter.js';
import { searchPage, type Bounds } from '../../src/services/message-search/search-page.js';
import { readQuery } from '../../src/services/message-search/words.js';
import { pageOf } from '../../src/services/paging.js';
import { verifyWorkspace } from '../../src/services/record/verify-workspace.js';
import { sql, type Sql } from '../../src/services/sql.js';
import { ADD_LABELS, ADD_NOTE } from '../security/details.js';
import { ASSIGN, customerWrites, SEND } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type Person, type World } from '../support/world.js';

let server: TestServer;
let world: World;
let owner: pg.Client;
let observer: pg.Client;
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
  [owner, observer] = [0, 1].map(() => new pg.Client({ connectionString: server.database.url })) as [
    pg.Client,
    pg.Client,
  ];
  await Promise.all([owner.connect(), observer.connect()]);
});
afterAll(async () => {
  await Promise.all([owner.end(), observer.end()]);
  await server.stop();
});

it('finds the same by every way of looking', async () => {
  const [admin, agent] = await Promise.all([world.as('admin'), world.as('agent')]);
  const given: string[] = [];
  for (let index = 0; index < 30; index += 1) {
    const { conversationId } = await customerWrites(world, {
      text: `Tapir ${index} 東京都 ${index % 3 ? 'grazes' : 'sleeps'}`,
    });
    if (index % 4 === 0) await agent.ask(ADD_NOTE, { input: { conversationId, text: `tapir ${index}` } });
    if (index % 5 > 0) continue;
    await admin.ask(ASSIGN, { input: { conversationId, assigneeId: world.ids.agents.agent } });
    given.push(conversationId);
  }
  // One of those goes on in another one, which changes nothing of who may find what was said in it.
  await owner.query('update conversation set merged_into_id = $2 where id = $1', given.slice(0, 2));
  const people: Person[] = ['admin', 'supervisor', 'agent', 'outsider'];
  const principals = await Promise.all(
    people.map((person) => server.app.principals.signingIn(world.ids.workspace, world.ids.agents[person], newId())),
  );
  const ownOnly = { ...principals[2]!, displayName: 'of their own only', inboxIds: [], teamIds: [] };
  const told = new Set<number>();
  for (const principal of [...principals, ownOnly]) {
    const person = principal.displayName;
    for (const text of ['tapir', 'tapir grazes', '東京都', 'tapir 7', 'nothing of this']) {
      for (const filter of [{}, { channels: ['WEB_CHAT' as const] }, { kinds: ['NOTE' as const] }]) {
        const page = pageOf('FOUND_DESC', { first: 10 });
        const by = async (bounds: Bounds) =>
          (await searchPage(server.app.db, principal, readQuery(text)!, filter, page, bounds)).map(({ id }) => id);
        const few = await by({ few: 1_000, lines: 1_000, near: 1_000 });
        expect(await by({ few: 1_000, lines: 0, near: 1_000 }), `${person} ${text}`).toEqual(few);
        expect(await by({ few: 0, lines: 0, near: 1_000 }), `${person} ${text}`).toEqual(few);
        expect(await by({ few: 0, lines: 0, near: 1 }), `${person} ${text}`).toEqual(few);
        told.add(few.length);
      }
    }
  }
  expect([...told]).toEqual(expect.arrayContaining([0, 2, 6, 8, 11]));
});

interface Plan {
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  Plans?: Plan[];
}
/** Rows that a plan has read for nothing. */
const discarded = (plan: Plan): number =>
  (plan['Rows Removed by Filter'] ?? 0) +
  (plan['Rows Removed by Index Recheck'] ?? 0) +
  (plan.Plans ?? []).reduce((sum, part) => sum + discarded(part), 0);

it('reads of a common word no more than what is of the kind or the senders that are asked for', async () => {
  const senders = [newId(), newId()];
  const entries = `insert into search_entry (workspace_id, id, kind, conversation_id, actor_kind, actor_id, at, words)
    select $1::uuid, gen_random_uuid(), $2::text, gen_random_uuid(), $3::text, $4::uuid, now() - n * interval '1 second',
      search_vector($1, 'common', array_remove(array[$2, $3], null)) from generate_series($5::int, $6::int) n`;
  await owner.query(entries, [world.ids.workspace, 'MESSAGE', 'CONTACT', newId(), 1, 20_000]);
  await owner.query(entries, [world.ids.workspace, 'MESSAGE', 'BOT', senders[0], 30_001, 30_003]);
  await owner.query(entries, [world.ids.workspace, 'NOTE', 'AGENT', senders[1], 30_004, 30_005]);
  await owner.query(entries, [world.ids.workspace, 'CONVERSATION', null, null, 30_006, 30_009]);
  await owner.query('analyze search_entry');
  const principal = await server.app.principals.signingIn(world.ids.workspace, world.ids.agents.admin, newId());
  const filters: [MessageSearchFilter, number][] = [
    [{ kinds: ['CONVERSATION'] }, 4],
    [{ kinds: ['NOTE', 'CONVERSATION'] }, 6],
    [{ senderKinds: ['BOT', 'AGENT'] }, 5],
    [{ kinds: ['MESSAGE'], senderKinds: ['BOT'] }, 3],
    [{ senderIds: senders }, 5],
  ];
  for (const [filter, count] of filters) {
    const asked: Sql[] = [];
    const db = new Proxy(server.app.db, {
      get: (target, name) => {
        if (name !== 'searchedRows') return Reflect.get(target, name);
        return (statement: Sql) => {
          asked.push(statement);
          return target.searchedRows(statement);
        };
      },
    });
    const page = pageOf('FOUND_DESC', { first: 10 });
    expect(
      await searchPage(db, principal, readQuery('common')!, filter, page, { few: 0, lines: 0, near: 5 }),
    ).toHaveLength(count);
    const [plan] = await server.app.db.searchedRows<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
      sql`explain (analyze, format json) ${asked.at(-1)!}`,
    );
    expect({ filter, few: discarded(plan!['QUERY PLAN'][0].Plan) < 20 }).toEqual({ filter, few: true });
  }
});

it('keeps nobody in the workspace waiting while the words of a long text are put into the index', async () => {
  const [agent, admin] = await Promise.all([world.as('agent'), world.as('admin')]);
  const [written, other] = [await customerWrites(world), await customerWrites(world)];
  const lines = Array.from({ length: 500 }, (_, index) => `kakapo ${index}`).join('\n');
  const waiting = async () =>
    (
      await observer.query(
        `select pid, xact_start::text from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock' and wait_event = 'relation'`,
      )
    ).rows;
  await owner.query('begin');
  await owner.query('lock table search_entry in share mode');
  const sending = agent.ask(SEND, { input: { conversationId: written.conversationId, text: lines } });
  const before = await vi.waitFor(async () => {
    const found = await waiting();
    expect(found).toHaveLength(1);
    return found;
  });
  await admin.ask(ADD_LABELS, {
    input: { conversationId: other.conversationId, labelIds: [world.ids.labels.vip] },
  });
  expect(await waiting()).toEqual(before);
  await owner.query('rollback');
  const { message } = (await sending).sendMessage;
  const { searchMessages } = await agent.ask('{ searchMessages(query: "kakapo 499") { nodes { id } } }');
  expect(searchMessages.nodes).toEqual([{ id: message.id }]);
});

it('keeps nothing of a long text whose event could not be recorded', async () => {
  const text = 'moa '.repeat(600).trim();
  await owner.query('begin');
  await owner.query('select from record_head where workspace_id = $1 for update', [world.ids.workspace]);
  await expect(customerWrites(world, { text, externalId: 'moa' })).rejects.toThrow('UNAVAILABLE');
  await owner.query('rollback');
  const stored = async () => (await owner.query('select text from message where external_id = $1', ['moa'])).rows;
  const entries = async () =>
    (
      await owner.query("select kind from search_entry where words @@ (right($1, 6) || 'moa')::tsquery", [
        world.ids.workspace,
      ])
    ).rows;
  expect([await stored(), await entries()]).toEqual([[], []]);
  await customerWrites(world, { text, externalId: 'moa' });
  expect([await stored(), await entries()]).toEqual([[{ text }], [{ kind: 'MESSAGE' }]]);
  expect(await verifyWorkspace(server.app.db, world.ids.workspace)).toMatchObject({ valid: true, findings: [] });
});
