import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { ApiClient } from '../support/client.js';
import { customerWrites } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, PASSWORD, type World } from '../support/world.js';
import { Executions } from './executions.js';
import { CHANGES, conversationOfSupport, Followers, framesOf, shows } from './followers.js';

let server: TestServer;
let world: World;
let database: pg.Client;
let ahead = 0;
beforeAll(async () => {
  server = await startTestServer({ now: () => new Date(Date.now() + ahead) });
  world = await createWorld(server);
  database = new pg.Client({ connectionString: server.database.url });
  await database.connect();
});
afterAll(async () => {
  await database.end();
  await server.stop();
});

let executions: Executions;
const followers = new Followers();
beforeEach(() => {
  executions = new Executions();
});
afterEach(async () => {
  executions.restore();
  await followers.close();
});

it('ends with RESYNC_REQUIRED the one member of a group whose rights have changed, before the next event', async () => {
  const agent = await world.as('agent');
  const conversationId = await conversationOfSupport(world, agent);
  const [staying, losing] = [await followers.follow(agent), await followers.follow(await world.as('colleague'))];
  await executions.settleAt(1, () => followers.answered(agent, conversationId, [staying, losing]));
  const member = 'workspace_id = $1 and agent_id = $2';
  const who = [world.ids.workspace, world.ids.agents.colleague];
  const { rows } = await database.query(`delete from inbox_member where ${member} returning inbox_id`, who);
  ahead += 1_001;
  const text = await followers.answered(agent, conversationId, [staying]);
  const { payload } = await losing.until(({ type }) => type === 'error');
  expect(payload).toMatchObject([{ extensions: { code: 'RESYNC_REQUIRED', eventCursor: expect.any(String) } }]);
  expect(losing.messages.some(shows(text))).toBe(false);
  // Nobody else notices, and the operation's id is free again.
  await executions.settleAt(1, () => followers.answered(agent, conversationId, [staying]));
  expect(losing.messages.filter(({ type }) => type === 'error')).toHaveLength(1);
  await database.query('insert into inbox_member (workspace_id, agent_id, inbox_id) values ($1, $2, $3)', [
    ...who,
    rows[0]!.inbox_id,
  ]);
  ahead += 1_001;
  losing.subscribe('1', CHANGES, { filter: {}, afterEvent: framesOf(losing).at(-1)!.cursor });
  await losing.until(shows(framesOf(staying).at(-1)!.conversation!.lastMessage.text));
});

it('sends no frame of a replay whose reader has lost the right to it while it was being made', async () => {
  const colleague = await world.as('colleague');
  const { conversations } = await colleague.ask('{ conversations(first: 1) { eventCursor } }');
  await customerWrites(world);
  const gate = Promise.withResolvers<void>();
  executions.delayNext(gate.promise);
  const socket = await followers.connect(colleague);
  socket.subscribe('1', CHANGES, { filter: {}, afterEvent: conversations.eventCursor });
  await expect.poll(() => executions.delayed, { timeout: 5_000 }).toBe(true);
  const who = [world.ids.workspace, world.ids.agents.colleague];
  const { rows } = await database.query(
    'delete from inbox_member where workspace_id = $1 and agent_id = $2 returning inbox_id',
    who,
  );
  ahead += 1_001;
  gate.resolve();
  const { payload } = await socket.until(({ type }) => type === 'error');
  expect(payload).toMatchObject([{ extensions: { code: 'RESYNC_REQUIRED' } }]);
  expect(framesOf(socket)).toEqual([]);
  await database.query('insert into inbox_member (workspace_id, agent_id, inbox_id) values ($1, $2, $3)', [
    ...who,
    rows[0]!.inbox_id,
  ]);
  ahead += 1_001;
});

it('closes the sockets of a member who has signed out, and leaves the others of the group alone', async () => {
  const agent = await world.as('agent');
  const conversationId = await conversationOfSupport(world, agent);
  const leaving = await ApiClient.signIn(server.url, world.email('colleague'), PASSWORD);
  const [stays, leaves] = [await followers.follow(agent), await followers.follow(leaving)];
  await executions.settleAt(1, () => followers.answered(agent, conversationId, [stays, leaves]));
  await leaving.ask('mutation { signOut { signedOut } }');
  const text = await followers.answered(agent, conversationId, [stays]);
  expect((await leaves.closed).code).toBe(4401);
  expect(leaves.messages.some(shows(text))).toBe(false);
});
