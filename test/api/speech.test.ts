import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DELETE_MESSAGE, ERASE, SET_SPEECH } from '../security/details.js';
import type { ApiClient } from '../support/client.js';
import { LiveTranscript } from '../support/live-transcript.js';
import { followedBy } from '../support/live-view.js';
import { customerWrites } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { HEARD, segment, setSpeech, SPEECH, speechIn } from '../support/speech.js';
import { sentRecording, uploaded, WAV } from '../support/uploads.js';
import { createWorld, type World } from '../support/world.js';
import { recording } from './recorded.js';

const directory = mkdtempSync(join(tmpdir(), 'verbatim-speech-'));
let server: TestServer;
let world: World;
let admin: ApiClient;
let agent: ApiClient;
let owner: pg.Client;
beforeAll(async () => {
  server = await startTestServer({ env: { ATTACHMENTS_DIR: directory } });
  world = await createWorld(server);
  [admin, agent] = [await world.as('admin'), await world.as('agent')];
  owner = new pg.Client({ connectionString: server.database.url });
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

const set = (attachmentId: string, segments: object[], by = agent) => setSpeech(by, attachmentId, segments);
const faultsOf = async (attachmentId: string, segments: object[]) => {
  const { extensions } = await agent.refused(SET_SPEECH, { input: { attachmentId, segments } });
  return [extensions.code, ...((extensions['fields'] ?? []) as { path: string }[]).map(({ path }) => path)].join(' ');
};
async function sent(announcedAs: object = { recording: true }, text = 'Where is it?') {
  const made = await customerWrites(world, { text });
  return { ...made, ...(await sentRecording(agent, made.conversationId, announcedAs)) };
}
const speechOf = (conversationId: string) => speechIn(admin, conversationId);
const contactOf = async (id: string): Promise<string> =>
  (await admin.ask('query($id: ID!) { conversation(id: $id) { contact { id } } }', { id })).conversation.contact.id;
const erase = async (conversationId: string) => {
  const input = { contactId: await contactOf(conversationId), reason: 'They asked for it' };
  expect((await admin.ask(ERASE, { input })).eraseContact.completed).toBe(true);
};
const SEARCH = `query($query: String!) { searchMessages(query: $query) { nodes {
  id kind message { id } attachment { id } snippet { text highlighted } conversation { id } } } }`;
const found = async (query: string, by = agent) => (await by.ask(SEARCH, { query })).searchMessages.nodes;

it('writes down what is said in a recording, as a whole, live for who follows, each time on the record', async () => {
  const { conversationId, messageId, attachmentId, number } = await sent();
  const followed = await LiveTranscript.open(admin, conversationId, HEARD, 25);
  const first = [segment('Where is it?'), { ...segment('It is late', 1), speaker: 'Bo' }];
  const second = [segment('Where is mine?', 0.5)];
  const { result, events } = await recording(admin, () =>
    followedBy([admin, agent], async () => {
      const answers = [await set(attachmentId, first), await set(attachmentId, second)];
      return answers.map(({ setSpeech }) => setSpeech.attachment);
    }),
  );
  expect(result).toEqual([first, second].map((speech) => ({ id: attachmentId, speech })));
  expect(
    events.map(({ action, target, metadata, summary }) => [action, target.id, metadata?.['segments'], summary]),
  ).toEqual(
    [2, 1].map((count) => [
      'speech.transcribed',
      messageId,
      count,
      `Bo wrote down what is said in a recording of conversation #${number}`,
    ]),
  );
  const lines = await followed.matches();
  expect(lines.at(-1)).toMatchObject({ id: messageId, attachments: [{ id: attachmentId, speech: second }] });
  const told = followed.stream.frames.filter(({ transcriptChanges: { changeType } }) => changeType !== 'CURSOR');
  expect(told.map(({ transcriptChanges: { changeType, entry } }) => [changeType, entry.id])).toEqual([
    ['UPDATED', messageId],
    ['UPDATED', messageId],
  ]);
  await followed.stream.stop();
  expect(JSON.stringify(events)).not.toContain('mine');
});

it('changes and records nothing for the same again, and takes away what is written down by none', async () => {
  const { conversationId, attachmentId } = await sent();
  const again = await recording(admin, async () => {
    await set(attachmentId, []);
    await set(attachmentId, [segment('Hello')]);
    // By anybody, and with its parts in any order.
    await set(attachmentId, [{ text: 'Hello', endSeconds: 1.25, startSeconds: 0, speaker: 'Asha' }], admin);
    expect(await speechOf(conversationId)).toEqual([[segment('Hello')]]);
    await set(attachmentId, []);
    await set(attachmentId, []);
  });
  expect(again.events.map(({ action, actor, metadata }) => [action, actor.label, metadata])).toEqual([
    ['speech.transcribed', 'Bo', { segments: 1 }],
    ['speech.transcribed', 'Bo', { segments: 0 }],
  ]);
  expect(await speechOf(conversationId)).toEqual([[]]);
});

describe('what cannot be said in a file is refused, and nothing is written:', () => {
  it('by the file', async () => {
    const { conversationId } = await customerWrites(world);
    const notSent = await uploaded(agent, { conversationId }, WAV);
    const document = await sentRecording(agent, conversationId, {}, Buffer.from('No sound'));
    const before = await speechOf(conversationId);
    const { events } = await recording(admin, async () => {
      expect(await faultsOf(notSent, [segment('x')])).toBe('NOT_FOUND');
      expect(await faultsOf('nonsense', [segment('x')])).toBe('NOT_FOUND');
      expect(await faultsOf(conversationId, [segment('x')])).toBe('NOT_FOUND');
      expect(await faultsOf(document.attachmentId, [segment('x')])).toBe('VALIDATION_FAILED attachmentId');
    });
    expect(events).toEqual([]);
    expect(await speechOf(conversationId)).toEqual(before);
  });

  it.each<[string, object[], string]>([
    ['a nameless speaker', [{ ...segment('x'), speaker: ' ' }], 'VALIDATION_FAILED segments.0.speaker'],
    ['a long name', [{ ...segment('x'), speaker: 'x'.repeat(256) }], 'VALIDATION_FAILED segments.0.speaker'],
    ['silence', [segment(' ')], 'VALIDATION_FAILED segments.0.text'],
    ['a long text', [segment('x'.repeat(2_001))], 'VALIDATION_FAILED segments.0.text'],
    ['a beginning before the beginning', [segment('x', -1)], 'VALIDATION_FAILED segments.0.startSeconds'],
    ['another order', [segment('x', 2, 3), segment('y', 1, 4)], 'VALIDATION_FAILED segments.1.startSeconds'],
    ['an end before its beginning', [segment('x', 2, 1)], 'VALIDATION_FAILED segments.0.endSeconds'],
    [
      'more than the file plays',
      [segment('x', 0, 10), segment('y', 9, 10.01)],
      'VALIDATION_FAILED segments.1.endSeconds',
    ],
    ['too much in all', Array.from({ length: 26 }, () => segment('x'.repeat(2_000))), 'VALIDATION_FAILED segments'],
    ['too many', Array.from({ length: 251 }, () => segment('x')), 'LIMIT_EXCEEDED'],
  ])('%s', async (_, segments, outcome) => {
    const { conversationId, attachmentId } = await sent({ recording: true, durationSeconds: 10 });
    await set(attachmentId, [segment('Before', 1, 10)]);
    const { events } = await recording(admin, async () => expect(await faultsOf(attachmentId, segments)).toBe(outcome));
    expect(events).toEqual([]);
    expect(await speechOf(conversationId)).toEqual([[segment('Before', 1, 10)]]);
  });

  it('of a message that was deleted, or whose contact was erased', async () => {
    const { attachmentId, messageId } = await sent();
    await agent.ask(DELETE_MESSAGE, { input: { messageId } });
    expect(await faultsOf(attachmentId, [segment('x')])).toBe('CONFLICT');
    const gone = await sent();
    await erase(gone.conversationId);
    // Its file has gone as well; one that is sent later is of nobody that is known.
    expect(await faultsOf(gone.attachmentId, [segment('x')])).toBe('NOT_FOUND');
    const later = await sentRecording(agent, gone.conversationId);
    expect(await faultsOf(later.attachmentId, [segment('x')])).toBe('CONFLICT');
  });
});

it('finds a recording by its words while they are written down, for who sees its conversation', async () => {
  const { conversationId, attachmentId, messageId } = await sent();
  const outsider = await world.as('outsider');
  expect(await found('quagga')).toEqual([]);
  await set(attachmentId, [segment('The quagga has'), segment('left 東京', 1)]);
  const hit = {
    id: attachmentId,
    kind: 'SPEECH',
    message: { id: messageId },
    attachment: { id: attachmentId },
    conversation: { id: conversationId },
  };
  const before = [
    { text: 'The ', highlighted: false },
    { text: 'quagga', highlighted: true },
  ];
  expect(await found('quagga left')).toEqual([
    {
      ...hit,
      snippet: [
        ...before,
        { text: ' has ', highlighted: false },
        { text: 'left', highlighted: true },
        { text: ' 東京', highlighted: false },
      ],
    },
  ]);
  expect(await found('東京')).toMatchObject([hit]);
  expect(await found('quagga', world.withKey('bot'))).toMatchObject([hit]);
  expect(await found('quagga', outsider)).toEqual([]);
  await set(attachmentId, [segment('The okapi has left')]);
  expect(await found('quagga')).toEqual([]);
  expect(await found('okapi')).toMatchObject([hit]);
  await agent.ask(DELETE_MESSAGE, { input: { messageId } });
  expect(await found('okapi')).toEqual([]);
  const other = await sent();
  await set(other.attachmentId, [segment('An okapi of another')]);
  expect(await found('okapi')).toMatchObject([{ id: other.attachmentId }]);
  await erase(other.conversationId);
  expect(await found('okapi')).toEqual([]);
  const { rows } = await owner.query(`select id from search_entry where kind = 'SPEECH' and id = any($1)`, [
    [attachmentId, other.attachmentId],
  ]);
  expect(rows).toEqual([]);
});

it('keeps what was written down with a message that is deleted, where its files are', async () => {
  const { conversationId, attachmentId, messageId } = await sent();
  await set(attachmentId, [segment('Kept')]);
  await agent.ask(DELETE_MESSAGE, { input: { messageId } });
  expect(await speechOf(conversationId)).toEqual([]);
  const query = `query($id: ID!) { conversation(id: $id) { messages(last: 2) { nodes { revisions { attachments { ${SPEECH} } } } } } }`;
  const { messages } = (await admin.ask(query, { id: conversationId })).conversation;
  expect(messages.nodes.at(-1).revisions).toEqual([{ attachments: [{ speech: [segment('Kept')] }] }]);
});
