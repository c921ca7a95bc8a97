import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeDataDir } from '../cli/run-cli.js';
import { customerWrites } from '../support/operations.js';
import { setViewWindow, startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { ServerNode } from './node.js';
import { Wire, type Interruption } from './wire.js';

let server: TestServer;
let world: World;
let wire: Wire;
let dataDir: string;
beforeAll(async () => {
  dataDir = await makeDataDir();
  // The signing keys that it makes there are those of the nodes too.
  server = await startTestServer({ env: { DATA_DIR: dataDir } });
  world = await createWorld(server);
  await setViewWindow(server, 0);
  wire = await Wire.to(server.database.url);
});
afterAll(async () => {
  await wire.close();
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});

const READINGS = {
  transcript: ['transcript.viewed', '{ messages { nodes { text } } }'],
  profile: ['contact.profile_viewed', '{ contact { email identities { address } } }'],
} as const;

/** How often somebody is on the record as having read this conversation, or the contact who wrote in it. */
async function recorded(conversationId: string, contactId: string, action: string): Promise<number> {
  const id = action === 'transcript.viewed' ? { conversationId } : { contactId };
  const { auditEvents } = await (
    await world.as('auditor')
  ).ask('query($filter: AuditEventFilter) { auditEvents(filter: $filter) { nodes { id } } }', {
    filter: { actions: [action], ...id },
  });
  return auditEvents.nodes.length;
}

it.each(
  Object.entries(READINGS).flatMap(([what, [action, fields]]) =>
    (['asked', 'committed'] as const).map((at) => ({ what, action, fields, at })),
  ),
)(
  'reveals nothing of a $what when the node is killed once its reading is $at',
  { timeout: 60_000 },
  async ({ action, fields, at }) => {
    const { conversationId } = await customerWrites(world);
    const { conversation } = await world
      .withKey('all')
      .ask('query($id: ID!) { conversation(id: $id) { contact { id } } }', { id: conversationId });
    const node = await ServerNode.start({ DATA_DIR: dataDir, DATABASE_URL: wire.url, DATABASE_POOL_SIZE: '4' });
    const reader = world.withKey('all').at(node.url);
    // The node itself works, and knows who asks.
    await reader.ask('query($id: ID!) { conversation(id: $id) { status } }', { id: conversationId });

    const interrupted = Promise.withResolvers<void>();
    const interruption: Interruption = {
      statement: 'record_append',
      at,
      act: () => void node.kill().then(interrupted.resolve, interrupted.reject),
    };
    wire.interrupt(interruption);
    const answer = reader.ask(`query($id: ID!) { conversation(id: $id) ${fields} }`, { id: conversationId });
    // Cut off, with no byte of an answer.
    await expect(answer).rejects.toThrow(TypeError);
    await interrupted.promise;
    // Recorded without having been shown, never the other way round.
    expect(await recorded(conversationId, conversation.contact.id, action)).toBe(at === 'committed' ? 1 : 0);
  },
);
