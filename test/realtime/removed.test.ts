import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { continueRemovals, startPruning } from '../../src/services/jobs/remove.js';
import { ADD_NOTE, ERASE, SET_RETENTION } from '../security/details.js';
import type { ApiClient } from '../support/client.js';
import { customerWrites, SET_STATUS } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';

const DAY = 86_400_000;
/** Only ever forwards. */
const clock = { ahead: 0 };
let server: TestServer;
let world: World;
/** A key, which does not end when the clock is moved on. */
let key: ApiClient;
let slug = 0;
beforeAll(async () => {
  server = await startTestServer({ now: () => new Date(Date.now() + clock.ahead) });
});
afterAll(() => server.stop());
beforeEach(async () => {
  world = await createWorld(server, `acme-${(slug += 1)}`);
  key = world.withKey('all');
});

const PERSONAL = { address: 'asha@example.test', name: 'Asha Rao', email: 'asha@example.test', phone: '+49 30 1234' };

const contactOf = async (conversationId: string): Promise<string> =>
  (await key.ask('query($id: ID!) { conversation(id: $id) { contact { id } } }', { id: conversationId })).conversation
    .contact.id;
const cursorNow = async (): Promise<string> =>
  (await key.ask('{ conversations(first: 1) { eventCursor } }')).conversations.eventCursor;

async function erase(conversationId: string): Promise<void> {
  const contactId = await contactOf(conversationId);
  const { eraseContact } = await key.ask(ERASE, { input: { contactId, reason: 'They asked for it' } });
  expect(eraseContact.completed).toBe(true);
}

/** Prunes what was recorded so far of these categories. */
async function prune(...categories: string[]): Promise<void> {
  await key.ask(SET_RETENTION, { input: { categories, days: 30 } });
  clock.ahead += 40 * DAY;
  expect(await startPruning(server.app)).toBe(1);
  await continueRemovals(server.app, new Date(Date.now() + clock.ahead + DAY));
  // Of no other world's test.
  await key.ask(SET_RETENTION, { input: { categories, preset: 'FOREVER' } });
}

const resumeOf = {
  conversationChanges: `subscription($after: String) { conversationChanges(afterEvent: $after) {
    changeType cursor conversationId conversation { id status lastMessage { text } contact { name } } } }`,
  handoverChanges: `subscription($after: String) { handoverChanges(afterEvent: $after) {
    changeType cursor handoverId handover { id status } } }`,
  alertEvents: `subscription($after: String) { alertEvents(afterEvent: $after) { changeType cursor alertId } }`,
  transcriptChanges: `subscription($after: String, $id: ID!) { transcriptChanges(conversationId: $id, afterEvent: $after) {
    changeType cursor entry { id ... on Message { text } ... on Note { noted: text } ... on ConversationEvent { summary } } } }`,
  auditEvents: `subscription($after: String) { auditEvents(afterEvent: $after) { cursor event {
    sequence recordedAt state id action summary reason ipAddress userAgent metadata leafHash leafData
    actor { id label } target { id label } changes { field before after } } } }`,
  workspaceEvents: `subscription($after: String) { workspaceEvents(afterEvent: $after) {
    cursor state id action occurredAt conversation { id } contact { id } } }`,
};
type Stream = keyof typeof resumeOf;

/** Opens a stream from a cursor, and takes what it gives until it has caught up, or what it ends with. */
async function resume(stream: Stream, after: string, id?: string, client = key) {
  const subscription = client.subscribe(resumeOf[stream], { after, ...(stream === 'transcriptChanges' ? { id } : {}) });
  const isCaughtUp = (
    frame: Record<string, { changeType?: string; event?: unknown; id?: unknown; state?: unknown }>,
  ) => {
    const told = frame[stream]!;
    if (stream === 'auditEvents') return told.event === null;
    if (stream === 'workspaceEvents') return told.state === null && told.id === null;
    return told.changeType === 'CURSOR';
  };
  try {
    await subscription.until(isCaughtUp);
    return { frames: subscription.frames.map((frame) => frame[stream]), ended: null };
  } catch {
    return { frames: subscription.frames.map((frame) => frame[stream]), ended: await subscription.end() };
  } finally {
    await subscription.stop();
  }
}

describe('a stream that resumes', () => {
  it.each(['conversationChanges', 'handoverChanges', 'alertEvents', 'transcriptChanges'] as const)(
    'over pruned events: %s says that it cannot go on, once, and the fresh cursor can be gone on from',
    async (stream) => {
      const { conversationId } = await customerWrites(world);
      const before = await cursorNow();
      await customerWrites(world, { text: 'Nobody may miss this' });
      const after = await cursorNow();
      await prune('CONVERSATION', 'MESSAGE');
      const { frames, ended } = await resume(stream, before, conversationId);
      expect(frames).toEqual([]);
      expect(ended).toMatchObject([{ extensions: { code: 'RESYNC_REQUIRED', eventCursor: expect.any(String) } }]);
      // From behind what was pruned it goes on, also from where the error says.
      for (const cursor of [after, ended[0].extensions.eventCursor]) {
        expect((await resume(stream, cursor, conversationId)).ended).toBeNull();
      }
    },
  );

  it('over pruned events: auditEvents gives a stub of each in its place to who sees everything, and nothing to others', async () => {
    const before = await cursorNow();
    const { conversationId } = await customerWrites(world, { contact: PERSONAL, text: 'I am Asha Rao' });
    await key.ask(SET_STATUS, { input: { conversationId, status: 'RESOLVED' } });
    const whole = await resume('auditEvents', before);
    const gone = whole.frames.flatMap(({ event }) =>
      event && /^(?:conversation|message|contact)\./.test(event.action) ? [event] : [],
    );
    expect(gone.length).toBeGreaterThan(3);
    await prune('CONVERSATION', 'MESSAGE', 'CONTACT');

    const { frames, ended } = await resume('auditEvents', before);
    expect(ended).toBeNull();
    const events = frames.flatMap(({ event }) => event ?? []);
    const [first] = events;
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => first.sequence + index));
    const pruned = events.filter(({ state }) => state === 'PRUNED');
    const nothing = {
      action: null,
      summary: null,
      reason: null,
      metadata: null,
      actor: null,
      target: null,
      changes: [],
    };
    const unknown = { ...nothing, ipAddress: null, userAgent: null, state: 'PRUNED' };
    expect(pruned).toEqual(
      gone.map(({ sequence, recordedAt, leafHash, leafData }) => {
        const id = `${world.ids.workspace}:${sequence}`;
        return { sequence, recordedAt, leafHash, leafData, id, ...unknown };
      }),
    );
    expect(JSON.stringify(frames)).not.toContain('Asha Rao');
    expect(JSON.stringify(frames)).not.toContain(PERSONAL.email);
    // Nobody knows any more whose they were.
    const supervisor = await world.as('supervisor');
    const theirs = await resume('auditEvents', before, undefined, supervisor);
    expect(theirs.ended).toBeNull();
    expect(theirs.frames.flatMap(({ event }) => event ?? []).filter(({ state }) => state === 'PRUNED')).toEqual([]);
  });

  it('over pruned events: workspaceEvents gives a stub of each, and goes on', async () => {
    const before = await cursorNow();
    const { conversationId } = await customerWrites(world, { contact: PERSONAL });
    await prune('CONVERSATION', 'MESSAGE', 'CONTACT');
    await key.ask(SET_STATUS, { input: { conversationId, status: 'RESOLVED' } });
    const { frames, ended } = await resume('workspaceEvents', before);
    expect(ended).toBeNull();
    const nothing = { id: null, action: null, occurredAt: null, conversation: null, contact: null };
    const stubs = frames.filter(({ state }) => state === 'PRUNED');
    expect(stubs.length).toBeGreaterThan(2);
    for (const stub of stubs) expect(stub).toEqual({ cursor: expect.any(String), state: 'PRUNED', ...nothing });
    expect(frames.flatMap(({ action }) => action ?? [])).toEqual(['conversation.resolved']);
  });

  it('over events that were erased: none shows what is gone, though this node has just told it to others', async () => {
    const before = await cursorNow();
    // Somebody follows, so that the node keeps what it reads.
    const following = await key.subscribe(resumeOf.auditEvents, { after: before }).connected();
    const { conversationId } = await customerWrites(world, { contact: PERSONAL, text: 'I am Asha Rao' });
    await key.ask(ADD_NOTE, { input: { conversationId, text: 'Asha Rao called' } });
    await following.until(({ auditEvents: { event } }) => event?.action === 'note.created');
    const told = await resume('auditEvents', before);
    expect(JSON.stringify(told.frames)).toContain('Asha Rao');
    await erase(conversationId);
    await following.until(({ auditEvents: { event } }) => event?.action === 'contact.erased');
    for (const stream of Object.keys(resumeOf) as Stream[]) {
      const { frames, ended } = await resume(stream, before, conversationId);
      expect([stream, ended]).toEqual([stream, null]);
      const text = JSON.stringify(frames);
      for (const gone of ['Asha Rao', PERSONAL.email, PERSONAL.phone]) expect(text).not.toContain(gone);
    }
    const { frames } = await resume('auditEvents', before);
    const events = frames.flatMap(({ event }) => event ?? []);
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => events[0].sequence + index));
    expect(events.find(({ action }) => action === 'contact.created')).toMatchObject({
      state: 'ERASED',
      actor: { label: '[erased]' },
      target: { label: '[erased]' },
    });
    await following.stop();
  });
});
