import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { UPSERT } from '../security/contact-rows.js';
import { waitingForLocks } from '../support/locks.js';
import { asCustomer, CREATE_TOKEN, customerWrites, SAY, START } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { brief, recording } from './recorded.js';

let server: TestServer;
let superuser: pg.Client;
let world: World;
let worlds = 0;
beforeAll(async () => {
  server = await startTestServer();
  superuser = new pg.Client({ connectionString: server.database.url });
  await superuser.connect();
});
afterAll(async () => {
  await superuser.end();
  await server.stop();
});
beforeEach(async () => {
  world = await createWorld(server, `acme-${(worlds += 1)}`);
});
afterEach(() => superuser.query('rollback'));

const waiting = () => waitingForLocks(superuser);
const upsert = async (input: object): Promise<string> =>
  (await world.withKey('all').ask(UPSERT, { input })).upsertContact.contact.id;
const profile = async (id: string) =>
  (await superuser.query('select name, email, phone from contact where id = $1', [id])).rows[0];
const contact = { externalId: 'crm-1', name: 'bob', email: 'bob@example.test' };
/** What is recorded of what arrives while somebody writes into the profile. */
async function meanwhile(id: string, written: string, arrives: () => Promise<unknown>) {
  const { events } = await recording(world.withKey('all'), async () => {
    await superuser.query('begin');
    await superuser.query(`update contact set ${written} where id = $1`, [id]);
    const arriving = arrives();
    await expect.poll(waiting, { timeout: 1_500 }).toBe(1);
    await superuser.query('commit');
    await arriving;
  });
  return brief(events).filter(({ action }) => action === 'contact.updated');
}

it.each([
  ['a received message', () => customerWrites(world, { contact })],
  [
    'a customer’s token',
    () => {
      const input = { inboxId: world.ids.inbox, contactExternalId: 'crm-1', name: 'bob' };
      return world.withKey('ingest').ask(CREATE_TOKEN, { input });
    },
  ],
])('%s fills in nothing that people have written at the same moment', async (_, arrives) => {
  const id = await upsert({ externalId: 'crm-1' });
  const recorded = await meanwhile(id, `name = 'Robert Smith', email = 'robert@example.test'`, arrives);
  expect(await profile(id)).toEqual({ name: 'Robert Smith', email: 'robert@example.test', phone: null });
  expect(recorded).toEqual([]);
});

it('a received message fills in what is still unknown, and says so', async () => {
  const id = await upsert({ externalId: 'crm-1' });
  const recorded = await meanwhile(id, `name = 'Robert Smith'`, () => customerWrites(world, { contact }));
  expect(await profile(id)).toEqual({ name: 'Robert Smith', email: 'bob@example.test', phone: null });
  expect(recorded).toEqual([{ action: 'contact.updated', changes: ['email: null → bob@example.test'] }]);
});

it.each([
  ['a name', { externalId: 'crm-1', name: 'bob' }],
  ['an address', { externalId: 'crm-1', address: 'visitor-1' }],
])('a channel that brings %s and a customer in the web chat both write, at the same moment', async (_, brought) => {
  const customer = await asCustomer(world, { contactExternalId: 'crm-1' });
  const said = (text: string, more: object = {}) => ({ input: { text, idempotencyKey: randomUUID(), ...more } });
  const conversationId = (await customer.ask(START, said('Hello'))).startConversation.conversation.id;
  await superuser.query('begin');
  await superuser.query('select 1 from conversation where id = $1 for update', [conversationId]);
  const received = customerWrites(world, { contact: brought, text: 'By the channel' });
  await expect.poll(waiting, { timeout: 1_500 }).toBe(1);
  const writing = customer.ask(SAY, said('By the page', { conversationId }));
  await expect.poll(waiting, { timeout: 1_500 }).toBe(2);
  await superuser.query('rollback');
  const [taken, sent] = await Promise.allSettled([received, writing]);
  expect([taken.status, sent.status]).toEqual(['fulfilled', 'fulfilled']);
});
