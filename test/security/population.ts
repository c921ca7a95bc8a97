import fc from 'fast-check';
import {
  Channel,
  ConversationStatus,
  HandoverKind,
  HandoverStatus,
  Priority,
  Severity,
} from '../../src/entities/enums.js';
import type { ConversationFilter } from '../../src/services/conversations/conversation-filter.js';
import type { HandoverFilter } from '../../src/services/handovers/read-handovers.js';
import type { AuditEventFilter } from '../../src/services/record/event-filter.js';
import type { ApiAnswer, ApiClient } from '../support/client.js';
import { ACCEPT, ASSIGN, CANCEL, customerWrites, offer, SEND, SET_STATUS } from '../support/operations.js';
import { ADD_LABELS, MARK_READ, PIN, PRIORITY, UPDATE } from './details.js';
import { CREATE_ATTRIBUTE } from './setting-rows.js';
import type { Person, World } from '../support/world.js';

const PEOPLE: Person[] = ['admin', 'supervisor', 'agent', 'colleague', 'outsider'];

/** Opens conversations at random over inboxes, teams, agents, offers and statuses, through the API. */
export async function populate(world: World, count: number, seed: number): Promise<void> {
  const { ids } = world;
  const all = world.withKey('all');
  const team = fc.constantFrom(ids.support, ids.billing, null);
  for (const [key, type] of Object.entries({ plan: 'TEXT', total: 'NUMBER' }))
    await all.ask(CREATE_ATTRIBUTE, { input: { noun: 'CONVERSATION', key, name: key, type } });
  const kind = fc.record({
    inboxId: fc.constantFrom(ids.inbox, ids.emailInbox),
    customer: fc.integer({ min: 0, max: 12 }),
    teamId: fc.option(team, { nil: undefined }),
    assignee: fc.option(fc.constantFrom(...PEOPLE), { nil: null, freq: 2 }),
    target: fc.option(
      fc.oneof(
        fc.constantFrom(...PEOPLE).map((person) => ({ toAgentId: ids.agents[person] })),
        fc.constantFrom(ids.support, ids.billing).map((toTeamId) => ({ toTeamId })),
        fc.constant({ toBotId: ids.bot }),
      ),
      { nil: null },
    ),
    settle: fc.constantFrom('open', 'open', 'cancel', 'accept'),
    status: fc.option(fc.constantFrom('PENDING', 'RESOLVED'), { nil: null, freq: 2 }),
    priority: fc.option(fc.constantFrom('LOW', 'MEDIUM', 'HIGH', 'URGENT'), { nil: null, freq: 2 }),
    labelIds: fc.subarray(Object.values(ids.labels)),
    pinned: fc.boolean(),
    attributes: fc.option(fc.record({ plan: fc.constantFrom('gold', 'free'), total: fc.constantFrom(1, 2.5, null) }), {
      nil: null,
    }),
    readBy: fc.subarray(PEOPLE),
    answered: fc.boolean(),
    again: fc.boolean(),
  });
  // One that is seen by each way alone, which chance may leave out.
  const hidden = { inboxId: ids.emailInbox, customer: 0, teamId: null, assignee: null, target: null, status: null };
  const corners = [
    { ...hidden, inboxId: ids.inbox },
    { ...hidden, teamId: ids.support },
    { ...hidden, assignee: 'outsider' as const },
    { ...hidden, target: { toAgentId: ids.agents.colleague } },
    { ...hidden, target: { toTeamId: ids.support } },
    { ...hidden, target: { toBotId: ids.bot } },
    hidden,
  ].map((corner) => ({
    ...corner,
    settle: 'open',
    priority: null,
    labelIds: [],
    pinned: false,
    attributes: null,
    readBy: [],
    answered: false,
    again: false,
  }));
  const random = fc.sample(kind, { numRuns: count - corners.length, seed });
  for (const [index, drawn] of [...corners, ...random].entries()) {
    const { inboxId, customer, teamId, assignee, target, settle, status } = drawn;
    const { priority, labelIds, pinned, attributes, readBy, answered, again } = drawn;
    const { conversationId } = await customerWrites(world, {
      inboxId,
      contact: { externalId: `customer-${customer}` },
      conversationExternalId: `external-${index}`,
    });
    if (teamId !== undefined) await all.ask(ASSIGN, { input: { conversationId, teamId } });
    if (assignee) await all.ask(ASSIGN, { input: { conversationId, assigneeId: ids.agents[assignee] } });
    if (target) {
      const handoverId = await offer(all, conversationId, target);
      if (!('toBotId' in target) && settle === 'cancel') await all.ask(CANCEL, { input: { handoverId } });
      if ('toTeamId' in target && settle === 'accept') {
        await (await world.as('admin')).ask(ACCEPT, { input: { handoverId } });
      }
    }
    if (status) await all.ask(SET_STATUS, { input: { conversationId, status } });
    if (priority) await all.ask(PRIORITY, { input: { conversationId, priority } });
    if (labelIds.length > 0) await all.ask(ADD_LABELS, { input: { conversationId, labelIds } });
    if (attributes) await all.ask(UPDATE, { input: { conversationId, attributes } });
    if (pinned) await all.ask(PIN, { input: { conversationId } });
    // Whoever does not see it is refused.
    for (const person of readBy) await (await world.as(person)).send(MARK_READ, { input: { conversationId } });
    if (answered) await all.ask(SEND, { input: { conversationId, text: 'On its way' } });
    if (again) {
      await customerWrites(world, {
        inboxId,
        contact: { externalId: `customer-${customer}` },
        conversationExternalId: `external-${index}`,
      });
    }
  }
}

const some = <T>(...values: T[]) => fc.option(fc.subarray(values), { nil: null, freq: 9 });
const one = <T>(...values: T[]) => fc.option(fc.constantFrom(...values), { nil: null, freq: 9 });

/** Filters at random: each dimension alone a few times, since many at once let nothing pass, then two or three. */
export function drawFilters<F extends object>(dimensions: { [K in keyof F]: fc.Arbitrary<F[K]> }, seed: number): F[] {
  const names = Object.keys(dimensions) as (keyof F)[];
  const only = (chosen: (keyof F)[]) =>
    fc.record(Object.fromEntries(chosen.map((name) => [name, dimensions[name]]))) as unknown as fc.Arbitrary<F>;
  return [
    ...names.flatMap((name) => fc.sample(only([name]), { numRuns: 3, seed })),
    ...fc.sample(fc.subarray(names, { minLength: 2, maxLength: 3 }).chain(only), { numRuns: 20, seed }),
  ];
}

type Dimensions<F> = { [K in keyof F]-?: fc.Arbitrary<F[K]> };

export const conversationFilters = (
  world: World,
  contactIds: string[],
  times: Date[],
): Dimensions<ConversationFilter> => ({
  statuses: some(...Object.values(ConversationStatus)),
  inboxIds: some(world.ids.inbox, world.ids.emailInbox),
  channels: some(Channel.WEB_CHAT, Channel.EMAIL, Channel.SMS),
  teamIds: some(world.ids.support, world.ids.billing),
  assigneeIds: some(...Object.values(world.ids.agents)),
  unassigned: one(true, false),
  contactId: one(...contactIds),
  hasOpenHandover: one(true, false),
  priorities: some(...Object.values(Priority)),
  labelIds: some(...Object.values(world.ids.labels)),
  attributes: one(
    [{ key: 'plan', value: 'gold' }],
    [{ key: 'total', value: 2.5 }],
    [
      { key: 'plan', value: 'free' },
      { key: 'total', value: 1 },
    ],
    [{ key: 'total', value: '1' }],
  ),
  pinned: one(true, false),
  spam: one(true, false),
  merged: one(true, false),
  unread: one(true, false),
  createdFrom: one(...times),
  createdTo: one(...times),
});

export const handoverFilters = (
  world: World,
  conversationIds: string[],
  batchIds: string[],
): Dimensions<HandoverFilter> => ({
  statuses: some(...Object.values(HandoverStatus)),
  kinds: some(...Object.values(HandoverKind)),
  toAgentIds: some(...Object.values(world.ids.agents)),
  toTeamIds: some(world.ids.support, world.ids.billing),
  mine: one(true, false),
  conversationId: one(...conversationIds),
  batchId: one(...batchIds),
});

export const eventFilters = (
  world: World,
  known: { conversationIds: string[]; contactIds: string[]; requestIds: string[]; times: Date[] },
): Dimensions<AuditEventFilter> => ({
  actions: some('message.received', 'handover.*', 'conversation.*', 'auth.%', 'h_ndover.*', '*'),
  categories: some('CONVERSATION' as const, 'MESSAGE' as const, 'AUTH' as const, 'PEOPLE' as const, 'ACCESS' as const),
  minSeverity: one(...Object.values(Severity)),
  outcomes: some('SUCCESS' as const, 'DENIED' as const),
  actorIds: some(...Object.values(world.ids.agents), ...known.contactIds.slice(0, 3)),
  actorKinds: some('AGENT' as const, 'CONTACT' as const, 'SYSTEM' as const),
  targetTypes: some('conversation', 'message', 'agent'),
  targetIds: some(...known.conversationIds.slice(0, 4), world.ids.support),
  conversationId: one(...known.conversationIds),
  contactId: one(...known.contactIds),
  teamIds: some(world.ids.support, world.ids.billing),
  ipAddress: one('127.0.0.1', '::ffff:127.0.0.1', '192.0.2.7'),
  requestId: one(...known.requestIds.slice(0, 5)),
  search: one('wrote', 'CONV', 'bo answered', 'support han', 'asked to h', '#1', 'nowhere', 'vip Kim'),
  from: one(...known.times),
  to: one(...known.times),
});

export interface List {
  field: 'conversations' | 'handovers' | 'auditEvents' | 'contacts';
  filterType: string;
  orderType?: string;
}

/** The ids of a whole list, page by page; empty for who may not ask for it at all. In the list's own order. */
export async function pagedIds(
  client: ApiClient,
  { field, filterType, orderType }: List,
  { filter = {}, orderBy, backwards = false, size = 7 }: Paging = {},
): Promise<string[]> {
  const [count, from, cursor, more] = backwards
    ? ['last', 'before', 'startCursor', 'hasPreviousPage']
    : ['first', 'after', 'endCursor', 'hasNextPage'];
  const operation = `query($filter: ${filterType}, $size: Int, $from: String${orderBy ? `, $orderBy: ${orderType}` : ''}) {
    ${field}(filter: $filter, ${count}: $size, ${from}: $from${orderBy ? ', orderBy: $orderBy' : ''}) {
      nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;
  const ids: string[] = [];
  let at: string | null = null;
  for (;;) {
    const answer: ApiAnswer<Record<string, Page>> = await client.send(operation, { filter, size, from: at, orderBy });
    if (answer.errors) {
      if (answer.errors[0]!.extensions.code === 'FORBIDDEN') return [];
      throw new Error(JSON.stringify(answer.errors));
    }
    const { nodes, pageInfo } = answer.data![field]!;
    const found = nodes.map((node) => node.id);
    if (backwards) ids.unshift(...found);
    else ids.push(...found);
    if (!pageInfo[more!]) return ids;
    at = pageInfo[cursor!] as string;
  }
}

interface Page {
  nodes: { id: string }[];
  pageInfo: Record<string, string | boolean | null>;
}

export interface Paging {
  filter?: object;
  orderBy?: string;
  backwards?: boolean;
  size?: number;
}

/** Which of these ids a single field answers, ten to a request. */
export async function singleIds(client: ApiClient, field: string, ids: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (let start = 0; start < ids.length; start += 10) {
    const some = ids.slice(start, start + 10);
    const { data } = await client.send(
      `{ ${some.map((id, index) => `a${index}: ${field}(id: "${id}") { id }`).join(' ')} }`,
    );
    for (const object of Object.values(data ?? {}) as ({ id: string } | null)[]) if (object) found.push(object.id);
  }
  return found;
}
