import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { verifyWorkspace } from '../../src/services/record/verify-workspace.js';
import { ERASE, UPDATE_DELIVERY } from '../security/details.js';
import type { ApiClient } from '../support/client.js';
import { everythingOf } from '../support/everything-of.js';
import { followedBy } from '../support/live-view.js';
import { customerWrites, SEND } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { brief, recording } from './recorded.js';

let server: TestServer;
let owner: pg.Client;
let world: World;
let admin: ApiClient;
let viewers: ApiClient[];
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
  admin = await world.as('admin');
  viewers = [admin, await world.as('agent'), await world.as('outsider')];
  owner = new pg.Client({ connectionString: server.database.url });
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await server.stop();
});

const everything = () => everythingOf(owner, world.ids.workspace);
const report = async (input: object) => (await world.withKey('ingest').ask(UPDATE_DELIVERY, { input })).updateDelivery;
const READ = `query($id: ID!) { conversation(id: $id) { contact { id }
  messages(last: 1) { nodes { externalId delivery { status failedAt readAt failureReason } } } } }`;
async function lastOf(id: string) {
  const { conversation } = await admin.ask(READ, { id });
  const [{ externalId, delivery }] = conversation.messages.nodes;
  return { externalId, ...delivery };
}

/** An answer that its channel calls so, if it has told. */
async function answered(externalId?: string): Promise<{ conversationId: string; messageId: string }> {
  const { conversationId } = await customerWrites(world);
  const { sendMessage } = await admin.ask(SEND, { input: { conversationId, text: 'On its way' } });
  const messageId = sendMessage.message.id;
  if (externalId) await report({ messageId, externalId, status: 'SENT' });
  return { conversationId, messageId };
}
async function erase(conversationId: string): Promise<void> {
  const { conversation } = await admin.ask(READ, { id: conversationId });
  await admin.ask(ERASE, { input: { contactId: conversation.contact.id, reason: 'They asked for it' } });
}

it('erases what a channel said of a failure with its contact, from the message and from the record', async () => {
  const address = `${randomUUID()}@example.test`;
  const { conversationId, messageId } = await answered();
  await report({ messageId, status: 'FAILED', failureReason: `No such mailbox: ${address}` });
  expect(await everything()).toContain(address);
  await erase(conversationId);
  expect(await everything()).not.toContain(address);
});

it('takes no more of a report that comes after the erasure than how far the message came', async () => {
  const externalId = `${randomUUID()}@example.test`;
  const { conversationId } = await answered(externalId);
  await erase(conversationId);
  const named = { inboxId: world.ids.inbox, externalId };
  const failureReason = `No such mailbox: ${externalId}`;
  const { events } = await recording(admin, () =>
    followedBy(viewers, async () => {
      // Delivered once more, as channels do.
      expect(await report({ ...named, status: 'SENT' })).toMatchObject({ status: 'SENT', changed: false });
      expect(await report({ ...named, status: 'FAILED', failureReason })).toMatchObject({ changed: true });
      expect(await report({ ...named, status: 'READ' })).toMatchObject({ status: 'READ', changed: true });
    }),
  );
  expect(brief(events)).toEqual([
    { action: 'message.failed', changes: ['delivery: SENT → FAILED'] },
    { action: 'message.read', changes: ['delivery: FAILED → READ'] },
  ]);
  expect(await lastOf(conversationId)).toEqual({
    externalId: null,
    status: 'READ',
    failedAt: expect.any(String),
    readAt: expect.any(String),
    failureReason: null,
  });
  expect(await everything()).not.toContain(externalId);
  expect(await verifyWorkspace(server.app.db, world.ids.workspace)).toMatchObject({ valid: true, findings: [] });
});

it('learns no name of a message after the erasure, also where it had none', async () => {
  const externalId = `${randomUUID()}@example.test`;
  const { conversationId, messageId } = await answered();
  await erase(conversationId);
  const { result, events } = await recording(admin, () => report({ messageId, externalId, status: 'DELIVERED' }));
  expect(result).toMatchObject({ messageId, status: 'DELIVERED', changed: true });
  expect(brief(events)).toEqual([{ action: 'message.delivered', changes: ['delivery: QUEUED → DELIVERED'] }]);
  expect(await lastOf(conversationId)).toMatchObject({ externalId: null, status: 'DELIVERED' });
  expect(await report({ messageId, externalId, status: 'DELIVERED' })).toMatchObject({ changed: false });
  expect(await everything()).not.toContain(externalId);
});

it('a report that an erasure of its contact goes before waits for it, and then keeps no name', async () => {
  const externalId = `${randomUUID()}@example.test`;
  const { conversationId, messageId } = await answered();
  // Somebody holds the conversation; both wait for it, the erasure first.
  await owner.query('begin');
  await owner.query('select 1 from conversation where id = $1 for update', [conversationId]);
  const erased = erase(conversationId);
  await waiters(1);
  const reported = report({ messageId, externalId, status: 'FAILED', failureReason: `No such mailbox: ${externalId}` });
  await waiters(2);
  await owner.query('rollback');
  await Promise.all([erased, reported]);
  expect(await lastOf(conversationId)).toMatchObject({ externalId: null, status: 'FAILED', failureReason: null });
  expect(await everything()).not.toContain(externalId);
});

/** Waits until as many statements of this database wait for a row. */
async function waiters(count: number): Promise<void> {
  await expect
    .poll(
      async () => {
        await owner.query('select pg_stat_clear_snapshot()');
        const { rows } = await owner.query(
          `select count(*)::int as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
        );
        return rows[0].n;
      },
      { timeout: 4_000 },
    )
    .toBe(count);
}
