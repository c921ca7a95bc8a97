import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CHANGE_CONVERSATIONS, REMOVE_LABELS } from '../security/details.js';
import type { ApiClient } from '../support/client.js';
import { followedBy } from '../support/live-view.js';
import { ASSIGN, customerWrites, newestSequence, SET_STATUS } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { recording } from './recorded.js';
import { change, changed, noSuch } from './several.js';

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

it(
  'changes 100 in four transactions, with nothing but one event for each and one for all',
  { timeout: 60_000 },
  async () => {
    const ids = await several(100);
    const since = await newestSequence(admin);
    const { batchId, results } = await change(agent, ids.toReversed(), { priority: 'HIGH' });
    expect(results).toEqual(ids.toReversed().map((id) => changed(id)));
    const { rows } = await superuser.query(
      `select action, causation_id, count(distinct conversation_id)::int as conversations, count(distinct body::jsonb ->> 'request')::int as requests
     from record_body where workspace_id = $1 and sequence > $2 and category = 'CONVERSATION' group by 1, 2 order by 1`,
      [world.ids.workspace, since],
    );
    expect(rows).toEqual([
      { action: 'conversation.bulk_changed', causation_id: null, conversations: 0, requests: 1 },
      { action: 'conversation.priority_changed', causation_id: batchId, conversations: 100, requests: 1 },
    ]);
    const written = await superuser.query(
      'select count(distinct xmin::text)::int as transactions from conversation where id = any($1::uuid[])',
      [ids],
    );
    expect(written.rows).toEqual([{ transactions: 4 }]);
  },
);

it('answers the same under the same key, without an event, and refuses the key for something else', async () => {
  const [one, other] = (await several(2)) as [string, string];
  const absent = randomUUID();
  const asked = { status: 'SNOOZED', until: new Date(Date.now() + 60_000).toISOString(), idempotencyKey: randomUUID() };
  const first = await change(agent, [one, absent, other], asked);
  expect(first.results).toEqual([changed(one), noSuch(absent), changed(other)]);
  // Whatever has become of them since.
  await agent.ask(SET_STATUS, { input: { conversationId: one, status: 'OPEN' } });
  const { result, events } = await recording(admin, () =>
    Promise.all([1, 2, 3].map(() => change(agent, [one, absent, other], asked))),
  );
  expect(result).toEqual([first, first, first]);
  expect(events).toEqual([]);
  const { extensions } = await agent.refused(CHANGE_CONVERSATIONS, {
    input: { ...asked, conversationIds: [one, other] },
  });
  expect(extensions).toMatchObject({ code: 'CONFLICT', current: { idempotencyKey: asked.idempotencyKey } });
  // A key is whose it is: of somebody else it is another one.
  const theirs = await change(admin, [one, absent, other], asked);
  expect(theirs.batchId).not.toBe(first.batchId);
});

it('does everything once where the same request comes six times at once', async () => {
  const ids = await several(5);
  const asked = { priority: 'URGENT', idempotencyKey: randomUUID() };
  const { result, events } = await recording(admin, () =>
    Promise.all(Array.from({ length: 6 }, () => change(agent, ids, asked))),
  );
  expect(new Set(result.map(({ batchId }) => batchId)).size).toBe(1);
  for (const { results } of result) expect(results).toEqual(ids.map((id) => changed(id)));
  expect(events.map(({ action }) => action)).toEqual([
    'conversation.bulk_changed',
    ...ids.map(() => 'conversation.priority_changed'),
  ]);
});

it('leaves out who somebody else keeps changing, says so, and goes on with them under the same key', async () => {
  const ids = (await several(4)).toSorted();
  const held = ids[1]!;
  const asked = { priority: 'LOW', idempotencyKey: randomUUID() };
  await superuser.query('begin');
  let first: Awaited<ReturnType<typeof change>>;
  try {
    await superuser.query('select 1 from conversation where id = $1 for update', [held]);
    first = await change(agent, ids, asked);
  } finally {
    await superuser.query('rollback');
  }
  expect(first.results.map(({ error }) => error?.code ?? null)).toEqual([null, 'UNAVAILABLE', null, null]);
  const { result, events } = await recording(admin, () => followedBy(viewers, () => change(agent, ids, asked)));
  expect(result).toEqual({ batchId: first.batchId, results: ids.map((id) => changed(id)) });
  expect(events.map(({ action, target }) => [action, target.id])).toEqual([['conversation.priority_changed', held]]);
});

it('waits for who is just being changed', async () => {
  const [one, other] = (await several(2)) as [string, string];
  await superuser.query('begin');
  await superuser.query('select 1 from conversation where id = $1 for update', [one]);
  const changing = change(agent, [one, other], { priority: 'LOW' });
  await expect
    .poll(async () => {
      const { rows } = await superuser.query("select 1 from pg_locks where not granted and locktype = 'transactionid'");
      return rows.length;
    })
    .toBe(1);
  await superuser.query('rollback');
  expect((await changing).results).toEqual([changed(one), changed(other)]);
});

it('meets others who change the same ones, one or several, in whatever order', { timeout: 60_000 }, async () => {
  const ids = await several(40);
  const { agents, labels } = world.ids;
  const priorities = ['LOW', 'MEDIUM', 'HIGH', 'URGENT'];
  const bulk = priorities.map((priority, index) =>
    change(index % 2 ? agent : admin, index % 2 ? ids : ids.toReversed(), {
      priority,
      assigneeId: index % 2 ? agents.agent : agents.colleague,
      status: index % 2 ? 'RESOLVED' : 'OPEN',
      ...(index % 2 ? { addLabelIds: [labels.vip] } : { removeLabelIds: [labels.vip] }),
    }),
  );
  const singles = ids.flatMap((conversationId) => [
    agent.ask(ASSIGN, { input: { conversationId, assigneeId: agents.agent } }),
    admin.ask(REMOVE_LABELS, { input: { conversationId, labelIds: [labels.vip] } }),
  ]);
  const [answers] = await Promise.all([Promise.all(bulk), Promise.all(singles)]);
  for (const { results } of answers) expect(results.filter(({ error }) => error !== null)).toEqual([]);
});
