import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { continueRemovals, startPruning } from '../../src/services/jobs/remove.js';
import { verifyWorkspace } from '../../src/services/record/verify-workspace.js';
import { ADD_NOTE, EDIT_MESSAGE, ERASE, SET_RETENTION } from '../security/details.js';
import { ApiClient } from '../support/client.js';
import { followedBy } from '../support/live-view.js';
import { everythingOf } from '../support/everything-of.js';
import { customerWrites } from '../support/operations.js';
import { setViewWindow, startTestServer, type TestServer } from '../support/server.js';
import { createWorld, PASSWORD, type World } from '../support/world.js';

const DAY = 86_400_000;
/** Only ever forwards: limits are counted by it. */
const clock = { ahead: 0 };
/** A little later than everything that was begun so far, by that clock. */
const soon = () => new Date(Date.now() + clock.ahead + 60_000);
let server: TestServer;
let owner: pg.Client;
let world: World;
let admin: ApiClient;
let slug = 0;
beforeAll(async () => {
  server = await startTestServer({ now: () => new Date(Date.now() + clock.ahead) });
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
  await setViewWindow(server, 0);
});

const PERSONAL = { address: 'asha@example.test', name: 'Asha Rao', email: 'asha@example.test', phone: '+49 30 1234' };
const contactOf = async (conversationId: string): Promise<string> =>
  (await admin.ask('query($id: ID!) { conversation(id: $id) { contact { id } } }', { id: conversationId })).conversation
    .contact.id;
const events = async (filter: object) =>
  (
    await admin.ask(
      `query($filter: AuditEventFilter) { auditEvents(filter: $filter, orderBy: RECORDED_ASC, first: 100) { nodes {
        id sequence state action severity summary reason metadata ipAddress recordedAt actor { label } target { label }
        changes { field before after redacted } } } }`,
      { filter },
    )
  ).auditEvents.nodes;
const verified = () => verifyWorkspace(server.app.db, world.ids.workspace);
const everything = () => everythingOf(owner, world.ids.workspace);

it('erases a contact from the profile, the record and what was written, announced before, and leaves others alone', async () => {
  const agent = await world.as('agent');
  const { conversationId, messageId } = await customerWrites(world, { contact: PERSONAL, text: 'I am Asha Rao' });
  await agent.ask(ADD_NOTE, { input: { conversationId, text: 'Asha Rao called' } });
  await admin.ask(EDIT_MESSAGE, { input: { messageId, text: 'I am Asha Rao, still' } });
  const other = await customerWrites(world, {
    contact: { address: 'ben@example.test', name: 'Ben' },
    text: 'I am Ben',
  });
  const contactId = await contactOf(conversationId);
  await agent.ask('query($id: ID!) { conversation(id: $id) { contact { email } } }', { id: conversationId });

  const input = { contactId, reason: 'They asked for it' };
  const dry = (await admin.ask(ERASE, { input: { ...input, dryRun: true } })).eraseContact;
  expect(dry).toEqual({
    contactId,
    runId: null,
    disclosures: expect.any(Number),
    messages: 1,
    notes: 1,
    completed: false,
  });
  expect(await everything()).toContain('Asha Rao');
  expect(await events({ actions: ['erasure.*', 'audit.erased', 'contact.erased'] })).toEqual([]);

  const done = (await followedBy([admin, agent], () => admin.ask(ERASE, { input }))).eraseContact;
  expect(done).toEqual({ ...dry, runId: expect.any(String), completed: true });

  const left = await everything();
  for (const gone of ['Asha Rao', 'asha@example.test', '+49 30 1234']) expect(left).not.toContain(gone);
  expect(left).toContain('I am Ben');
  expect(left).toContain('ben@example.test');

  const report = await verified();
  expect(report).toMatchObject({ valid: true, findings: [], pruned: { events: 0 } });
  const told = await events({ actions: ['erasure.requested', 'audit.erased', 'contact.erased'] });
  expect(told.map(({ action, severity }: { action: string; severity: string }) => `${action} ${severity}`)).toEqual([
    'erasure.requested CRITICAL',
    'audit.erased CRITICAL',
    'contact.erased CRITICAL',
  ]);
  expect(told[0].reason).toBe('They asked for it');
  expect(told[1].metadata).toMatchObject({ run: done.runId, count: dry.disclosures });
  const named = (told[1].metadata.disclosures as string).split(' ');
  expect(report.erased.events).toBe(named.length);

  const [created] = await events({ contactId, actions: ['contact.created'] });
  expect(created).toMatchObject({
    state: 'ERASED',
    actor: { label: '[erased]' },
    target: { label: '[erased]' },
    ipAddress: null,
  });
  expect(created.summary).toBe('[erased] became a contact');
  expect(created.changes.map((change: { redacted: boolean }) => change.redacted)).toEqual([true, true, true]);
  const [noted] = await events({ contactId, actions: ['note.created'] });
  expect(noted).toMatchObject({ state: 'PRESENT', actor: { label: 'Bo' } });

  const { contact } = await admin.ask(
    'query($id: ID!) { contact(id: $id) { displayName name email phone erasedAt identities { address } } }',
    { id: contactId },
  );
  expect(contact).toMatchObject({ displayName: 'Unknown contact', name: null, email: null, phone: null });
  expect(contact.erasedAt).not.toBeNull();

  // Whoever writes from there now is somebody new.
  const again = await customerWrites(world, { contact: PERSONAL });
  expect(await contactOf(again.conversationId)).not.toBe(contactId);
  expect(await contactOf(other.conversationId)).not.toBe(contactId);
});

it('takes an erasure up again wherever it was cut off, and announces nothing twice', async () => {
  const { conversationId } = await customerWrites(world, { contact: PERSONAL });
  const contactId = await contactOf(conversationId);
  const { db } = server.app;
  const inWorkspace = db.inWorkspace;
  // Every second transaction is lost, as if the process had been: before its commit.
  let begun = 0;
  const unreliable: typeof inWorkspace = (workspaceId, work) =>
    inWorkspace.call(db, workspaceId, async (transaction) => {
      const commitAfter = transaction.commitAfter.bind(transaction);
      transaction.commitAfter = async (statement) => {
        if (++begun % 2 === 0) throw new Error('killed');
        return commitAfter(statement);
      };
      const result = await work(transaction);
      if (transaction.isOpen && ++begun % 2 === 0) throw new Error('killed');
      return result;
    }) as never;
  db.inWorkspace = unreliable;
  try {
    await admin.ask(ERASE, { input: { contactId, reason: 'They asked for it' } });
    for (let sweep = 0; sweep < 20; sweep++) await continueRemovals(server.app, soon()).catch(() => {});
  } finally {
    db.inWorkspace = inWorkspace;
  }
  await continueRemovals(server.app, soon());
  expect(begun).toBeGreaterThan(2);
  const told = await events({ actions: ['erasure.requested', 'audit.erased', 'contact.erased'] });
  expect(told.map(({ action }: { action: string }) => action)).toEqual([
    'erasure.requested',
    'audit.erased',
    'contact.erased',
  ]);
  expect(await everything()).not.toContain('Asha Rao');
  expect(await verified()).toMatchObject({ valid: true });
});

it('prunes what has been kept long enough, announced before, and shows stubs to who sees everything', async () => {
  await customerWrites(world, { contact: PERSONAL });
  const set = (input: object) => admin.ask(SET_RETENTION, { input });
  await set({ categories: ['MESSAGE', 'CONTACT'], preset: 'ONE_YEAR' });
  await set({ categories: ['MESSAGE'], days: 400 });
  await set({ categories: ['MESSAGE'], days: 400 });
  const changed = await events({ actions: ['retention.policy_changed'] });
  expect(
    changed.map(
      ({ severity, changes }: { severity: string; changes: { field: string; before: unknown; after: unknown }[] }) => [
        severity,
        ...changes.map(({ field, before, after }) => `${field}: ${before} → ${after}`),
      ],
    ),
  ).toEqual([
    ['CRITICAL', 'MESSAGE: null → 366', 'CONTACT: null → 366'],
    ['NOTICE', 'MESSAGE: 366 → 400'],
  ]);
  const dryRun = async () => (await admin.ask('{ retentionDryRun { category events oldest newest } }')).retentionDryRun;
  expect(await dryRun()).toEqual([]);
  const ofContact = await events({ categories: ['CONTACT'] });
  expect(ofContact).toHaveLength(2);

  clock.ahead += 380 * DAY;
  const later = await signedInAgain();
  expect((await later.ask('{ retentionDryRun { category events } }')).retentionDryRun).toEqual([
    { category: 'CONTACT', events: 2 },
  ]);
  expect(await startPruning(server.app)).toBe(1);
  expect(await startPruning(server.app)).toBe(0);
  await continueRemovals(server.app, soon());
  admin = later;

  const told = await events({ actions: ['retention.run_started', 'audit.pruned', 'retention.run_completed'] });
  expect(told.map(({ action }: { action: string }) => action)).toEqual([
    'retention.run_started',
    'audit.pruned',
    'retention.run_completed',
  ]);
  const [first, second] = ofContact.map(({ sequence }: { sequence: number }) => sequence);
  expect(told[1].metadata).toMatchObject({ sequences: `${first}-${second}`, count: 2 });
  expect(told[2].metadata).toMatchObject({ count: 2 });
  expect(await verified()).toMatchObject({
    valid: true,
    pruned: { events: 2, sequences: [`${first}-${second}`] },
    erased: { events: 0 },
  });

  const all = await events({
    from: ofContact[0].recordedAt,
    to: new Date(Date.parse(ofContact[1].recordedAt) + 1).toISOString(),
  });
  const stub = all.find(({ sequence }: { sequence: number }) => sequence === first);
  const nothing = { action: null, summary: null, reason: null, metadata: null, actor: null, target: null, changes: [] };
  expect(stub).toMatchObject({ state: 'PRUNED', ...nothing, recordedAt: ofContact[0].recordedAt });
  const single = 'query($id: ID!) { auditEvent(id: $id) { sequence state action } }';
  const viewed = async () => (await events({ actions: ['audit.viewed'] })).length;
  const before = await viewed();
  expect(await admin.ask(single, { id: stub.id })).toEqual({
    auditEvent: { sequence: first, state: 'PRUNED', action: null },
  });
  // Reading what is left of it is a reading; so was counting them.
  expect(await viewed()).toBe(before + 2);
  // The feed says that something was there, also to who asks for one action, and goes on after it.
  const feed = (
    await world
      .withKey('all')
      .ask(
        '{ workspaceEvents(first: 100, actions: ["message.received"]) { nodes { cursor state id action occurredAt conversation { id } contact { id } } } }',
      )
  ).workspaceEvents.nodes;
  const stubs = feed.filter(({ state }: { state: string }) => state === 'PRUNED');
  const empty = { id: null, action: null, occurredAt: null, conversation: null, contact: null };
  expect(stubs).toEqual([1, 2].map(() => ({ cursor: expect.any(String), state: 'PRUNED', ...empty })));
  expect(feed.map(({ state, action }: { state: string; action: string }) => `${state} ${action}`)).toEqual([
    'PRUNED null',
    'PRUNED null',
    'PRESENT message.received',
  ]);
  const resumed = await world
    .withKey('all')
    .ask('query($after: String) { workspaceEvents(afterEvent: $after, first: 1) { nodes { state cursor } } }', {
      after: stubs[0].cursor,
    });
  expect(resumed.workspaceEvents.nodes).toEqual([{ state: 'PRUNED', cursor: stubs[1].cursor }]);
  expect((await admin.refused(single, { id: ofContact[0].id })).extensions.code).toBe('NOT_FOUND');
  expect((await admin.refused(single, { id: `${world.ids.workspace}:0` })).extensions.code).toBe('NOT_FOUND');
});

it('refuses to keep less than may be, and to prune what the record is verified with', async () => {
  const refused = async (input: object) => (await admin.refused(SET_RETENTION, { input })).extensions['fields'];
  expect(await refused({ categories: ['AUDIT'], days: 30 })).toEqual([
    { path: 'categories.0', message: 'is kept for ever: the record is verified with it' },
  ]);
  expect(await refused({ categories: ['MESSAGE'], days: 29 })).toEqual([
    { path: 'days', message: 'must be 30 to 36525' },
  ]);
  expect(await refused({ categories: ['MESSAGE'] })).toEqual([
    { path: 'days', message: 'either days or a preset is needed' },
  ]);
});

/** Sessions do not outlive a year: somebody signs in again. */
function signedInAgain(): Promise<ApiClient> {
  return ApiClient.signIn(server.url, world.email('admin'), PASSWORD);
}
