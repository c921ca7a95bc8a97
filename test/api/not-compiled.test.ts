import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type * as jit from 'graphql-jit';
import { compileQuery } from 'graphql-jit';
import type { RunningServer } from '../../src/server.js';
import type { ApiAnswer, ApiClient } from '../support/client.js';
import { decodeCursor } from '../../src/services/streams/cursor.js';
import { customerWrites, offer, SEND } from '../support/operations.js';
import { byCaller, rootFields } from '../security/root-fields.js';
import { callers, Stage, type Caller, type Scene } from '../security/stage.js';
import { oddOperations, variedReads } from './sample-operations.js';

// The same, and counted.
vi.mock('graphql-jit', async (original) => {
  const actual = await original<typeof jit>();
  return { ...actual, compileQuery: vi.fn<typeof compileQuery>(actual.compileQuery) };
});

/**
 * Operations are compiled, and executed in the ordinary way where that is impossible. Two nodes on one database, of which
 * one compiles nothing: whatever a caller asks, both must answer the same, errors with their paths and places too.
 */

let stage: Stage;
let compiling: RunningServer;
let ordinary: RunningServer;
let scene: Scene;
const clients = new Map<Caller, ApiClient>();
beforeAll(async () => {
  stage = await Stage.open({ COST_BUCKET_POINTS: '100000000', COST_REFILL_PER_SECOND: '100000000' });
  compiling = await stage.server.another({}, { compilesOperations: true });
  ordinary = await stage.server.another({}, { compilesOperations: false });
  for (const caller of callers) clients.set(caller, (await stage.client(caller)).at(compiling.url));
  scene = await stage.scene('bot', { withHandover: true, withNote: true });
  const agent = clients.get('agent')!;
  for (const text of ['First', 'Second', 'Third']) {
    await agent.ask(SEND, { input: { conversationId: scene.conversationId, text } });
  }
  for (let count = 0; count < 3; count += 1) await customerWrites(stage.world);
}, 60_000);
afterAll(async () => {
  await Promise.all([compiling.stop(), ordinary.stop()]);
  await stage.close();
});

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** An answer without what is another one at each asking. */
function comparable(answer: ApiAnswer<unknown>): unknown {
  const errors = answer.errors?.map(({ extensions, ...error }) => ({
    ...error,
    extensions: { ...extensions, requestId: expect.stringMatching(UUID) as string },
  }));
  return JSON.parse(JSON.stringify({ ...answer, ...(errors ? { errors: sorted(errors) } : {}) }));
}

/** Errors of fields that are resolved at once come in no order of their own. */
const sorted = (errors: { path?: (string | number)[] }[]) =>
  errors.toSorted((left, right) => JSON.stringify(left.path ?? null).localeCompare(JSON.stringify(right.path ?? null)));

async function bothAnswer(caller: Caller, query: string, variables: object = {}): Promise<ApiAnswer<unknown>> {
  const client = clients.get(caller)!;
  const compiled = await client.send(query, { ...variables });
  const interpreted = await client.at(ordinary.url).send(query, { ...variables });
  expect(comparable(interpreted), `${caller}: ${query}`).toEqual(comparable(compiled));
  return compiled;
}

it('is asked of a node that compiles and of one that does not', async () => {
  const client = clients.get('agent')!;
  const compilations = vi.mocked(compileQuery);
  const before = compilations.mock.calls.length;
  await client.at(ordinary.url).ask('{ a: labels { id } }');
  expect(compilations.mock.calls.length).toBe(before);
  await client.ask('{ a: labels { id } }');
  expect(compilations.mock.calls.length).toBe(before + 1);
});

const queries = rootFields.filter(({ field }) => field.startsWith('Query.'));
it.each(queries)('$field is answered the same to every caller', async (row) => {
  const variables = (await row.variables?.(scene, stage)) ?? {};
  for (const caller of callers) await bothAnswer(caller, row.operation, variables);
});

const refusedMutations = rootFields.filter(({ field, prepare }) => field.startsWith('Mutation.') && !prepare);
it.each(refusedMutations)('$field is refused the same to everybody who may not', async (row) => {
  const variables = (await row.variables?.(scene, stage)) ?? {};
  const outcomes = byCaller(row);
  for (const caller of callers) {
    if (outcomes[caller]!.startsWith('OK')) continue;
    const { data, errors } = await bothAnswer(caller, row.operation, variables);
    // Of each of several it is said in the answer.
    expect(errors ?? [row.refused?.(data)].filter(Boolean)).toHaveLength(1);
  }
});

describe.each(['admin', 'agent', 'auditor', 'keyRead', 'bot'] as const)('to the %s', (caller) => {
  it.each(Object.entries(variedReads))('answers the same: %s', async (_, query) => {
    await bothAnswer(caller, query, { id: scene.conversationId, yes: true, no: false, some: 2 });
  });
});

it.each(oddOperations)('answers the same: $what', async ({ query, variables, codes }) => {
  const { errors } = await bothAnswer('admin', query, { ...variables(scene) });
  expect(errors?.map(({ extensions }) => extensions.code) ?? []).toEqual(codes);
});

it('takes as much away where several fail that must not be null; of these the ordinary way tells the first', async () => {
  const query = `query($id: ID!) { labels { name } conversation(id: $id) { messages(first: -1) { nodes { id } } notes(first: 1, last: 1) { nodes { id } } } }`;
  const client = clients.get('admin')!;
  const [compiled, interpreted] = await Promise.all(
    [client, client.at(ordinary.url)].map(async (node) => await node.send(query, { id: scene.conversationId })),
  );
  expect(interpreted!.data).toEqual(compiled!.data);
  const told = ({ errors }: ApiAnswer<unknown>) =>
    errors!.map(({ path, extensions }) => [path?.join('.'), extensions.code]);
  const [first, second] = ['messages', 'notes'].map((field) => [`conversation.${field}`, 'VALIDATION_FAILED']);
  expect(told(compiled!).toSorted()).toEqual([first, second]);
  expect(told(interpreted!)).toEqual([first]);
});

it('writes the same, and answers the same of it', async () => {
  const client = clients.get('agent')!;
  const answers = [];
  for (const node of [client, client.at(ordinary.url)]) {
    const { conversationId } = await customerWrites(stage.world);
    const variables = { first: { conversationId, text: 'One' }, second: { conversationId, text: '' } };
    const answer = await node.send(
      `mutation($first: SendMessageInput!, $second: SendMessageInput!) { one: sendMessage(input: $first) { ...P }
        two: sendMessage(input: $second) { ...P } } fragment P on SendMessagePayload { message { position text actor { __typename displayName } } }`,
      variables,
    );
    const read = await node.send(
      'query($id: ID!) { conversation(id: $id) { status messages(last: 5) { nodes { position text } } } }',
      { id: conversationId },
    );
    answers.push([comparable(answer), comparable(read)]);
  }
  expect(answers[1]).toEqual(answers[0]);
  expect(answers[0]![0]).toMatchObject({ errors: [{ path: ['two'], extensions: { code: 'VALIDATION_FAILED' } }] });
});

it('delivers the same frames', async () => {
  const client = clients.get('admin')!;
  const { conversations } = await client.ask('{ conversations(first: 1) { afterEvent: eventCursor } }');
  const { conversationId } = await customerWrites(stage.world);
  await offer(client, conversationId, { toTeamId: stage.world.ids.billing });
  const { newestCursor } = (await client.ask('{ conversations(first: 1) { newestCursor: eventCursor } }'))
    .conversations;
  const newest = decodeCursor(newestCursor).sequence;
  const streams = [
    `subscription($afterEvent: String) { conversationChanges(afterEvent: $afterEvent) { changeType cursor conversationId
      conversation { ...C } } } fragment C on Conversation { number status contact { displayName } openHandover { id } lastMessage { text actor { __typename } } }`,
    `subscription($afterEvent: String) { handoverChanges(afterEvent: $afterEvent) { changeType cursor handover { id status
      conversation { number inbox { name } } } } }`,
    `subscription($afterEvent: String) { workspaceEvents(afterEvent: $afterEvent) { cursor action occurredAt message { text } conversation { id } } }`,
  ];
  for (const stream of streams) {
    const followers = [client, client.at(ordinary.url)].map((node) => node.subscribe(stream, conversations));
    // A replay says of what changed several times only the last within what its node has read by then: that may be more
    // at one node. What both say after the same event is the same, and of the newest both say something.
    const said = [];
    for (const follower of followers) {
      const byCursor = new Map<string, unknown>();
      for (let isNewest = false; !isNewest;) {
        const [[, frame]] = Object.entries<{ cursor: string }>(await follower.next()) as [[string, { cursor: string }]];
        byCursor.set(frame.cursor, frame);
        isNewest = decodeCursor(frame.cursor).sequence >= newest;
      }
      said.push(byCursor);
    }
    const [one, other] = said as [Map<string, unknown>, Map<string, unknown>];
    const both = [...one.keys()].filter((cursor) => other.has(cursor));
    expect(both.map((cursor) => decodeCursor(cursor).sequence)).toContain(newest);
    for (const cursor of both) expect(other.get(cursor)).toEqual(one.get(cursor));
    await Promise.all(followers.map((follower) => follower.stop()));
  }
});
