import pg from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { filled } from '../../src/entities/migrations/0026-message-search.js';
import { ADD_LABELS, ADD_NOTE, DELETE_MESSAGE, EDIT_MESSAGE, EDIT_NOTE, ERASE, UPDATE } from '../security/details.js';
import type { ApiClient } from '../support/client.js';
import { ASSIGN, customerWrites, SEND } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';

let server: TestServer;
let world: World;
let admin: ApiClient;
let agent: ApiClient;
let owner: pg.Client;
let observer: pg.Client;
beforeAll(async () => {
  server = await startTestServer({ env: { MAX_BODY_BYTES: '1048576' } });
  world = await createWorld(server);
  [admin, agent] = await Promise.all([world.as('admin'), world.as('agent')]);
  owner = new pg.Client({ connectionString: server.database.url });
  await owner.connect();
  observer = new pg.Client({ connectionString: server.database.url });
  await observer.connect();
});
afterAll(async () => {
  await Promise.all([owner.end(), observer.end()]);
  await server.stop();
});

const SEARCH = `query($query: String!, $filter: MessageSearchFilter, $first: Int, $after: String) {
  searchMessages(query: $query, filter: $filter, first: $first, after: $after) {
    nodes { id kind occurredAt snippet { text highlighted } conversation { id } message { id text } note { id text } }
    pageInfo { hasNextPage endCursor } } }`;
interface Hit {
  id: string;
  kind: string;
  snippet: { text: string; highlighted: boolean }[];
  conversation: { id: string };
  message: { id: string; text: string } | null;
  note: { id: string; text: string } | null;
}
const search = async (client: ApiClient, query: string, more: object = {}): Promise<Hit[]> =>
  (await client.ask(SEARCH, { query, ...more })).searchMessages.nodes;
const found = async (client: ApiClient, query: string, filter: object = {}): Promise<string[]> =>
  (await search(client, query, { filter })).map(({ id }) => id);
const shown = (hit: Hit) => hit.snippet.map((part) => (part.highlighted ? `[${part.text}]` : part.text)).join('');
const writes = (text: string, more: object = {}) => customerWrites(world, { text, ...more });
const send = async (conversationId: string, text: string): Promise<string> =>
  (await agent.ask(SEND, { input: { conversationId, text } })).sendMessage.message.id;
const note = async (conversationId: string, text: string): Promise<string> =>
  (await agent.ask(ADD_NOTE, { input: { conversationId, text } })).addNote.note.id;

it('finds messages, notes, subjects and names of contacts with all of the words, newest first', async () => {
  const { conversationId, messageId } = await writes('The Zeppelin has LANDED', {
    contact: { address: 's1', name: 'Zoë Adler' },
  });
  const answer = await send(conversationId, 'Which zeppelin?');
  const noted = await note(conversationId, 'zeppelins again, adler');
  await admin.ask(UPDATE, { input: { conversationId, subject: 'Lost zeppelin' } });
  const hits = await search(agent, 'ZÉPPELIN');
  expect(hits.map(({ id, kind }) => [id, kind])).toEqual([
    [noted, 'NOTE'],
    [answer, 'MESSAGE'],
    [conversationId, 'CONVERSATION'],
    [messageId, 'MESSAGE'],
  ]);
  expect(hits.map(shown)).toEqual([
    '[zeppelin]s again, adler',
    'Which [zeppelin]?',
    'Zoë Adler: Lost [zeppelin]',
    'The [Zeppelin] has LANDED',
  ]);
  expect(hits.map(({ conversation }) => conversation.id)).toEqual(Array(4).fill(conversationId));
  expect(hits.map((hit) => [hit.message?.id, hit.note?.id])).toEqual([
    [undefined, noted],
    [answer, undefined],
    [undefined, undefined],
    [messageId, undefined],
  ]);
  expect(await found(agent, 'landed zeppelin')).toEqual([messageId]);
  expect(await found(agent, 'zeppelin lan')).toEqual([messageId]);
  expect(await found(agent, 'zoe zeppelin')).toEqual([conversationId]);
  expect(await found(agent, 'zep landed')).toEqual([]);
});

it('finds what is written in any language, also without spaces', async () => {
  const texts = {
    退款: '你好，我要退款，谢谢',
    京都: '東京都に住んでいます',
    환불: '주문을 환불해 주세요',
    คืนเงิน: 'ฉันต้องการคืนเงินครับ',
    'سلام علي': 'السَّلام سَلامٌ عَلَيْكُمْ',
    strasse: 'In der Straße 5',
    елка: 'Новая Ёлка',
    rückzahl: 'Bitte um RUCKZAHLUNG',
  };
  for (const [query, text] of Object.entries(texts)) {
    const { messageId } = await writes(text);
    expect(await found(agent, query), `${query}`).toContain(messageId);
  }
  const { messageId } = await writes('京は都にあらず東京');
  expect(await found(agent, '東京都')).not.toContain(messageId);
  expect(await found(agent, '東京')).toContain(messageId);
});

it('finds nothing any more of what was edited, deleted or erased, nor of what a contact was called', async () => {
  const { conversationId, messageId } = await writes('Obsolete aardvark', {
    contact: { address: 's2', name: 'Aardvark Ann' },
  });
  const answer = await send(conversationId, 'Aardvark of before');
  const noted = await note(conversationId, 'Aardvark noted');
  expect(new Set(await found(agent, 'aardvark'))).toEqual(new Set([noted, answer, messageId, conversationId]));
  await agent.ask(EDIT_MESSAGE, { input: { messageId: answer, text: 'Badger' } });
  await agent.ask(EDIT_NOTE, { input: { noteId: noted, text: 'Badger noted' } });
  expect(new Set(await found(agent, 'aardvark'))).toEqual(new Set([messageId, conversationId]));
  expect(await found(agent, 'badger')).toEqual([noted, answer]);
  await agent.ask(DELETE_MESSAGE, { input: { messageId: answer } });
  expect(await found(agent, 'badger')).toEqual([noted]);
  const { conversation } = await admin.ask('query($id: ID!) { conversation(id: $id) { contact { id } } }', {
    id: conversationId,
  });
  const erasure = await admin.ask(ERASE, { input: { contactId: conversation.contact.id, reason: 'They asked' } });
  expect(erasure.eraseContact.completed).toBe(true);
  for (const query of ['aardvark', 'badger', 'ann']) expect(await found(admin, query)).toEqual([]);
  expect(await found(admin, 'erased', { conversationId })).toEqual([]);
  const left = await owner.query('select kind, words::text from search_entry where conversation_id = $1', [
    conversationId,
  ]);
  expect(left.rows).toEqual([]);
});

it('finds a conversation by the new name of its contact, and not by the former one', async () => {
  const contact = { address: 's3', externalId: 'crm-s3', name: 'Wombat Senior' };
  const { conversationId } = await writes('Hello', { contact });
  await owner.query("update contact set name = 'Numbat Junior' where external_id = 'crm-s3'");
  expect(await found(agent, 'wombat')).toEqual([]);
  expect(await found(agent, 'numbat jun')).toEqual([conversationId]);
});

it('finds a conversation whose subject and contact were renamed at once by both', async () => {
  const contact = { address: 's4', externalId: 'crm-s4', name: 'Dugong Senior' };
  const { conversationId } = await writes('Hello', { contact });
  await owner.query('begin');
  await owner.query("update contact set name = 'Manatee Junior' where external_id = 'crm-s4'");
  const renamed = agent.ask(UPDATE, { input: { conversationId, subject: 'Seagrass' } });
  await vi.waitFor(async () => {
    const { rows } = await observer.query(
      "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'",
    );
    expect(rows).toHaveLength(1);
  });
  await owner.query('commit');
  await renamed;
  expect(await found(agent, 'manatee seagrass')).toEqual([conversationId]);
});

it('lets nobody find what they may not see, nor leaves a place for it in a page', async () => {
  const mine: string[] = [];
  for (let index = 0; index < 6; index += 1) {
    const { conversationId, messageId } = await writes(`Ocelot ${index}`, { inboxId: world.ids.emailInbox });
    if (index % 3 > 0) await admin.ask(ASSIGN, { input: { conversationId, teamId: null } });
    else mine.unshift(messageId);
  }
  const outsider = await world.as('outsider');
  expect(await found(agent, 'ocelot')).toEqual([]);
  const pages: string[][] = [];
  for (let after: string | null = null; ;) {
    const { nodes, pageInfo }: { nodes: Hit[]; pageInfo: { hasNextPage: boolean; endCursor: string } } = (
      await outsider.ask(SEARCH, { query: 'ocelot', first: 1, after })
    ).searchMessages;
    pages.push(nodes.map(({ id }) => id));
    if (!pageInfo.hasNextPage) break;
    after = pageInfo.endCursor;
  }
  expect(pages).toEqual(mine.map((id) => [id]));
  expect(await found(admin, 'ocelot')).toHaveLength(6);
});

it('shows notes to nobody who may not read them', async () => {
  const { conversationId, messageId } = await writes('Pangolin spotted');
  const noted = await note(conversationId, 'Pangolin is a pest');
  expect(await found(agent, 'pangolin')).toEqual([noted, messageId]);
  expect(await found(world.withKey('read'), 'pangolin')).toEqual([noted, messageId]);
  const bot = world.withKey('bot');
  expect(await found(bot, 'pangolin')).toEqual([messageId]);
  expect(await found(bot, 'pangolin', { kinds: ['NOTE'] })).toEqual([]);
  expect(await found(bot, 'pest')).toEqual([]);
});

it('filters by place, sender, label, kind and time', async () => {
  const { conversationId, messageId } = await writes('Quetzal one', { occurredAt: '2026-01-01T10:00:00Z' });
  const answer = await send(conversationId, 'Quetzal two');
  const noted = await note(conversationId, 'Quetzal three');
  const other = await writes('Quetzal elsewhere', { inboxId: world.ids.emailInbox });
  await admin.ask(ADD_LABELS, { input: { conversationId, labelIds: [world.ids.labels.vip] } });
  const all = [other.messageId, noted, answer, messageId];
  const { conversation } = await admin.ask('query($id: ID!) { conversation(id: $id) { contact { id } } }', {
    id: conversationId,
  });
  const find = (filter: object) => found(admin, 'quetzal', filter);
  expect(await find({})).toEqual(all);
  expect(await find({ kinds: ['NOTE'] })).toEqual([noted]);
  expect(await find({ conversationId })).toEqual([noted, answer, messageId]);
  expect(await find({ contactId: conversation.contact.id })).toEqual([noted, answer, messageId]);
  expect(await find({ inboxIds: [world.ids.emailInbox] })).toEqual([other.messageId]);
  expect(await find({ channels: ['EMAIL'] })).toEqual([other.messageId]);
  expect(await find({ labelIds: [world.ids.labels.vip] })).toEqual([noted, answer, messageId]);
  expect(await find({ senderKinds: ['CONTACT'] })).toEqual([other.messageId, messageId]);
  expect(await find({ senderIds: [world.ids.agents.agent] })).toEqual([noted, answer]);
  expect(await find({ senderIds: [world.ids.agents.agent, conversation.contact.id] })).toEqual([
    noted,
    answer,
    messageId,
  ]);
  expect(await find({ to: '2026-01-01T10:00:00.001Z' })).toEqual([messageId]);
  expect(await find({ from: '2026-01-01T10:00:00.001Z' })).toEqual([other.messageId, noted, answer]);
  expect(await find({ kinds: [] })).toEqual([]);
});

it('says what cannot be searched for', async () => {
  const faults = async (query: string, filter: object = {}) =>
    (await admin.refused(SEARCH, { query, filter })).extensions['fields'];
  expect(await faults(' … ')).toEqual([{ path: 'query', message: 'has no letter and no digit' }]);
  expect(await faults(' ')).toEqual([{ path: 'query', message: 'must not be empty' }]);
  expect(await faults('x'.repeat(256))).toEqual([{ path: 'query', message: 'must have at most 255 characters' }]);
  expect(await faults('x', { conversationId: 'y', senderIds: ['z'] })).toEqual([
    { path: 'filter.senderIds.0', message: 'is not an id' },
    { path: 'filter.conversationId', message: 'is not an id' },
  ]);
  const refused = await (await world.as('auditor')).refused(SEARCH, { query: 'x' });
  expect(refused.extensions.code).toBe('FORBIDDEN');
});

it('takes a message of marks alone like any other, and finds it', async () => {
  const { messageId } = await writes(`invoice quux${'\u0301'.repeat(24_000)}${'\u0323'.repeat(24_000)}`);
  expect(await found(admin, 'quux')).toEqual([messageId]);
});

it('takes hostile queries as words', async () => {
  const { messageId } = await writes('Xenops \' & ! | <-> :* \\ " done');
  for (const query of ["xenops ' | !done", 'xenops & done:*', "xenops\\' 'done", '"xenops" <-> done']) {
    expect(await found(agent, query), `${query}`).toEqual([messageId]);
  }
});

it('takes the longest texts, also those without a space', async () => {
  const han = Array.from({ length: 50_000 }, (_, index) =>
    String.fromCodePoint(0x4e00 + ((index * 7_919) % 20_000)),
  ).join('');
  const { messageId } = await writes(han);
  expect(await found(agent, han.slice(49_990))).toEqual([messageId]);
  const words = Array.from({ length: 8_000 }, (_, index) => `w${index}`).join(' ');
  const long = await writes(words);
  expect(await found(agent, 'w7999 w17 w42')).toEqual([long.messageId]);
});

it('has what was there before, once the database has been brought up to date', async () => {
  const { conversationId } = await writes('Yapok before');
  await note(conversationId, 'Yapok noted');
  const kept = async () =>
    (await owner.query('select e.*, words::text as words from search_entry e order by workspace_id, id')).rows;
  const before = await kept();
  await owner.query(`begin; truncate search_entry; ${filled}; commit;`);
  expect(await kept()).toEqual(before);
});
