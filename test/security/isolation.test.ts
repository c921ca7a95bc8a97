import { getNamedType, isInputObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allResolvers } from '../../src/resolvers/all-resolvers.js';
import { buildApiSchema } from '../../src/schema/build-schema.js';
import type { ApiAnswer } from '../support/client.js';
import { LiveView } from '../support/live-view.js';
import {
  ASSIGN,
  CANCEL,
  ACCEPT,
  DECLINE,
  customerWrites,
  offer,
  REQUEST,
  SEND,
  SET_STATUS,
} from '../support/operations.js';
import type { World } from '../support/world.js';
import { Stage, type Scene } from './stage.js';

let stage: Stage;
/** The caller's own workspace, and the one whose ids are tried. */
let own: World;
let other: World;
let ownConversation: string;
/** One of the own workspace without an open handover. */
let free: string;
let there: Scene;
let requestId: string;
beforeAll(async () => {
  stage = await Stage.open();
  own = stage.foreign;
  other = stage.world;
  ownConversation = (await customerWrites(own)).conversationId;
  await offer(own.withKey('all'), ownConversation, { toTeamId: own.ids.support, expiresInSeconds: 604_800 });
  free = (await customerWrites(own)).conversationId;
  // The other workspace is further with its numbers than this one gets here.
  await Promise.all(Array.from({ length: 10 }, () => customerWrites(other)));
  there = await stage.scene('agent', { withHandover: true });
  const { auditEvent } = await other.withKey('all').ask('query($id: ID!) { auditEvent(id: $id) { requestId } }', {
    id: there.eventId,
  });
  requestId = auditEvent.requestId;
});
afterAll(() => stage.close());

/** What becomes of an id of the other workspace, where each place takes one. */
type Row = [place: string, operation: string, variables: () => object, outcome: string];

const list = (field: string, filterType: string) =>
  `query($filter: ${filterType}) { ${field}(filter: $filter) { nodes { id } } }`;
const conversations = list('conversations', 'ConversationFilter');
const handovers = list('handovers', 'HandoverFilter');
const events = list('auditEvents', 'AuditEventFilter');
const receive = 'mutation($input: ReceiveMessageInput!) { receiveMessage(input: $input) { message { id } } }';

const rows: Row[] = [
  [
    'Query.conversation.id',
    'query($id: ID!) { conversation(id: $id) { id } }',
    () => ({ id: there.conversationId }),
    'NOT_FOUND',
  ],
  ['Query.auditEvent.id', 'query($id: ID!) { auditEvent(id: $id) { id } }', () => ({ id: there.eventId }), 'NOT_FOUND'],
  [
    'an external id',
    'query($id: String!) { conversationByExternalId(externalId: $id) { id } }',
    () => ({ id: there.externalId }),
    'NOT_FOUND',
  ],
  [
    'a number',
    'query($number: Int!) { conversationByNumber(number: $number) { id } }',
    () => ({ number: there.number }),
    'NOT_FOUND',
  ],
  ['AgentFilter.teamIds', list('agents', 'AgentFilter'), () => ({ filter: { teamIds: [other.ids.support] } }), 'empty'],
  [
    'ConversationFilter.assigneeIds',
    conversations,
    () => ({ filter: { assigneeIds: Object.values(other.ids.agents) } }),
    'empty',
  ],
  ['ConversationFilter.contactId', conversations, () => ({ filter: { contactId: there.contactId } }), 'empty'],
  ['ConversationFilter.inboxIds', conversations, () => ({ filter: { inboxIds: [other.ids.inbox] } }), 'empty'],
  ['ConversationFilter.teamIds', conversations, () => ({ filter: { teamIds: [other.ids.support] } }), 'empty'],
  ['HandoverFilter.conversationId', handovers, () => ({ filter: { conversationId: there.conversationId } }), 'empty'],
  ['HandoverFilter.toAgentIds', handovers, () => ({ filter: { toAgentIds: [other.ids.agents.agent] } }), 'empty'],
  ['HandoverFilter.toTeamIds', handovers, () => ({ filter: { toTeamIds: [other.ids.support] } }), 'empty'],
  ['AuditEventFilter.actorIds', events, () => ({ filter: { actorIds: Object.values(other.ids.agents) } }), 'empty'],
  ['AuditEventFilter.contactId', events, () => ({ filter: { contactId: there.contactId } }), 'empty'],
  ['AuditEventFilter.conversationId', events, () => ({ filter: { conversationId: there.conversationId } }), 'empty'],
  ['AuditEventFilter.targetIds', events, () => ({ filter: { targetIds: [there.conversationId] } }), 'empty'],
  ['AuditEventFilter.teamIds', events, () => ({ filter: { teamIds: [other.ids.support] } }), 'empty'],
  ['a request id', events, () => ({ filter: { requestId } }), 'empty'],
  [
    'ReceiveMessageInput.inboxId',
    receive,
    () => ({ input: { inboxId: other.ids.inbox, externalId: 'x', contact: { address: 'y' }, text: 'Hello' } }),
    'NOT_FOUND',
  ],
  [
    'SendMessageInput.conversationId',
    SEND,
    () => ({ input: { conversationId: there.conversationId, text: 'Hello' } }),
    'NOT_FOUND',
  ],
  [
    'AssignConversationInput.conversationId',
    ASSIGN,
    () => ({ input: { conversationId: there.conversationId, assigneeId: own.ids.agents.agent } }),
    'NOT_FOUND',
  ],
  [
    'AssignConversationInput.assigneeId',
    ASSIGN,
    () => ({ input: { conversationId: ownConversation, assigneeId: other.ids.agents.agent } }),
    'VALIDATION_FAILED assigneeId',
  ],
  [
    'AssignConversationInput.teamId',
    ASSIGN,
    () => ({ input: { conversationId: ownConversation, teamId: other.ids.billing } }),
    'VALIDATION_FAILED teamId',
  ],
  [
    'SetConversationStatusInput.conversationId',
    SET_STATUS,
    () => ({ input: { conversationId: there.conversationId, status: 'RESOLVED' } }),
    'NOT_FOUND',
  ],
  [
    'RequestHandoverInput.conversationId',
    REQUEST,
    () => ({ input: { conversationId: there.conversationId, toTeamId: own.ids.support, reason: 'OTHER' } }),
    'NOT_FOUND',
  ],
  ...(['toAgentId', 'toTeamId', 'toBotId'] as const).map((target): Row => [
    `RequestHandoverInput.${target}`,
    REQUEST,
    () => {
      const { agents, support, bot } = other.ids;
      const id = { toAgentId: agents.agent, toTeamId: support, toBotId: bot }[target];
      return { input: { conversationId: free, [target]: id, reason: 'OTHER' } };
    },
    `VALIDATION_FAILED ${target}`,
  ]),
  ['AcceptHandoverInput.handoverId', ACCEPT, () => ({ input: { handoverId: there.handoverId } }), 'NOT_FOUND'],
  ['DeclineHandoverInput.handoverId', DECLINE, () => ({ input: { handoverId: there.handoverId } }), 'NOT_FOUND'],
  ['CancelHandoverInput.handoverId', CANCEL, () => ({ input: { handoverId: there.handoverId } }), 'NOT_FOUND'],
];

/** The code with the inputs at fault, or `empty` for a list without rows. */
function outcomeOf({ data, errors }: ApiAnswer<Record<string, { nodes?: unknown[] } | null>>): string {
  const shown = Object.values(data ?? {}).filter((value) => value !== null);
  if (!errors) return shown.every(({ nodes }) => nodes?.length === 0) ? 'empty' : 'data';
  const faults = errors.map(({ extensions }) => {
    const fields = (extensions['fields'] ?? []) as { path: string }[];
    return [extensions.code, ...fields.map(({ path }) => path)].join(' ');
  });
  return `${faults.join('+')}${shown.length > 0 ? ' with data' : ''}`;
}

it('tries an id of another workspace in every place of the schema that takes one', async () => {
  const schema = await buildApiSchema(allResolvers);
  const places: string[] = [];
  for (const root of [schema.getQueryType()!, schema.getMutationType()!, schema.getSubscriptionType()!]) {
    for (const field of Object.values(root.getFields())) {
      const ids = field.args.filter((arg) => getNamedType(arg.type).name === 'ID');
      places.push(...ids.map((arg) => `${root.name}.${field.name}.${arg.name}`));
    }
  }
  for (const type of Object.values(schema.getTypeMap()).filter(isInputObjectType)) {
    const ids = Object.values(type.getFields()).filter((field) => getNamedType(field.type).name === 'ID');
    places.push(...ids.map((field) => `${type.name}.${field.name}`));
  }
  const tried = rows.map(([place]) => place).filter((place) => place.includes('.'));
  expect(tried.toSorted()).toEqual(places.toSorted());
});

describe.each(['admin', 'key with every scope'] as const)(
  'for an id of another workspace, the %s of this one',
  (who) => {
    it.each(rows)(
      'gets no data from %s, and nothing is written or recorded',
      async (_, operation, variables, outcome) => {
        stage.advance(61);
        const client = who === 'admin' ? (await stage.session('admin', own)).client : own.withKey('all');
        const before = await stage.snapshot();
        expect(outcomeOf(await client.send(operation, variables() as Record<string, unknown>))).toBe(outcome);
        expect(await stage.since(before)).toEqual({ changed: [], recorded: [] });
      },
    );
  },
);

it('shows nothing of another workspace from a page cursor of that workspace', async () => {
  for (const [field, fields] of [
    ['conversations', 'edges { cursor } nodes { id }'],
    ['auditEvents', 'edges { cursor } nodes { id }'],
  ] as const) {
    const theirs = await other.withKey('all').ask(`{ ${field}(first: 1) { ${fields} } }`);
    const cursor = theirs[field].edges[0].cursor;
    const mine = await own.withKey('all').ask(`{ ${field}(first: 100) { nodes { id } } }`);
    const paged = await own
      .withKey('all')
      .ask(`query($after: String) { ${field}(first: 100, after: $after) { nodes { id } } }`, {
        after: cursor,
      });
    const known = new Set(mine[field].nodes.map((node: { id: string }) => node.id));
    expect(paged[field].nodes.filter((node: { id: string }) => !known.has(node.id))).toEqual([]);
  }
});

it('keeps the same external ids and idempotency keys of two workspaces apart', async () => {
  const input = { externalId: 'same', conversationExternalId: 'same', contact: { externalId: 'same' } };
  const [first, second] = [await customerWrites(own, input), await customerWrites(other, { ...input })];
  expect([first.duplicate, second.duplicate]).toEqual([false, false]);
  expect(first.conversationId).not.toBe(second.conversationId);
  const send = (world: World, conversationId: string) =>
    world.withKey('all').ask(SEND, { input: { conversationId, text: 'Hello', idempotencyKey: 'same' } });
  const mine = await send(own, first.conversationId);
  const theirs = await send(other, second.conversationId);
  expect(mine.sendMessage.message.id).not.toBe(theirs.sendMessage.message.id);
});

it('delivers nothing of another workspace over any stream', async () => {
  const client = own.withKey('all');
  const view = await LiveView.open(client, 'conversations');
  const record = await client.subscribe('subscription { auditEvents { event { conversation { id } } } }').connected();
  const changes = await client.subscribe('subscription { handoverChanges { handoverId } }').connected();
  const elsewhere = await stage.scene('agent', { withHandover: true });
  const { conversationId } = await customerWrites(own);
  const handoverId = await offer(client, conversationId, { toTeamId: own.ids.support, expiresInSeconds: 604_800 });
  await view.matchesFresh();
  await changes.until(({ handoverChanges }) => handoverChanges.handoverId === handoverId);
  await record.until(({ auditEvents }) => auditEvents.event?.conversation?.id === conversationId);
  const frames = JSON.stringify([view.subscription.frames, record.frames, changes.frames]);
  expect(frames).not.toContain(elsewhere.conversationId);
  expect(frames).not.toContain(elsewhere.handoverId);
  await Promise.all([view.stop(), record.stop(), changes.stop()]);
});
