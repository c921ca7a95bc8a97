import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ApiClient } from '../support/client.js';
import { customerWrites } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { pagedIds, populate, type List } from '../security/population.js';

const CONVERSATIONS: List = {
  field: 'conversations',
  filterType: 'ConversationFilter',
  orderType: 'ConversationOrder',
};
const UNRESOLVED = ['OPEN', 'IN_PROGRESS', 'PENDING', 'SNOOZED'];

let server: TestServer;
let world: World;
let many: World;
let superuser: pg.Client;
beforeAll(async () => {
  const plenty = String(Number.MAX_SAFE_INTEGER);
  server = await startTestServer({ env: { COST_BUCKET_POINTS: plenty, COST_REFILL_PER_SECOND: plenty } });
  [world, many] = [await createWorld(server), await createWorld(server, 'many')];
  superuser = new pg.Client({ connectionString: server.database.url });
  await superuser.connect();
  await populate(world, 40, 7);
}, 60_000);
afterAll(async () => {
  await superuser.end();
  await server.stop();
});

const COUNTS = `query($filter: ConversationFilter) { conversationCounts(filter: $filter) {
  open inProgress pending snoozed resolved unassigned mine unread } }`;
const countsOf = async (client: ApiClient, filter: object | null = null) =>
  (await client.ask(COUNTS, { filter })).conversationCounts;

it.each(['admin', 'supervisor', 'agent', 'colleague', 'outsider', 'key all', 'key read', 'key bot'] as const)(
  'counts for the %s what their lists hold, and nothing else',
  async (who) => {
    const person = who.startsWith('key ') ? null : (who as 'agent');
    const client = person ? await world.as(person) : world.withKey(who.slice(4) as 'all');
    const of = async (filter: object): Promise<number> => (await pagedIds(client, CONVERSATIONS, { filter })).length;
    const { ids } = world;
    const every: Record<string, unknown>[] = [
      {},
      { labelIds: [ids.labels.vip] },
      { inboxIds: [ids.emailInbox] },
      { pinned: true },
    ];
    for (const filter of every) {
      const among = (more: object) => of({ ...filter, statuses: UNRESOLVED, ...more });
      expect(await countsOf(client, filter), `${JSON.stringify(filter)}`).toEqual({
        open: await of({ ...filter, statuses: ['OPEN'] }),
        inProgress: await of({ ...filter, statuses: ['IN_PROGRESS'] }),
        pending: await of({ ...filter, statuses: ['PENDING'] }),
        snoozed: await of({ ...filter, statuses: ['SNOOZED'] }),
        resolved: await of({ ...filter, statuses: ['RESOLVED'] }),
        unassigned: await among({ unassigned: true }),
        mine: person ? await among({ assigneeIds: [ids.agents[person]] }) : 0,
        unread: person ? await among({ unread: true }) : 0,
      });
    }
  },
);

it('is not the same for everybody: nobody is counted what they may not see', async () => {
  const total = (counts: Record<string, number>) => counts['open']! + counts['inProgress']! + counts['pending']!;
  const [all, part] = [await countsOf(await world.as('admin')), await countsOf(await world.as('outsider'))];
  expect(total(part)).toBeGreaterThan(0);
  expect(total(part)).toBeLessThan(total(all));
});

it('refuses who sees no conversations, and filters that are none', async () => {
  expect((await (await world.as('auditor')).refused(COUNTS, {})).extensions.code).toBe('FORBIDDEN');
  const wrong = await (await world.as('agent')).refused(COUNTS, { filter: { inboxIds: ['x'] } });
  expect(wrong.extensions).toMatchObject({ code: 'VALIDATION_FAILED', fields: [{ path: 'filter.inboxIds.0' }] });
});

it('stops counting at 10,001 of each, by an index of those that are not done', { timeout: 60_000 }, async () => {
  const { conversationId } = await customerWrites(many);
  await superuser.query(
    `insert into conversation select (jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid(), 'external_id', null,
       'number', 1000000 + g, 'status', case when g > 10005 then 'RESOLVED' else 'OPEN' end))).*
     from conversation c, generate_series(1, 20010) g where c.id = $1`,
    [conversationId],
  );
  await superuser.query('vacuum analyze conversation');
  const expected = { open: 10_001, inProgress: 0, pending: 0, snoozed: 0, resolved: 10_001, unassigned: 10_001 };
  expect(await countsOf(await many.as('admin'))).toEqual({ ...expected, mine: 0, unread: 10_001 });
  expect(await countsOf(await many.as('agent'))).toEqual({ ...expected, mine: 0, unread: 10_001 });
  const { rows } = await superuser.query(
    `explain select 1 from reading.conversation c where c.workspace_id = $1 and c.status = 'PENDING' limit 10001`,
    [many.ids.workspace],
  );
  expect(JSON.stringify(rows)).toContain('conversation_unresolved');
});
