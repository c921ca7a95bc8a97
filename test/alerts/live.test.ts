import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunningServer } from '../../src/server.js';
import { ApiClient } from '../support/client.js';
import { LiveView } from '../support/live-view.js';
import { customerWrites } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { createRule, listAlerts, setPriority } from './alert-operations.js';

let server: TestServer;
let second: RunningServer;
let world: World;
let admin: ApiClient;
beforeAll(async () => {
  server = await startTestServer({ evaluatesAlerts: true });
  // Two nodes, of which one has the turn.
  second = await server.another();
  world = await createWorld(server);
  admin = await world.as('admin');
});
afterAll(async () => {
  await second.stop();
  await server.stop();
});

const attend = (verb: 'acknowledgeAlert' | 'resolveAlert', type: string) =>
  `mutation($input: ${type}!) { ${verb}(input: $input) { alert { id } } }`;

it('follows alerts as they are raised and attended to, for each who may see them, and no others', async () => {
  const { ruleId } = await createRule(admin, { groupBy: 'ADDRESS', quietSeconds: 0, severity: 'CRITICAL' });
  const { conversationId } = await customerWrites(world);
  const supervisor = await world.as('supervisor');
  const views = await Promise.all([
    LiveView.open(admin, 'alerts', { ruleIds: [ruleId] }),
    LiveView.open(admin, 'alerts', { ruleIds: [ruleId], statuses: ['RAISED'] }),
    LiveView.open(await world.as('auditor'), 'alerts', { ruleIds: [ruleId] }),
    LiveView.open(supervisor, 'alerts', {}),
  ]);
  // One of Support, and one by somebody whom no supervisor of Support answers for.
  await setPriority(await world.as('agent'), conversationId, 'HIGH');
  await setPriority(admin, conversationId, 'LOW');
  const [mine] = views;
  await mine.subscription.settle(
    () => mine.subscription.frames.filter(({ alertEvents }) => alertEvents.changeType === 'ADDED').length === 2,
    'both alerts to be raised',
  );
  for (const view of views) await view.matchesFresh();
  const ofSupport = await listAlerts(supervisor, 'id group actors { id }');
  expect(ofSupport).toEqual([{ id: expect.any(String), group: null, actors: [{ id: world.ids.agents.agent }] }]);
  const both = (await listAlerts(admin, 'rule { id } address')).filter(({ rule }) => rule.id === ruleId);
  expect(both.map(({ address }) => address)).toEqual(['127.0.0.1', '127.0.0.1']);
  const input = { alertId: ofSupport[0].id };
  await admin.ask(attend('acknowledgeAlert', 'AcknowledgeAlertInput'), { input });
  for (const view of views) await view.matchesFresh();
  await admin.ask(attend('resolveAlert', 'ResolveAlertInput'), { input });
  for (const view of views) await view.matchesFresh();
  const frames = views.at(-1)!.subscription.frames.map(({ alertEvents }) => alertEvents);
  expect(new Set(frames.flatMap(({ alertId }) => alertId ?? []))).toEqual(new Set([input.alertId]));
  expect(frames.filter(({ alert }) => alert?.group)).toEqual([]);
  await Promise.all(views.map((view) => view.stop()));
});

it('is told at once of what is severe, over the bell, by the node whose turn it is', async () => {
  const stream = await admin
    .subscribe('subscription { alertEvents { changeType action actor { id } alert { rule { key } group count } } }')
    .connected();
  const wrong = 'mutation($input: SignInInput!) { signIn(input: $input) { accessToken } }';
  const input = { email: world.email('outsider'), password: 'not this one' };
  for (let attempt = 0; attempt < 5; attempt += 1) {
    await new ApiClient(server.url, null).send(wrong, { input });
  }
  await stream.until(({ alertEvents }) => alertEvents.alert?.rule.key === 'failed_sign_ins');
  expect(stream.frames.at(-1)!['alertEvents']).toEqual({
    changeType: 'ADDED',
    action: 'alert.raised',
    actor: { id: 'system' },
    alert: { rule: { key: 'failed_sign_ins' }, group: world.ids.agents.outsider, count: 5 },
  });
  await stream.stop();
});
