import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { ApiClient } from '../support/client.js';
import { waitingForLocks } from '../support/locks.js';
import { SET_STATUS } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { beginnings, writtenBy } from '../support/statements.js';
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
/** Does something that waits for a change of somebody else, who is then done. */
async function meanwhile<T>([change, values]: [string, unknown[]], work: () => Promise<T>): Promise<T> {
  await superuser.query('begin');
  await superuser.query(change, values);
  const waits = work();
  await untilWaiting(1);
  await superuser.query('commit');
  return waits;
}

async function untilWaiting(count: number): Promise<void> {
  await expect.poll(() => waitingForLocks(superuser), { timeout: 5_000 }).toBe(count);
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
    const { result, statements } = await writtenBy(server, () => receive(as, more));
    expect(result).toEqual({ duplicate: false, messageId: expect.any(String), conversationId, contactBlocked: false });
    expect(beginnings(statements)).toEqual([
      'begin isolation',
      'select pg_advisory_xact_lock',
      'select c."workspace_id"',
      'with "claimed"',
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
  const { events } = await recording(admin, () =>
    meanwhile(
      [`update conversation set status = 'RESOLVED', resolved_at = now() where id = $1`, [conversationId]],
      async () => {
        expect((await receive(contact)).conversationId).toBe(conversationId);
      },
    ),
  );
  expect(brief(events)).toEqual([
    { action: 'conversation.reopened', changes: ['status: RESOLVED → OPEN'] },
    { action: 'message.received', changes: [] },
  ]);
});

it('goes into a contact’s older conversation where the latest became somebody else’s while the message waited', async () => {
  const [contact, other] = [someone(), someone()];
  const older = (await receive(contact, { conversationExternalId: randomUUID() })).conversationId;
  const { conversationId } = await receive(contact, { conversationExternalId: randomUUID() });
  const others = (await receive(other)).conversationId;
  const given = await meanwhile(
    [
      'update conversation set contact_id = (select contact_id from conversation where id = $2) where id = $1',
      [conversationId, others],
    ],
    () => receive(contact),
  );
  expect(given.conversationId).toBe(older);
});

it('opens a conversation where the only one became somebody else’s while the message waited', async () => {
  const [contact, other] = [someone(), someone()];
  const { conversationId } = await receive(contact);
  const others = (await receive(other)).conversationId;
  const given = await meanwhile(
    [
      'update conversation set contact_id = (select contact_id from conversation where id = $2) where id = $1',
      [conversationId, others],
    ],
    () => receive(contact),
  );
  expect(new Set([given.conversationId, conversationId, others]).size).toBe(3);
});

it('looks contacts up by their address and by their id, however many there are', async () => {
  const contact = { ...someone(), externalId: randomUUID() };
  await receive(contact);
  const { statements } = await writtenBy(server, () => receive(contact));
  const [{ text, values }] = statements.filter((each) => each.text.includes('contact_identity')) as [
    (typeof statements)[0],
  ];
  // As the role that writes, with the plan for any values, and where an index is used wherever one can be.
  await superuser.query('begin');
  for (const setting of [
    'role verbatim_app',
    'plan_cache_mode = force_generic_plan',
    'enable_seqscan = off',
    'enable_bitmapscan = off',
  ])
    await superuser.query(`set local ${setting}`);
  await superuser.query(`select set_config('verbatim.workspace', $1, true)`, [world.ids.workspace]);
  const { rows } = await superuser.query(`explain (costs off) ${text}`, [...values]);
  const conditions = rows
    .map((row) => String(row['QUERY PLAN']).trim())
    .filter((line) => line.startsWith('Index Cond'));
  expect(conditions).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/channel = i.channel.*address = CASE/),
      expect.stringMatching(/external_id = /),
      expect.stringMatching(/id = CASE/),
      expect.stringMatching(/contact_id = k.id.*inbox_id = |inbox_id = .*contact_id = k.id/),
    ]),
  );
});

it('takes a blank id for none', async () => {
  const [one, other] = [someone(), someone()];
  const first = await receive({ ...one, externalId: '', name: ' ' }, { conversationExternalId: ' ' });
  const second = await receive({ ...other, externalId: ' ' }, { conversationExternalId: ' ' });
  expect(second.conversationId).not.toBe(first.conversationId);
  expect((await receive({ ...other, externalId: '' })).conversationId).toBe(second.conversationId);
  const { rows } = await superuser.query(
    `select k.external_id, k.name, c.external_id as conversation from conversation c join contact k on k.id = c.contact_id
     where c.id = any($1)`,
    [[first.conversationId, second.conversationId]],
  );
  const nothing = { external_id: null, name: null, conversation: null };
  expect(rows).toEqual([nothing, nothing]);
});

it('claims the channel’s key before it waits for the record, at once as otherwise', async () => {
  const [atWork, resolved] = [someone(), someone()];
  await receive(atWork);
  const { conversationId } = await receive(resolved);
  await admin.ask(SET_STATUS, { input: { conversationId, status: 'RESOLVED' } });
  const externalId = randomUUID();
  await superuser.query('begin');
  await superuser.query('select 1 from record_head where workspace_id = $1 for update', [world.ids.workspace]);
  const atOnce = receive(atWork, { externalId });
  await untilWaiting(1);
  const otherwise = receive(resolved, { externalId });
  await untilWaiting(2);
  await superuser.query('rollback');
  const first = await atOnce;
  expect(first.duplicate).toBe(false);
  expect(await otherwise).toEqual({ ...first, duplicate: true });
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
