import { randomUUID } from 'node:crypto';
import { getNamedType, isInputObjectType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allResolvers } from '../../src/resolvers/all-resolvers.js';
import { buildApiSchema } from '../../src/schema/build-schema.js';
import { CREATE_SINK, REQUEST_EXPORT } from '../exports/stage.js';
import type { ApiAnswer, ApiClient } from '../support/client.js';
import { LiveView } from '../support/live-view.js';
import { customerWrites, offer, SEND } from '../support/operations.js';
import { uploaded } from '../support/uploads.js';
import type { World } from '../support/world.js';
import { administrationIsolationRows, CREATE_KEY, INVITE } from './administration-rows.js';
import { alertIsolationRows, raiseAlert } from './alert-rows.js';
import { botIsolationRows } from './bot-rows.js';
import { customerIsolationRows } from './customer-rows.js';
import { contactIsolationRows, UPSERT } from './contact-rows.js';
import { mergeIsolationRows } from './merge-rows.js';
import { destinationIsolationRows, makeDestination } from './destination-rows.js';
import { createRule } from '../alerts/alert-operations.js';
import { ADD_LABELS, SET_PRESENCE } from './details.js';
import { isolationRows as placesOfIds, type Tried } from './isolation-rows.js';
import { messageIsolationRows } from './message-rows.js';
import { recordIsolationRows } from './record-isolation-rows.js';
import { placeIsolationRows } from './place-rows.js';
import { HAND_OVER_SHIFT, routingIsolationRows } from './routing-rows.js';
import { makeSettings, settingIsolationRows } from './setting-rows.js';
import { makeViewOf, viewIsolationRows } from './view-rows.js';
import { pagedIds } from './population.js';
import { searchIsolationRows } from './search-rows.js';
import { Stage } from './stage.js';

const isolationRows = [
  ...placesOfIds,
  ...recordIsolationRows,
  ...messageIsolationRows,
  ...alertIsolationRows,
  ...destinationIsolationRows,
  ...administrationIsolationRows,
  ...placeIsolationRows,
  ...routingIsolationRows,
  ...botIsolationRows,
  ...customerIsolationRows,
  ...searchIsolationRows,
  ...settingIsolationRows,
  ...viewIsolationRows,
  ...contactIsolationRows,
  ...mergeIsolationRows,
];

let stage: Stage;
/** The caller's own workspace, and the one whose ids are tried. */
let own: World;
let other: World;
let at: Tried;
beforeAll(async () => {
  stage = await Stage.open();
  own = stage.foreign;
  other = stage.world;
  const ownConversation = (await customerWrites(own)).conversationId;
  await offer(own.withKey('all'), ownConversation, { toTeamId: own.ids.support, expiresInSeconds: 604_800 });
  const free = (await customerWrites(own)).conversationId;
  // The other workspace is further with its numbers than this one gets here.
  await Promise.all(Array.from({ length: 10 }, () => customerWrites(other)));
  const there = await stage.scene('agent', { withHandover: true, withNote: true });
  const { sessionId } = await stage.session('agent', other);
  await other.withKey('all').ask(ADD_LABELS, {
    input: { conversationId: there.conversationId, labelIds: Object.values(other.ids.labels) },
  });
  await other.withKey('all').ask(ADD_LABELS, {
    input: { contactId: there.contactId, labelIds: Object.values(other.ids.labels) },
  });
  const { auditEvent } = await other.withKey('all').ask('query($id: ID!) { auditEvent(id: $id) { requestId } }', {
    id: there.eventId,
  });
  const { requestExport } = await other.withKey('all').ask(REQUEST_EXPORT, { input: { format: 'CSV' } });
  const exportId = requestExport.export.id;
  const { createAuditSink } = await other.withKey('all').ask(CREATE_SINK, {
    input: { name: 'SIEM', kind: 'SYSLOG', format: 'CEF', host: 'siem.example.com', port: 6514 },
  });
  const sinkId = createAuditSink.sink.id;
  const { alertId, ruleId } = await raiseAlert(there, stage);
  const { ruleId: ownRuleId } = await createRule((await stage.session('admin', own)).client);
  const destinationId = await makeDestination(there, stage);
  const { createApiKey } = await other.withKey('all').ask(CREATE_KEY, {
    input: { displayName: 'CRM', scopes: ['EVENTS_READ'] },
  });
  const apiKeyId = createApiKey.apiKey.id;
  const { inviteAgent } = await other.withKey('all').ask(INVITE, {
    input: { email: 'nia@invited.test', role: 'AGENT' },
  });
  const invitationId = inviteAgent.invitation.id;
  const { handOverShift } = await other.withKey('all').ask(HAND_OVER_SHIFT, {
    input: { agentId: other.ids.agents.agent, toTeamId: other.ids.billing, expiresInSeconds: 604_800 },
  });
  const shiftId = handOverShift.shiftHandover.id;
  await makeSettings(other);
  for (const world of [own, other]) await makeViewOf(world);
  const { contact } = await other.withKey('all').ask('query($id: ID!) { contact(id: $id) { identities { id } } }', {
    id: there.contactId,
  });
  const identityId = contact.identities[0].id;
  const { requestId } = auditEvent;
  const made = await own.withKey('all').ask(UPSERT, { input: { name: 'Own' } });
  const ofPlaces = { shiftId, identityId, ownContactId: made.upsertContact.contact.id };
  const attachmentId = await uploaded(
    other.withKey('all'),
    { conversationId: there.conversationId },
    Buffer.from('Late'),
  );
  await other
    .withKey('all')
    .ask(SEND, { input: { conversationId: there.conversationId, attachmentIds: [attachmentId] } });
  const others = { sessionId, exportId, sinkId, alertId, ruleId, destinationId, apiKeyId, invitationId, ...ofPlaces };
  at = { own, other, ownConversation, free, there: { ...there, attachmentId }, requestId, ownRuleId, ...others };
});
afterAll(() => stage.close());

/** Tried in tests of their own, the queues in test/routing: it shows nothing, so that it must be told when to stop. */
const STREAMED = ['Subscription.presenceChanges.teamIds', 'Subscription.queueChanges.teamIds'];

interface Shown {
  nodes?: unknown[];
  /** What became of each of several, which is said beside it. */
  results?: { error: { code: string } | null; conversation: unknown }[];
}

/** The code with the inputs at fault, `of one` where it is said of each of several, or `empty` for a list without rows. */
function outcomeOf({ data, errors }: ApiAnswer<Record<string, Shown | null>>): string {
  const shown = Object.values(data ?? {}).filter((value) => value !== null);
  const results = shown.flatMap((each) => each.results ?? []);
  if (!errors && results.length > 0)
    return results.map(({ error, conversation }) => `of one ${conversation ? 'data' : error?.code}`).join('+');
  if (!errors) return shown.every(({ nodes }) => nodes?.length === 0) ? 'empty' : 'data';
  const faults = errors.map(({ extensions }) => {
    const fields = (extensions['fields'] ?? []) as { path: string }[];
    return [extensions.code, ...fields.map(({ path }) => path)].join(' ');
  });
  return `${faults.join('+')}${shown.length > 0 ? ' with data' : ''}`;
}

/** What a stream ends with that should not begin. */
async function streamed(client: ApiClient, operation: string, variables: Record<string, unknown>) {
  const subscription = client.subscribe(operation, variables);
  try {
    const errors = await subscription.end();
    return { errors, ...(subscription.frames.length > 0 ? { data: subscription.frames[0] } : {}) };
  } finally {
    await subscription.stop();
  }
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
  const tried = [...isolationRows.map(([place]) => place).filter((place) => place.includes('.')), ...STREAMED];
  expect(tried.toSorted()).toEqual(places.toSorted());
});

describe.each(['admin', 'key with every scope'] as const)(
  'for an id of another workspace, the %s of this one',
  (who) => {
    it.each(isolationRows)(
      'gets no data from %s, and nothing is written or recorded',
      async (_, operation, variables, outcome) => {
        stage.advance(61);
        const client = who === 'admin' ? (await stage.session('admin', own)).client : own.withKey('all');
        const before = await stage.snapshot();
        const isStream = operation.startsWith('subscription');
        const answer = isStream
          ? await streamed(client, operation, variables(at) as Record<string, unknown>)
          : await client.send(operation, variables(at) as Record<string, unknown>);
        const { changed, recorded } = await stage.since(before);
        // Whoever reads the record is on it, also when nothing was there to be read.
        expect([outcomeOf(answer), ...recorded].join(' ')).toBe(outcome);
        // That an agent has a socket is noted by the node.
        expect(changed.filter((table) => !(isStream && table === 'socket_lease'))).toEqual([]);
      },
    );
  },
);

it('shows nothing of another workspace from a page cursor of that workspace', async () => {
  const [mine, theirs] = [own.withKey('all'), other.withKey('all')];
  for (const [field, filterType] of [
    ['conversations', 'ConversationFilter'],
    ['auditEvents', 'AuditEventFilter'],
    ['contacts', 'ContactFilter'],
  ] as const) {
    const first = await theirs.ask(`{ ${field}(first: 1) { edges { cursor } } }`);
    const paged = await mine.ask(`query($after: String) { ${field}(first: 100, after: $after) { nodes { id } } }`, {
      after: first[field].edges[0].cursor,
    });
    // All there is by then: reading the record adds to it.
    const known = new Set(await pagedIds(mine, { field, filterType }, { size: 100 }));
    expect(known.size).toBeGreaterThan(0);
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
  const feed = await client.subscribe('subscription { workspaceEvents { conversation { id } } }').connected();
  const elsewhere = await stage.scene('agent', { withHandover: true, withNote: true });
  const { conversationId } = await customerWrites(own);
  const handoverId = await offer(client, conversationId, { toTeamId: own.ids.support, expiresInSeconds: 604_800 });
  await view.matchesFresh();
  await changes.until(({ handoverChanges }) => handoverChanges.handoverId === handoverId);
  await record.until(({ auditEvents }) => auditEvents.event?.conversation?.id === conversationId);
  await feed.until(({ workspaceEvents }) => workspaceEvents.conversation?.id === conversationId);
  const frames = JSON.stringify([view.subscription.frames, record.frames, changes.frames, feed.frames]);
  expect(frames).not.toContain(elsewhere.conversationId);
  expect(frames).not.toContain(elsewhere.handoverId);
  await Promise.all([view.stop(), record.stop(), changes.stop(), feed.stop()]);
});

it('tells nothing of who is there in another workspace, also when asked for its teams', async () => {
  const { client } = await stage.session('admin', own);
  const teamIds = [other.ids.support, own.ids.support];
  const stream = client.subscribe(
    'subscription($teamIds: [ID!]) { presenceChanges(teamIds: $teamIds) { agent { id } } }',
    {
      teamIds,
    },
  );
  const theirs = (await stage.session('colleague', other)).client;
  const mine = (await stage.session('colleague', own)).client;
  await stream.connected();
  const seen = () => stream.frames.some(({ presenceChanges }) => presenceChanges.agent.id === own.ids.agents.colleague);
  // The stream begins at some moment after the socket has opened.
  await expect
    .poll(async () => {
      const input = { status: 'BUSY', reason: randomUUID() };
      await theirs.ask(SET_PRESENCE, { input });
      await mine.ask(SET_PRESENCE, { input });
      return seen();
    })
    .toBe(true);
  const others = new Set(Object.values(other.ids.agents));
  expect(stream.frames.filter(({ presenceChanges }) => others.has(presenceChanges.agent.id))).toEqual([]);
  await stream.stop();
});
