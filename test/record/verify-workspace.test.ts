import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Database } from '../../src/services/database.js';
import { newId } from '../../src/services/ids.js';
import { systemPrincipal } from '../../src/services/principal.js';
import { prepareEvent } from '../../src/services/record/event.js';
import { verifiableWorkspaces, verifyWorkspace } from '../../src/services/record/verify-workspace.js';
import { createTestDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
let db: Database;
let superuser: pg.Client;
let workspaceId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  db = await Database.open({ url: database.url, poolSize: 2, statementTimeoutMs: 5_000, lockTimeoutMs: 2_000 });
  superuser = new pg.Client({ connectionString: database.url });
  await superuser.connect();
  // What no role of the product can do: what is tested is that it shows.
  for (const table of ['record_entry', 'record_body', 'record_head']) {
    await superuser.query(`alter table ${table} disable trigger user`);
    await superuser.query(`alter table ${table} drop constraint ${table}_pkey`);
  }
  await superuser.query('alter table record_entry alter leaf_hash drop not null');
});
afterAll(async () => {
  await superuser.end();
  await db.close();
  await database.drop();
});
beforeEach(async () => {
  workspaceId = newId();
  await append(12);
});

async function append(count: number): Promise<void> {
  const target = { type: 'workspace', id: workspaceId, label: 'Test' };
  const request = { id: newId(), ipAddress: null, userAgent: null };
  const rows = Array.from(
    { length: count },
    () => prepareEvent({ action: 'workspace.created', target }, systemPrincipal(workspaceId), request, new Date()).row,
  );
  await superuser.query('begin');
  await superuser.query("select set_config('verbatim.workspace', $1, true)", [workspaceId]);
  await superuser.query('select record_append($1, $2)', [workspaceId, JSON.stringify(rows)]);
  await superuser.query('commit');
}

/** Each finding as `KIND part sequence`. */
async function findings(): Promise<string[]> {
  const report = await verifyWorkspace(db, workspaceId);
  return report.findings.map(({ kind, part, sequence }) => `${kind} ${part} ${sequence ?? '-'}`);
}

test('an untouched log is valid, also one of several pages', async () => {
  await append(1_100);
  expect(await verifyWorkspace(db, workspaceId)).toMatchObject({
    workspaceId,
    size: 1_112n,
    valid: true,
    findings: [],
  });
});

test('a log that grows while it is read is valid', async () => {
  let done = false;
  const growing = (async () => {
    while (!done) await append(3);
  })();
  try {
    for (let round = 0; round < 20; round++) expect(await findings()).toEqual([]);
  } finally {
    done = true;
    await growing;
  }
});

describe('a superuser who', () => {
  test.each([
    [
      'edits a body',
      `update record_body set body = replace(body, 'NOTICE', 'INFO') where @3`,
      ['ALTERED body 3', 'ALTERED column 3'],
    ],
    ['edits a column to filter by', `update record_body set actor_kind = 'AGENT' where @3`, ['ALTERED column 3']],
    ['edits when it happened', `update record_body set occurred_at = 'infinity' where @3`, ['ALTERED column 3']],
    [
      'edits a disclosure',
      `update record_body set disclosures = '{e30}' where @3`,
      ['ALTERED disclosure 3', 'ALTERED disclosure 3'],
    ],
    ['deletes a body', 'delete from record_body where @3', ['MISSING body 3']],
    ['deletes an event', 'delete from record_entry where @3', ['GAP sequence 3']],
    ['deletes the newest event', 'delete from record_entry where @11', ['GAP sequence 11']],
    [
      'edits a recorded time',
      `update record_entry set recorded_at = recorded_at + interval '1 microsecond' where @11`,
      ['ALTERED leaf 11', 'ALTERED frontier -', 'ALTERED head -'],
    ],
    ['makes a time no time', `update record_entry set recorded_at = '-infinity' where @0`, ['ALTERED entry 0']],
    ['empties a hash', 'update record_entry set leaf_hash = null where @11', ['ALTERED leaf 11']],
    ['deletes the head', 'delete from record_head where workspace_id = :ws', ['MISSING head -']],
    [
      'rewinds the head',
      'update record_head set size = 8, frontier = frontier[1:1] where workspace_id = :ws',
      ['ALTERED head -', 'REWOUND head 8'],
    ],
    [
      'inserts an event twice',
      'insert into record_entry select * from record_entry where @7',
      ['REORDERED sequence 7'],
    ],
    [
      'renumbers the newest event',
      'update record_entry set sequence = 9223372036854775807 where @11',
      ['GAP sequence 11', 'MISSING body 9223372036854775807', 'ALTERED entry 9223372036854775807', 'REWOUND head 12'],
    ],
    [
      'renumbers the first event',
      'update record_entry set sequence = -5 where @0',
      ['REORDERED sequence -5', 'MISSING body -5', 'ALTERED entry -5', 'GAP sequence 0'],
    ],
  ])('%s is found out', async (_, statement, expected) => {
    await superuser.query(
      statement.replace(/@(\d+)/, 'workspace_id = :ws and sequence = $1').replace(':ws', `'${workspaceId}'`),
    );
    expect(await findings()).toEqual(expected);
  });
});

test('workspaces are found by slug and id, and a log whose workspace is gone is found too', async () => {
  const id = newId();
  await superuser.query(
    `insert into workspace (id, name, slug, log_origin, time_zone, handover_expiry_seconds, agents_see_own_events, created_at)
     values ($1, 'Acme', 'acme', 'localhost/ws/acme', 'UTC', 300, true, now())`,
    [id],
  );
  expect(await verifiableWorkspaces(db, 'acme')).toEqual([{ id, slug: 'acme' }]);
  expect(await verifiableWorkspaces(db, id)).toEqual([{ id, slug: 'acme' }]);
  expect(await verifiableWorkspaces(db, 'nobody')).toEqual([]);
  const all = await verifiableWorkspaces(db);
  expect(all[0]).toEqual({ id, slug: 'acme' });
  expect(all).toContainEqual({ id: workspaceId, slug: null });
});
