import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { ApiClient } from '../support/client.js';
import { waitingForLocks } from '../support/locks.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { brief, recording, transcriptOf } from './recorded.js';

let server: TestServer;
let superuser: pg.Client;
let world: World;
let admin: ApiClient;
let channel: ApiClient;
beforeAll(async () => {
  server = await startTestServer();
  superuser = new pg.Client({ connectionString: server.database.url });
  await superuser.connect();
  world = await createWorld(server);
  admin = await world.as('admin');
  channel = world.withKey('ingest');
});
afterAll(async () => {
  await superuser.end();
  await server.stop();
});
afterEach(() => superuser.query('rollback'));

const RECEIVE = `mutation($input: ReceiveMessageInput!) {
  receiveMessage(input: $input) { duplicate messageId conversationId contactBlocked } }`;
interface Received {
  duplicate: boolean;
  messageId: string;
  conversationId: string;
  contactBlocked: boolean;
}
const receive = async (contact: object, input: object = {}): Promise<Received> =>
  (
    await channel.ask(RECEIVE, {
      input: { inboxId: world.ids.inbox, externalId: randomUUID(), contact, text: 'Hello', ...input },
    })
  ).receiveMessage;
const someone = () => ({ address: `visitor-${randomUUID()}` });
async function untilWaiting(count: number): Promise<void> {
  await expect.poll(() => waitingForLocks(superuser), { timeout: 5_000 }).toBe(count);
}

/** The statements of the role that writes while something is done, each by its first two words. */
async function written<T>(work: () => Promise<T>): Promise<{ result: T; statements: string[] }> {
  const { writer: pool } = server.app.db as unknown as { writer: pg.Pool };
  const connect = pool.connect;
  const statements: string[] = [];
  const given: (() => void)[] = [];
  pool.connect = (async () => {
    const client = await (connect as () => Promise<pg.PoolClient>).call(pool);
    const query = client.query;
    client.query = ((...args: unknown[]) => {
      const [asked] = args as [string | { text: string }];
      statements.push((typeof asked === 'string' ? asked : asked.text).trim().split(/\s+/).slice(0, 2).join(' '));
      return (query as (...all: unknown[]) => unknown).apply(client, args);
    }) as typeof query;
    given.push(() => (client.query = query));
    return client;
  }) as typeof connect;
  try {
    return { result: await work(), statements };
  } finally {
    pool.connect = connect;
    for (const giveBack of given) giveBack();
  }
}

it('takes five statements for somebody known in a conversation that is at work, whatever it is found by', async () => {
  const contact = { ...someone(), externalId: randomUUID(), name: 'Asha' };
  const conversationExternalId = randomUUID();
  const { conversationId } = await receive(contact, { conversationExternalId });
  for (const [as, more] of [
    [{ address: contact.address }, {}],
    [{ externalId: contact.externalId }, {}],
    [contact, {}],
    [contact, { conversationExternalId }],
  ] as const) {
    const { result, statements } = await written(() => receive(as, more));
    expect(result).toEqual({ duplicate: false, messageId: expect.any(String), conversationId, contactBlocked: false });
    expect(statements).toEqual([
      'begin isolation',
      'select pg_advisory_xact_lock(hashtextextended(l.name,',
      'select c."workspace_id"',
      'with incoming',
      'commit',
    ]);
  }
  expect(await transcriptOf(admin, conversationId)).toEqual([
    '1 conversation.created',
    ...[2, 3, 4, 5, 6].map((position) => `${position} Hello`),
  ]);
});

it('brings back what was resolved while the message waited for it', async () => {
  const contact = someone();
  const { conversationId } = await receive(contact);
  const { events } = await recording(admin, async () => {
    await superuser.query('begin');
    await superuser.query(`update conversation set status = 'RESOLVED', resolved_at = now() where id = $1`, [
      conversationId,
    ]);
    const received = receive(contact);
    await untilWaiting(1);
    await superuser.query('commit');
    expect((await received).conversationId).toBe(conversationId);
  });
  expect(brief(events)).toEqual([
    { action: 'conversation.reopened', changes: ['status: RESOLVED → OPEN'] },
    { action: 'message.received', changes: [] },
  ]);
});

it('follows a contact’s other conversation where this one became somebody else’s while the message waited', async () => {
  const [contact, other] = [someone(), someone()];
  const { conversationId } = await receive(contact);
  const others = await receive(other);
  await superuser.query('begin');
  await superuser.query(
    'update conversation set contact_id = (select contact_id from conversation where id = $2) where id = $1',
    [conversationId, others.conversationId],
  );
  const received = receive(contact);
  await untilWaiting(1);
  await superuser.query('commit');
  const { conversationId: next } = await received;
  expect(new Set([next, conversationId, others.conversationId]).size).toBe(3);
});

it('takes one externalId of two who are both known once, when both arrive at once', async () => {
  const [one, other] = [someone(), someone()];
  const conversations = [(await receive(one)).conversationId, (await receive(other)).conversationId];
  const externalId = randomUUID();
  // Both have looked and found nothing; the record decides who comes first.
  await superuser.query('begin');
  await superuser.query('select 1 from record_head where workspace_id = $1 for update', [world.ids.workspace]);
  const both = [receive(one, { externalId }), receive(other, { externalId })];
  await untilWaiting(2);
  await superuser.query('rollback');
  const received = await Promise.all(both);
  const [first, ...again] = received.toSorted((a, b) => Number(a.duplicate) - Number(b.duplicate));
  expect(again).toEqual([{ ...first, duplicate: true }]);
  const said = await Promise.all(conversations.map(async (id) => (await transcriptOf(admin, id)).length));
  expect(said.toSorted()).toEqual([2, 3]);
});

it('gives nothing away: a key of another workspace finds neither inbox nor conversation', async () => {
  const contact = someone();
  const { conversationId } = await receive(contact);
  const elsewhere = await createWorld(server, 'elsewhere');
  const input = { inboxId: world.ids.inbox, externalId: randomUUID(), contact, text: 'Hello' };
  const { extensions } = await elsewhere.withKey('ingest').refused(RECEIVE, { input });
  expect(extensions.code).toBe('NOT_FOUND');
  expect(await transcriptOf(admin, conversationId)).toHaveLength(2);
});
