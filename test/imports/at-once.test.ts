import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { UPSERT } from '../security/contact-rows.js';
import { waitingForLocks } from '../support/locks.js';
import { asCustomer, SAY, START } from '../support/operations.js';
import { conversation, ImportStage, message, PATIENCE } from './stage.js';

let stage: ImportStage;
let superuser: pg.Client;
beforeAll(async () => {
  stage = await ImportStage.open();
  superuser = new pg.Client({ connectionString: stage.server.database.url });
  await superuser.connect();
}, PATIENCE);
afterAll(async () => {
  await superuser.end();
  await stage.close();
});
afterEach(() => superuser.query('rollback'));

const waiting = () => waitingForLocks(superuser);

it('fills in nothing that people have written at the same moment', { timeout: PATIENCE }, async () => {
  const { upsertContact } = await stage.world.withKey('all').ask(UPSERT, { input: { externalId: 'customer-of-one' } });
  const { id } = upsertContact.contact;
  const file = await stage.file('one.ndjson', [conversation('one')]);
  await superuser.query('begin');
  await superuser.query(`update contact set name = 'Robert Smith' where id = $1`, [id]);
  const importing = stage.summary(file);
  await expect.poll(waiting, { timeout: 30_000 }).toBe(1);
  await superuser.query('commit');
  expect(await importing).toMatchObject({ code: 0, conversations: { created: 1 } });
  const { rows } = await superuser.query('select name, email from contact where id = $1', [id]);
  expect(rows).toEqual([{ name: 'Robert Smith', email: 'asha@example.com' }]);
});

it('goes on beside a customer who writes in the web chat at the same moment', { timeout: PATIENCE }, async () => {
  const customer = await asCustomer(stage.world, { contactExternalId: 'crm-1' });
  const said = (text: string, more: object = {}) => ({ input: { text, idempotencyKey: randomUUID(), ...more } });
  const conversationId = (await customer.ask(START, said('Hello'))).startConversation.conversation.id;
  await superuser.query(`update conversation set external_id = 'there' where id = $1`, [conversationId]);
  const contact = { externalId: 'crm-1', name: 'Asha Rao' };
  const file = await stage.file('more.ndjson', [
    conversation('there', { contact: { externalId: 'crm-1' }, messages: [message('there-1', 1)] }),
    conversation('new', { contact, messages: [message('new-1', 3)] }),
  ]);
  await superuser.query('begin');
  await superuser.query('select 1 from conversation where id = $1 for update', [conversationId]);
  const importing = stage.summary(file);
  await expect.poll(waiting, { timeout: 30_000 }).toBe(1);
  const writing = customer.ask(SAY, said('By the page', { conversationId }));
  await expect.poll(waiting, { timeout: 1_500 }).toBe(2);
  await superuser.query('rollback');
  const [imported, written] = await Promise.allSettled([importing, writing]);
  expect(imported).toMatchObject({ value: { code: 0, conversations: { created: 1, extended: 1 } } });
  expect(written.status).toBe('fulfilled');
});
