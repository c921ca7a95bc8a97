import { afterAll, beforeAll, expect, it } from 'vitest';
import { actionsAfter, customerWrites, newestSequence, SEND } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';

const ADD =
  'mutation($input: AddNoteInput!) { addNote(input: $input) { note { id position text mentions { displayName } actor { displayName } } } }';
const EDIT =
  'mutation($input: EditNoteInput!) { editNote(input: $input) { note { text editedAt revisions { number text reason editedBy { displayName } } } } }';
const TRANSCRIPT = `query($id: ID!) { conversation(id: $id) { transcript { nodes { __typename position ... on Note { text } } } } }`;

let server: TestServer;
let world: World;
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
});
afterAll(() => server.stop());

it('adds a note with mentions to the transcript, one event for the note and one for each mention', async () => {
  const [admin, agent] = await Promise.all([world.as('admin'), world.as('agent')]);
  const { conversationId } = await customerWrites(world);
  const before = await newestSequence(admin);
  const { addNote } = await agent.ask(ADD, {
    input: { conversationId, text: 'Ask Kim about the parcel', mentionIds: [world.ids.agents.colleague] },
  });
  expect(addNote.note).toMatchObject({
    position: 3,
    text: 'Ask Kim about the parcel',
    mentions: [{ displayName: 'Kim' }],
    actor: { displayName: 'Bo' },
  });
  expect(await actionsAfter(admin, before)).toEqual(['note.created', 'mention.created']);
  const { conversation } = await agent.ask(TRANSCRIPT, { id: conversationId });
  expect(conversation.transcript.nodes).toEqual([
    { __typename: 'ConversationEvent', position: 1 },
    { __typename: 'Message', position: 2 },
    { __typename: 'Note', position: 3, text: 'Ask Kim about the parcel' },
  ]);
});

it('never shows a note to the bot: no line in the transcript, no list, no frame', async () => {
  const [agent, bot] = [await world.as('agent'), world.withKey('bot')];
  const { conversationId } = await customerWrites(world);
  const stream = await bot
    .subscribe(
      'subscription($id: ID!) { transcriptChanges(conversationId: $id) { changeType entry { __typename } } }',
      {
        id: conversationId,
      },
    )
    .connected();
  await agent.ask(ADD, { input: { conversationId, text: 'A secret' } });
  await bot.ask(SEND, { input: { conversationId, text: 'Hello' } });
  expect((await stream.next()).transcriptChanges).toEqual({ changeType: 'ADDED', entry: { __typename: 'Message' } });
  expect(stream.frames).toHaveLength(1);
  await stream.stop();
  const { conversation } = await bot.ask(TRANSCRIPT, { id: conversationId });
  expect(conversation.transcript.nodes.map((node: { __typename: string }) => node.__typename)).not.toContain('Note');
  const refused = await bot.refused('query($id: ID!) { conversation(id: $id) { notes { nodes { text } } } }', {
    id: conversationId,
  });
  expect(refused.extensions.code).toBe('FORBIDDEN');
});

it('keeps what a note said before, and lets only its author and administrators change it', async () => {
  const [admin, agent, colleague] = await Promise.all([world.as('admin'), world.as('agent'), world.as('colleague')]);
  const { conversationId } = await customerWrites(world);
  const { addNote } = await agent.ask(ADD, { input: { conversationId, text: 'First' } });
  const noteId = addNote.note.id;
  const before = await newestSequence(admin);
  const refused = await colleague.refused(EDIT, { input: { noteId, text: 'Mine' } });
  expect(refused.extensions.code).toBe('FORBIDDEN');
  await agent.ask(EDIT, { input: { noteId, text: 'First' } });
  expect(await actionsAfter(admin, before)).toEqual(['auth.access_denied']);
  await agent.ask(EDIT, { input: { noteId, text: 'Second', reason: 'typo' } });
  const { editNote } = await admin.ask(EDIT, { input: { noteId, text: 'Third' } });
  expect(editNote.note).toMatchObject({
    text: 'Third',
    revisions: [
      { number: 1, text: 'First', reason: 'typo', editedBy: { displayName: 'Bo' } },
      { number: 2, text: 'Second', reason: null, editedBy: { displayName: 'Ada' } },
    ],
  });
});

it('answers a repeated idempotencyKey with the first note, and another request under it with CONFLICT', async () => {
  const agent = await world.as('agent');
  const { conversationId } = await customerWrites(world);
  const input = { conversationId, text: 'Once', idempotencyKey: 'note-1' };
  const answers = await Promise.all([1, 2, 3, 4].map(() => agent.ask(ADD, { input })));
  expect(new Set(answers.map((answer) => answer.addNote.note.id)).size).toBe(1);
  const other = await agent.refused(ADD, { input: { ...input, text: 'Twice' } });
  expect(other.extensions.code).toBe('CONFLICT');
});

it('refuses notes of who does not see the conversation, and mentions of nobody', async () => {
  const { conversationId } = await customerWrites(world);
  const outsider = await (await world.as('outsider')).refused(ADD, { input: { conversationId, text: 'x' } });
  expect(outsider.extensions.code).toBe('NOT_FOUND');
  const bot = await world.withKey('bot').refused(ADD, { input: { conversationId, text: 'x' } });
  expect(bot.extensions.code).toBe('FORBIDDEN');
  const nobody = await (
    await world.as('agent')
  ).refused(ADD, {
    input: { conversationId, text: 'x', mentionIds: [conversationId] },
  });
  expect(nobody.extensions).toMatchObject({ code: 'VALIDATION_FAILED', fields: [{ path: 'mentionIds.0' }] });
});
