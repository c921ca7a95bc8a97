import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sql } from '../../src/services/database.js';
import { continueRemovals, startPruning } from '../../src/services/jobs/remove.js';
import { boundsOf, nextPrunable } from '../../src/services/removals/prune-step.js';
import { recordEvents } from '../support/logs.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld } from '../support/world.js';

let server: TestServer;
let owner: pg.Client;
/** Two workspaces, in the order in which they are looked at. */
let workspaces: [first: string, second: string];
/** Far enough for everything that is kept for a month to go. */
const AHEAD_MS = 60 * 86_400_000;
beforeAll(async () => {
  server = await startTestServer({ now: () => new Date(Date.now() + AHEAD_MS) });
  owner = new pg.Client({ connectionString: server.database.url });
  await owner.connect();
  const worlds = [await createWorld(server, 'first'), await createWorld(server, 'second')];
  workspaces = worlds.map(({ ids }) => ids.workspace).toSorted() as [string, string];
});
afterAll(async () => {
  await owner.end();
  await server.stop();
});

const begin = async (workspaceId: string, pending: readonly string[], startedAt: string): Promise<string> => {
  const id = randomUUID();
  await owner.query(
    `insert into removal_run (workspace_id, id, kind, cutoffs, position, pending, announced, messages, notes, started_at)
     values ($1, $2, 'PRUNING', '{}', -1, $3, 0, 0, 0, $4)`,
    [workspaceId, id, pending, startedAt],
  );
  return id;
};

it('lets a run that fails hold up no other', async () => {
  const [first, second] = workspaces;
  // Nothing announces what it is about to remove.
  const failing = await begin(first, [randomUUID()], '2020-01-01T00:00:00Z');
  const sound = await begin(second, [], '2020-01-02T00:00:00Z');
  await continueRemovals(server.app, new Date());
  const { rows } = await owner.query('select id from removal_run where finished_at is not null');
  expect(rows).toEqual([{ id: sound }]);
  await owner.query('delete from removal_run where id = $1', [failing]);
});

it('lets a workspace in which pruning cannot begin hold up no other', async () => {
  // No date is so long ago.
  const days = { [workspaces[0]]: 2_000_000_000, [workspaces[1]]: 30 };
  for (const [workspaceId, kept] of Object.entries(days)) {
    await owner.query(
      `insert into retention_rule (workspace_id, category, days, changed_at) values ($1, 'CONFIG', $2, now())`,
      [workspaceId, kept],
    );
    await recordEvents(server, workspaceId, 1);
  }
  expect(await startPruning(server.app)).toBe(1);
  const { rows } = await owner.query('select workspace_id from removal_run where finished_at is null');
  expect(rows).toEqual([{ workspace_id: workspaces[1] }]);
  await owner.query('delete from removal_run; delete from retention_rule');
});

it('looks at nothing that is younger, however long the log is', async () => {
  const [, workspaceId] = workspaces;
  const { rows: before } = await owner.query(
    `select size::int as n, date_trunc('milliseconds', clock_timestamp()) + interval '1 millisecond' as at from record_head where workspace_id = $1`,
    [workspaceId],
  );
  await recordEvents(server, workspaceId, 2_000);
  await owner.query('analyze record_body; analyze record_entry');
  const { n, at } = before[0] as { n: number; at: Date };
  const { db } = server.app;
  const bounds = await boundsOf(db, workspaceId, { CONFIG: at.toISOString() });
  expect(bounds).toEqual({ CONFIG: n });
  expect(await boundsOf(db, workspaceId, { CONFIG: '2999-01-01T00:00:00Z' })).toEqual({
    CONFIG: Number.MAX_SAFE_INTEGER,
  });
  const [{ 'QUERY PLAN': plan }] = (await db.rows(
    sql`explain (analyze, format json) ${nextPrunable(workspaceId, bounds, n - 1)}`,
  )) as [{ 'QUERY PLAN': unknown }];
  const read = [...JSON.stringify(plan).matchAll(/"Rows Removed by Filter":(\d+)/g)].map(([, rows]) => Number(rows));
  expect(Math.max(0, ...read)).toBeLessThan(100);
});
