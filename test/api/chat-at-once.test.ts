import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { UPSERT } from '../security/contact-rows.js';
import type { ApiClient } from '../support/client.js';
import { waitingForLocks } from '../support/locks.js';
import { asCustomer, SAY, START } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { beginnings, writtenBy } from '../support/statements.js';
import { createWorld, type World } from '../support/world.js';
import { brief, recording } from './recorded.js';

let server: TestServer;
let superuser: pg.Client;
let world: World;
let admin: ApiClient;
beforeAll(async () => {
  server = await startTestServer();
  superuser = new pg.Client({ connectionString: server.database.url });
  await superuser.connect();
  world = await createWorld(server);
  admin = await world.as('admin');
});
afterAll(async () => {
  await superuser.end();
  await server.stop();
});
afterEach(() => superuser.query('rollback'));

let customer: ApiClient;
let contactId: string;
let conversationId: string;
beforeEach(async () => {
  const externalId = randomUUID();
  contactId = await upsert({ externalId, name: 'Asha' });
  customer = await asCustomer(world, { contactExternalId: externalId });
  const input = { text: 'Hello', idempotencyKey: randomUUID() };
  conversationId = (await customer.ask(START, { input })).startConversation.conversation.id;
});
const upsert = async (input: object): Promise<string> =>
  (await world.withKey('all').ask(UPSERT, { input })).upsertContact.contact.id;
const say = async () =>
  (await customer.ask(SAY, { input: { conversationId, text: 'Anybody there?', idempotencyKey: randomUUID() } }))
    .sendCustomerMessage;

/** What is recorded of a message that waits for changes of somebody else, who is then done. */
async function saidMeanwhile(changes: readonly [string, unknown[]][]) {
  const { events } = await recording(admin, async () => {
    await superuser.query('begin');
    for (const [change, values] of changes) await superuser.query(change, values);
    const waits = say();
    await expect.poll(() => waitingForLocks(superuser), { timeout: 5_000 }).toBe(1);
    await superuser.query('commit');
    expect((await waits).conversation.id).toBe(conversationId);
  });
  return events;
}

it('takes what a customer writes further in three exchanges', async () => {
  const { result, statements } = await writtenBy(server, say);
  expect(result).toMatchObject({ message: { text: 'Anybody there?' }, conversation: { id: conversationId } });
  expect(beginnings(statements)).toEqual([
    // Whether the request was seen before, which takes nothing from its limits.
    'begin isolation',
    'select 1',
    'commit',
    'begin isolation',
    'insert into',
    'select k.name',
    'select 1',
    'select c."workspace_id"',
    'with incoming',
    'commit',
  ]);
});

it('brings back what was resolved while the message waited for it', async () => {
  const events = await saidMeanwhile([
    [`update conversation set status = 'RESOLVED', resolved_at = now() where id = $1`, [conversationId]],
  ]);
  expect(brief(events)).toEqual([
    { action: 'conversation.reopened', changes: ['status: RESOLVED → OPEN'] },
    { action: 'message.received', changes: [] },
  ]);
});

it('is said by whom the customer turned out to be while the message waited', async () => {
  const other = await upsert({ externalId: randomUUID(), name: 'Ben' });
  const events = await saidMeanwhile([
    ['update contact set merged_into_id = $2 where id = $1', [contactId, other]],
    ['update conversation set contact_id = $2 where id = $1', [conversationId, other]],
  ]);
  expect(events.map(({ action, actor }) => `${action} by ${actor.label}`)).toEqual(['message.received by Ben']);
});

it('is refused to whom was erased while the message waited', async () => {
  const { events } = await recording(admin, async () => {
    await superuser.query('begin');
    await superuser.query('update contact set erased_at = now() where id = $1', [contactId]);
    const waits = customer.refused(SAY, { input: { conversationId, text: 'Hello', idempotencyKey: randomUUID() } });
    await expect.poll(() => waitingForLocks(superuser), { timeout: 5_000 }).toBe(1);
    await superuser.query('commit');
    expect((await waits).extensions.code).toBe('UNAUTHENTICATED');
  });
  expect(events.filter(({ action }) => action === 'message.received')).toEqual([]);
});
