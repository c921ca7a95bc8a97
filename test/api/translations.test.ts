import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyWorkspace } from '../../src/services/record/verify-workspace.js';
import { DELETE_MESSAGE, EDIT_MESSAGE, ERASE, SET_TRANSLATION } from '../security/details.js';
import type { ApiClient } from '../support/client.js';
import { evidenceOf } from '../support/evidence-texts.js';
import { everythingOf } from '../support/everything-of.js';
import { LiveTranscript } from '../support/live-transcript.js';
import { followedBy } from '../support/live-view.js';
import { asCustomer, customerWrites, FOLLOW_OWN, READ_OWN, SEND } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { sentRecording } from '../support/uploads.js';
import { createWorld, type World } from '../support/world.js';
import { recording } from './recorded.js';

let server: TestServer;
let world: World;
let admin: ApiClient;
let agent: ApiClient;
let owner: pg.Client;
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
  [admin, agent] = [await world.as('admin'), await world.as('agent')];
  owner = new pg.Client({ connectionString: server.database.url });
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await server.stop();
});

const TRANSLATION = 'translation { language text translatedBy { displayName } translatedAt }';
const FIELDS = `text editedAt ${TRANSLATION} german: translation(language: "DE") { text }`;
const set = (messageId: string, language: string, text: string, by = agent, more: object = {}) =>
  by.ask(SET_TRANSLATION, { input: { messageId, language, text, ...more } });
const refusedAs = async (input: object) => {
  const { extensions } = await agent.refused(SET_TRANSLATION, { input });
  return [extensions.code, ...((extensions['fields'] ?? []) as { path: string }[]).map(({ path }) => path)].join(' ');
};
async function messagesOf(conversationId: string) {
  const query = `query($id: ID!) { conversation(id: $id) { messages { nodes { id ${FIELDS} } } } }`;
  return (await admin.ask(query, { id: conversationId })).conversation.messages.nodes;
}
const messageOf = async (conversationId: string) => (await messagesOf(conversationId))[0];
const erase = async (id: string) => {
  const query = 'query($id: ID!) { conversation(id: $id) { contact { id } } }';
  const contactId = (await admin.ask(query, { id })).conversation.contact.id;
  const { eraseContact } = await admin.ask(ERASE, { input: { contactId, reason: 'They asked for it' } });
  expect(eraseContact.completed).toBe(true);
};

it('sets what a message says in other languages beside it, live for who follows, each time on the record', async () => {
  const { conversationId, messageId, number } = await customerWrites(world);
  const followed = await LiveTranscript.open(admin, conversationId, FIELDS);
  const { result, events } = await recording(admin, () =>
    followedBy([admin, agent], async () => {
      await set(messageId, 'de', 'Meine Bestellung ist verpsätet');
      await set(messageId, 'pt-br', 'Meu pedido está atrasado', admin);
      return set(messageId, 'DE', 'Meine Bestellung ist verspätet', agent, { reason: 'A slip' });
    }),
  );
  const newest = {
    language: 'de',
    text: 'Meine Bestellung ist verspätet',
    translatedBy: { displayName: 'Bo' },
    translatedAt: expect.any(String),
  };
  expect(result.setTranslation.message).toEqual({ id: messageId, text: 'My order is late', translation: newest });
  const query = `query($id: ID!, $language: String) { conversation(id: $id) { messages { nodes {
    ${FIELDS} asked: translation(language: $language) { language text translatedBy { displayName } } none: translation(language: "pt") { text } } } } }`;
  const { conversation } = await admin.ask(query, { id: conversationId, language: 'pt-BR' });
  expect(conversation.messages.nodes).toEqual([
    {
      text: 'My order is late',
      editedAt: null,
      translation: newest,
      german: { text: newest.text },
      asked: { language: 'pt-BR', text: 'Meu pedido está atrasado', translatedBy: { displayName: 'Ada' } },
      none: null,
    },
  ]);
  const said = (actor: string, language: string) =>
    `${actor} translated a message of conversation #${number} into ${language}`;
  expect(
    events.map(({ action, target, metadata, reason, summary }) => [action, target.id, metadata, reason, summary]),
  ).toEqual([
    ['message.translated', messageId, { language: 'de' }, null, said('Bo', 'de')],
    ['message.translated', messageId, { language: 'pt-BR' }, null, said('Ada', 'pt-BR')],
    ['message.translated', messageId, { language: 'de' }, 'A slip', expect.stringContaining(said('Bo', 'de'))],
  ]);
  expect(JSON.stringify(events)).not.toMatch(/Bestellung|pedido/);
  expect(await followed.matches()).toContainEqual(expect.objectContaining({ translation: newest }));
  const told = followed.stream.frames.filter(({ transcriptChanges: { changeType } }) => changeType !== 'CURSOR');
  expect(told.map(({ transcriptChanges: { changeType, entry } }) => [changeType, entry.id])).toEqual(
    Array.from({ length: 3 }, () => ['UPDATED', messageId]),
  );
  await followed.stream.stop();
});

it('changes and records nothing for the same again', async () => {
  const { conversationId, messageId } = await customerWrites(world);
  await set(messageId, 'de', 'Spät');
  const before = await messageOf(conversationId);
  const { events } = await recording(admin, async () => {
    await set(messageId, 'de', 'Spät');
    await set(messageId, 'De', 'Spät', admin);
  });
  expect(events).toEqual([]);
  expect(await messageOf(conversationId)).toEqual(before);
});

it('takes the translations away with what they are of, in the event of the edit or the deletion', async () => {
  const { conversationId } = await customerWrites(world);
  const { sendMessage } = await agent.ask(SEND, { input: { conversationId, text: 'On its way' } });
  const messageId = sendMessage.message.id;
  const followed = await LiveTranscript.open(admin, conversationId, FIELDS);
  const shown = async () => {
    const { text, translation, german } = (await messagesOf(conversationId))[1];
    return [text, translation?.text ?? null, german?.text ?? null];
  };
  const { events } = await recording(admin, () =>
    followedBy([admin, agent], async () => {
      await set(messageId, 'de', 'Unterwegs');
      await set(messageId, 'fr', 'En route');
      await agent.ask(EDIT_MESSAGE, { input: { messageId, text: 'On its way' } });
      expect(await shown()).toEqual(['On its way', 'En route', 'Unterwegs']);
      await agent.ask(EDIT_MESSAGE, { input: { messageId, text: 'It was lost' } });
      expect(await shown()).toEqual(['It was lost', null, null]);
      await set(messageId, 'de', 'Es ging verloren');
      expect(await shown()).toEqual(['It was lost', 'Es ging verloren', 'Es ging verloren']);
      await agent.ask(DELETE_MESSAGE, { input: { messageId } });
      expect(await shown()).toEqual([null, null, null]);
    }),
  );
  expect(events.map(({ action, metadata }) => [action, metadata])).toEqual([
    ['message.translated', { language: 'de' }],
    ['message.translated', { language: 'fr' }],
    ['message.edited', { revision: 1, translations: 2 }],
    ['message.translated', { language: 'de' }],
    ['message.deleted', { revision: 2, translations: 1 }],
  ]);
  expect((await followed.matches()).at(-1)).toMatchObject({ id: messageId, text: null, translation: null });
  await followed.stream.stop();
});

describe('what is no translation is refused, and nothing is written:', () => {
  it.each<[string, object, string]>([
    ['into no language', { language: 'german!' }, 'VALIDATION_FAILED language'],
    ['into an empty one', { language: '' }, 'VALIDATION_FAILED language'],
    ['into one with a long name', { language: `de-${'x-abcdefgh'.repeat(4)}` }, 'VALIDATION_FAILED language'],
    ['that says nothing', { text: ' \n' }, 'VALIDATION_FAILED text'],
    ['that says too much', { text: 'x'.repeat(50_001) }, 'VALIDATION_FAILED text'],
    ['with a long reason', { reason: 'x'.repeat(501) }, 'VALIDATION_FAILED reason'],
    ['of nothing', { messageId: 'nonsense' }, 'NOT_FOUND'],
  ])('%s', async (_, wrong, outcome) => {
    const { conversationId, messageId } = await customerWrites(world);
    const { events } = await recording(admin, async () => {
      expect(await refusedAs({ messageId, language: 'de', text: 'Spät', ...wrong })).toBe(outcome);
    });
    expect(events).toEqual([]);
    expect(await messageOf(conversationId)).toMatchObject({ translation: null });
  });

  it('of what says nothing in words, was deleted, or is of a contact who was erased', async () => {
    const { conversationId, messageId } = await customerWrites(world);
    const input = { language: 'de', text: 'Spät' };
    const wordless = await sentRecording(agent, conversationId);
    expect(await refusedAs({ messageId: wordless.messageId, ...input })).toBe('VALIDATION_FAILED messageId');
    await admin.ask(DELETE_MESSAGE, { input: { messageId } });
    expect(await refusedAs({ messageId, ...input })).toBe('CONFLICT');
    const gone = await customerWrites(world);
    await erase(gone.conversationId);
    expect(await refusedAs({ messageId: gone.messageId, ...input })).toBe('CONFLICT');
    const { sendMessage } = await agent.ask(SEND, { input: { conversationId: gone.conversationId, text: 'Hello?' } });
    expect(await refusedAs({ messageId: sendMessage.message.id, ...input })).toBe('CONFLICT');
  });

  it('of what the message said before, for who says when that was', async () => {
    const { conversationId, messageId } = await customerWrites(world);
    const never = { messageEditedAt: null };
    await set(messageId, 'de', 'Spät', agent, never);
    await admin.ask(EDIT_MESSAGE, { input: { messageId, text: 'It has come' } });
    const { editedAt } = await messageOf(conversationId);
    const late = await agent.refused(SET_TRANSLATION, { input: { messageId, language: 'de', text: 'Spät', ...never } });
    expect(late.extensions).toMatchObject({ code: 'CONFLICT', current: { messageId, editedAt } });
    expect(await messageOf(conversationId)).toMatchObject({ translation: null });
    await set(messageId, 'de', 'Da', agent, { messageEditedAt: editedAt });
    await set(messageId, 'fr', 'Ici');
    expect(await messageOf(conversationId)).toMatchObject({ translation: { text: 'Ici' }, german: { text: 'Da' } });
  });

  it('into more than 50 languages, while those there are can be set anew', async () => {
    const { messageId } = await customerWrites(world);
    const tag = (index: number) => `de-x-lang${index}`;
    for (let index = 0; index < 50; index += 1) await set(messageId, tag(index), 'Late');
    expect(await refusedAs({ messageId, language: tag(50), text: 'Late' })).toBe('CONFLICT');
    await set(messageId, tag(49), 'Later');
  });

  it('asked for in what is no language', async () => {
    const { conversationId } = await customerWrites(world);
    const query =
      'query($id: ID!) { conversation(id: $id) { lastMessage { translation(language: "german!") { text } } } }';
    const { errors } = await admin.send(query, { id: conversationId });
    expect(errors![0]!.extensions).toMatchObject({ code: 'VALIDATION_FAILED', fields: [{ path: 'language' }] });
  });
});

it('costs no statement more for more messages and languages', async () => {
  const { conversationId, messageId } = await customerWrites(world);
  const query = `query($id: ID!) { conversation(id: $id) { messages { nodes { ${FIELDS} } } } }`;
  const statements = async (): Promise<number> => {
    const pool = server.app.db.reader;
    const asked = pool.query;
    let count = 0;
    pool.query = ((...args: never[]) => {
      if (/ from translation /.test((args as { text?: string }[])[0]?.text ?? '')) count += 1;
      return (asked as (...all: never[]) => unknown).apply(pool, args);
    }) as typeof asked;
    try {
      await admin.ask(query, { id: conversationId });
      return count;
    } finally {
      pool.query = asked;
    }
  };
  await set(messageId, 'de', 'Spät');
  expect(await statements()).toBe(1);
  for (const text of ['One', 'Two']) {
    const { sendMessage } = await agent.ask(SEND, { input: { conversationId, text } });
    await set(sendMessage.message.id, 'de', text);
    await set(sendMessage.message.id, 'fr', text);
  }
  expect(await statements()).toBe(1);
});

it('is not for customers, who are not even told that there is something new', async () => {
  const customer = await asCustomer(world, { contactExternalId: 'translated', name: 'Asha' });
  const { conversationId, messageId } = await customerWrites(world, { contact: { externalId: 'translated' } });
  const at = (await customer.ask(READ_OWN, { id: conversationId })).customerConversation.messages.eventCursor;
  const stream = customer.subscribe(FOLLOW_OWN, { id: conversationId, at });
  await stream.until(({ customerTranscriptChanges: { changeType } }) => changeType === 'CURSOR');
  await set(messageId, 'de', 'Geheim');
  await agent.ask(SEND, { input: { conversationId, text: 'Afterwards' } });
  await stream.until(({ customerTranscriptChanges: { message } }) => message?.text === 'Afterwards');
  const told = stream.frames
    .map(({ customerTranscriptChanges: change }) => change)
    .filter(({ changeType }) => changeType !== 'CURSOR');
  expect(told.map(({ changeType, message }) => [changeType, message.text])).toEqual([['ADDED', 'Afterwards']]);
  await stream.stop();
});

it('proves what was translated, also what was taken away, until it is erased; then nothing is left and all verifies', async () => {
  const { conversationId, messageId } = await customerWrites(world);
  await set(messageId, 'de', 'Tamandua eins');
  await set(messageId, 'de', 'Tamandua zwei');
  await admin.ask(EDIT_MESSAGE, { input: { messageId, text: 'Never mind' } });
  await set(messageId, 'fr', 'Tamandua trois');
  const { workspace } = world.ids;
  const evidence = () => evidenceOf(server, workspace, conversationId, ['message.translated']);
  const before = await evidence();
  expect(before.report).toMatchObject({ valid: true, findings: [] });
  expect(before.texts).toEqual(['Tamandua eins', 'Tamandua zwei', 'Tamandua trois']);
  const followed = await LiveTranscript.open(admin, conversationId, FIELDS);
  await followedBy([admin, agent], () => erase(conversationId));
  expect(await everythingOf(owner, workspace)).not.toContain('Tamandua');
  const after = await evidence();
  expect(after.report).toMatchObject({ valid: true, findings: [] });
  expect(after.texts).toEqual([null, null, null]);
  expect(await verifyWorkspace(server.app.db, workspace)).toMatchObject({ valid: true, findings: [] });
  expect((await followed.matches()).at(-1)).toMatchObject({ id: messageId, text: null, translation: null });
  await followed.stream.stop();
});
