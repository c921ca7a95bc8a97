import { afterAll, beforeAll, expect, it } from 'vitest';
import { newId } from '../../src/services/ids.js';
import { searchPage, type Bounds } from '../../src/services/message-search/search-page.js';
import { readQuery } from '../../src/services/message-search/words.js';
import { pageOf } from '../../src/services/paging.js';
import { ADD_NOTE, UPDATE } from '../security/details.js';
import type { ApiClient } from '../support/client.js';
import { customerWrites, SEND } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { segment, setSpeech } from '../support/speech.js';
import { sentRecording, uploaded } from '../support/uploads.js';
import { createWorld, type Person, type World } from '../support/world.js';

let server: TestServer;
let world: World;
let admin: ApiClient;
let agent: ApiClient;
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
  [admin, agent] = [await world.as('admin'), await world.as('agent')];
});
afterAll(() => server.stop());

const SEARCH = `query($query: String!, $filter: MessageSearchFilter) {
  searchMessages(query: $query, filter: $filter) { nodes { id } } }`;
const found = async (query: string, filter: object, by = agent): Promise<string[]> =>
  (await by.ask(SEARCH, { query, filter })).searchMessages.nodes.map(({ id }: { id: string }) => id);
async function withFile(conversationId: string, text: string): Promise<string> {
  const attachmentId = await uploaded(agent, { conversationId }, Buffer.from('A file'));
  const input = { conversationId, text, attachmentIds: [attachmentId] };
  return (await agent.ask(SEND, { input })).sendMessage.message.id;
}

it('finds what was sent with files, or what was not', async () => {
  const { conversationId, messageId } = await customerWrites(world, { text: 'Kinkajou' });
  const file = await withFile(conversationId, 'Kinkajou enclosed');
  const { attachmentId } = await sentRecording(agent, conversationId);
  await setSpeech(agent, attachmentId, [segment('A kinkajou, you said?')]);
  const { addNote } = await agent.ask(ADD_NOTE, { input: { conversationId, text: 'Kinkajou noted' } });
  await agent.ask(UPDATE, { input: { conversationId, subject: 'Kinkajou' } });
  const waiting = await uploaded(agent, { conversationId }, Buffer.from('Not sent'));
  const all = [addNote.note.id, attachmentId, file, conversationId, messageId];
  expect(new Set(await found('kinkajou', {}))).toEqual(new Set(all));
  expect(await found('kinkajou', { hasAttachment: null })).toHaveLength(5);
  expect(await found('kinkajou', { hasAttachment: true })).toEqual([attachmentId, file]);
  expect(new Set(await found('kinkajou', { hasAttachment: false }))).toEqual(
    new Set([addNote.note.id, conversationId, messageId]),
  );
  expect(await found('kinkajou', { hasAttachment: true, kinds: ['MESSAGE'] })).toEqual([file]);
  expect(await found('kinkajou', { hasAttachment: true, kinds: ['NOTE'] })).toEqual([]);
  expect(await found('kinkajou', { hasAttachment: true, senderKinds: ['CONTACT'] })).toEqual([]);
  expect(await found('kinkajou', { hasAttachment: true }, await world.as('outsider'))).toEqual([]);
  expect(all).not.toContain(waiting);
  const { auditEvents } = await admin.ask(
    '{ auditEvents(filter: { actions: ["search.performed"] }, first: 20) { nodes { changes { after } } } }',
  );
  const filters = auditEvents.nodes.map(({ changes }: { changes: { after: string }[] }) => changes[0]!.after);
  expect(filters).toContain(JSON.stringify({ query: 'kinkajou', hasAttachment: true }));
});

it('finds the same files and recordings by every way of looking', async () => {
  for (let index = 0; index < 12; index += 1) {
    const { conversationId } = await customerWrites(world, { text: `Potto ${index} 東京都` });
    if (index % 3 === 0) await withFile(conversationId, `Potto ${index} 東京都 enclosed`);
    if (index % 4 > 0) continue;
    const { attachmentId } = await sentRecording(agent, conversationId);
    await setSpeech(agent, attachmentId, [segment(`potto ${index}`), segment('東京都', 1)]);
  }
  const people: Person[] = ['admin', 'agent', 'outsider'];
  const told = new Set<number>();
  for (const person of people) {
    const principal = await server.app.principals.signingIn(world.ids.workspace, world.ids.agents[person], newId());
    for (const text of ['potto', '東京都', 'potto 8']) {
      for (const hasAttachment of [true, false, null]) {
        for (const more of [{}, { channels: ['WEB_CHAT' as const] }, { kinds: ['SPEECH' as const] }]) {
          const page = pageOf('FOUND_DESC', { first: 25 });
          const by = async (bounds: Bounds) =>
            (
              await searchPage(server.app.db, principal, readQuery(text)!, { hasAttachment, ...more }, page, bounds)
            ).map(({ id }) => id);
          const few = await by({ few: 1_000, lines: 1_000, near: 1_000 });
          expect(await by({ few: 1_000, lines: 0, near: 1_000 }), `${person} ${text} ${hasAttachment}`).toEqual(few);
          expect(await by({ few: 0, lines: 0, near: 1_000 }), `${person} ${text} ${hasAttachment}`).toEqual(few);
          expect(await by({ few: 0, lines: 0, near: 1 }), `${person} ${text} ${hasAttachment}`).toEqual(few);
          told.add(few.length);
        }
      }
    }
  }
  // Of nobody, the recordings, what has files, what has none, and everything.
  expect([...told]).toEqual(expect.arrayContaining([0, 3, 7, 12, 19]));
});
