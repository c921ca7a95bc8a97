import { afterAll, beforeAll, expect, it } from 'vitest';
import { Conversation } from '../../src/entities/conversation.js';
import { Handover } from '../../src/entities/handover.js';
import { passesFilter } from '../../src/services/conversations/conversation-filter.js';
import { passesHandoverFilter } from '../../src/services/handovers/read-handovers.js';
import { passesEventFilter, type AuditEventFilter } from '../../src/services/record/list-events.js';
import { readAfter, type RecordRow } from '../../src/services/record/read.js';
import type { ApiClient } from '../support/client.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
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
  handoverIds = await pagedIds(admin, HANDOVERS);
  events = await readAfter(server.app.db, world.ids.workspace, -1, 10_000);
});
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

it('lists exactly the conversations that are answered one by one, in every order, from both ends', async () => {
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

it('filters conversations in SQL as it does for a delivery', { timeout: 60_000 }, async () => {
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
  expectTelling(filters, rows, (filter, row) => passesFilter(filter, row));
  for (const [name, client] of callers) {
    const visible = new Set(await singleIds(client, 'conversation', conversationIds));
    for (const filter of filters) {
      const passing = rows.filter((row) => visible.has(row.id) && passesFilter(filter, row)).map((row) => row.id);
      const listed = await pagedIds(client, CONVERSATIONS, { filter: asSent(filter), size: 20 });
      expect(sorted(listed), `${name}, ${JSON.stringify(filter)}, seed ${seed}`).toEqual(sorted(passing));
    }
  }
});

it('lists exactly the handovers of the conversations that are answered, whatever the filter', async () => {
  const rows = await server.app.db.byIds(Handover, world.ids.workspace, handoverIds);
  expect(rows.length).toBe(handoverIds.length);
  const filters = [{}, ...drawFilters(handoverFilters(world, conversationIds), seed)];
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

it('lists exactly the events that are answered one by one, whatever the filter', { timeout: 60_000 }, async () => {
  const known = new Set(events.map((row) => row.eventId!));
  const filters = drawFilters<AuditEventFilter>(
    eventFilters(world, {
      conversationIds,
      contactIds: [...new Set(events.flatMap((row) => row.contactId ?? []))],
      requestIds: [...new Set(events.flatMap((row) => row.requestId ?? []))],
      times: events.filter((_, index) => index % 20 === 0).map((row) => row.recordedAt),
    }),
    seed,
  );
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
    for (const filter of filters) {
      const passing = events
        .filter((row) => single.has(row.eventId!) && passesEventFilter(filter, row))
        .map((row) => row.eventId);
      const listed = await ofKnown({ filter: asSent(filter), orderBy: 'RECORDED_ASC' });
      expect(listed, `${name}, ${JSON.stringify(filter)}, seed ${seed}`).toEqual(passing);
    }
  }
});
