import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { verifyWorkspace } from '../../src/services/record/verify-workspace.js';
import { operatorExport } from '../../src/services/exports/operator-export.js';
import { CREATE_RULE } from '../alerts/alert-operations.js';
import { CANCEL_EXPORT, REQUEST_EXPORT } from '../exports/stage.js';
import { ADD_LABELS, ANNOTATE, CUSTOM, ERASE } from '../security/details.js';
import type { ApiClient } from '../support/client.js';
import { everythingOf } from '../support/everything-of.js';
import { customerWrites } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';

let server: TestServer;
let owner: pg.Client;
let world: World;
let admin: ApiClient;
let slug = 0;
beforeAll(async () => {
  server = await startTestServer();
  owner = new pg.Client({ connectionString: server.database.url });
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await server.stop();
});
beforeEach(async () => {
  world = await createWorld(server, `acme-${(slug += 1)}`);
  admin = await world.as('admin');
});

const NAME = 'Asha Rao';
const everything = () => everythingOf(owner, world.ids.workspace);
const contactOf = async (conversationId: string): Promise<string> =>
  (await admin.ask('query($id: ID!) { conversation(id: $id) { contact { id } } }', { id: conversationId })).conversation
    .contact.id;
const arrives = async (input: object = {}): Promise<{ conversationId: string; contactId: string }> => {
  const { conversationId } = await customerWrites(world, { contact: { address: 'asha', name: NAME }, ...input });
  return { conversationId, contactId: await contactOf(conversationId) };
};
const eventsOf = async (filter: object) =>
  (
    await admin.ask(
      'query($filter: AuditEventFilter) { auditEvents(filter: $filter, orderBy: RECORDED_ASC, first: 50) { nodes { id state summary reason target { label } } } }',
      { filter },
    )
  ).auditEvents.nodes;
/** Erases, and holds that everything that goes was counted before and that the log is as sound as it was. */
async function erase(contactId: string): Promise<void> {
  const input = { contactId, reason: 'They asked for it' };
  const dry = (await admin.ask(ERASE, { input: { ...input, dryRun: true } })).eraseContact;
  const { runId, ...done } = (await admin.ask(ERASE, { input })).eraseContact;
  expect(runId).toEqual(expect.any(String));
  expect({ ...done, runId: null }).toEqual({ ...dry, completed: true });
  expect(await verifyWorkspace(server.app.db, world.ids.workspace)).toMatchObject({ valid: true, findings: [] });
}

it('reaches refusals that name the contact, and remarks on them', async () => {
  const { contactId } = await arrives();
  const feed = world.withKey('feed');
  await feed.refused('query($id: ID!) { contact(id: $id) { name } }', { id: contactId });
  await feed.refused(ADD_LABELS, { input: { contactId, labelIds: [contactId] } });
  const refusals = await eventsOf({ actions: ['auth.access_denied'], contactId });
  expect(refusals.map(({ target }: { target: { label: string } }) => target.label)).toEqual([NAME, NAME]);
  await admin.ask(ANNOTATE, { input: { eventId: refusals[0].id, text: `Was about ${NAME}` } });
  // As an event was before the contact stood in it.
  await owner.query('begin; set local session_replication_role = replica');
  await owner.query("update record_body set contact_id = null where action = 'auth.access_denied'");
  await owner.query('commit');
  const input = { contactId, reason: 'They asked for it' };
  await admin.ask(ERASE, { input });
  expect(await everything()).not.toContain(NAME);
});

it('reaches remarks on events of the contact and custom events about them, and nothing of others', async () => {
  const { conversationId, contactId } = await arrives();
  const other = await arrives({ contact: { address: 'ben', name: 'Ben' } });
  const [created] = await eventsOf({ actions: ['contact.created'], contactId });
  const first = (await admin.ask(ANNOTATE, { input: { eventId: created.id, text: `This is ${NAME}` } })).annotateEvent;
  await admin.ask(ANNOTATE, { input: { eventId: first.annotation.id, text: `Yes, ${NAME}` } });
  const about = { namespace: 'shop', text: `${NAME} paid`, reason: `${NAME} said so` };
  const target = { type: 'order', id: '17', label: `order of ${NAME}` };
  await admin.ask(CUSTOM, { input: { ...about, event: 'paid', conversationId, target } });
  await admin.ask(CUSTOM, { input: { ...about, event: 'noted', contactId } });
  await admin.ask(CUSTOM, {
    input: { ...about, event: 'named', target: { ...target, type: 'contact', id: contactId } },
  });
  const [theirs] = await eventsOf({ actions: ['contact.created'], contactId: other.contactId });
  await admin.ask(ANNOTATE, { input: { eventId: theirs.id, text: 'This is Ben' } });
  const kept = { namespace: 'shop', event: 'kept', text: 'Ben paid', reason: 'Ben said so' };
  await admin.ask(CUSTOM, { input: { ...kept, contactId: other.contactId } });

  await erase(contactId);

  const left = await everything();
  expect(left).not.toContain(NAME);
  for (const one of ['This is Ben', 'Ben paid', 'Ben said so', 'They asked for it']) expect(left).toContain(one);
  const [remark] = await eventsOf({ actions: ['audit.annotated'], contactId });
  expect(remark).toMatchObject({ state: 'ERASED', target: { label: expect.stringContaining('contact.created') } });
  const [requested] = await eventsOf({ actions: ['erasure.requested'] });
  expect(requested).toMatchObject({ state: 'PRESENT', reason: 'They asked for it' });
});

it('leaves no id of a channel, and still knows a message that is delivered again', async () => {
  const externalId = `wamid.${NAME}`;
  const text = 'Where is my order?';
  const first = await arrives({ externalId, text });
  expect((await customerWrites(world, { externalId, text, contact: { address: 'asha' } })).duplicate).toBe(true);
  await erase(first.contactId);
  expect(await everything()).not.toContain(NAME);
  const again = await customerWrites(world, { externalId, text, contact: { address: 'asha', name: NAME } });
  expect(again).toMatchObject({ duplicate: true, conversationId: first.conversationId });
  // Nothing was taken in by it.
  expect(await everything()).not.toContain(NAME);
  const other = await customerWrites(world, { externalId, inboxId: world.ids.emailInbox, contact: { address: 'b' } });
  expect(other.duplicate).toBe(false);
});

it('reaches what others filtered by that names the contact, and no other filter', async () => {
  const address = 'asha@customer.example';
  const { contactId } = await arrives({ contact: { address, name: NAME, email: address } });
  const others = await arrives({ contact: { address: 'ben', name: 'Ben' } });
  const requestExport = async (filter: object, format = 'JSONL') => {
    const input = { format, filter, toSequence: 5 };
    return (await admin.ask(REQUEST_EXPORT, { input })).requestExport.export.id as string;
  };
  const naming = [
    await requestExport({ search: `refund ${address.toUpperCase()}` }),
    await requestExport({ contactId, search: 'asha' }),
    await requestExport({ targetIds: [`mail:${address}`] }),
  ];
  const leaving = [await requestExport({ contactId }), await requestExport({ search: 'Ben' })];
  // Ended in whatever way: a filter under way is a setting in use.
  for (const id of [...naming, ...leaving]) await admin.send(CANCEL_EXPORT, { input: { exportId: id } });
  const operators = { workspaceId: world.ids.workspace, format: 'CSV', filter: { search: NAME } } as const;
  for await (const page of operatorExport(server.app, operators)) expect(page).toBeDefined();
  await admin.ask(CREATE_RULE, {
    input: { name: 'Watch', filter: { search: address }, threshold: 5, windowSeconds: 60, severity: 'NOTICE' },
  });
  const record = async () =>
    JSON.stringify(
      (
        await owner.query(
          `select b.body, b.search::text, b.ip_address, array(select convert_from(decode(
             rpad(translate(d, '-_', '+/'), (length(d) + 3) / 4 * 4, '='), 'base64'), 'UTF8') from unnest(b.disclosures) d) as said
           from record_body b where b.workspace_id = $1`,
          [world.ids.workspace],
        )
      ).rows,
    ).toLowerCase();
  expect(await record()).toContain(address);
  await erase(contactId);
  expect(await record()).not.toContain(address);
  expect(await record()).not.toContain('asha');
  const requested = await eventsOf({ actions: ['export.requested', 'audit.exported', 'alert_rule.created'] });
  const states = requested.map(({ state }: { state: string }) => state).join(' ');
  expect(states).toBe('ERASED ERASED ERASED PRESENT PRESENT ERASED ERASED');
  const filterOf = async (id: string) =>
    (await admin.ask('query($id: ID!) { export(id: $id) { filter } }', { id })).export.filter;
  for (const id of naming) expect(await filterOf(id)).toEqual({ erased: true });
  expect(await Promise.all(leaving.map(filterOf))).toEqual([{ contactId }, { search: 'Ben' }]);
  // Erasing another names nothing of theirs twice.
  await erase(others.contactId);
});

it('leaves what others filtered by where only the product speaks, whatever a contact is called', async () => {
  const { contactId } = await arrives({ contact: { address: 'short', name: 'Ann' } });
  const input = {
    format: 'CSV',
    filter: { actions: ['audit.annotated'], from: '2026-01-01T00:00:00.000Z' },
    toSequence: 5,
  };
  const { id } = (await admin.ask(REQUEST_EXPORT, { input })).requestExport.export;
  await admin.send(CANCEL_EXPORT, { input: { exportId: id } });
  await erase(contactId);
  const { export: asked } = await admin.ask('query($id: ID!) { export(id: $id) { filter } }', { id });
  expect(asked.filter).toEqual(input.filter);
});
