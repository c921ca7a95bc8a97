import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { evaluateWorkspace } from '../../src/services/alerts/evaluate-workspace.js';
import { REQUEST_EXPORT } from '../exports/stage.js';
import { CHANGE_ROLE, CREATE_KEY } from '../security/administration-rows.js';
import { ADD_INBOX_MEMBERS, ADD_TEAM_MEMBERS, REMOVE_TEAM_MEMBERS } from '../security/place-rows.js';
import type { ApiClient } from '../support/client.js';
import { customerWrites } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { listAlerts, UPDATE_RULE } from './alert-operations.js';

let server: TestServer;
let world: World;
let admin: ApiClient;
let worlds = 0;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());
beforeEach(async () => {
  world = await createWorld(server, `acme-${(worlds += 1)}`);
  admin = await world.as('admin');
  await catchUp();
});

async function catchUp(): Promise<void> {
  while (await evaluateWorkspace(server.app, world.ids.workspace));
}
/** The alerts that real administration has raised: of which rule, and about what. */
async function raised(): Promise<string[]> {
  await catchUp();
  const alerts = await listAlerts(admin, 'rule { key } group severity');
  return alerts.map(({ rule, group, severity }) => `${rule.key} ${severity} ${group}`).toSorted();
}

it('tells of a role and of a key that somebody was given', async () => {
  const { agents } = world.ids;
  await admin.ask(CHANGE_ROLE, { input: { agentId: agents.agent, role: 'SUPERVISOR' } });
  const { createApiKey } = await admin.ask(CREATE_KEY, { input: { displayName: 'CRM', scopes: ['EVENTS_READ'] } });
  expect(await raised()).toEqual(
    [`grants WARNING ${agents.agent}`, `grants WARNING ${createApiKey.apiKey.id}`].toSorted(),
  );
});

it('tells of rights that somebody gives themself: a team, an inbox, a role', async () => {
  const { agents, support, inbox } = world.ids;
  await admin.ask(ADD_TEAM_MEMBERS, { input: { teamId: support, agentIds: [agents.outsider] } });
  expect(await raised()).toEqual([]);
  await admin.ask(ADD_TEAM_MEMBERS, { input: { teamId: support, agentIds: [agents.admin] } });
  expect(await raised()).toEqual([`self_grant CRITICAL ${agents.admin}`]);
  await admin.ask(ADD_INBOX_MEMBERS, { input: { inboxId: inbox, agentIds: [agents.admin] } });
  await admin.ask(CHANGE_ROLE, { input: { agentId: agents.colleague, role: 'ADMIN' } });
  await admin.ask(CHANGE_ROLE, { input: { agentId: agents.admin, role: 'AUDITOR' } });
  const alerts = await raised();
  expect(alerts.filter((alert) => alert === `self_grant CRITICAL ${agents.admin}`)).toHaveLength(3);
});

it('tells of the first export of who has just got a role', async () => {
  const { agents } = world.ids;
  await admin.ask(CHANGE_ROLE, { input: { agentId: agents.agent, role: 'AUDITOR' } });
  const agent = await world.as('agent');
  await agent.ask(REQUEST_EXPORT, { input: { format: 'JSONL' } });
  await agent.ask(REQUEST_EXPORT, { input: { format: 'CSV' } });
  const alerts = (await raised()).filter((alert) => alert.startsWith('first_export'));
  expect(alerts).toEqual([`first_export_after_grant WARNING ${agents.agent}`]);
});

it('knows that whoever was taken out of a team has nothing to do with its conversations any more', async () => {
  const { agents, support } = world.ids;
  const { alertRules } = await admin.ask('{ alertRules { id key } }');
  const rule = alertRules.find(({ key }: { key: string }) => key === 'views_without_connection');
  await admin.ask(UPDATE_RULE, { input: { ruleId: rule.id, threshold: 1, quietSeconds: 0 } });
  // Only the team connects them; what they see, they see as an administrator.
  await admin.ask(ADD_TEAM_MEMBERS, { input: { teamId: support, agentIds: [agents.outsider] } });
  await admin.ask(CHANGE_ROLE, { input: { agentId: agents.outsider, role: 'ADMIN' } });
  const outsider = await world.as('outsider');
  const readOne = async () => {
    const { conversationId: id } = await customerWrites(world);
    await outsider.ask('query($id: ID!) { conversation(id: $id) { messages { nodes { id } } } }', { id });
  };
  await readOne();
  const withoutConnection = async () => (await raised()).filter((alert) => alert.startsWith('views_without'));
  expect(await withoutConnection()).toEqual([]);
  await admin.ask(REMOVE_TEAM_MEMBERS, { input: { teamId: support, agentIds: [agents.outsider] } });
  await readOne();
  expect(await withoutConnection()).toEqual([`views_without_connection NOTICE ${agents.outsider}`]);
});
