import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { evaluateDue } from '../../src/services/alerts/evaluate-due.js';
import { PageSizes } from '../../src/services/alerts/page-sizes.js';
import { evaluateWorkspace } from '../../src/services/alerts/evaluate-workspace.js';
import type { Application } from '../../src/services/application.js';
import type { RunningServer } from '../../src/server.js';
import type { ApiClient } from '../support/client.js';
import { customerWrites, newestSequence } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { createRule, listAlerts, setPriority } from './alert-operations.js';

let server: TestServer;
let second: RunningServer;
let superuser: pg.Client;
const clock = { at: Date.now() };
let world: World;
let admin: ApiClient;
let worlds = 0;
beforeAll(async () => {
  server = await startTestServer({ now: () => new Date(clock.at) });
  second = await server.another();
  superuser = new pg.Client({ connectionString: server.database.url });
  await superuser.connect();
});
afterAll(async () => {
  await superuser.end();
  await second.stop();
  await server.stop();
});

/** A workspace of its own for each test: whose record is evaluated by nobody else. */
async function newWorld(): Promise<void> {
  clock.at = Date.now();
  world = await createWorld(server, `acme-${(worlds += 1)}`);
  admin = await world.as('admin');
}

async function catchUp(app: Application = server.app, { ids } = world): Promise<void> {
  while (await evaluateWorkspace(app, ids.workspace));
}

/** What evaluating leaves behind, and how long the record is. */
async function written(workspaceId: string) {
  const { rows } = await superuser.query(
    `select (select sequence from alert_cursor where workspace_id = $1) as cursor,
       (select size from record_head where workspace_id = $1) as size,
       (select coalesce(jsonb_agg(to_jsonb(a) - 'id' - 'workspace_id' - 'rule_id' order by a.raised_at, a.id), '[]') from alert a where workspace_id = $1) as alerts,
       (select coalesce(jsonb_agg(to_jsonb(s) order by s.rule_id, s.key), '[]') from alert_state s where workspace_id = $1) as states`,
    [workspaceId],
  );
  return rows[0];
}

it('raises an alert with its events, puts it onto the record and counts on it while it is quiet', async () => {
  await newWorld();
  const { ruleId } = await createRule(admin, {
    threshold: 2,
    groupBy: 'ACTOR',
    quietSeconds: 600,
    severity: 'CRITICAL',
  });
  await catchUp();
  const { conversationId } = await customerWrites(world);
  const first = await setPriority(admin, conversationId, 'HIGH');
  await catchUp();
  expect(await listAlerts(admin)).toEqual([]);
  const next = await setPriority(admin, conversationId, 'LOW');
  await catchUp();
  const [alert] = await listAlerts(admin);
  expect(alert).toMatchObject({
    rule: { id: ruleId },
    severity: 'CRITICAL',
    status: 'RAISED',
    groupBy: 'ACTOR',
    group: world.ids.agents.admin,
    count: 2,
    sequences: [first, next],
    actors: [{ id: world.ids.agents.admin }],
    acknowledgedBy: null,
  });
  const { auditEvents } = await admin.ask(
    `query($ids: [ID!]) { auditEvents(filter: { actions: ["alert.*"], targetIds: $ids }) { nodes { action severity actor { kind } metadata target { label } } } }`,
    { ids: [alert.id] },
  );
  expect(auditEvents.nodes).toEqual([
    {
      action: 'alert.raised',
      severity: 'CRITICAL',
      actor: { kind: 'SYSTEM' },
      metadata: { ruleId, count: 2, sequences: [first, next], groupBy: 'ACTOR', group: world.ids.agents.admin },
      target: { label: 'Priorities' },
    },
  ]);
  const { rows } = await superuser.query(
    `select b.body::jsonb -> 'related' as related, (select jsonb_agg(jsonb_build_object('type', 'event', 'id', c.event_id) order by c.sequence)
       from record_body c where c.workspace_id = b.workspace_id and c.sequence = any($2)) as events
     from record_body b where b.workspace_id = $1 and b.action = 'alert.raised'`,
    [world.ids.workspace, [first, next]],
  );
  expect(rows[0].related).toEqual(rows[0].events);
  const third = await setPriority(admin, conversationId, 'URGENT');
  await catchUp();
  expect(await listAlerts(admin)).toMatchObject([{ id: alert.id, count: 3, sequences: [first, next, third] }]);
  // What it has evaluated, it never evaluates again.
  const before = await written(world.ids.workspace);
  await catchUp();
  expect(await written(world.ids.workspace)).toEqual(before);
});

it('loses and doubles nothing when it is killed between evaluating and committing', async () => {
  await newWorld();
  await createRule(admin, { threshold: 2, quietSeconds: 0 });
  await catchUp();
  const { conversationId } = await customerWrites(world);
  await setPriority(admin, conversationId, 'HIGH');
  const { workspace } = world.ids;
  await catchUp();
  const last = await setPriority(admin, conversationId, 'LOW');
  const before = await written(workspace);
  // The append waits for the head, which somebody holds; then its connection is gone.
  const holder = new pg.Client({ connectionString: server.database.url });
  await holder.connect();
  await holder.query('begin');
  await holder.query('select 1 from record_head where workspace_id = $1 for update', [workspace]);
  const dying = evaluateWorkspace(server.app, workspace).then(
    () => 'done',
    () => 'failed',
  );
  await vi.waitFor(
    async () => {
      const { rowCount } = await superuser.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock' and query like '%record_append%'`,
      );
      expect(rowCount).toBe(1);
    },
    { timeout: 1_900, interval: 5 },
  );
  expect(await dying).toBe('failed');
  await holder.query('rollback');
  await holder.end();
  expect(await written(workspace)).toEqual(before);
  expect(await listAlerts(admin)).toEqual([]);
  await catchUp();
  expect(await listAlerts(admin)).toMatchObject([{ count: 2, sequences: [expect.any(Number), last] }]);
});

it('is done once, however many nodes do it at once', async () => {
  await newWorld();
  await createRule(admin, { threshold: 1, quietSeconds: 0 });
  const { conversationId } = await customerWrites(world);
  const sequences: number[] = [];
  for (const priority of ['HIGH', 'LOW', 'URGENT', 'NONE'])
    sequences.push(await setPriority(admin, conversationId, priority));
  const nodes = [server.app, second.app, server.app, second.app];
  await Promise.all(nodes.map((app) => catchUp(app)));
  expect((await listAlerts(admin)).map((alert) => alert.sequences).toReversed()).toEqual(
    sequences.map((sequence) => [sequence]),
  );
  const { auditEvents } = await admin.ask('{ auditEvents(filter: { actions: ["alert.raised"] }) { nodes { id } } }');
  expect(auditEvents.nodes).toHaveLength(4);
});

it('evaluates each workspace by its own rules and events', async () => {
  await newWorld();
  const [one, adminOfOne] = [world, admin];
  await createRule(adminOfOne, { threshold: 1, filter: {} });
  await newWorld();
  const { conversationId } = await customerWrites(world);
  await setPriority(admin, conversationId, 'HIGH');
  await catchUp();
  await catchUp(server.app, one);
  expect(await listAlerts(admin)).toEqual([]);
  expect((await listAlerts(adminOfOne)).length).toBe(1);
});

it('shows in a replay what was raised when it happened, whatever came between', async () => {
  await newWorld();
  const input = { threshold: 2, groupBy: 'CONVERSATION', quietSeconds: 30, windowSeconds: 1_000 };
  const from = await newestSequence(admin);
  await createRule(admin, input);
  const conversations = [(await customerWrites(world)).conversationId, (await customerWrites(world)).conversationId];
  const priorities = ['HIGH', 'LOW', 'URGENT', 'MEDIUM', 'NONE'];
  for (const [turn, priority] of [...priorities, ...priorities].entries()) {
    await setPriority(admin, conversations[turn % 3 === 0 ? 0 : 1]!, priority);
    if (turn % 2 === 0) await catchUp();
  }
  await catchUp();
  const to = await newestSequence(admin);
  const { alertRulePreview } = await admin.ask(
    `query($input: CreateAlertRuleInput!, $from: SafeInt!, $to: SafeInt!) { alertRulePreview(input: $input, from: $from, to: $to) {
       evaluated raised alerts { group count sequences firstAt lastAt raisedAt } } }`,
    { input: { name: 'Priorities', filter: { actions: ['conversation.priority_changed'] }, ...input }, from, to },
  );
  const live = await listAlerts(admin, 'group count sequences firstAt lastAt raisedAt');
  expect(alertRulePreview).toEqual({ evaluated: to - from + 1, raised: 2, alerts: live.toReversed() });
  expect(live.map(({ count }) => count).toSorted()).toEqual([4, 6]);
});

it('raises what is raised because nothing happens, once, and by the clock', async () => {
  await newWorld();
  const input = { condition: 'SILENT', parameters: { seconds: 60 }, groupBy: 'CONVERSATION' };
  await createRule(admin, input);
  const { conversationId } = await customerWrites(world);
  const last = await setPriority(admin, conversationId, 'HIGH');
  const due = () => evaluateDue(server.app, world.ids.workspace);
  // Not before all that has happened is known.
  clock.at = Date.now() + 120_000;
  expect(await due()).toBe(0);
  await catchUp();
  clock.at = Date.now();
  expect(await due()).toBe(0);
  clock.at = Date.now() + 120_000;
  expect(await due()).toBe(1);
  clock.at = Date.now() + 240_000;
  await catchUp();
  expect(await due()).toBe(0);
  expect(await listAlerts(admin)).toMatchObject([{ group: conversationId, count: 1, sequences: [last] }]);
});

it('does a page that is too much in smaller ones, and says when it cannot go on at all', async () => {
  await newWorld();
  await createRule(admin, { threshold: 1, quietSeconds: 0 });
  await catchUp();
  const { conversationId } = await customerWrites(world);
  const sequences: number[] = [];
  for (const priority of ['HIGH', 'LOW', 'URGENT']) sequences.push(await setPriority(admin, conversationId, priority));
  const { workspace } = world.ids;
  const sizes = new PageSizes();
  const once = () =>
    evaluateWorkspace(server.app, workspace, sizes).then(
      (more) => (more ? 'more' : 'done'),
      (error: Error) => error.name,
    );
  // As where a statement is cancelled because it takes too long.
  const tooMuch = async (events: number) => {
    await superuser.query(`
      create or replace function too_much() returns trigger language plpgsql as $$ begin
        if new.workspace_id = '${workspace}' and new.sequence - old.sequence > ${events} then
          raise exception 'too slow' using errcode = '57014';
        end if; return new; end $$`);
  };
  await tooMuch(2);
  await superuser.query(
    'create trigger too_much before update on alert_cursor for each row execute function too_much()',
  );
  try {
    const outcomes: string[] = [];
    while (outcomes.at(-1) !== 'done' && outcomes.length < 60) outcomes.push(await once());
    expect(outcomes.at(-1)).toBe('done');
    expect(outcomes[0]).toBe('AppError');
    expect(outcomes).not.toContain('StandsStill');
    const alerts = await listAlerts(admin, 'sequences');
    expect(alerts.map((alert) => alert.sequences).toReversed()).toEqual(sequences.map((sequence) => [sequence]));

    await setPriority(admin, conversationId, 'NONE');
    await tooMuch(0);
    const stuck: string[] = [];
    while (stuck.at(-1) !== 'StandsStill' && stuck.length < 20) stuck.push(await once());
    expect(stuck.at(-1)).toBe('StandsStill');
  } finally {
    await superuser.query('drop trigger too_much on alert_cursor; drop function too_much()');
  }
  while ((await once()) !== 'done');
  expect(await listAlerts(admin)).toHaveLength(4);
});
