import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Database } from '../../src/services/database.js';
import { newId } from '../../src/services/ids.js';
import { systemPrincipal } from '../../src/services/principal.js';
import { prepareEvent, type NewEvent } from '../../src/services/record/event.js';
import { verifyWorkspace } from '../../src/services/record/verify-workspace.js';
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
});
afterAll(async () => {
  await superuser.end();
  await db.close();
  await database.drop();
});
beforeEach(async () => {
  workspaceId = newId();
  await append(...Array.from({ length: 10 }, () => created()));
});

const target = () => ({ type: 'workspace', id: workspaceId, label: 'Test' });
const created = (): NewEvent => ({ action: 'workspace.created', target: target() });
const pruned = (sequences: string): NewEvent => ({
  action: 'audit.pruned',
  target: target(),
  metadata: { run: 'r', sequences, count: 1 },
});
const erased = (disclosures: string): NewEvent => ({
  action: 'audit.erased',
  target: target(),
  metadata: { run: 'r', disclosures, names: [], count: 1 },
});

/** Puts events onto the log as the product does. @returns their ids. */
async function append(...events: NewEvent[]): Promise<string[]> {
  const request = { id: newId(), ipAddress: null, userAgent: null };
  const prepared = events.map((event) => prepareEvent(event, systemPrincipal(workspaceId), request, new Date()));
  await bound(`select record_append('${workspaceId}', $1)`, [JSON.stringify(prepared.map(({ row }) => row))]);
  return prepared.map(({ id }) => id);
}

/** Runs a statement bound to the workspace, as the role that the product writes with. */
async function bound(statement: string, values: unknown[] = [], workspace = workspaceId): Promise<unknown> {
  await superuser.query('begin; set local role verbatim_app');
  try {
    await superuser.query("select set_config('verbatim.workspace', $1, true)", [workspace]);
    const { rows } = await superuser.query(statement, values);
    await superuser.query('commit');
    return Object.values(rows[0] as object)[0];
  } catch (error) {
    await superuser.query('rollback');
    throw error;
  }
}

const remove = (how: 'record_prune' | 'record_erase', announcement: string) =>
  bound(`select ${how}($1, $2)::int as n`, [workspaceId, announcement]);

/** As a superuser who goes around every rule. */
async function tamper(statement: string): Promise<void> {
  await superuser.query(`begin; set local session_replication_role = replica; ${statement}; commit`);
}

async function report() {
  const { findings, pruned: gone, erased: given, valid } = await verifyWorkspace(db, workspaceId);
  return {
    valid,
    findings: findings.map(({ kind, part, sequence }) => `${kind} ${part} ${sequence ?? '-'}`),
    pruned: gone.sequences,
    erased: given.sequences,
  };
}
const sound = { valid: true, findings: [], pruned: [], erased: [] };

describe('what is announced', () => {
  test('is removed, and nothing else, and the log is as valid as before', async () => {
    const [pruning, erasure] = await append(pruned('2-4,7'), erased('5:0'));
    expect(await report()).toEqual(sound);
    expect(await remove('record_prune', pruning!)).toBe(4);
    expect(await remove('record_erase', erasure!)).toBe(1);
    expect(await report()).toEqual({ ...sound, pruned: ['2-4', '7'], erased: ['5'] });
    // Done again it changes nothing.
    expect(await remove('record_prune', pruning!)).toBe(0);
    expect(await remove('record_erase', erasure!)).toBe(1);
    await append(created());
    expect(await report()).toEqual({ ...sound, pruned: ['2-4', '7'], erased: ['5'] });
  });

  test('is removed never from what comes later, nor from what the log is verified with', async () => {
    const [first] = await append(pruned('0-1000'));
    await append(created());
    expect(await remove('record_prune', first!)).toBe(10);
    const [second, third] = await append(pruned('0-1000'), erased('12:0'));
    // The announcement before it and the event between.
    expect(await remove('record_prune', second!)).toBe(1);
    expect(await report()).toEqual({ ...sound, pruned: ['0-9', '11'] });
    expect(await remove('record_erase', third!)).toBe(0);
  });

  test('keeps its other disclosures and everything that repeats the body', async () => {
    const [, erasure] = await append(
      { action: 'erasure.requested', target: target(), reason: 'because', metadata: { run: 'r' } },
      erased('10:1'),
    );
    const row = `select to_jsonb(b) - 'disclosures' as kept, disclosures from record_body b
      where workspace_id = '${workspaceId}' and sequence = 10`;
    const { rows: before } = await superuser.query(row);
    await remove('record_erase', erasure!);
    const { rows: after } = await superuser.query(row);
    // What it is searched by says what was said.
    expect(before[0].kept.search).not.toBeNull();
    expect(after[0].kept).toEqual({ ...before[0].kept, search: null, ip_address: null });
    expect([before[0].disclosures.length, after[0].disclosures.length]).toEqual([2, 1]);
    expect(before[0].disclosures).toContain(after[0].disclosures[0]);
    expect(await report()).toEqual({ ...sound, erased: ['10'] });
  });
});

describe('what is announced and removed while the log is read', () => {
  const { arrays } = Database.prototype;
  afterEach(() => {
    db.arrays = arrays;
  });
  /** Does something before the first pages are read, when it is known already up to where. */
  function meanwhile(...steps: (() => Promise<unknown>)[]): void {
    db.arrays = async (statement) => {
      await steps.shift()?.();
      return arrays.call(db, statement);
    };
  }
  const removed = async (how: 'record_prune' | 'record_erase', event: NewEvent) => {
    const [announcement] = await append(event, created());
    await remove(how, announcement!);
  };

  test('is no finding, whichever way it goes', async () => {
    meanwhile(() => removed('record_prune', pruned('2-4')));
    expect(await report()).toEqual({ ...sound, pruned: ['2-4'] });
    meanwhile(() => removed('record_erase', erased('5:0')));
    expect(await report()).toEqual({ ...sound, pruned: ['2-4'], erased: ['5'] });
  });

  test('is no finding either when more is removed while that is looked at', async () => {
    meanwhile(
      () => removed('record_prune', pruned('2-4')),
      () => removed('record_prune', pruned('5-11')),
    );
    expect((await report()).findings).toEqual([]);
  });

  test('hides nothing that goes unannounced at the same time, nor rows beyond the head', async () => {
    meanwhile(async () => {
      await removed('record_prune', pruned('2-4'));
      await tamper(`delete from record_body where workspace_id = '${workspaceId}' and sequence = 6`);
    });
    expect(await report()).toEqual({ ...sound, valid: false, findings: ['MISSING body 6'], pruned: ['2-4'] });
    await tamper(`update record_head set size = size - 1 where workspace_id = '${workspaceId}'`);
    expect((await report()).findings).toContain('REWOUND head 11');
  });

  test('accuses nobody, however often it is verified while others write and remove', async () => {
    let isDone = false;
    const writing = (async () => {
      for (let from = 0; !isDone; from++) {
        await append(created(), created());
        await removed(
          from % 2 === 0 ? 'record_prune' : 'record_erase',
          from % 2 === 0 ? pruned(`${from}`) : erased(`${from}:0`),
        );
      }
    })();
    try {
      for (let round = 0; round < 25; round++) expect((await report()).findings).toEqual([]);
    } finally {
      isDone = true;
      await writing;
    }
    expect((await report()).findings).toEqual([]);
  });
});

describe('the database refuses to remove', () => {
  test.each(['record_prune', 'record_erase'] as const)('%s: what no event announces', async (how) => {
    const [other] = await append(created());
    for (const id of [newId(), other!]) await expect(remove(how, id)).rejects.toMatchObject({ code: 'VB002' });
    expect(await report()).toEqual(sound);
  });

  test.each(['record_prune', 'record_erase'] as const)('%s: in another workspace', async (how) => {
    const [announcement] = await append(how === 'record_prune' ? pruned('1') : erased('1:0'));
    const elsewhere = bound(`select ${how}($1, $2)`, [workspaceId, announcement], newId());
    await expect(elsewhere).rejects.toMatchObject({ code: '42501' });
    expect(await report()).toEqual(sound);
  });

  test('what somebody has made an announcement of afterwards', async () => {
    const [announcement] = await append(pruned('1'));
    await tamper(
      `update record_body set body = replace(body, '"sequences":"1"', '"sequences":"1-5"') where event_id = '${announcement}'`,
    );
    await expect(remove('record_prune', announcement!)).rejects.toMatchObject({ code: 'VB002' });
  });
});

describe('a superuser is found out who', () => {
  const at = (sequence: number) => `workspace_id = '${workspaceId}' and sequence = ${sequence}`;

  test('prunes without an announcement', async () => {
    await append(pruned('2'));
    await tamper(`delete from record_body where ${at(3)}`);
    expect(await report()).toEqual({ ...sound, valid: false, findings: ['MISSING body 3'] });
  });

  test('erases without an announcement, or more than it names', async () => {
    const [, erasure] = await append(created(), erased('3:0'));
    await remove('record_erase', erasure!);
    await tamper(`update record_body set disclosures = '{}' where ${at(4)}`);
    expect(await report()).toEqual({ ...sound, valid: false, findings: ['ALTERED disclosure 4'], erased: ['3'] });
  });

  test('prunes the announcement too', async () => {
    const [announcement] = await append(pruned('2-3'));
    await remove('record_prune', announcement!);
    await tamper(`delete from record_body where ${at(10)}`);
    expect((await report()).findings).toEqual(['MISSING body 2', 'MISSING body 3', 'MISSING body 10']);
  });

  test('makes an announcement of another event, or has it speak for more', async () => {
    const [announcement] = await append(pruned('2'));
    await remove('record_prune', announcement!);
    await tamper(`delete from record_body where ${at(3)};
      update record_body set body = replace(body, '"sequences":"2"', '"sequences":"2-3"') where ${at(10)}`);
    expect((await report()).findings).toEqual(['MISSING body 2', 'MISSING body 3', 'ALTERED body 10']);
  });

  test('puts a disclosure beside an event that never had it', async () => {
    await tamper(`update record_body set disclosures = disclosures || array['e30'] where ${at(4)}`);
    expect((await report()).findings).toEqual(['ALTERED disclosure 4']);
  });

  test('exchanges two events, or seals a changed one anew', async () => {
    await tamper(`update record_entry set sequence = -1 where ${at(4)};
      update record_entry set sequence = 4 where ${at(5)}; update record_entry set sequence = 5 where ${at(-1)}`);
    expect((await report()).findings).toEqual([
      'ALTERED body 4',
      'ALTERED leaf 4',
      'REORDERED time 5',
      'ALTERED body 5',
      'ALTERED leaf 5',
      'ALTERED frontier -',
    ]);
  });
});

describe('with a size and root that is known', () => {
  const verify = async (known: { size: bigint; root: string }[]) =>
    (await verifyWorkspace(db, workspaceId, { known })).findings.map(
      ({ kind, part, sequence }) => `${kind} ${part} ${sequence ?? '-'}`,
    );

  test('an untouched log is valid, also when it has grown and lost what was announced', async () => {
    const { size, root } = await verifyWorkspace(db, workspaceId);
    const [announcement] = await append(pruned('2-4'));
    await remove('record_prune', announcement!);
    expect(await verify([{ size, root }])).toEqual([]);
    expect(await verify([{ size: 0n, root: '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' }])).toEqual([]);
  });

  test('an older backup is REWOUND, and one that went on otherwise is FORKED', async () => {
    for (const table of ['record_entry', 'record_body', 'record_head'])
      await superuser.query(
        `create table old_${table} as select * from ${table} where workspace_id = '${workspaceId}'`,
      );
    await append(created(), created());
    const { size, root } = await verifyWorkspace(db, workspaceId);
    await tamper(
      ['record_entry', 'record_body', 'record_head']
        .map(
          (table) =>
            `delete from ${table} where workspace_id = '${workspaceId}'; insert into ${table} select * from old_${table}; drop table old_${table}`,
        )
        .join(';'),
    );
    // By itself it is a sound log.
    expect(await report()).toEqual(sound);
    expect(await verify([{ size, root }])).toEqual(['REWOUND root 10']);
    await append(created(), created(), created());
    expect(await verify([{ size, root }])).toEqual(['FORKED root -']);
  });
});
