import { afterAll, beforeAll, expect, it } from 'vitest';
import { ADD_NOTE } from '../security/details.js';
import type { ApiClient } from '../support/client.js';
import { customerWrites, SEND, SET_STATUS } from '../support/operations.js';
import { setViewWindow, startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';

let server: TestServer;
let world: World;
let chat: { conversationId: string; number: number };
let mail: { conversationId: string; number: number };
let contactId: string;
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
  await setViewWindow(server, 0);
  const [agent, all] = [await world.as('agent'), world.withKey('all')];
  const contact = { externalId: 'crm-17', name: 'Asha' };
  const at = (minute: number) => ({ contact, occurredAt: `2026-01-02T10:0${minute}:00.000Z` });
  chat = await customerWrites(world, { ...at(1), text: 'chat 1' });
  mail = await customerWrites(world, { ...at(2), text: 'mail 2', inboxId: world.ids.emailInbox });
  // Delivered late: it was written before the others.
  await customerWrites(world, { ...at(0), text: 'chat 0' });
  await customerWrites(world, { ...at(3), text: 'mail 3', inboxId: world.ids.emailInbox });
  await customerWrites(world, { text: 'somebody else' });
  await agent.ask(ADD_NOTE, { input: { conversationId: chat.conversationId, text: 'note' } });
  await all.ask(SEND, { input: { conversationId: mail.conversationId, text: 'answer' } });
  await agent.ask(SET_STATUS, { input: { conversationId: chat.conversationId, status: 'RESOLVED' } });
  const { conversation } = await agent.ask('query($id: ID!) { conversation(id: $id) { contact { id } } }', {
    id: chat.conversationId,
  });
  contactId = conversation.contact.id;
});
afterAll(() => server.stop());

const LINES = `nodes { __typename ... on Message { text conversation { number } } ... on Note { noted: text conversation { number } }
  ... on ConversationEvent { action conversation { number } } } edges { cursor }
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor }`;
const PAGED = `query($id: ID!, $first: Int, $after: String, $last: Int, $before: String, $kinds: [TranscriptEntryKind!]) {
  contact(id: $id) { timeline(first: $first, after: $after, last: $last, before: $before, kinds: $kinds) { ${LINES} } } }`;
const page = async (client: ApiClient, variables: object = {}) =>
  (await client.ask(PAGED, { id: contactId, ...variables })).contact.timeline;
const said = ({ nodes }: { nodes: { text?: string; noted?: string; action?: string }[] }) =>
  nodes.map(({ text, noted, action }) => text ?? noted ?? action);

/** As an administrator sees it: imported times first, then what was done just now. */
const EVERYTHING = [
  'chat 0',
  'chat 1',
  'mail 2',
  'mail 3',
  'conversation.created',
  'conversation.created',
  'note',
  'answer',
  'conversation.resolved',
];

it('is everything of all conversations in order of time, each line with its conversation, both ways page by page', async () => {
  const admin = await world.as('admin');
  const whole = await page(admin);
  expect(said(whole)).toEqual(EVERYTHING);
  const { nodes } = whole;
  expect(nodes.slice(0, 4).map((node: { conversation: { number: number } }) => node.conversation.number)).toEqual([
    chat.number,
    chat.number,
    mail.number,
    mail.number,
  ]);
  const forwards: unknown[] = [];
  for (let after: string | null = null, more = true; more;) {
    const next = await page(admin, { first: 2, after });
    forwards.push(...said(next));
    ({ endCursor: after, hasNextPage: more } = next.pageInfo);
  }
  expect(forwards).toEqual(EVERYTHING);
  const backwards: unknown[] = [];
  for (let before: string | null = null, more = true; more;) {
    const next = await page(admin, { last: 4, before });
    backwards.unshift(...said(next));
    ({ startCursor: before, hasPreviousPage: more } = next.pageInfo);
  }
  expect(backwards).toEqual(EVERYTHING);
  expect(said(await page(admin, { kinds: ['NOTE'] }))).toEqual(['note']);
  const wrong = await admin.refused(PAGED, { id: contactId, first: 1, after: 'WyJQT1NJVElPTiIsIjEiXQ' });
  expect(wrong.extensions.code).toBe('VALIDATION_FAILED');
});

it('shows to each what they may see, and nothing of other conversations', async () => {
  const [agent, outsider] = [await world.as('agent'), await world.as('outsider')];
  const ofChat = ['chat 0', 'chat 1', 'conversation.created', 'note', 'conversation.resolved'];
  expect(said(await page(agent))).toEqual(ofChat);
  expect(said(await page(outsider))).toEqual(['mail 2', 'mail 3', 'conversation.created', 'answer']);
  // A bot sees its conversations, and no notes.
  const { conversation } = await world
    .withKey('bot')
    .ask(`query($id: ID!) { conversation(id: $id) { contact { timeline { ${LINES} } } } }`, {
      id: chat.conversationId,
    });
  expect(said(conversation.contact.timeline)).toEqual(ofChat.filter((line) => line !== 'note'));
});

it('is recorded as reading each conversation that it shows something of', async () => {
  const [admin, agent] = [await world.as('admin'), await world.as('agent')];
  const readings = async (label: string) =>
    (
      await (
        await world.as('auditor')
      ).ask(
        '{ auditEvents(filter: { actions: ["transcript.viewed"] }, orderBy: RECORDED_ASC, first: 100) { nodes { actor { label } target { label } } } }',
      )
    ).auditEvents.nodes
      .filter(({ actor }: { actor: { label: string } }) => actor.label === label)
      .map(({ target }: { target: { label: string } }) => target.label);
  const [ofAda, ofBo] = [(await readings('Ada')).length, (await readings('Bo')).length];
  await page(admin);
  await page(admin, { first: 1 });
  await page(agent);
  await page(agent, { kinds: [] });
  expect((await readings('Ada')).slice(ofAda).toSorted()).toEqual(
    [`#${chat.number}`, `#${chat.number}`, `#${mail.number}`].toSorted(),
  );
  expect((await readings('Bo')).slice(ofBo)).toEqual([`#${chat.number}`]);
});
