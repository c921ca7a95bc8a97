import { rm } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { continueRemovals, startPruning } from '../../src/services/jobs/remove.js';
import { verifyWorkspace } from '../../src/services/record/verify-workspace.js';
import { compile, type Sql } from '../../src/services/sql.js';
import { makeDataDir } from '../cli/run-cli.js';
import { ERASE, SET_RETENTION } from '../security/details.js';
import { everythingOf } from '../support/everything-of.js';
import { customerWrites } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { ServerNode } from './node.js';
import { Wire } from './wire.js';

/** Far enough for everything that is kept for a month to go. */
const AHEAD_MS = 60 * 86_400_000;
const NAME = 'Asha Rao';
let server: TestServer;
let world: World;
let owner: pg.Client;
let wire: Wire;
let dataDir: string;
let slug = 0;
const clock = { ahead: 0 };
beforeAll(async () => {
  dataDir = await makeDataDir();
  server = await startTestServer({ env: { DATA_DIR: dataDir }, now: () => new Date(Date.now() + clock.ahead) });
  // Of its own accord it removes nothing: that is for the nodes that are killed.
  const { db } = server.app;
  const asApplication = db.asApplication.bind(db) as (statement: Sql) => Promise<never[]>;
  db.asApplication = ((statement: Sql) =>
    compile(statement).sql.includes('turn_take')
      ? Promise.resolve([{ mine: false }])
      : asApplication(statement)) as typeof db.asApplication;
  owner = new pg.Client({ connectionString: server.database.url });
  await owner.connect();
  wire = await Wire.to(server.database.url);
});
afterAll(async () => {
  await wire.close();
  await owner.end();
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});
beforeEach(async () => {
  // The turns of the node that was killed last are free.
  await owner.query('update turn set expires_at = now()');
  clock.ahead = 0;
  world = await createWorld(server, `acme-${(slug += 1)}`);
});

const startNode = () => ServerNode.start({ DATA_DIR: dataDir, DATABASE_URL: wire.url, DATABASE_POOL_SIZE: '4' });
/** Kills the node in place of passing on the statement; resolved once it is dead. */
function killedAt(node: ServerNode, statement: string): Promise<void> {
  const killed = Promise.withResolvers<void>();
  wire.interrupt({
    statement,
    at: 'asked',
    act: () => void node.kill().then(killed.resolve, killed.reject),
  });
  return killed.promise;
}
const goOn = () => continueRemovals(server.app, new Date(Date.now() + 2 * AHEAD_MS));
/** What the record tells of removing, in order, with what it names. */
const told = async (): Promise<string[]> => {
  const { rows } = await owner.query<{ action: string }>(
    `select action from record_body where workspace_id = $1
       and action in ('erasure.requested', 'audit.erased', 'contact.erased', 'retention.run_started', 'audit.pruned', 'retention.run_completed')
     order by sequence`,
    [world.ids.workspace],
  );
  return rows.map(({ action }) => action);
};
const verified = () => verifyWorkspace(server.app.db, world.ids.workspace);

it.each([
  ['before it is announced', 'announced = announced'],
  ['before anything is removed', 'record_erase'],
  ['before what is removed is committed', "set pending = '{}'"],
  ['before the texts are removed', 'update text_revision'],
  ['before it says that it is done', 'set finished_at'],
])('goes on with an erasure that was killed %s', { timeout: 60_000 }, async (_, statement) => {
  const { conversationId } = await customerWrites(world, { contact: { address: 'asha', name: NAME } });
  const admin = await world.as('admin');
  const { conversation } = await admin.ask('query($id: ID!) { conversation(id: $id) { contact { id } } }', {
    id: conversationId,
  });
  const node = await startNode();
  const dead = killedAt(node, statement);
  const input = { contactId: conversation.contact.id, reason: 'They asked for it' };
  await expect(admin.at(node.url).ask(ERASE, { input })).rejects.toThrow(TypeError);
  await dead;
  // Whatever was done so far, nothing is missing that was not announced.
  expect(await verified()).toMatchObject({ valid: true, findings: [] });
  expect(await told()).not.toContain('contact.erased');

  await goOn();
  expect(await told()).toEqual(['erasure.requested', 'audit.erased', 'contact.erased']);
  expect(await everythingOf(owner, world.ids.workspace)).not.toContain(NAME);
  const report = await verified();
  expect(report).toMatchObject({ valid: true, findings: [], pruned: { events: 0 } });
  expect(report.erased.events).toBeGreaterThan(0);
});

it.each([
  ['before it is announced', 'announced = announced'],
  ['before anything is removed', 'record_prune'],
  ['before what is removed is committed', "set pending = '{}'"],
  ['before it says that it is done', 'set finished_at'],
])('goes on with a pruning that was killed %s', { timeout: 60_000 }, async (_, statement) => {
  await customerWrites(world, { contact: { address: 'asha', name: NAME } });
  const admin = await world.as('admin');
  await admin.ask(SET_RETENTION, { input: { categories: ['CONTACT', 'MESSAGE'], days: 30 } });
  const { rows } = await owner.query<{ sequence: string }>(
    "select sequence from record_body where workspace_id = $1 and category in ('CONTACT', 'MESSAGE') order by sequence",
    [world.ids.workspace],
  );
  expect(rows).toHaveLength(3);
  clock.ahead = AHEAD_MS;
  expect(await startPruning(server.app)).toBe(1);
  clock.ahead = 0;
  const node = await startNode();
  const dead = killedAt(node, statement);
  // Begun long enough ago for a node to take it up by itself.
  await owner.query("update removal_run set started_at = now() - interval '1 hour' where workspace_id = $1", [
    world.ids.workspace,
  ]);
  await dead;
  expect(await verified()).toMatchObject({ valid: true, findings: [] });
  expect(await told()).not.toContain('retention.run_completed');

  await goOn();
  expect(await told()).toEqual(['retention.run_started', 'audit.pruned', 'retention.run_completed']);
  expect(await verified()).toMatchObject({ valid: true, findings: [], pruned: { events: 3 }, erased: { events: 0 } });
});
