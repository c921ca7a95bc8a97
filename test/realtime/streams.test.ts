import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor } from '../../src/services/streams/cursor.js';
import type { ApiClient, Subscription } from '../support/client.js';
import { ASSIGN, ACCEPT, customerWrites, offer, SEND, SET_STATUS } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type Person, type World } from '../support/world.js';

const EVENT = 'id sequence action leafHash leafData summary actor { kind id label } changes { field before after }';
const AUDIT = `subscription($filter: AuditEventFilter, $afterEvent: String) {
  auditEvents(filter: $filter, afterEvent: $afterEvent) { cursor event { ${EVENT} } } }`;
const LIST = `query($filter: AuditEventFilter, $first: Int) {
  auditEvents(filter: $filter, orderBy: RECORDED_DESC, first: $first) { eventCursor nodes { ${EVENT} } } }`;
const CONVERSATIONS = `subscription($filter: ConversationFilter, $afterEvent: String) {
  conversationChanges(filter: $filter, afterEvent: $afterEvent) { changeType cursor conversationId conversation { id status } } }`;

let server: TestServer;
let world: World;
let other: World;
beforeAll(async () => {
  server = await startTestServer();
  [world, other] = [await createWorld(server), await createWorld(server, 'other')];
});
afterAll(() => server.stop());

interface Event {
  sequence: number;
  action: string;
  leafHash: string;
  actor: { id: string };
}

/** Where the log stands, as a list says it. */
const cursorNow = async (client: ApiClient): Promise<string> => (await client.ask(LIST)).auditEvents.eventCursor;

/** Where the log stands; unlike the record's own list, this is no event itself. */
const headNow = async (): Promise<string> =>
  (await (await world.as('admin')).ask('{ conversations(first: 1) { eventCursor } }')).conversations.eventCursor;

/**
 * What the list shows after a cursor and up to another, oldest first. Readings of the record are on it too: without an
 * end there would be more of them than were there when a stream had caught up.
 */
async function listedBetween(client: ApiClient, after: string, upTo: string, filter = {}): Promise<Event[]> {
  const { nodes } = (await client.ask(LIST, { filter, first: 100 })).auditEvents;
  const [first, last] = [decodeCursor(after).sequence, decodeCursor(upTo).sequence];
  return nodes.filter(({ sequence }: Event) => sequence > first && sequence <= last).toReversed();
}

/** The cursor of an event. */
const cursorOf = ({ sequence, leafHash }: Event): string =>
  encodeCursor({ epoch: 1, sequence, tag: Buffer.from(leafHash, 'base64').subarray(0, 8) });

/** The events up to the frame that says that the stream has caught up, and that frame's cursor. */
async function replayed(stream: Subscription): Promise<{ events: Event[]; cursor: string }> {
  const events: Event[] = [];
  for (;;) {
    const { cursor, event } = (await stream.next()).auditEvents;
    if (event === null) return { events, cursor };
    expect(decodeCursor(cursor).sequence).toBe(event.sequence);
    events.push(event);
  }
}

/** Something of everybody: Support's and Billing's conversations, a bot, an agent, a handover, a refusal. */
async function aBusyDay(): Promise<void> {
  const { conversationId } = await customerWrites(world);
  await customerWrites(world, { inboxId: world.ids.emailInbox });
  await world.withKey('bot').ask(SEND, { input: { conversationId, text: 'I am Robin' } });
  const handoverId = await offer(world.withKey('bot'), conversationId, { toTeamId: world.ids.support });
  const agent = await world.as('agent');
  await agent.ask(ACCEPT, { input: { handoverId } });
  await agent.ask(SEND, { input: { conversationId, text: 'Hello' } });
  await (await world.as('outsider')).refused(SEND, { input: { conversationId, text: 'Me too' } });
  await agent.ask(SET_STATUS, { input: { conversationId, status: 'RESOLVED' } });
}

describe('resuming auditEvents', () => {
  it('delivers to an administrator exactly what was missed, in order and without gaps, then a CURSOR frame, then what is new', async () => {
    const admin = await world.as('admin');
    const first = await admin.subscribe(AUDIT).connected();
    await aBusyDay();
    await first.next();
    const { cursor: left } = (await first.next()).auditEvents;
    await first.stop();
    await aBusyDay();

    const again = await admin.subscribe(AUDIT, { afterEvent: left }).connected();
    const { events, cursor } = await replayed(again);
    const from = decodeCursor(left).sequence + 1;
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => from + index));
    expect(events).toEqual(await listedBetween(admin, left, cursor));
    expect(cursor).toBe(cursorOf(events.at(-1)!));

    await aBusyDay();
    const live = (await again.next()).auditEvents.event;
    expect(live.sequence).toBe(from + events.length);
    await again.stop();
  });

  it.each<Person>(['admin', 'supervisor', 'agent', 'outsider', 'auditor'])(
    'delivers to the %s what their own list shows, ascending, and nothing else',
    async (person) => {
      const reader = await world.as(person);
      const start = await cursorNow(reader);
      await aBusyDay();
      const stream = await reader.subscribe(AUDIT, { afterEvent: start }).connected();
      const { events, cursor } = await replayed(stream);
      const listed = await listedBetween(reader, start, cursor);
      expect(events).toEqual(listed);
      expect(events.map(({ sequence }) => sequence)).toEqual(
        events.map(({ sequence }) => sequence).toSorted((a, b) => a - b),
      );
      const mine = events.filter(({ actor }) => actor.id === world.ids.agents[person]);
      const foreign = events.length - mine.length;
      // An agent reads only what they have done themselves; everybody else here sees others at work.
      expect(foreign > 0).toBe(!['agent', 'outsider'].includes(person));
      await stream.stop();
    },
  );

  it('filters the replay and what comes after it alike', async () => {
    const admin = await world.as('admin');
    const start = await cursorNow(admin);
    const filter = { actions: ['handover.*', 'message.sent'], actorKinds: ['AGENT'] };
    await aBusyDay();
    const stream = await admin.subscribe(AUDIT, { filter, afterEvent: start }).connected();
    const { events, cursor } = await replayed(stream);
    expect(events).toEqual(await listedBetween(admin, start, cursor, filter));
    expect(events.map(({ action }) => action)).toEqual(['handover.accepted', 'message.sent']);
    await aBusyDay();
    const live = [(await stream.next()).auditEvents.event.action, (await stream.next()).auditEvents.event.action];
    expect(live).toEqual(['handover.accepted', 'message.sent']);
    await stream.stop();
  });

  it('goes on from a CURSOR frame, so that nothing is read twice', async () => {
    const admin = await world.as('admin');
    const filter = { actions: ['workspace.created'] };
    const stream = await admin.subscribe(AUDIT, { filter, afterEvent: await cursorNow(admin) }).connected();
    const { events, cursor } = await replayed(stream);
    expect(events).toEqual([]);
    await stream.stop();
    const again = await admin.subscribe(AUDIT, { afterEvent: cursor }).connected();
    const rest = await replayed(again);
    expect(rest.events).toEqual(await listedBetween(admin, cursor, rest.cursor));
    await again.stop();
  });
});

describe('a cursor that cannot be gone on from', () => {
  const refusal = async (cursor: string, client?: ApiClient) => {
    const stream = (client ?? (await world.as('admin'))).subscribe(AUDIT, { afterEvent: cursor });
    const [error] = (await stream.end()) as { extensions: Record<string, unknown> }[];
    await stream.stop();
    return error!.extensions;
  };

  it('is VALIDATION_FAILED when it is none', async () => {
    const admin = await world.as('admin');
    const good = await cursorNow(admin);
    const odd = ['nonsense', good.slice(1), `${good}A`, good.replace(/^./, 'B'), '%', 'AQ=='];
    for (const cursor of odd) {
      expect(await refusal(cursor)).toMatchObject({
        code: 'VALIDATION_FAILED',
        fields: [{ path: 'afterEvent', message: 'is not an event cursor' }],
      });
    }
  });

  it('is RESYNC_REQUIRED, with a fresh cursor, when it is of another workspace, epoch or history, or ahead', async () => {
    const admin = await world.as('admin');
    const here = decodeCursor(await cursorNow(admin));
    const cursors = [
      await cursorNow(await other.as('admin')),
      encodeCursor({ ...here, sequence: here.sequence + 1 }),
      encodeCursor({ ...here, sequence: here.sequence + 1_000 }),
      encodeCursor({ ...here, sequence: Number.MAX_SAFE_INTEGER }),
      encodeCursor({ ...here, epoch: here.epoch + 1 }),
      encodeCursor({ ...here, tag: Buffer.alloc(8, 7) }),
      encodeCursor({ ...here, sequence: here.sequence - 1 }),
      encodeCursor({ ...here, sequence: -1 }),
    ];
    for (const cursor of cursors) {
      const before = decodeCursor(await headNow()).sequence;
      const { code, eventCursor } = await refusal(cursor);
      const { sequence } = decodeCursor(String(eventCursor));
      expect(code).toBe('RESYNC_REQUIRED');
      expect(sequence).toBeGreaterThanOrEqual(before);
      expect(sequence).toBeLessThanOrEqual(decodeCursor(await headNow()).sequence);
    }
    const fresh = String((await refusal(cursors[0]!))['eventCursor']);
    const stream = admin.subscribe(AUDIT, { afterEvent: fresh });
    const { event, cursor } = (await stream.until((frame) => frame.auditEvents.event !== null)).auditEvents;
    expect(event.sequence).toBe(decodeCursor(fresh).sequence + 1);
    expect([event]).toEqual(await listedBetween(admin, fresh, cursor));
    await stream.stop();
  });

  it('is accepted from before the first event', async () => {
    const admin = await other.as('admin');
    const start = encodeCursor({ epoch: 1, sequence: -1, tag: Buffer.alloc(8) });
    const stream = admin.subscribe(AUDIT, { afterEvent: start });
    const { events, cursor } = await replayed(stream);
    expect(events[0]).toMatchObject({ sequence: 0, action: 'workspace.created' });
    expect(events).toEqual(await listedBetween(admin, start, cursor));
    await stream.stop();
  });

  it('is FORBIDDEN for who may read none of the record, whatever it is', async () => {
    expect(await refusal(await cursorNow(await world.as('admin')), world.withKey('read'))).toMatchObject({
      code: 'FORBIDDEN',
    });
  });
});

it('replays of each conversation only how it is now, and REMOVED for one that has left the filter', async () => {
  const admin = await world.as('admin');
  const start = await cursorNow(admin);
  const [busy, gone] = [await customerWrites(world), await customerWrites(world)];
  for (const text of ['one', 'two', 'three']) {
    await admin.ask(SEND, { input: { conversationId: busy.conversationId, text } });
  }
  await admin.ask(SET_STATUS, { input: { conversationId: gone.conversationId, status: 'RESOLVED' } });
  const filter = { statuses: ['OPEN', 'IN_PROGRESS'] };
  const stream = await admin.subscribe(CONVERSATIONS, { filter, afterEvent: start }).connected();
  const frames = [await stream.next(), await stream.next(), await stream.next()].map(
    ({ conversationChanges: { cursor: _cursor, ...frame } }) => frame,
  );
  expect(frames).toEqual([
    {
      changeType: 'UPDATED',
      conversationId: busy.conversationId,
      conversation: { id: busy.conversationId, status: 'IN_PROGRESS' },
    },
    { changeType: 'REMOVED', conversationId: gone.conversationId, conversation: null },
    { changeType: 'CURSOR', conversationId: null, conversation: null },
  ]);
  await stream.stop();
});

it('replays REMOVED of what has left sight or filter, also where what came after it says nothing to its reader', async () => {
  const [admin, outsider, agent] = [await world.as('admin'), await world.as('outsider'), await world.as('agent')];
  const { conversationId: away } = await customerWrites(world, { contact: { address: 'goes-away', name: 'Ravi' } });
  await admin.ask(ASSIGN, { input: { conversationId: away, teamId: world.ids.billing } });
  const contact = { address: 'is-resolved', name: 'Noor' };
  const { conversationId: resolved } = await customerWrites(world, { contact });
  const start = await cursorNow(admin);
  // Both are gone with the first event; the second is of another team, or of the contact alone.
  await admin.ask(ASSIGN, { input: { conversationId: away, teamId: world.ids.support } });
  await admin.ask(SEND, { input: { conversationId: away, text: 'From Support' } });
  await admin.ask(SET_STATUS, { input: { conversationId: resolved, status: 'RESOLVED' } });
  const asked = await admin.ask('query($id: ID!) { conversation(id: $id) { contact { id } } }', { id: resolved });
  const labelIds = [world.ids.labels.vip];
  await admin.ask('mutation($input: AddLabelsInput!) { addLabels(input: $input) { contact { id } } }', {
    input: { contactId: asked.conversation.contact.id, labelIds },
  });
  for (const [client, filter, conversationId] of [
    [outsider, {}, away],
    [agent, { statuses: ['OPEN'] }, resolved],
  ] as const) {
    const stream = await client.subscribe(CONVERSATIONS, { filter, afterEvent: start }).connected();
    const frames: { changeType: string; conversationId: string }[] = [];
    await stream.until(({ conversationChanges }) => {
      frames.push(conversationChanges);
      return conversationChanges.changeType === 'CURSOR';
    });
    const of = frames.filter((frame) => frame.conversationId === conversationId);
    expect(of.map(({ changeType }) => changeType)).toEqual(['REMOVED']);
    await stream.stop();
  }
});

it('tells of an open handover whoever loses or gains sight of its conversation, live and in a replay', async () => {
  const [admin, outsider, supervisor] = [
    await world.as('admin'),
    await world.as('outsider'),
    await world.as('supervisor'),
  ];
  const contact = { address: 'moves@example.test', name: 'Mo' };
  const { conversationId } = await customerWrites(world, { inboxId: world.ids.emailInbox, contact });
  const handoverId = await offer(admin, conversationId, { toAgentId: world.ids.agents.colleague });
  const start = await cursorNow(admin);
  const stream =
    'subscription($afterEvent: String) { handoverChanges(afterEvent: $afterEvent) { changeType handoverId } }';
  const told = async (client: ApiClient, wanted: string) => {
    const frames = client.subscribe(stream, { afterEvent: start });
    const found = await frames.until(({ handoverChanges }) => handoverChanges.handoverId === handoverId);
    expect(found.handoverChanges.changeType).toBe(wanted);
    await frames.stop();
  };
  const live = [told(outsider, 'REMOVED'), told(supervisor, 'ADDED')];
  await admin.ask(ASSIGN, { input: { conversationId, teamId: world.ids.support } });
  await Promise.all(live);
  await Promise.all([told(outsider, 'REMOVED'), told(supervisor, 'ADDED')]);
});
