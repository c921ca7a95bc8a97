import { afterAll, beforeAll, expect, it } from 'vitest';
import { commit } from '../../src/services/commit.js';
import { sql } from '../../src/services/database.js';
import type { Wanted } from '../../src/services/record/bundle/asked.js';
import { makeEvidence } from '../../src/services/record/bundle/make-evidence.js';
import { TrustPolicy } from '../../src/services/record/bundle/trust-policy.js';
import { verifyBundle, type BundleReport } from '../../src/services/record/bundle/verify-bundle.js';
import { signingCall } from '../../src/services/record/signing/sign-checkpoint.js';
import { readKeys } from '../../src/services/record/signing/stored.js';
import { recordEvents, Tamperer } from '../support/logs.js';
import { customerWrites } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld } from '../support/world.js';

let server: TestServer;
let id: string;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

/** Announces that something goes, and removes it. */
async function remove(action: 'audit.pruned' | 'audit.erased', metadata: Record<string, string>): Promise<void> {
  const target = { type: 'workspace', id, label: 'a workspace' };
  const announcement = await commit(signingCall(server.app, id), async (tx) =>
    tx.record({ action, target, metadata: { run: 'a run', count: 1, ...metadata } }),
  );
  const how = sql.raw(action === 'audit.pruned' ? 'record_prune' : 'record_erase');
  await server.app.db.inWorkspace(id, (tx) => tx.rows(sql`select ${how}(${id}, ${announcement})`));
}

async function verified(wanted: Wanted): Promise<BundleReport> {
  const { db } = server.app;
  const { lines } = await makeEvidence(server.app, id, wanted, { by: 'a test', unmasked: false });
  const all: string[] = [];
  for await (const line of lines) all.push(line.slice(0, -1));
  const [key] = await readKeys(db.rows.bind(db), id);
  const vkey = key!.vkey;
  const policy = TrustPolicy.parse(JSON.stringify({ origins: { [vkey.split('+')[0]!]: [{ vkey }] } }));
  async function* stream() {
    yield* all;
  }
  return verifyBundle(stream(), policy);
}

it('what was announced to go is told as erased or pruned, with the announcement where it is not asked for', async () => {
  const world = await createWorld(server);
  id = world.ids.workspace;
  const { conversationId } = await customerWrites(world);
  await recordEvents(server, id, 10);
  const rows = await server.app.db.rows<{ sequence: number; action: string }>(
    sql`select b.sequence, b.action from record_body b where b.workspace_id = ${id} order by b.sequence`,
  );
  const received = rows.find(({ action }) => action === 'message.received')!.sequence;
  const last = rows.findLast(({ action }) => action === 'label.created')!.sequence;
  await remove('audit.erased', { disclosures: `${received}:0` });
  await remove('audit.pruned', { sequences: `${last - 3}-${last}` });

  const erased = { events: 1, sequences: [String(received)] };
  const pruned = { events: 4, sequences: [`${last - 3}-${last}`] };
  const none = { events: 0, sequences: [] };
  expect(await verified({ conversation: conversationId })).toMatchObject({
    valid: true,
    erased,
    pruned: none,
    counts: { announcements: 1 },
  });
  expect(await verified({ from: last - 5, to: last })).toMatchObject({
    valid: true,
    erased: none,
    pruned,
    counts: { announcements: 1 },
  });
  expect(await verified({ from: 0, to: last + 2 })).toMatchObject({
    valid: true,
    erased,
    pruned,
    counts: { announcements: 0 },
  });
});

it.each(['audit.pruned', 'audit.erased'] as const)(
  'what goes by %s while a bundle is made leaves no bundle that accuses somebody, and the next one tells of it',
  async (action) => {
    const world = await createWorld(server, action.replace('.', '-'));
    id = world.ids.workspace;
    await recordEvents(server, id, 5);
    const rows = await server.app.db.rows<{ sequence: number; action: string }>(
      sql`select b.sequence, b.action from record_body b where b.workspace_id = ${id} order by b.sequence`,
    );
    const last = rows.findLast(({ action: what }) => what === 'label.created')!.sequence;
    const { db } = server.app;
    const { searchedRows } = db;
    // Right after the announcements that there are have been read.
    db.searchedRows = (async (statement) => {
      const found = await searchedRows.call(db, statement);
      db.searchedRows = searchedRows;
      await remove(action, action === 'audit.pruned' ? { sequences: `${last}` } : { disclosures: `${last}:0` });
      return found;
    }) as typeof searchedRows;
    try {
      await expect(verified({ from: last - 3, to: last })).rejects.toMatchObject({ code: 'CONFLICT' });
    } finally {
      db.searchedRows = searchedRows;
    }
    expect(await verified({ from: last - 3, to: last })).toMatchObject({ valid: true, counts: { announcements: 1 } });
  },
);

it('what nobody announced is in the bundle as it is, and found by who receives it', async () => {
  const world = await createWorld(server, 'tampered');
  id = world.ids.workspace;
  await recordEvents(server, id, 5);
  const [{ size }] = (await server.app.db.rows(
    sql`select size::int as size from record_head where workspace_id = ${id}`,
  )) as [{ size: number }];
  await remove('audit.erased', { disclosures: `${size - 1}:0` });
  const tamperer = await Tamperer.of(server);
  await tamperer.client.query(`update record_body set disclosures = '{}' where workspace_id = $1 and sequence = $2`, [
    id,
    size - 1,
  ]);
  await tamperer.client.query('delete from record_body where workspace_id = $1 and sequence = $2', [id, size - 2]);
  await tamperer.client.end();
  expect(await verified({ from: size - 3, to: size - 1 })).toMatchObject({ valid: false });
});
