import { afterAll, beforeAll, expect, it } from 'vitest';
import { CREATE_BOT, UPDATE_BOT_SETTINGS } from '../security/bot-rows.js';
import type { ApiClient } from '../support/client.js';
import { CONVERSATION } from '../support/live-view.js';
import { asCustomer, customerWrites, offer, SAY, SEND, START } from '../support/operations.js';
import { setViewWindow, startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';

let server: TestServer;
/** A workspace in which one conversation is like the other, so that all need the same kinds of rows. */
let even: World;
let now = Date.now();
beforeAll(async () => {
  server = await startTestServer({
    now: () => new Date(now),
    env: { COST_BUCKET_POINTS: '1000000', COST_REFILL_PER_SECOND: '1000000' },
  });
  even = await createWorld(server);
  await setViewWindow(server, 0);
  for (let index = 0; index < 8; index += 1) await another();
});
afterAll(() => server.stop());

/** Opens one more conversation, a second later, with an answer, an offer and a customer of its own. */
async function another(): Promise<string> {
  now += 1_000;
  const { conversationId } = await customerWrites(even);
  await even.withKey('bot').ask(SEND, { input: { conversationId, text: 'I am Robin' } });
  await offer(await even.as('agent'), conversationId, { toTeamId: even.ids.support, expiresInSeconds: 604_800 });
  return conversationId;
}

/** How many statements the reading role is sent for one request. */
async function statements(client: ApiClient, operation: string, variables: object): Promise<number> {
  const pool = server.app.db.reader;
  const query = pool.query;
  let count = 0;
  pool.query = ((...args: never[]) => {
    // The sweeps, of which some are every second, are nobody's request; nor is a setting that is known for a while.
    if (
      !/\b\w+_(?:due|open|unsent|removing|expired|active|silent|behind|workspaces)\(|view_window_seconds/.test(
        (args as { text?: string }[])[0]?.text ?? '',
      )
    )
      count += 1;
    return (query as (...args: never[]) => unknown).apply(pool, args);
  }) as typeof query;
  try {
    await client.ask(operation, variables as Record<string, unknown>);
    return count;
  } finally {
    pool.query = query;
  }
}

const lists = {
  conversations: `query($first: Int) { conversations(first: $first, orderBy: CREATED_ASC) { nodes { ${CONVERSATION} } } }`,
  handovers: `query($first: Int) { handovers(first: $first) { nodes { id from { id } toTeam { members { id } } conversation { contact { identities { address } } lastMessage { text actor { displayName } } } } } }`,
  auditEvents: `query($first: Int) { auditEvents(first: $first, filter: { actions: ["message.received"] }) { nodes { summary actor { actor { id } } conversation { id } team { name } } } }`,
  contacts: `query($first: Int) { contacts(first: $first) { nodes { id timeline(last: 5) { nodes { id ... on Message { text } } }
    notes: timeline(kinds: [NOTE]) { nodes { id } } } } }`,
  agents: 'query($first: Int) { agents(first: $first) { nodes { id teams { members { id } supervisors { id } } } } }',
};

it.each(Object.keys(lists) as (keyof typeof lists)[])(
  'the number of statements of a page of %s does not grow with its rows',
  async (name) => {
    for (const client of [await even.as('admin'), await even.as('agent')]) {
      // Whoever has asked within the same second is known.
      await client.ask('{ viewer { role } }');
      const few = await statements(client, lists[name], { first: 2 });
      const many = await statements(client, lists[name], { first: 8 });
      expect(many).toBe(few);
      expect(many).toBeLessThanOrEqual(16);
    }
  },
);

it('the number of statements of the bots does not grow with them, nor with their versions, and reads changes only if asked', async () => {
  const reader = await even.as('admin');
  const VERSIONS = '{ bots { revisions(first: 2) { nodes { version } } } }';
  const CHANGES = `{ bots { displayName revisions(first: 2) { nodes { version changes { after } } }
    newest: revisions(first: 1) { nodes { version } pageInfo { hasNextPage } } } }`;
  const counted = async () => {
    await reader.ask('{ viewer { role } }');
    const versions = await statements(reader, VERSIONS, {});
    return [versions, await statements(reader, CHANGES, {})];
  };
  const few = await counted();
  // Each page by itself, and the changes.
  expect(few).toEqual([few[0], few[0]! + 2]);
  for (const displayName of ['Max', 'Zoe']) {
    const { createBot } = await reader.ask(CREATE_BOT, { input: { displayName } });
    const input = { botId: createBot.bot.id, expectedVersion: 1, prompt: `I am ${displayName}` };
    await reader.ask(UPDATE_BOT_SETTINGS, { input });
  }
  expect(await counted()).toEqual(few);
  const first = { version: 1, changes: [] };
  const changed = (displayName: string) => ({
    displayName,
    revisions: { nodes: [{ version: 2, changes: [{ after: `I am ${displayName}` }] }, first] },
    newest: { nodes: [{ version: 2 }], pageInfo: { hasNextPage: true } },
  });
  const unchanged = { nodes: [{ version: 1 }], pageInfo: { hasNextPage: false } };
  expect((await reader.ask(CHANGES)).bots).toEqual([
    changed('Max'),
    { displayName: 'Robin', revisions: { nodes: [first] }, newest: unchanged },
    changed('Zoe'),
  ]);
});

it('the number of statements of a customer’s conversations does not grow with them, and reads where the record stands only if asked', async () => {
  const customer = await asCustomer(await createWorld(server, 'chat'), { contactExternalId: 'asha', name: 'Asha' });
  const begin = async (text: string): Promise<string> =>
    (await customer.ask(START, { input: { text, idempotencyKey: text } })).startConversation.conversation.id;
  const asking = (field: string) =>
    `{ customerConversations { nodes { messages(last: 2) { ${field} nodes { text } pageInfo { hasPreviousPage } } } } }`;
  const STREAMED = asking('eventCursor');
  const counted = async () => {
    const counts: number[] = [];
    for (const operation of [asking(''), STREAMED, asking('... on CustomerMessageConnection { eventCursor }')]) {
      await customer.ask('{ customerConversations(first: 1) { nodes { id } } }');
      counts.push(await statements(customer, operation, {}));
    }
    return counts;
  };
  await begin('One');
  const few = await counted();
  expect(few).toEqual([few[0], few[0]! + 1, few[0]! + 1]);
  now += 1_000;
  const conversationId = await begin('Two');
  for (const text of ['Three', 'Four']) {
    await customer.ask(SAY, { input: { conversationId, text, idempotencyKey: text } });
  }
  now += 1_000;
  await begin('Five');
  expect(await counted()).toEqual(few);
  const page = (texts: string[], hasPreviousPage: boolean) => ({
    messages: {
      eventCursor: expect.any(String),
      nodes: texts.map((text) => ({ text })),
      pageInfo: { hasPreviousPage },
    },
  });
  expect((await customer.ask(STREAMED)).customerConversations.nodes).toEqual([
    page(['Five'], false),
    page(['Three', 'Four'], true),
    page(['One'], false),
  ]);
});

it('the number of statements of a conversation does not grow with its transcript', async () => {
  const operation = `query($id: ID!) { conversation(id: $id) { transcript { nodes { position actor { displayName }
    ... on Message { text } ... on ConversationEvent { summary handover { status } } } } } }`;
  const [id, reader] = [await another(), await even.as('admin')];
  await reader.ask('{ viewer { role } }');
  const few = await statements(reader, operation, { id });
  // Of the same kinds of actors as are there already.
  for (const text of ['One', 'Two', 'Three']) {
    await (await even.as('agent')).ask(SEND, { input: { conversationId: id, text } });
  }
  await reader.ask('{ viewer { role } }');
  expect(await statements(reader, operation, { id })).toBe(few);
});
