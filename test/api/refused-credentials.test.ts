import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { evaluateWorkspace } from '../../src/services/alerts/evaluate-workspace.js';
import { listAlerts } from '../alerts/alert-operations.js';
import { ApiClient } from '../support/client.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, PASSWORD, type World } from '../support/world.js';

/** Only ever forwards. */
const clock = { ahead: 0 };
let server: TestServer;
let owner: pg.Client;
let world: World;
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
});

const VIEWER = '{ viewer { workspace { id } } }';
const refused = async (client: ApiClient) =>
  expect((await client.refused(VIEWER)).extensions.code).toBe('UNAUTHENTICATED');

/** What is on the record of refused credentials, oldest first. */
async function recorded() {
  const { auditEvents } = await (
    await world.as('auditor')
  ).ask(`{ auditEvents(filter: { actions: ["auth.access_denied"] }, orderBy: RECORDED_ASC, first: 50) { nodes {
    summary outcome metadata ipAddress actor { kind id } target { type id label } } } }`);
  return auditEvents.nodes;
}

const denial = (cause: string, target: object, suppressed = 0) => ({
  summary: expect.stringContaining('was refused'),
  outcome: 'DENIED',
  metadata: { attempted: 'authenticate', suppressed, cause },
  ipAddress: '127.0.0.1',
  actor: { kind: 'ANONYMOUS', id: null },
  target: expect.objectContaining(target),
});

/** What a key is, by its name. */
const keyId = async (name: string) =>
  (
    await owner.query<{ id: string }>('select id from api_key where workspace_id = $1 and display_name = $2', [
      world.ids.workspace,
      name,
    ])
  ).rows[0]!.id;

it('records the tokens of somebody who is switched off, once a minute however often they come, and raises the alert', async () => {
  const client = await world.as('agent');
  const { signIn } = await new ApiClient(server.url, null).ask(
    'mutation($input: SignInInput!) { signIn(input: $input) { refreshToken } }',
    { input: { email: world.email('agent'), password: PASSWORD } },
  );
  await client.ask(VIEWER);
  const id = world.ids.agents.agent;
  await owner.query('update agent set active = false where id = $1', [id]);
  // A node asks for the rights of a caller every half a second.
  clock.ahead += 1_000;
  for (let n = 0; n < 20; n += 1) await refused(client);
  const socket = client.subscribe('subscription { presenceChanges { agent { id } } }');
  expect(await socket.end()).toMatchObject({ code: 4401 });
  const refreshing = await new ApiClient(server.url, null).refused(
    'mutation($input: RefreshSessionInput!) { refreshSession(input: $input) { refreshToken } }',
    { input: { refreshToken: signIn.refreshToken } },
  );
  expect(refreshing.extensions.code).toBe('UNAUTHENTICATED');
  expect(await recorded()).toEqual([denial('inactive', { type: 'agent', id, label: 'Bo' })]);
  clock.ahead += 61_000;
  await refused(client);
  expect(await recorded()).toEqual([denial('inactive', { id }), denial('inactive', { id }, 21)]);

  while (await evaluateWorkspace(server.app, world.ids.workspace));
  const alerts = await listAlerts(await world.as('admin'), 'rule { key } group count');
  expect(alerts.filter(({ rule }) => rule.key === 'disabled_account_used')).toEqual([
    expect.objectContaining({ group: id }),
  ]);
});

it('records a revoked key, and the key of a bot that is switched off, each by itself', async () => {
  const [read, bot] = [world.withKey('read'), world.withKey('bot')];
  for (const client of [read, bot]) await client.ask(VIEWER);
  const [readId, botId] = [await keyId('Reader'), await keyId('Robin')];
  await owner.query('update api_key set revoked_at = now() where id = $1', [readId]);
  await owner.query('update bot set enabled = false where id = $1', [world.ids.bot]);
  clock.ahead += 1_000;
  for (const client of [read, bot, read, bot]) await refused(client);
  expect(await recorded()).toEqual([
    denial('revoked', { type: 'api_key', id: readId }),
    denial('inactive', { type: 'api_key', id: botId }),
  ]);
});

it('records nothing of credentials that are none, have expired, or ended by who had them', async () => {
  const client = await world.as('agent');
  const before = await recorded();
  await client.ask('mutation { signOut { signedOut } }');
  await refused(client);
  await owner.query("update api_key set expires_at = now() - interval '1 day' where id = $1", [await keyId('Reader')]);
  clock.ahead += 1_000;
  await refused(world.withKey('read'));
  for (const credential of ['x', 'vbk_abc', `${client.credential!.slice(0, -4)}AAAA`]) {
    await refused(new ApiClient(server.url, credential));
  }
  expect(await recorded()).toEqual(before);
});
