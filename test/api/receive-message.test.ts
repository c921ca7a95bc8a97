import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../support/client.js';
import { followedBy } from '../support/live-view.js';
import { SEND, SET_STATUS, customerWrites } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { brief, recording, stateOf, transcriptOf } from './recorded.js';

let server: TestServer;
let world: World;
let admin: ApiClient;
let viewers: ApiClient[];
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
  admin = await world.as('admin');
  viewers = [admin, await world.as('agent'), await world.as('supervisor'), await world.as('outsider')];
});
afterAll(() => server.stop());

const RECEIVE = `mutation($input: ReceiveMessageInput!) { receiveMessage(input: $input) {
  duplicate message { id position direction text externalId occurredAt actor { __typename displayName } }
  conversation { id number status channel botActive externalId team { id } contact { id name email phone externalId identities { channel address } } } } }`;
const message = (input: object = {}) => ({
  inboxId: world.ids.inbox,
  externalId: randomUUID(),
  contact: { address: `visitor-${randomUUID()}` },
  text: 'My order is late',
  ...input,
});
const receive = async (input: object, client = world.withKey('all')) =>
  (await client.ask(RECEIVE, { input: message(input) })).receiveMessage;

describe('a first message', () => {
  it('makes the contact and opens a conversation with the inbox’s team and bot', async () => {
    const input = message({
      contact: { address: 'visitor-1', externalId: 'crm-1', name: 'Asha', email: 'asha@customer.test' },
      conversationExternalId: 'chat-1',
      occurredAt: '2026-01-02T03:04:05.678Z',
    });
    const { result, events } = await recording(admin, () => followedBy(viewers, () => receive(input)));
    expect(result).toEqual({
      duplicate: false,
      message: {
        id: expect.any(String),
        position: 2,
        direction: 'INBOUND',
        text: 'My order is late',
        externalId: input.externalId,
        occurredAt: '2026-01-02T03:04:05.678Z',
        actor: { __typename: 'Contact', displayName: 'Asha' },
      },
      conversation: {
        id: expect.any(String),
        number: expect.any(Number),
        status: 'OPEN',
        channel: 'WEB_CHAT',
        botActive: true,
        externalId: 'chat-1',
        team: { id: world.ids.support },
        contact: {
          id: expect.any(String),
          name: 'Asha',
          email: 'asha@customer.test',
          phone: null,
          externalId: 'crm-1',
          identities: [{ channel: 'WEB_CHAT', address: 'visitor-1' }],
        },
      },
    });
    expect(brief(events)).toEqual([
      {
        action: 'contact.created',
        changes: ['name: null → Asha', 'email: null → asha@customer.test', 'externalId: null → crm-1'],
      },
      { action: 'contact.identity_added', changes: ['address: null → visitor-1'] },
      {
        action: 'conversation.created',
        changes: [
          'status: null → OPEN',
          `teamId: null → ${world.ids.support}`,
          `botId: null → ${world.ids.bot}`,
          'botActive: false → true',
        ],
      },
      { action: 'message.received', changes: [] },
    ]);
    expect(new Set(events.map(({ actor }) => `${actor.kind} ${actor.label}`))).toEqual(new Set(['CONTACT Asha']));
  });

  it('tells a channel the ids alone: what is said is for those who may read conversations', async () => {
    const operation = `mutation($input: ReceiveMessageInput!) { receiveMessage(input: $input) {
      duplicate messageId conversationId message { text } conversation { id } } }`;
    const { receiveMessage } = await world.withKey('ingest').ask(operation, { input: message() });
    expect(receiveMessage).toEqual({
      duplicate: false,
      messageId: expect.any(String),
      conversationId: expect.any(String),
      message: null,
      conversation: null,
    });
    expect(await transcriptOf(admin, receiveMessage.conversationId)).toHaveLength(2);
  });

  it('waits for people where the inbox has no bot', async () => {
    const result = await followedBy(viewers, () =>
      receive({ inboxId: world.ids.emailInbox, contact: { address: 'lee@customer.test' } }),
    );
    expect(result.conversation).toMatchObject({ channel: 'EMAIL', botActive: false, team: { id: world.ids.billing } });
    expect(result.conversation.contact).toMatchObject({ email: 'lee@customer.test' });
  });

  it('opens one conversation of one contact when two arrive at once', async () => {
    const contact = { address: `visitor-${randomUUID()}`, externalId: randomUUID() };
    const { result, events } = await recording(admin, () =>
      followedBy(viewers, () => Promise.all([receive({ contact }), receive({ contact })])),
    );
    expect(result[0].conversation.id).toBe(result[1].conversation.id);
    expect(result[0].conversation.contact.id).toBe(result[1].conversation.contact.id);
    expect(result.map((answer) => answer.message.position).toSorted()).toEqual([2, 3]);
    expect(events.map(({ action }) => action)).toEqual([
      'contact.created',
      'contact.identity_added',
      'conversation.created',
      'message.received',
      'message.received',
    ]);
  });
});

describe('a further message', () => {
  it('goes into the contact’s latest conversation of the inbox, as one event', async () => {
    const contact = { address: `visitor-${randomUUID()}` };
    const first = await receive({ contact });
    const { result, events } = await recording(admin, () =>
      followedBy(viewers, () => receive({ contact, text: 'Hello?' })),
    );
    expect(result.conversation.id).toBe(first.conversation.id);
    expect(brief(events)).toEqual([{ action: 'message.received', changes: [] }]);
    expect(await transcriptOf(admin, first.conversation.id)).toEqual([
      '1 conversation.created',
      '2 My order is late',
      '3 Hello?',
    ]);
  });

  it('goes where its conversationExternalId says, which opens one when it is new', async () => {
    const contact = { address: `visitor-${randomUUID()}` };
    const [one, two] = [randomUUID(), randomUUID()];
    const first = await receive({ contact, conversationExternalId: one });
    const second = await receive({ contact, conversationExternalId: two });
    const third = await receive({ contact, conversationExternalId: one });
    expect(second.conversation.id).not.toBe(first.conversation.id);
    expect(third.conversation.id).toBe(first.conversation.id);

    for (const wrong of [{ contact: { address: 'somebody else' } }, { contact, inboxId: world.ids.emailInbox }]) {
      const error = await world
        .withKey('ingest')
        .refused(RECEIVE, { input: message({ ...wrong, conversationExternalId: one }) });
      expect(error.extensions).toMatchObject({
        code: 'VALIDATION_FAILED',
        fields: [{ path: 'conversationExternalId', message: 'belongs to another inbox or another contact' }],
      });
    }
  });

  it('reopens a resolved conversation', async () => {
    const contact = { address: `visitor-${randomUUID()}` };
    const { conversation } = await receive({ contact });
    const agent = await world.as('agent');
    await agent.ask(SEND, { input: { conversationId: conversation.id, text: 'On its way' } });
    await agent.ask(SET_STATUS, { input: { conversationId: conversation.id, status: 'RESOLVED' } });
    const { result, events } = await recording(admin, () => followedBy(viewers, () => receive({ contact })));
    expect(result.conversation).toMatchObject({ id: conversation.id, status: 'OPEN', botActive: false });
    expect(brief(events)).toEqual([
      { action: 'conversation.reopened', changes: ['status: RESOLVED → OPEN'] },
      { action: 'message.received', changes: [] },
    ]);
    expect(await stateOf(admin, conversation.id)).toMatchObject({ status: 'OPEN', resolved: false });
  });

  it('fills in what is not known of the contact and overwrites nothing', async () => {
    const address = `visitor-${randomUUID()}`;
    await receive({ contact: { address, name: 'Asha' } });
    const { result, events } = await recording(admin, () =>
      followedBy(viewers, () => receive({ contact: { address, name: 'Mallory', phone: '+49 30 1' } })),
    );
    expect(result.conversation.contact).toMatchObject({ name: 'Asha', phone: '+49 30 1' });
    expect(brief(events)).toEqual([
      { action: 'contact.updated', changes: ['phone: null → +49 30 1'] },
      { action: 'message.received', changes: [] },
    ]);
  });

  it('knows a contact by their external id at another address, which is added', async () => {
    const externalId = randomUUID();
    const first = await receive({ contact: { externalId, address: 'here' } });
    const { result, events } = await recording(admin, () => receive({ contact: { externalId, address: 'there' } }));
    expect(result.conversation.id).toBe(first.conversation.id);
    expect(brief(events)).toEqual([
      { action: 'contact.identity_added', changes: ['address: null → there'] },
      { action: 'message.received', changes: [] },
    ]);
  });
});

describe('the same message', () => {
  it('delivered 16 times at once is taken once, and answered 16 times alike', async () => {
    const input = message();
    const { result, events } = await recording(admin, () =>
      followedBy(viewers, () => Promise.all(Array.from({ length: 16 }, () => receive(input)))),
    );
    expect(result.filter((answer) => answer.duplicate)).toHaveLength(15);
    expect(new Set(result.map((answer) => answer.message.id)).size).toBe(1);
    expect(new Set(result.map((answer) => answer.conversation.id)).size).toBe(1);
    expect(events.map(({ action }) => action)).toEqual([
      'contact.created',
      'contact.identity_added',
      'conversation.created',
      'message.received',
    ]);
    expect(await transcriptOf(admin, result[0].conversation.id)).toEqual([
      '1 conversation.created',
      '2 My order is late',
    ]);
  });

  it('is known by its external id alone, also with another text, and in one inbox only', async () => {
    const input = message();
    const first = await receive(input);
    const again = await receive({ ...input, text: 'Something else' });
    expect(again).toMatchObject({ duplicate: true, message: { id: first.message.id, text: 'My order is late' } });
    const elsewhere = await receive({ ...input, inboxId: world.ids.emailInbox });
    expect(elsewhere.duplicate).toBe(false);
  });
});

describe('a message that cannot be taken', () => {
  it('is FORBIDDEN to whoever is no channel, recorded once, and writes nothing', async () => {
    const { conversationId } = await customerWrites(world);
    const agent = await world.as('agent');
    const { result, events } = await recording(admin, () => agent.refused(RECEIVE, { input: message() }));
    expect(result.extensions.code).toBe('FORBIDDEN');
    expect(events).toEqual([
      expect.objectContaining({
        action: 'auth.access_denied',
        outcome: 'DENIED',
        actor: { kind: 'AGENT', id: world.ids.agents.agent, label: 'Bo' },
        target: { type: 'inbox', id: world.ids.inbox, label: 'Web chat' },
        metadata: { attempted: 'message.receive', suppressed: 0 },
        summary: 'Bo was refused message.receive on Web chat',
      }),
    ]);
    expect(await transcriptOf(admin, conversationId)).toHaveLength(2);
  });

  it.each(['01890000-0000-7000-8000-000000000000', 'no id'])('is NOT_FOUND in inbox %s', async (inboxId) => {
    const { result, events } = await recording(admin, () =>
      world.withKey('ingest').refused(RECEIVE, { input: message({ inboxId }) }),
    );
    expect(result.extensions.code).toBe('NOT_FOUND');
    expect(events).toEqual([]);
  });

  it.each([
    ['without text', { text: ' \n' }, 'text', 'must not be empty'],
    ['with a text too long', { text: 'x'.repeat(50_001) }, 'text', 'must have at most 50000 characters'],
    ['with a NUL', { text: 'a\0b' }, 'variables.input.text', 'must not contain NUL or a lone surrogate'],
    ['with half a character', { text: 'a\ud800b' }, 'variables.input.text', 'must not contain NUL or a lone surrogate'],
    ['without its own id', { externalId: '' }, 'externalId', 'must not be empty'],
    ['with an id too long', { externalId: 'x'.repeat(256) }, 'externalId', 'must have at most 255 characters'],
    ['of nobody', { contact: { name: 'Asha' } }, 'contact', 'needs an externalId or an address'],
    [
      'of too long an address',
      { contact: { address: 'x'.repeat(256) } },
      'contact.address',
      'must have at most 255 characters',
    ],
    [
      'of too long a name',
      { contact: { address: 'x', name: 'x'.repeat(2_001) } },
      'contact.name',
      'must have at most 2000 characters',
    ],
  ])('%s is VALIDATION_FAILED', async (_, input, path, fault) => {
    const { result, events } = await recording(admin, () =>
      world.withKey('ingest').refused(RECEIVE, { input: message(input) }),
    );
    expect(result.extensions).toMatchObject({ code: 'VALIDATION_FAILED' });
    expect(events).toEqual([]);
    expect(result.extensions['fields'] ?? []).toEqual([{ path, message: fault }]);
  });

  it('takes 50,000 characters', async () => {
    const text = 'x'.repeat(49_999);
    const { message: taken } = await receive({ text: `${text}!` });
    expect(taken.text).toBe(`${text}!`);
  });
});
