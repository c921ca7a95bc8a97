import { afterAll, beforeAll, expect, it } from 'vitest';
import { continueRemovals, startPruning } from '../../src/services/jobs/remove.js';
import { verifyWorkspace } from '../../src/services/record/verify-workspace.js';
import { SET_RETENTION } from '../security/details.js';
import { ApiClient } from '../support/client.js';
import { customerWrites, SET_STATUS } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, PASSWORD } from '../support/world.js';

let server: TestServer;
let ahead = 0;
beforeAll(async () => {
  server = await startTestServer({ now: () => new Date(Date.now() + ahead) });
});
afterAll(() => server.stop());

it('leaves of the line in a transcript only that something was there', async () => {
  const world = await createWorld(server);
  let admin = await world.as('admin');
  const { conversationId } = await customerWrites(world);
  const other = await customerWrites(world);
  await admin.ask(SET_STATUS, { input: { conversationId, status: 'RESOLVED' } });
  const lines = `query($id: ID!) { conversation(id: $id) { transcript { nodes { id position occurredAt actor { __typename }
    ... on Message { text } ... on ConversationEvent { action summary changes { field } handover { id } } } } } }`;
  const read = async (id: string) => (await admin.ask(lines, { id })).conversation.transcript.nodes;
  const before = await read(conversationId);
  expect(before.map(({ action }: { action?: string }) => action)).toEqual([
    'conversation.created',
    undefined,
    'conversation.resolved',
  ]);
  await admin.ask(SET_RETENTION, { input: { categories: ['CONVERSATION'], days: 30 } });
  const kept = await read(other.conversationId);
  ahead = 40 * 86_400_000;
  admin = await ApiClient.signIn(server.url, world.email('admin'), PASSWORD);
  expect(await startPruning(server.app)).toBe(1);
  await continueRemovals(server.app, new Date(Date.now() + 2 * ahead));
  const gone = { actor: { __typename: 'SystemActor' }, action: 'audit.pruned', changes: [], handover: null };
  const empty = { ...gone, summary: 'What happened here was pruned' };
  expect(await read(conversationId)).toEqual([{ ...before[0], ...empty }, before[1], { ...before[2], ...empty }]);
  expect(await read(other.conversationId)).toEqual([{ ...kept[0], ...empty }, kept[1]]);
  expect(await verifyWorkspace(server.app.db, world.ids.workspace)).toMatchObject({ valid: true });
});
