import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { continueRemovals, startPruning } from '../../src/services/jobs/remove.js';
import { ADD_NOTE, EDIT_MESSAGE, ERASE, SET_RETENTION } from '../security/details.js';
import type { ApiClient } from '../support/client.js';
import { followTranscript, LiveTranscript } from '../support/live-transcript.js';
import { customerWrites, SEND, SET_STATUS } from '../support/operations.js';
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

describe('a transcript that is followed', () => {
  it('loses with its followers what was written when its contact is erased', async () => {
    const { conversationId, messageId } = await customerWrites(world, { contact: PERSONAL, text: 'I am Asha Rao' });
    await key.ask(ADD_NOTE, { input: { conversationId, text: 'Asha Rao called' } });
    const admin = await world.as('admin');
    await admin.ask(EDIT_MESSAGE, { input: { messageId, text: 'I am Asha Rao, still' } });
    await key.ask(SEND, { input: { conversationId, text: 'Hello Asha Rao' } });
    const other = await customerWrites(world, { contact: { address: 'ben@example.test' }, text: 'I am Ben' });
    const [followed, elsewhere] = [
      await LiveTranscript.open(key, conversationId),
      await LiveTranscript.open(key, other.conversationId),
    ];
    expect(JSON.stringify(followed.snapshot)).toContain('Asha Rao');
    await erase(conversationId);
    const lines = await followed.matches();
    expect(JSON.stringify(lines)).not.toContain('Asha Rao');
    expect(lines.slice(1).map(({ text, noted }) => text ?? noted)).toEqual([undefined, '[erased]', undefined]);
    const updated = followed.stream.frames
      .map(({ transcriptChanges }) => transcriptChanges)
      .filter(({ changeType }) => changeType !== 'CURSOR');
    expect(new Set(updated.map(({ changeType }) => changeType))).toEqual(new Set(['UPDATED']));
    expect(await elsewhere.matches()).toEqual(elsewhere.snapshot);
    // Whoever comes back from before is told the same.
    const resumed = key.subscribe(followTranscript(), { id: conversationId, after: followed.cursor });
    await resumed.until(({ transcriptChanges }) => transcriptChanges.changeType === 'CURSOR');
    const told = resumed.frames.flatMap(({ transcriptChanges: { entry } }) => (entry ? [entry] : []));
    expect(told.toSorted((one, two) => one.position - two.position)).toEqual(
      lines.filter(({ id }) => updated.some(({ entry }) => entry.id === id)),
    );
    for (const { stream } of [followed, elsewhere]) await stream.stop();
    await resumed.stop();
  });

  it('loses with its followers what happened when it is pruned', async () => {
    const { conversationId } = await customerWrites(world);
    await key.ask(SET_STATUS, { input: { conversationId, status: 'RESOLVED' } });
    const other = await customerWrites(world);
    const [followed, elsewhere] = [
      await LiveTranscript.open(key, conversationId),
      await LiveTranscript.open(key, other.conversationId),
    ];
    await prune('CONVERSATION');
    const lines = await followed.matches();
    expect(lines.map(({ action }) => action)).toEqual(['audit.pruned', undefined, 'audit.pruned']);
    const gone = 'What happened here was pruned';
    expect(lines.map(({ summary }) => summary)).toEqual([gone, undefined, gone]);
    expect((await elsewhere.matches()).map(({ action }) => action)).toEqual(['audit.pruned', undefined]);
    for (const { stream } of [followed, elsewhere]) await stream.stop();
  });

  it('is not told again of what an earlier run took', async () => {
    const { conversationId } = await customerWrites(world);
    await prune('CONVERSATION');
    const followed = await LiveTranscript.open(key, conversationId);
    await key.ask(SET_STATUS, { input: { conversationId, status: 'RESOLVED' } });
    await prune('CONVERSATION');
    const lines = await followed.matches();
    const told = followed.stream.frames
      .map(({ transcriptChanges }) => transcriptChanges)
      .filter(({ entry }) => entry !== null)
      .map(({ changeType, entry }) => `${changeType} ${entry.position}`);
    expect(told).toEqual(['ADDED 3', 'UPDATED 3']);
    expect(lines.map(({ action }) => action)).toEqual(['audit.pruned', undefined, 'audit.pruned']);
    await followed.stream.stop();
  });
});
