import { getNullableType, isInputObjectType, type GraphQLSchema } from 'graphql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { allResolvers } from '../../src/resolvers/all-resolvers.js';
import { buildApiSchema } from '../../src/schema/build-schema.js';
import { ADD_NOTE, REVOKE_SESSION } from '../security/details.js';
import { ApiClient } from '../support/client.js';
import { ACCEPT, customerWrites, offer, SEND } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, PASSWORD, type World } from '../support/world.js';

let server: TestServer;
let world: World;
let schema: GraphQLSchema;
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
  schema = await buildApiSchema(allResolvers);
});
afterAll(() => server.stop());

/** Mutations that take no reason, each with its own. */
const WITHOUT: Record<string, string> = {
  signIn: 'comes in',
  acceptInvitation: 'comes in',
  refreshSession: 'stays in',
  signOut: 'goes',
  receiveMessage: 'a channel delivers',
  updateDelivery: 'a channel reports',
  createUploadLink: 'what is sent has a reason of its own',
  requestHandover: 'says why by `reason` of its own kinds, and `comment`',
  markConversationRead: 'a mark of one’s own',
  starConversation: 'a mark of one’s own',
  unstarConversation: 'a mark of one’s own',
  setTyping: 'is not recorded',
  annotateEvent: 'is itself a remark',
  createCustomerToken: 'is asked for by a server whenever somebody opens a chat',
  startConversation: 'is what a customer has to say',
  sendCustomerMessage: 'is what a customer has to say',
};

it('lets callers say why with every mutation, but for a few', () => {
  const mutations = Object.values(schema.getMutationType()!.getFields());
  const without = mutations.filter(({ args }) => {
    const input = args.find(({ name }) => name === 'input');
    const type = input && getNullableType(input.type);
    return !isInputObjectType(type) || !/^String!?$/.test(String(type.getFields()['reason']?.type));
  });
  expect(without.map(({ name }) => name).toSorted()).toEqual(Object.keys(WITHOUT).toSorted());
});

it('records the reasons of answers, notes, accepted handovers and revoked sessions, 500 characters at most', async () => {
  const { conversationId } = await customerWrites(world);
  const [agent, admin] = [await world.as('agent'), await world.as('admin')];
  await agent.ask(ADD_NOTE, { input: { conversationId, text: 'Call back', reason: 'They asked' } });
  const handoverId = await offer(admin, conversationId, { toTeamId: world.ids.support });
  await agent.ask(ACCEPT, { input: { handoverId, reason: 'My case' } });
  await agent.ask(SEND, { input: { conversationId, text: 'On its way', reason: 'Goodwill' } });
  const other = await ApiClient.signIn(server.url, world.email('colleague'), PASSWORD);
  const { viewer } = await other.ask('{ viewer { session { id } } }');
  await admin.ask(REVOKE_SESSION, { input: { sessionId: viewer.session.id, reason: 'Lost laptop' } });
  const { auditEvents } = await admin.ask(
    `query($filter: AuditEventFilter) { auditEvents(filter: $filter, first: 4) { nodes { reason summary } } }`,
    { filter: { actions: ['note.created', 'handover.accepted', 'message.sent', 'auth.session_revoked'] } },
  );
  const number = auditEvents.nodes[1].summary.match(/#\d+/)[0];
  expect(auditEvents.nodes).toEqual([
    { reason: 'Lost laptop', summary: 'The session of Kim was revoked: Lost laptop' },
    { reason: 'Goodwill', summary: `Bo answered in conversation ${number}: Goodwill` },
    { reason: 'My case', summary: `Bo accepted the handover of conversation ${number}: My case` },
    { reason: 'They asked', summary: `Bo added a note to conversation ${number}: They asked` },
  ]);
  const reason = 'x'.repeat(501);
  for (const [operation, input] of [
    [ADD_NOTE, { conversationId, text: 'Call back', reason }],
    [ACCEPT, { handoverId, reason }],
    [SEND, { conversationId, text: 'On its way', reason }],
    [REVOKE_SESSION, { sessionId: viewer.session.id, reason }],
  ] as const) {
    expect((await admin.refused(operation, { input })).extensions).toMatchObject({
      code: 'VALIDATION_FAILED',
      fields: [{ path: 'reason', message: 'must have at most 500 characters' }],
    });
  }
});

it('shows a reason to readers of the record, and not in the transcript', async () => {
  const { conversationId } = await customerWrites(world);
  const admin = await world.as('admin');
  const handoverId = await offer(admin, conversationId, { toTeamId: world.ids.support });
  await (await world.as('agent')).ask(ACCEPT, { input: { handoverId, reason: 'Between us' } });
  const { conversation } = await admin.ask(
    'query($id: ID!) { conversation(id: $id) { transcript(kinds: [EVENT]) { nodes { ... on ConversationEvent { summary } } } } }',
    { id: conversationId },
  );
  const summaries = conversation.transcript.nodes.map(({ summary }: { summary: string }) => summary);
  expect(summaries.at(-1)).toMatch(/^Bo accepted the handover of conversation #\d+$/);
});
