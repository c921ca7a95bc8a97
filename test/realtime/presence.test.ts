import pg from 'pg';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { RunningServer } from '../../src/server.js';
import { releasePresences } from '../../src/services/jobs/release-presences.js';
import type { ApiClient } from '../support/client.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { RawSocket } from './raw-socket.js';

/** A node that has not renewed its leases for so long is dead. */
const LEASE_MS = 45_000;

let server: TestServer;
let other: RunningServer;
let world: World;
let database: pg.Client;
let admin: ApiClient;
let agent: ApiClient;
let ahead = 0;
beforeEach(async () => {
  ahead = 0;
  server = await startTestServer({ now: () => new Date(Date.now() + ahead) });
  other = await server.another();
  database = new pg.Client({ connectionString: server.database.url });
  await database.connect();
  world = await createWorld(server);
  [admin, agent] = [await world.as('admin'), await world.as('agent')];
});
afterEach(async () => {
  await database.end();
  await other.stop();
  await server.stop();
});

/** What the node whose turn it is does every few seconds. */
const sweep = () => releasePresences(server.app);

/** The sockets that each node says are open. */
const leases = async () => {
  const statement = 'select sockets from socket_lease where agent_id = $1 and sockets > 0';
  return (await database.query(statement, [world.ids.agents.agent])).rows;
};

/** What the record tells of the agent's coming and going. */
async function comings(): Promise<string[]> {
  const { auditEvents } = await admin.ask(
    `query($id: ID!) { auditEvents(filter: { categories: [PRESENCE], targetIds: [$id] }, orderBy: RECORDED_ASC) {
      nodes { changes { after } } } }`,
    { id: world.ids.agents.agent },
  );
  return auditEvents.nodes.map((event: { changes: { after: string }[] }) => event.changes[0]!.after);
}

const open = (node: RunningServer) => RawSocket.signedIn(node.url, agent.credential!);

it('keeps an agent ONLINE while one node has a socket of theirs, and OFFLINE comes once, with the sweep', async () => {
  const sockets = [await open(server), await open(other), await open(other)];
  await vi.waitFor(async () => expect(await comings()).toEqual(['ONLINE']), 5_000);
  await vi.waitFor(async () => expect(await leases()).toHaveLength(2), 5_000);
  sockets[0]!.ws.close();
  sockets[1]!.ws.close();
  await vi.waitFor(async () => expect(await leases()).toHaveLength(1), 5_000);
  await sweep();
  expect(await comings()).toEqual(['ONLINE']);
  sockets[2]!.ws.close();
  await vi.waitFor(async () => expect(await leases()).toHaveLength(0), 5_000);
  // Going is left to the sweep: who reloads a page has not gone.
  expect(await comings()).toEqual(['ONLINE']);
  await Promise.all([sweep(), sweep()]);
  expect(await comings()).toEqual(['ONLINE', 'OFFLINE']);
  const back = await open(other);
  await vi.waitFor(async () => expect(await comings()).toEqual(['ONLINE', 'OFFLINE', 'ONLINE']), 5_000);
  back.ws.close();
});

it('lets an agent go whose node has died: when its lease has run out, not before', async () => {
  const socket = await open(other);
  await vi.waitFor(async () => expect(await comings()).toEqual(['ONLINE']), 5_000);
  ahead = LEASE_MS - 5_000;
  await sweep();
  expect(await comings()).toEqual(['ONLINE']);
  // The clock is ahead of the node's own renewals, as if there were none.
  ahead = LEASE_MS + 1_000;
  await sweep();
  expect(await comings()).toEqual(['ONLINE', 'OFFLINE']);
  socket.ws.close();
});

it('says when an agent was last there: now while a socket is open, then when the last one closed', async () => {
  const LAST =
    'query($of: String) { agents(filter: { search: $of }) { nodes { lastSeenAt presence { status since } } } }';
  const seen = async (of: 'agent' | 'outsider') => {
    const { agents } = await admin.ask(LAST, { of: world.email(of) });
    expect(agents.nodes).toHaveLength(1);
    return agents.nodes[0];
  };
  expect((await seen('outsider')).lastSeenAt).toBeNull();
  // Who has signed in was there then, without a socket too.
  const signedIn = Date.parse((await seen('agent')).lastSeenAt);
  expect(Math.abs(Date.now() - signedIn)).toBeLessThan(60_000);
  const socket = await open(server);
  await vi.waitFor(async () => expect(await comings()).toEqual(['ONLINE']), 5_000);
  ahead = LEASE_MS / 2;
  expect(Date.parse((await seen('agent')).lastSeenAt) - signedIn).toBeGreaterThanOrEqual(ahead);
  socket.ws.close();
  await vi.waitFor(async () => expect(await leases()).toHaveLength(0), 5_000);
  await sweep();
  const { lastSeenAt, presence } = await seen('agent');
  expect(presence.status).toBe('OFFLINE');
  expect(lastSeenAt).toBe(presence.since);
});
