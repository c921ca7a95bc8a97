import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { older } from '../../src/entities/migrations/0009-history.js';
import type { ApiClient } from '../support/client.js';
import { ASSIGN, customerWrites, offer, SEND } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';

let server: TestServer;
let world: World;
let admin: ApiClient;
let supervisor: ApiClient;
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
  [admin, supervisor] = await Promise.all([world.as('admin'), world.as('supervisor')]);
});
afterAll(() => server.stop());

const FIND = 'query($filter: AuditEventFilter) { auditEvents(filter: $filter, first: 100) { nodes { action } } }';
const found = async (client: ApiClient, filter: object): Promise<string[]> =>
  (await client.ask(FIND, { filter })).auditEvents.nodes.map(({ action }: { action: string }) => action);

it('finds events by words of the sentence, of names and of the reason, the last one perhaps only begun', async () => {
  const { conversationId } = await customerWrites(world, { contact: { address: 'w1', name: 'Zoë Quist' } });
  const assign = { conversationId, assigneeId: world.ids.agents.colleague };
  await admin.ask(ASSIGN, { input: { ...assign, reason: 'Kundin möchte eine Rückzahlung, 我要退款, ขอเงินคืน' } });
  const find = (search: string) => found(admin, { conversationId, search });
  expect(await find('quist')).toEqual(['message.received', 'conversation.created']);
  expect(await find('ZOË WRO')).toEqual(['message.received']);
  expect(await find('Ada kim')).toEqual(['conversation.assigned']);
  expect(await find('Rückzahl')).toEqual(['conversation.assigned']);
  expect(await find('退款')).toEqual(['conversation.assigned']);
  expect(await find('เงิน')).toEqual(['conversation.assigned']);
  expect(await find('möcht rückzahlung')).toEqual([]);
  expect(await find('nobody')).toEqual([]);
});

it('never finds events by what it masks', async () => {
  const { conversationId } = await customerWrites(world, {
    contact: { address: 'w2', name: 'Asha', email: 'hidden@masked.test' },
  });
  await offer(admin, conversationId, { toTeamId: world.ids.support, comment: 'Betweenus' });
  for (const client of [admin, supervisor]) {
    for (const search of ['hidden', 'masked', 'betweenus', 'node', '127']) {
      expect(await found(client, { conversationId, search })).toEqual([]);
    }
  }
});

it('finds events by their address for who sees addresses, and refuses all others', async () => {
  const { conversationId } = await customerWrites(world);
  for (const ipAddress of ['127.0.0.1', '::FFFF:127.0.0.1']) {
    expect(await found(admin, { conversationId, ipAddress })).toEqual(['message.received', 'conversation.created']);
  }
  expect(await found(await world.as('auditor'), { conversationId, ipAddress: '192.0.2.1' })).toEqual([]);
  const refused = { filter: { ipAddress: '127.0.0.1' } };
  for (const client of [supervisor, await world.as('agent')]) {
    expect((await client.refused(FIND, refused)).extensions.code).toBe('FORBIDDEN');
    const stream = client.subscribe(
      'subscription($filter: AuditEventFilter) { auditEvents(filter: $filter) { cursor } }',
      refused,
    );
    expect(await stream.end()).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    await stream.stop();
  }
});

it('filters a stream by words and addresses as it does a list', async () => {
  const { eventCursor } = (await admin.ask('{ auditEvents(first: 1) { eventCursor } }')).auditEvents;
  const stream = admin.subscribe(
    'subscription($filter: AuditEventFilter, $after: String) { auditEvents(filter: $filter, afterEvent: $after) { event { action } } }',
    { filter: { search: 'Xerxes wr', ipAddress: '127.0.0.1' }, after: eventCursor },
  );
  const { conversationId } = await customerWrites(world, { contact: { address: 'w3', name: 'Xerxes' } });
  await (await world.as('agent')).ask(SEND, { input: { conversationId, text: 'Xerxes wrote' } });
  await customerWrites(world, { contact: { address: 'w3' } });
  const told = () => stream.frames.flatMap((frame) => frame.auditEvents.event ?? []);
  await stream.settle(() => told().length >= 2, 'both messages');
  expect(told()).toEqual([{ action: 'message.received' }, { action: 'message.received' }]);
  await stream.stop();
});

it('says what in a filter cannot be', async () => {
  const filter = { ipAddress: '300.1.2.3', search: ' … ', targetIds: ['x'.repeat(256)] };
  expect((await admin.refused(FIND, { filter })).extensions).toMatchObject({
    code: 'VALIDATION_FAILED',
    fields: [
      { path: 'filter.ipAddress', message: 'is not an address of IPv4 or IPv6' },
      { path: 'filter.search', message: 'has no letter and no digit' },
      { path: 'filter.targetIds.0', message: 'must have at most 255 characters' },
    ],
  });
  const long = await admin.refused(FIND, { filter: { search: 'x'.repeat(256) } });
  expect(long.extensions['fields']).toEqual([{ path: 'filter.search', message: 'must have at most 255 characters' }]);
});

it('finds older events by names, reasons and addresses once the database has been brought up to date', async () => {
  const { conversationId } = await customerWrites(world, { contact: { address: 'w4', name: 'Ólafur Jón' } });
  await offer(admin, conversationId, { toTeamId: world.ids.billing });
  const owner = new pg.Client({ connectionString: server.database.url });
  await owner.connect();
  const kept = async () =>
    (
      await owner.query(
        `select action, body, other_team_ids::text, ip_address from record_body where conversation_id = $1 order by sequence`,
        [conversationId],
      )
    ).rows;
  const before = await kept();
  await owner.query(`alter table record_body disable trigger record_body_refuses;
    update record_body set search = null, ip_address = null, other_team_ids = null;
    alter table record_body enable trigger record_body_refuses;`);
  await owner.query(`begin; ${older}; commit;`);
  expect(await kept()).toEqual(before);
  await expect(owner.query('update record_body set search = null')).rejects.toMatchObject({ code: 'VB001' });
  await owner.end();
  expect(await found(admin, { conversationId, search: 'ólafur j' })).toEqual([
    'message.received',
    'conversation.created',
  ]);
  expect(await found(admin, { conversationId, ipAddress: '127.0.0.1', search: 'billing' })).toEqual([
    'handover.requested',
  ]);
});
