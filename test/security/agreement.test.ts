import { afterAll, beforeAll, expect, it } from 'vitest';
import { Conversation } from '../../src/entities/conversation.js';
import { Priority } from '../../src/entities/enums.js';
import { Handover } from '../../src/entities/handover.js';
import { filterFacts, passesFilter } from '../../src/services/conversations/conversation-filter.js';
import { passesHandoverFilter } from '../../src/services/handovers/read-handovers.js';
import { eventConditions, passesEventFilter, type AuditEventFilter } from '../../src/services/record/event-filter.js';
import { recordSight } from '../../src/services/policy.js';
import { covered, readAfter, sightCondition, type RecordRow } from '../../src/services/record/read.js';
import { searchPage } from '../../src/services/record/search-page.js';
import type { ApiClient } from '../support/client.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { HAND_OVER_SHIFT } from './routing-rows.js';
import {
  conversationFilters,
  drawFilters,
  eventFilters,
  handoverFilters,
  pagedIds,
  populate,
  singleIds,
  type List,
} from './population.js';

/** A failure names it; `SEED=… npx vitest run test/security/agreement` draws the same again. */
const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31);
/** Every caller with every filter takes its time where the machine is shared. */
const SLOW = { timeout: 120_000 };
const CONVERSATIONS: List = {
  field: 'conversations',
  filterType: 'ConversationFilter',
  orderType: 'ConversationOrder',
};
const HANDOVERS: List = { field: 'handovers', filterType: 'HandoverFilter' };
const EVENTS: List = { field: 'auditEvents', filterType: 'AuditEventFilter', orderType: 'AuditEventOrder' };

let server: TestServer;
let world: World;
let callers: Map<string, ApiClient>;
let conversationIds: string[];
let handoverIds: string[];
/** The shifts that were handed over. */
let batchIds: string[];
/** The events that were there when the tests began; refusals are added while they run. */
let events: RecordRow[];

beforeAll(async () => {
  const plenty = String(Number.MAX_SAFE_INTEGER);
  server = await startTestServer({ env: { COST_BUCKET_POINTS: plenty, COST_REFILL_PER_SECOND: plenty } });
  world = await createWorld(server);
  await populate(world, 40, seed);
  const people = ['admin', 'supervisor', 'agent', 'colleague', 'outsider', 'auditor'] as const;
  const keys = ['all', 'ingest', 'read', 'audit', 'bot'] as const;
  callers = new Map([
    ...(await Promise.all(people.map(async (person) => [person, await world.as(person)] as const))),
    ...keys.map((key) => [`key ${key}`, world.withKey(key)] as const),
  ]);
  const admin = callers.get('admin')!;
  conversationIds = await pagedIds(admin, CONVERSATIONS);
  const { handOverShift } = await admin.ask(HAND_OVER_SHIFT, {
    input: { agentId: world.ids.agents.agent, toTeamId: world.ids.billing },
  });
  batchIds = [handOverShift.shiftHandover.id];
  handoverIds = await pagedIds(admin, HANDOVERS);
  events = await readAfter(server.app.db, world.ids.workspace, -1, 10_000);
}, 90_000);
afterAll(() => server.stop());

const sorted = (ids: Iterable<string>): string[] => [...ids].toSorted();
/** That most of what was drawn lets some rows pass and others not; else agreeing would say little. */
function expectTelling<F, R>(filters: F[], rows: R[], passes: (filter: F, row: R) => boolean): void {
  const telling = filters.filter((filter) => {
    const passing = rows.filter((row) => passes(filter, row)).length;
    return passing > 0 && passing < rows.length;
  });
  expect(telling.length, `seed ${seed}`).toBeGreaterThan(filters.length / 4);
}

/** Filters as JSON sends them. */
const asSent = (filter: object): object => JSON.parse(JSON.stringify(filter)) as object;

/** The conversations of these with messages that the caller has not read, as each of them says. */
async function unreadAsShown(client: ApiClient, ids: string[]): Promise<string[]> {
  const unread: string[] = [];
  for (const id of ids) {
    const { conversation } = await client.ask(
      'query($id: ID!) { conversation(id: $id) { viewerState { unreadCount } } }',
      { id },
    );
    if (conversation.viewerState.unreadCount > 0) unread.push(id);
  }
  return sorted(unread);
}

it('lists exactly the conversations that are answered one by one, in every order, from both ends', SLOW, async () => {
  expect(conversationIds).toHaveLength(40);
  for (const [name, client] of callers) {
    const single = await singleIds(client, 'conversation', conversationIds);
    for (const order of ['LAST_ACTIVITY', 'CREATED']) {
      const down = await pagedIds(client, CONVERSATIONS, { orderBy: `${order}_DESC` });
      expect(sorted(down), `${name}, seed ${seed}`).toEqual(sorted(single));
      const others = await Promise.all([
        pagedIds(client, CONVERSATIONS, { orderBy: `${order}_DESC`, backwards: true }),
        pagedIds(client, CONVERSATIONS, { orderBy: `${order}_DESC`, size: 100 }),
        pagedIds(client, CONVERSATIONS, { orderBy: `${order}_ASC` }).then((ids) => ids.toReversed()),
        pagedIds(client, CONVERSATIONS, { orderBy: `${order}_ASC`, backwards: true }).then((ids) => ids.toReversed()),
      ]);
      expect(others, `${name}, seed ${seed}`).toEqual([down, down, down, down]);
    }
  }
});

it('pages completely by who waits longest and by priority, in their order, from both ends', SLOW, async () => {
  const rows = await server.app.db.byIds(Conversation, world.ids.workspace, conversationIds);
  const known = new Map(rows.map((row) => [row.id, row]));
  const keys: Record<string, (id: string) => number> = {
    WAITING_LONGEST: (id) => known.get(id)!.waitingSince?.getTime() ?? Infinity,
    PRIORITY_DESC: (id) => -Object.keys(Priority).indexOf(known.get(id)!.priority),
  };
  for (const [name, client] of callers) {
    const single = await singleIds(client, 'conversation', conversationIds);
    for (const [orderBy, key] of Object.entries(keys)) {
      const ids = await pagedIds(client, CONVERSATIONS, { orderBy });
      expect(sorted(ids), `${name}, ${orderBy}, seed ${seed}`).toEqual(sorted(single));
      const inOrder = ids.map(key);
      expect(inOrder, `${name}, ${orderBy}, seed ${seed}`).toEqual(inOrder.toSorted((a, b) => (a === b ? 0 : a - b)));
      const others = await Promise.all([
        pagedIds(client, CONVERSATIONS, { orderBy, backwards: true }),
        pagedIds(client, CONVERSATIONS, { orderBy, size: 1 }),
        pagedIds(client, CONVERSATIONS, { orderBy, size: 100 }),
      ]);
      expect(others, `${name}, ${orderBy}, seed ${seed}`).toEqual([ids, ids, ids]);
    }
  }
});

it('filters conversations in SQL as it does for a delivery', SLOW, async () => {
  const rows = await server.app.db.byIds(Conversation, world.ids.workspace, conversationIds);
  const contactIds = [...new Set(rows.map((row) => row.contactId))];
  const filters = drawFilters(
    conversationFilters(
      world,
      contactIds,
      rows.map((row) => row.createdAt),
    ),
    seed,
  );
  const anybody = await server.app.principals.authenticate(callers.get('agent')!.credential!);
  const all = await filterFacts(
    { app: server.app, principal: anybody },
    { labelIds: [], unread: true },
    conversationIds,
  );
  expectTelling(filters, rows, (filter, row) => passesFilter(filter, row, all));
  for (const [name, client] of callers) {
    const principal = await server.app.principals.authenticate(client.credential!);
    const visible = new Set(await singleIds(client, 'conversation', conversationIds));
    expect(await unreadAsShown(client, [...visible]), `${name}, seed ${seed}`).toEqual(
      sorted((await filterFacts({ app: server.app, principal }, { unread: true }, [...visible])).unread),
    );
    for (const filter of filters) {
      const facts = await filterFacts({ app: server.app, principal }, filter, conversationIds);
      const passing = rows
        .filter((row) => visible.has(row.id) && passesFilter(filter, row, facts))
        .map((row) => row.id);
      const listed = await pagedIds(client, CONVERSATIONS, { filter: asSent(filter), size: 20 });
      expect(sorted(listed), `${name}, ${JSON.stringify(filter)}, seed ${seed}`).toEqual(sorted(passing));
    }
  }
});

it('lists exactly the handovers of the conversations that are answered, whatever the filter', SLOW, async () => {
  const rows = await server.app.db.byIds(Handover, world.ids.workspace, handoverIds);
  expect(rows.length).toBe(handoverIds.length);
  const filters = [{}, ...drawFilters(handoverFilters(world, conversationIds, batchIds), seed)];
  for (const [name, client] of callers) {
    const principal = await server.app.principals.authenticate(client.credential!);
    const visible = new Set(await singleIds(client, 'conversation', conversationIds));
    for (const filter of filters) {
      const passing = rows
        .filter((row) => visible.has(row.conversationId) && passesHandoverFilter(filter, row, principal))
        .map((row) => row.id);
      const listed = await pagedIds(client, HANDOVERS, { filter });
      expect(sorted(listed), `${name}, ${JSON.stringify(filter)}, seed ${seed}`).toEqual(sorted(passing));
    }
  }
});

const drawnEventFilters = () =>
  drawFilters<AuditEventFilter>(
    eventFilters(world, {
      conversationIds,
      contactIds: [...new Set(events.flatMap((row) => row.contactId ?? []))],
      requestIds: [...new Set(events.flatMap((row) => row.requestId ?? []))],
      times: events.filter((_, index) => index % 20 === 0).map((row) => row.recordedAt),
    }),
    seed,
  );

it('lists exactly the events that are answered one by one, whatever the filter', SLOW, async () => {
  const known = new Set(events.map((row) => row.eventId!));
  // Every page that is read is itself put onto the record: what came after the events is not paged through each time.
  const end = new Date(Math.max(...events.map((row) => row.recordedAt.getTime())) + 1);
  const filters = drawnEventFilters();
  // What is a wildcard in SQL is none in a name.
  filters.push({ actions: ['h_ndover.*'] }, { actions: ['hand%*'] }, { actions: ['handover.*'] });
  expectTelling(filters, events, (filter, row) => passesEventFilter(filter, row));
  for (const [name, client] of callers) {
    const single = new Set(await singleIds(client, 'auditEvent', [...known]));
    const inOrder = events.map((row) => row.eventId!).filter((id) => single.has(id));
    const ofKnown = async (paging: object) =>
      (await pagedIds(client, EVENTS, { size: 60, ...paging })).filter((id) => known.has(id));
    expect(await ofKnown({ orderBy: 'RECORDED_ASC' }), `${name}, seed ${seed}`).toEqual(inOrder);
    expect(await ofKnown({ orderBy: 'RECORDED_DESC', backwards: true })).toEqual(inOrder.toReversed());
    const { unmasked } = recordSight(await server.app.principals.authenticate(client.credential!));
    for (const filter of filters) {
      // Who sees no addresses finds nothing by them: they are refused.
      const passing = (filter.ipAddress && !unmasked ? [] : events)
        .filter((row) => single.has(row.eventId!) && passesEventFilter(filter, row))
        .map((row) => row.eventId);
      const bounded = { ...filter, to: filter.to ?? end };
      const listed = await ofKnown({ filter: asSent(bounded), orderBy: 'RECORDED_ASC' });
      expect(listed, `${name}, ${JSON.stringify(filter)}, seed ${seed}`).toEqual(passing);
    }
  }
});

it('finds the same events however few are walked before the others are collected', SLOW, async () => {
  const filters = [...drawnEventFilters(), { search: 'wrote a' }, { search: 'bot', actions: ['handover.*'] }];
  const places = { first: 0, end: events.length };
  for (const name of ['admin', 'supervisor', 'agent']) {
    const sight = recordSight(await server.app.principals.authenticate(callers.get(name)!.credential!));
    for (const filter of filters) {
      const { collected, walked } = eventConditions(filter);
      const conditions = {
        collected: [sightCondition(sight), ...collected],
        walked: [sightCondition(sight), ...walked],
      };
      const passing = events
        .filter((row) => covered(sight, row) && passesEventFilter({ ...filter, from: null, to: null }, row))
        .map((row) => row.sequence);
      for (const walk of [0, 1, 10, 100]) {
        const found = async (direction: 'asc' | 'desc', limit: number) =>
          (await searchPage(server.app.db, world.ids.workspace, { conditions, places, direction, limit, walk })).map(
            (row) => row.sequence,
          );
        const what = `${name}, ${JSON.stringify(filter)}, ${walk}, seed ${seed}`;
        const [first, all] = [await found('asc', 7), await found('desc', events.length)];
        expect({ what, first, all }).toEqual({ what, first: passing.slice(0, 7), all: passing.toReversed() });
      }
    }
  }
});
