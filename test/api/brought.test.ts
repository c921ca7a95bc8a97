import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../support/client.js';
import { customerWrites, offer, SEND } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';

/**
 * A conversation that is asked for itself comes with everything in one statement; one that hangs on a handover is put
 * together by the resolvers. What a caller is answered, or refused, must not depend on it.
 */

let server: TestServer;
let world: World;
let conversationIds: string[];
let callers: Record<string, ApiClient>;
beforeAll(async () => {
  server = await startTestServer({ env: { COST_BUCKET_POINTS: '100000000', COST_REFILL_PER_SECOND: '100000000' } });
  world = await createWorld(server);
  const [admin, agent] = [await world.as('admin'), await world.as('agent')];
  callers = {
    admin,
    agent,
    outsider: await world.as('outsider'),
    'key with every scope': world.withKey('all'),
    'key that reads the record': world.withKey('audit'),
    bot: world.withKey('bot'),
  };
  conversationIds = [];
  for (const [index, contact] of [
    { externalId: 'one', address: 'one@example.com', email: 'one@example.com', name: 'One' },
    { externalId: 'two', address: '+49 30 1' },
  ].entries()) {
    const { conversationId } = await customerWrites(world, { contact });
    conversationIds.push(conversationId);
    await offer(world.withKey('bot'), conversationId, { toTeamId: world.ids.support });
    if (index > 0) continue;
    const { conversation } = await admin.ask('query($id: ID!) { conversation(id: $id) { openHandover { id } } }', {
      id: conversationId,
    });
    await agent.ask('mutation($input: AcceptHandoverInput!) { acceptHandover(input: $input) { handover { id } } }', {
      input: { handoverId: conversation.openHandover.id },
    });
    for (const text of ['First', 'Second', 'Third']) await agent.ask(SEND, { input: { conversationId, text } });
    const input = { conversationId, text: 'Calls back on Monday' };
    await agent.ask('mutation($input: AddNoteInput!) { addNote(input: $input) { note { id } } }', { input });
    await agent.ask(
      'mutation($input: StarConversationInput!) { starConversation(input: $input) { conversation { id } } }',
      {
        input: { conversationId },
      },
    );
    const { labels } = await admin.ask('{ labels { id } }');
    await agent.ask('mutation($input: AddLabelsInput!) { addLabels(input: $input) { conversation { id } } }', {
      input: { conversationId, labelIds: labels.map(({ id }: { id: string }) => id) },
    });
    await customerWrites(world, { contact });
  }
});
afterAll(() => server.stop());

const actor = 'actor { __typename id displayName }';
const message = `id position direction text occurredAt createdAt editedAt ${actor}`;
const parts = [
  'number subject status priority pinned channel botActive handoverCount externalId',
  'createdAt updatedAt lastActivityAt resolvedAt waitingSince snoozedUntil',
  'firstResponseSeconds',
  'contact { id displayName name externalId createdAt updatedAt labels { name } }',
  'contact { email phone identities { address channel verified } }',
  'assignee { id displayName email role teams { name } }',
  'team { id name members { displayName } }',
  'inbox { id name }',
  'openHandover { id status reason from { __typename id } toTeam { id name } toAgent { id } conversation { number } }',
  'openHandover { unattended expiresAt requestedAt comment summary }',
  `lastMessage { ${message} conversation { contact { displayName } } }`,
  'labels { id name color } viewerState { unreadCount lastReadPosition starred }',
  `messages(last: $some) { nodes { ${message} } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }`,
  'messages(first: 2) { edges { cursor node { text revisions { number } } } pageInfo { hasNextPage } }',
  'few: messages(first: 1) { nodes { position } } many: messages(first: 100) { nodes { text } }',
  'messages(last: $some) { nodes { ...M } } contact { ... on Actor { displayName } ... { name } }',
  'notes { nodes { id position text occurredAt mentions { id } actor { displayName } } }',
  'notes(last: 1) { nodes { ... on Note { text } } } number @skip(if: $yes) subject @include(if: $yes)',
  'transcript(last: 3) { nodes { __typename position actor { displayName } } }',
  'messages(first: 0) { nodes { id } }',
  'messages(first: 1, last: 1) { nodes { id } }',
  'messages(first: 1, after: "nonsense") { nodes { id } }',
];
const fragments = `fragment M on Message { id text conversation { id number } }`;

/** Data and errors, without the way there and without what only this request has. */
const comparable = (answer: Awaited<ReturnType<ApiClient['send']>>, data: unknown, depth: number) => ({
  data,
  errors: (answer.errors ?? [])
    .map(({ message: text, path, extensions }) => ({
      text,
      path: path?.slice(depth),
      extensions: { ...extensions, requestId: null },
    }))
    .toSorted((left, right) => JSON.stringify(left).localeCompare(JSON.stringify(right))),
});

describe.each(['admin', 'agent', 'outsider', 'key with every scope', 'key that reads the record', 'bot'])(
  'for the %s',
  (who) => {
    it('answers the same of a conversation, however it is come by', async () => {
      const client = callers[who]!;
      await fc.assert(
        fc.asyncProperty(
          fc.subarray(parts, { minLength: 1, maxLength: 6 }),
          fc.constantFrom(...conversationIds),
          fc.boolean(),
          fc.integer({ min: 1, max: 5 }),
          async (asked, id, yes, some) => {
            // One selection may not hold a field twice with other arguments.
            const selection = asked.filter(
              (part, index) => asked.findIndex((each) => firstWord(each) === firstWord(part)) === index,
            );
            const head = 'query($id: ID!, $yes: Boolean!, $some: Int!)';
            const used = `__typename @skip(if: $yes) messagesUsed: messages(last: $some) { nodes { position } }`;
            const body = `id ${selection.join(' ')} ${used}`;
            const extra = body.includes('...M') ? fragments : '';
            const alone = await client.send(`${head} { it: conversation(id: $id) { ${body} } } ${extra}`, {
              id,
              yes,
              some,
            });
            const hanging = await client.send(
              `${head} { it: handovers(filter: { conversationId: $id }, first: 1) { nodes { conversation { ${body} } } } } ${extra}`,
              { id, yes, some },
            );
            const listed = await client.send(
              `${head} { them: conversations(first: 10) { edges { node { ${body} } } } viewer { id } } ${extra}`.replace(
                '($id: ID!, ',
                '(',
              ),
              { yes, some },
            );
            const one = hanging.data?.it?.nodes?.[0]?.conversation;
            const found = comparable(alone, alone.data?.it ?? null, 1);
            expect(found).toEqual(one ? comparable(hanging, one, 4) : { ...found, data: null });
            // A list with more in it than one answer may have is refused.
            const edge = listed.data?.them?.edges.find(({ node }: { node: { id: string } }) => node.id === id);
            expect(edge?.node ?? alone.data?.it ?? null).toEqual(alone.data?.it ?? null);
          },
        ),
        { numRuns: 40 },
      );
    });
  },
);

const firstWord = (part: string): string => /^(?:\w+: )?(\w+)/.exec(part)![1]!;

it('brings an inbox, and a conversation with its messages and notes, in one statement each', async () => {
  const { admin } = callers as { admin: ApiClient };
  const pool = server.app.db.reader;
  const { query } = pool;
  const texts: string[] = [];
  pool.query = ((...args: never[]) => {
    const { text } = (args as { text?: string }[])[0] ?? {};
    // What the node does by itself asks functions, and nobody's objects.
    if (text && !/\bfrom \w+_(due|open|active|expired|silent|workspaces)\(|view_window_seconds/.test(text))
      texts.push(text);
    return (query as (...args: never[]) => unknown).apply(pool, args);
  }) as typeof query;
  try {
    const inbox = `{ conversations(first: 50, filter: { statuses: [OPEN, IN_PROGRESS] }) { nodes { number subject lastActivityAt
      contact { displayName } assignee { displayName } team { name } labels { name color } lastMessage { text createdAt }
      viewerState { unreadCount } } pageInfo { endCursor } } }`;
    await admin.ask('{ viewer { role } }');
    texts.length = 0;
    expect((await admin.ask(inbox)).conversations.nodes).toHaveLength(2);
    expect(texts).toHaveLength(1);
    texts.length = 0;
    await admin.ask(
      `query($id: ID!) { conversation(id: $id) { number contact { name } labels { name } messages(last: 50) { nodes { text } }
        notes(last: 50) { nodes { text } } } }`,
      { id: conversationIds[0] },
    );
    expect(texts).toHaveLength(1);
  } finally {
    pool.query = query;
  }
});
