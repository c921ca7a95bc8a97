import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
  isRequiredArgument,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
} from 'graphql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { allResolvers } from '../../src/resolvers/all-resolvers.js';
import { buildApiSchema } from '../../src/schema/build-schema.js';
import type { ApiClient } from '../support/client.js';
import { asCustomer, customerWrites, offer, SEND } from '../support/operations.js';
import { evaluateWorkspace } from '../../src/services/alerts/evaluate-workspace.js';
import { createRule, setPriority } from '../alerts/alert-operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { ADD_NOTE, EDIT_MESSAGE, EDIT_NOTE, DELETE_MESSAGE, MARK_READ } from './details.js';

/** What stands in the note, in what it said before and in why it was changed; nowhere else. */
const MARKER = 'quokka-7f3a';
/** How many objects below a root field are walked through. */
const DEPTH = 4;

let server: TestServer;
let world: World;
let schema: GraphQLSchema;
let conversationId: string;
let noteId: string;
/** Where every stream is followed from: before anything was said. */
let beginning: string;
/** The arguments that root fields need. */
let args: Record<string, string>;

beforeAll(async () => {
  const plenty = String(Number.MAX_SAFE_INTEGER);
  const env = {
    COST_BUCKET_POINTS: plenty,
    COST_REFILL_PER_SECOND: plenty,
    MAX_DEPTH: '100',
    MAX_NODES: '1000000',
    MAX_TOKENS: '1000000',
    MAX_QUERY_BYTES: '1048576',
    MAX_BODY_BYTES: '1048576',
    MAX_ALIASES: '10000',
    MAX_FRAGMENTS: '10000',
  };
  server = await startTestServer({ env });
  world = await createWorld(server);
  schema = await buildApiSchema(allResolvers);
  const [agent, all] = [await world.as('agent'), world.withKey('all')];
  beginning = (await all.ask('{ conversations(first: 1) { eventCursor } }')).conversations.eventCursor;
  const { number, ...made } = await customerWrites(world, {
    conversationExternalId: 'elsewhere',
    contact: { externalId: 'asha', address: 'asha' },
  });
  conversationId = made.conversationId;
  const text = `${MARKER} first`;
  const input = { conversationId, text, mentionIds: [world.ids.agents.colleague] };
  noteId = (await agent.ask(ADD_NOTE, { input })).addNote.note.id;
  await agent.ask(EDIT_NOTE, { input: { noteId, text: `${MARKER} second`, reason: `${MARKER} why` } });
  await offer(world.withKey('bot'), conversationId, { toTeamId: world.ids.support });
  await agent.ask(MARK_READ, { input: { conversationId } });
  const { conversation } = await agent.ask('query($id: ID!) { conversation(id: $id) { contact { id } } }', {
    id: conversationId,
  });
  const { auditEvents } = await all.ask('{ auditEvents(filter: { actions: ["note.created"] }) { nodes { id } } }');
  const { auditCheckpoint } = await all.ask('{ auditCheckpoint { note } }');
  const { requestExport } = await all.ask('mutation { requestExport(input: { format: JSONL }) { export { id } } }');
  const { ruleId } = await createRule(await world.as('admin'));
  await setPriority(await world.as('admin'), conversationId, 'HIGH');
  await evaluateWorkspace(server.app, world.ids.workspace);
  const { alerts } = await all.ask('query($ids: [ID!]) { alerts(filter: { ruleIds: $ids }) { nodes { id } } }', {
    ids: [ruleId],
  });
  args = {
    export: `id: "${requestExport.export.id}"`,
    alert: `id: "${alerts.nodes[0].id}"`,
    bot: `id: "${world.ids.bot}"`,
    customerConversation: `id: "${conversationId}"`,
    alertRulePreview: 'input: { name: "Notes", filter: { actions: ["note.*"] } }, from: 0, to: 99',
    conversation: `id: "${conversationId}"`,
    conversationByNumber: `number: ${number}`,
    conversationByExternalId: 'externalId: "elsewhere"',
    contact: `id: "${conversation.contact.id}"`,
    contactByExternalId: 'externalId: "asha"',
    auditEvent: `id: "${auditEvents.nodes[0].id}"`,
    auditInclusionProof: 'sequence: 0',
    auditConsistencyProof: 'fromSize: 1, toSize: 1',
    searchMessages: `query: "${MARKER}"`,
    auditCheckpointSince: `note: ${JSON.stringify(auditCheckpoint.note)}`,
  };
});
afterAll(() => server.stop());

type Field = GraphQLField<unknown, unknown>;
const typeOf = (field: Field) => getNamedType(field.type);
const fieldsOf = (type: GraphQLCompositeType): Field[] =>
  isObjectType(type) ? Object.values(type.getFields()).filter((field) => !field.args.some(isRequiredArgument)) : [];

/** Everything of a type, so many objects deep. Types of one union say the same name of different things: each its own. */
function everything(type: GraphQLCompositeType, depth: number): string {
  if (isAbstractType(type)) {
    const possible = schema.getPossibleTypes(type);
    return `__typename ${possible.map((one) => `... on ${one.name} { ${aliased(one, depth)} }`).join(' ')}`;
  }
  return `__typename ${fieldsOf(type)
    .map((field) => selected(field, depth))
    .join(' ')}`;
}
const aliased = (type: GraphQLCompositeType, depth: number): string =>
  fieldsOf(type)
    .map((field) => [field, selected(field, depth)] as const)
    .map(([field, text]) => (text ? `${type.toString()}_${field.name}: ${text}` : ''))
    .join(' ');
function selected(field: Field, depth: number): string {
  const type = typeOf(field);
  if (!isCompositeType(type)) return field.name;
  return depth > 0 ? `${field.name} { ${everything(type, depth - 1)} }` : '';
}

interface Walk {
  client: ApiClient;
  /** The whole operation around a selection. */
  around: (selection: string) => string;
  variables?: Record<string, unknown>;
  /** Every answer, as text. */
  answers: string[];
  /** What was refused, where nothing smaller could be asked for. */
  refused: string[];
}

/** Asks for everything at once; where something of it is refused, for each part by itself. */
async function walk(of: Walk, type: GraphQLCompositeType, depth: number, path: string): Promise<void> {
  const answer = await of.client.send(of.around(everything(type, depth)), of.variables);
  of.answers.push(JSON.stringify(answer));
  if (!answer.errors) return;
  const isRefused = answer.errors[0]!.path?.length === 1;
  if (isRefused || (depth === 0 && isObjectType(type))) {
    of.refused.push(`${path} ${answer.errors[0]!.extensions.code}`);
    return;
  }
  if (isAbstractType(type)) {
    for (const one of schema.getPossibleTypes(type)) {
      const around = (selection: string) => of.around(`... on ${one.name} { ${selection} }`);
      await walk({ ...of, around }, one, depth, `${path}:${one.name}`);
    }
    return;
  }
  await walk(of, type, 0, path);
  if (depth === 0) return;
  for (const field of fieldsOf(type)) {
    const child = typeOf(field);
    if (!isCompositeType(child)) continue;
    const around = (selection: string) => of.around(`${field.name} { ${selection} }`);
    await walk({ ...of, around }, child, depth - 1, `${path}.${field.name}`);
  }
}

/** Walks through every query there is as somebody. */
async function walkQueries(client: ApiClient): Promise<{ answers: string; refused: string[] }> {
  const answers: string[] = [];
  const refused: string[] = [];
  for (const field of Object.values(schema.getQueryType()!.getFields())) {
    const needed = args[field.name];
    expect(field.args.some(isRequiredArgument), `${field.name} needs arguments`).toBe(needed !== undefined);
    const given = needed ? `(${needed})` : '';
    const around = (selection: string) => `{ ${field.name}${given} { ${selection} } }`;
    const type = typeOf(field);
    if (isCompositeType(type)) await walk({ client, around, answers, refused }, type, DEPTH, field.name);
  }
  return { answers: answers.join('\n'), refused };
}

it('finds the note where it may be read', { timeout: 120_000 }, async () => {
  const { answers, refused } = await walkQueries(await world.as('admin'));
  // What only customers are asked for.
  expect(refused.toSorted()).toEqual(['customerConversation FORBIDDEN', 'customerConversations FORBIDDEN']);
  for (const text of [`${MARKER} first`, `${MARKER} second`, `${MARKER} why`, noteId]) expect(answers).toContain(text);
});

it('shows a bot nothing of a note, whatever it asks for', { timeout: 120_000 }, async () => {
  const { answers, refused } = await walkQueries(world.withKey('bot'));
  expect(answers).toContain('My order is late');
  expect(answers).not.toContain(MARKER);
  expect(answers).not.toContain(noteId);
  expect(refused.filter((path) => !/ (FORBIDDEN|NOT_FOUND)$/.test(path))).toEqual([]);
  // Of what a bot reads at all, notes and the record are refused, and what leads to lists that it may not ask for.
  const inside = refused.filter((path) => path.startsWith('conversation.'));
  expect(inside.length).toBeGreaterThan(0);
  expect(inside.filter((path) => !/\.(notes|auditTrail)\b/.test(path))).toEqual([]);
});

it('shows a customer nothing of a note, whatever they ask for', { timeout: 120_000 }, async () => {
  const { answers, refused } = await walkQueries(await asCustomer(world, { contactExternalId: 'asha' }));
  expect(answers).toContain('My order is late');
  expect(answers).not.toContain(MARKER);
  expect(answers).not.toContain(noteId);
  const others = Object.keys(schema.getQueryType()!.getFields()).filter((name) => !name.startsWith('customer'));
  const named = [...new Set(refused.map((path) => path.split(/[ .:]/)[0]))];
  // Those that answer with no object are not walked through.
  expect(named.toSorted()).toEqual(others.filter((name) => named.includes(name)).toSorted());
  expect(refused.filter((path) => !path.endsWith(' FORBIDDEN'))).toEqual([]);
});

it('shows a bot nothing of a note in a transcript of notes alone, nor any place in a page', async () => {
  const { data } = await world.withKey('bot').send(
    `query($id: ID!) { conversation(id: $id) {
      notes: transcript(kinds: [NOTE]) { nodes { id } edges { cursor } pageInfo { hasNextPage hasPreviousPage endCursor } }
      last: transcript(last: 100) { nodes { __typename } } } }`,
    { id: conversationId },
  );
  expect(data.conversation.notes).toEqual({
    nodes: [],
    edges: [],
    pageInfo: { hasNextPage: false, hasPreviousPage: false, endCursor: null },
  });
  expect(data.conversation.last.nodes.map((node: { __typename: string }) => node.__typename)).not.toContain('Note');
});

it('shows a bot nothing of a note in what its own mutations answer', async () => {
  const bot = world.withKey('bot');
  // One message, however often it is asked about: the first one must stay on the newest page.
  const input = { conversationId, text: 'On its way', idempotencyKey: 'walked' };
  const message = schema.getType('Message') as GraphQLCompositeType;
  const answers: string[] = [];
  const around = (selection: string) =>
    `mutation($input: SendMessageInput!) { sendMessage(input: $input) { message { ${selection} } } }`;
  await walk({ client: bot, around, variables: { input }, answers, refused: [] }, message, 3, 'sendMessage');
  expect(answers.join()).toContain('On its way');
  expect(answers.join()).not.toContain(MARKER);
  for (const operation of [EDIT_NOTE, EDIT_MESSAGE, DELETE_MESSAGE]) {
    const of = operation === EDIT_NOTE ? { noteId } : { messageId: noteId };
    const text = operation === DELETE_MESSAGE ? {} : { text: 'Mine' };
    const error = await bot.refused(operation, { input: { ...of, ...text } });
    expect(error.extensions.code).toBe('NOT_FOUND');
  }
});

it('delivers nothing of a note to a bot, replayed or live', async () => {
  const bot = world.withKey('bot');
  const streams = [
    bot.subscribe(
      `subscription($id: ID!, $at: String) { transcriptChanges(conversationId: $id, afterEvent: $at) {
        changeType entryId entry { __typename id ... on Message { text } } } }`,
      { id: conversationId, at: beginning },
    ),
    bot.subscribe(
      `subscription($at: String) { conversationChanges(afterEvent: $at) { changeType changedFields actor { id displayName }
        conversation { id subject lastMessage { text } openHandover { comment summary } } } }`,
      { at: beginning },
    ),
    bot.subscribe(
      'subscription($at: String) { handoverChanges(afterEvent: $at) { action handover { comment summary } } }',
      {
        at: beginning,
      },
    ),
  ];
  const [transcript, changes] = [streams[0]!, streams[1]!];
  await transcript.until((frame) => frame.transcriptChanges.changeType === 'CURSOR');
  await changes.until((frame) => frame.conversationChanges.changeType === 'CURSOR');
  const agent = await world.as('agent');
  const live = (await agent.ask(ADD_NOTE, { input: { conversationId, text: `${MARKER} live` } })).addNote.note.id;
  await agent.ask(EDIT_NOTE, { input: { noteId: live, text: `${MARKER} live again` } });
  const sent = await bot.ask(SEND, { input: { conversationId, text: 'After the note' } });
  await transcript.until((frame) => frame.transcriptChanges.entryId === sent.sendMessage.message.id);
  await changes.until((frame) => frame.conversationChanges.conversation?.lastMessage?.text === 'After the note');
  const frames = JSON.stringify(streams.map((stream) => stream.frames));
  for (const hidden of [MARKER, noteId, live, '"Note"']) expect(frames).not.toContain(hidden);
  await Promise.all(streams.map((stream) => stream.stop()));
});

it('lets a bot change its own words only while the conversation is its own', async () => {
  const bot = world.withKey('bot');
  const mine = await customerWrites(world);
  const input = { conversationId: mine.conversationId, text: 'On its way' };
  const { message } = (await bot.ask(SEND, { input })).sendMessage;
  await bot.ask(EDIT_MESSAGE, { input: { messageId: message.id, text: 'On its way to you' } });
  await (await world.as('agent')).ask(SEND, { input: { conversationId: mine.conversationId, text: 'I am here' } });
  for (const [operation, text] of [
    [EDIT_MESSAGE, { text: 'Never mind' }],
    [DELETE_MESSAGE, {}],
  ] as const) {
    const error = await bot.refused(operation, { input: { messageId: message.id, ...text } });
    expect(error.extensions.code).toBe('FORBIDDEN');
  }
});
