import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AlertEvent } from '../../src/services/alerts/alert-event.js';
import { connectionsOf } from '../../src/services/alerts/connections.js';
import { ensureRulesEverywhere } from '../../src/services/alerts/ensure-rules.js';
import { evaluateWorkspace } from '../../src/services/alerts/evaluate-workspace.js';
import { shippedRules } from '../../src/services/alerts/shipped-rules.js';
import type { Application } from '../../src/services/application.js';
import type { RunningServer } from '../../src/server.js';
import { commit } from '../../src/services/commit.js';
import { newId } from '../../src/services/ids.js';
import { systemPrincipal } from '../../src/services/principal.js';
import { addApiKey } from '../../src/services/workspaces/add-api-key.js';
import { ApiClient } from '../support/client.js';
import { customerWrites, newestSequence } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { ALERT, CREATE_RULE, createRule, listAlerts, MUTE_RULE, setPriority, UPDATE_RULE } from './alert-operations.js';

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

const ruleId = async (key: string): Promise<string> => {
  const { alertRules } = await admin.ask('{ alertRules { id key } }');
  return alertRules.find((rule: { key: string }) => rule.key === key).id;
};

it('gives every workspace its rules, also those that were there before them', async () => {
  await newWorld();
  const keys = async () => {
    const { alertRules } = await admin.ask('{ alertRules { key } }');
    return alertRules.map(({ key }: { key: string }) => key).toSorted();
  };
  const all = shippedRules.map(({ key }) => key).toSorted();
  expect(await keys()).toEqual(all);
  await superuser.query("delete from alert_rule where workspace_id = $1 and key <> 'grants'", [world.ids.workspace]);
  await admin.ask(UPDATE_RULE, { input: { ruleId: await ruleId('grants'), enabled: false } });
  await Promise.all([ensureRulesEverywhere(server.app), ensureRulesEverywhere(second.app)]);
  expect(await keys()).toEqual(all);
  const { alertRules } = await admin.ask('{ alertRules { key enabled } }');
  expect(alertRules.find(({ key }: { key: string }) => key === 'grants').enabled).toBe(false);
});

it('tells who reads without a connection from the record as it was then', async () => {
  await newWorld();
  await admin.ask(UPDATE_RULE, {
    input: { ruleId: await ruleId('views_without_connection'), threshold: 1, quietSeconds: 0 },
  });
  await catchUp();
  const { conversationId } = await customerWrites(world);
  const read = async (client: ApiClient) => {
    await client.ask('query($id: ID!) { conversation(id: $id) { messages { nodes { id } } } }', { id: conversationId });
    return newestSequence(admin);
  };
  await read(await world.as('agent'));
  await read(await world.as('supervisor'));
  await read(admin);
  await catchUp();
  const alerts = await listAlerts(admin, 'rule { key } group');
  expect(alerts.filter(({ rule }) => rule.key === 'views_without_connection')).toEqual([
    { rule: { key: 'views_without_connection' }, group: world.ids.agents.admin },
  ]);
});

it('tells the connections of events of one page from what was before each of them', async () => {
  await newWorld();
  const { conversationId } = await customerWrites(world);
  const { workspace, agents } = world.ids;
  const teamId = newId();
  const request = { id: newId(), ipAddress: null, userAgent: null };
  const call = { app: server.app, principal: systemPrincipal(workspace), request };
  await commit(call, async (tx) => {
    const target = { type: 'team', id: teamId, label: 'Night' };
    tx.record({ action: 'team.member_added', target, teamId, metadata: { agentId: agents.outsider } });
  });
  const added = await newestSequence(admin);
  const acted = await setPriority(admin, conversationId, 'HIGH');
  const at = (sequence: number, actorId: string) =>
    ({ sequence, row: { actorId, conversationId, teamId, inboxId: null } }) as unknown as AlertEvent;
  const events = [
    ...[0, added, added + 1, added + 9].map((sequence) => at(sequence, agents.outsider)),
    ...[acted, acted + 1].map((sequence) => at(sequence, agents.admin)),
  ];
  const all = async (asked: AlertEvent[]) => {
    const connected = await connectionsOf(server.app.db, workspace, asked);
    return asked.map(({ sequence }) => connected.get(sequence));
  };
  const mine = (actorId: string) => events.filter(({ row }) => row.actorId === actorId);
  expect(await all(mine(agents.outsider))).toEqual([false, false, true, true]);
  expect(await all(mine(agents.admin))).toEqual([false, true]);
  // However the page is cut.
  for (const one of events)
    expect(await all([one])).toEqual([(await all(mine(one.row.actorId!)))[mine(one.row.actorId!).indexOf(one)]]);
});

it('groups by address, and shows it to those alone who may see addresses', async () => {
  await newWorld();
  const { ruleId: id } = await createRule(admin, { threshold: 1, groupBy: 'ADDRESS' });
  await catchUp();
  const { conversationId } = await customerWrites(world);
  await setPriority(await world.as('agent'), conversationId, 'HIGH');
  await catchUp();
  const seen = async (client: ApiClient) => (await listAlerts(client, 'address groupBy')).map(({ address }) => address);
  const readings = async () =>
    Number(
      (
        await superuser.query("select count(*) from record_body where workspace_id = $1 and action = 'audit.viewed'", [
          world.ids.workspace,
        ])
      ).rows[0].count,
    );
  // Who sees alerts without it has not read the record; who is shown it has.
  const before = await readings();
  await listAlerts(admin, 'group groupBy');
  expect(await readings()).toBe(before);
  expect(await seen(admin)).toEqual(['127.0.0.1']);
  expect(await seen(await world.as('auditor'))).toEqual(['127.0.0.1']);
  expect(await readings()).toBe(before + 2);
  expect(await seen(await world.as('supervisor'))).toEqual([null]);
  expect(await readings()).toBe(before + 2);
  expect(await listAlerts(admin, 'group')).toEqual([{ group: null }]);
  const [refused] = await admin.subscribe('subscription { alertEvents { alert { address } } }').end();
  expect(refused.extensions).toMatchObject({ code: 'VALIDATION_FAILED', fields: [{ path: 'address' }] });
  const { rows } = await superuser.query(
    `select coalesce(string_agg(to_jsonb(a)::text, ''), '') || (select coalesce(string_agg(to_jsonb(s)::text, ''), '') from alert_state s)
       || (select string_agg(b.body, '') from record_body b where action = 'alert.raised') as kept
     from alert a where rule_id = $1`,
    [id],
  );
  expect(rows[0].kept).not.toContain('127.0.0.1');
});

it('raises nothing of what is muted, and again when it is not', async () => {
  await newWorld();
  const { ruleId: id } = await createRule(admin, { threshold: 1, quietSeconds: 0 });
  await catchUp();
  const { conversationId } = await customerWrites(world);
  const until = new Date(Date.now() + 600_000).toISOString();
  const muted = await admin.ask(MUTE_RULE, { input: { ruleId: id, until, reason: 'A move' } });
  expect(muted.muteAlertRule.rule.mutes).toEqual([
    { wholeRule: true, group: null, until, reason: 'A move', mutedBy: { id: world.ids.agents.admin } },
  ]);
  await setPriority(admin, conversationId, 'HIGH');
  await catchUp();
  expect(await listAlerts(admin)).toEqual([]);
  clock.at = Date.now() + 1_000;
  const unmuted = await admin.ask(
    'mutation($input: UnmuteAlertRuleInput!) { unmuteAlertRule(input: $input) { rule { mutes { until } } } }',
    { input: { ruleId: id } },
  );
  expect(unmuted.unmuteAlertRule.rule.mutes).toEqual([]);
});

it('refuses rules that make no sense, naming each fault', async () => {
  await newWorld();
  const { extensions } = await admin.refused(CREATE_RULE, {
    input: {
      name: ' ',
      filter: { actions: ['conversation.priority_changed', 'no.such_action'], from: new Date(0).toISOString() },
      condition: 'OFF_HOURS',
      parameters: { from: '25:00', more: 1 },
      threshold: 0,
      windowSeconds: 2_592_001,
      quietSeconds: -1,
    },
  });
  expect(extensions.code).toBe('VALIDATION_FAILED');
  expect((extensions['fields'] as { path: string }[]).map(({ path }) => path).toSorted()).toEqual([
    'input.filter',
    'input.filter.actions.1',
    'input.name',
    'input.parameters',
    'input.parameters.from',
    'input.quietSeconds',
    'input.threshold',
    'input.windowSeconds',
  ]);
  const shipped = await admin.refused(
    'mutation($input: DeleteAlertRuleInput!) { deleteAlertRule(input: $input) { rule { id } } }',
    { input: { ruleId: await ruleId('grants') } },
  );
  expect(shipped.extensions.code).toBe('CONFLICT');
});

it('lets nobody find out addresses by rules who may not see them', async () => {
  await newWorld();
  const request = { id: newId(), ipAddress: null, userAgent: null };
  const call = { app: server.app, principal: systemPrincipal(world.ids.workspace), request };
  const { key } = await commit(call, (tx) => addApiKey(tx, { displayName: 'Setup', scopes: ['ADMIN'] }));
  const administering = new ApiClient(server.url, key);
  const byAddress = { name: 'Probe', filter: { ipAddress: '127.0.0.1' } };
  const preview =
    'query($input: CreateAlertRuleInput!) { alertRulePreview(input: $input, from: 0, to: 99) { raised } }';
  expect((await admin.ask(preview, { input: byAddress })).alertRulePreview.raised).toBeGreaterThan(0);
  for (const input of [byAddress, { name: 'Probe', filter: {} }]) {
    expect((await administering.refused(preview, { input })).extensions.code).toBe('FORBIDDEN');
  }
  expect((await administering.refused(CREATE_RULE, { input: byAddress })).extensions.code).toBe('FORBIDDEN');
  const { ruleId: id } = await createRule(administering);
  const change = { input: { ruleId: id, filter: byAddress.filter } };
  expect((await administering.refused(UPDATE_RULE, change)).extensions.code).toBe('FORBIDDEN');
  const { auditEvents } = await admin.ask(
    '{ auditEvents(orderBy: RECORDED_ASC, filter: { actions: ["auth.access_denied"] }) { nodes { metadata } } }',
  );
  expect(auditEvents.nodes.map(({ metadata }: { metadata: { attempted: string } }) => metadata.attempted)).toEqual([
    'alert_rule.create',
    'alert_rule.update',
  ]);
  // What somebody else has asked for is no obstacle to switching it off.
  const { ruleId: other } = await createRule(admin, { filter: byAddress.filter });
  await administering.ask(UPDATE_RULE, { input: { ruleId: other, enabled: false } });
});

it('is attended to once by each transition, and is not counted on when it is resolved', async () => {
  await newWorld();
  await createRule(admin, { threshold: 1, quietSeconds: 600 });
  await catchUp();
  const { conversationId } = await customerWrites(world);
  await setPriority(admin, conversationId, 'HIGH');
  await catchUp();
  const [{ id }] = (await listAlerts(admin)) as [{ id: string }];
  const act = (verb: string) =>
    `mutation($input: ${verb[0]!.toUpperCase()}${verb.slice(1)}Input!) { ${verb}(input: $input) { alert { ${ALERT} } } }`;
  const input = { alertId: id, reason: 'Looking' };
  for (let twice = 0; twice < 2; twice += 1) {
    const { acknowledgeAlert } = await admin.ask(act('acknowledgeAlert'), { input });
    expect(acknowledgeAlert.alert).toMatchObject({
      status: 'ACKNOWLEDGED',
      acknowledgedBy: { id: world.ids.agents.admin },
      acknowledgeReason: 'Looking',
    });
  }
  await admin.ask(act('resolveAlert'), { input: { alertId: id, reason: 'It was me' } });
  await setPriority(admin, conversationId, 'LOW');
  await catchUp();
  expect(await listAlerts(admin)).toMatchObject([{ status: 'RESOLVED', count: 1, resolveReason: 'It was me' }]);
  const late = await admin.refused(act('acknowledgeAlert'), { input });
  expect(late.extensions).toMatchObject({ code: 'CONFLICT', current: { status: 'RESOLVED' } });
  const { auditEvents } = await admin.ask(
    'query($ids: [ID!]) { auditEvents(orderBy: RECORDED_ASC, filter: { targetIds: $ids }) { nodes { action reason changes { before after } } } }',
    { ids: [id] },
  );
  expect(auditEvents.nodes).toEqual([
    { action: 'alert.raised', reason: null, changes: [] },
    { action: 'alert.acknowledged', reason: 'Looking', changes: [{ before: 'RAISED', after: 'ACKNOWLEDGED' }] },
    { action: 'alert.resolved', reason: 'It was me', changes: [{ before: 'ACKNOWLEDGED', after: 'RESOLVED' }] },
  ]);
});
