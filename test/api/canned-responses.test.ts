import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { CREATE_RESPONSE, DEACTIVATE_RESPONSE, UPDATE_RESPONSE } from '../security/setting-rows.js';
import type { ApiClient } from '../support/client.js';
import { followedBy } from '../support/live-view.js';
import { waitingForLocks } from '../support/locks.js';
import { customerWrites } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { brief, recording } from './recorded.js';

let server: TestServer;
let world: World;
let admin: ApiClient;
let worlds = 0;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());
beforeEach(async () => {
  world = await createWorld(server, `acme-${(worlds += 1)}`);
  admin = world.withKey('all');
});

const SEND = `mutation($input: SendMessageInput!) { sendMessage(input: $input) {
  message { id text cannedResponse { id shortcut useCount } } } }`;
const create = async (input: object = {}): Promise<string> =>
  (await admin.ask(CREATE_RESPONSE, { input: { shortcut: 'hello', text: 'Hello {{contact.name}}', ...input } }))
    .createCannedResponse.cannedResponse.id;
const refusal = async (operation: string, input: object) => (await admin.refused(operation, { input })).extensions;
const found = async (search: string | null = null, all = false): Promise<[string, number][]> =>
  (
    await world
      .withKey('read')
      .ask(
        'query($s: String, $all: Boolean!) { cannedResponses(search: $s, includeInactive: $all) { shortcut useCount } }',
        {
          s: search,
          all,
        },
      )
  ).cannedResponses.map(({ shortcut, useCount }: { shortcut: string; useCount: number }) => [shortcut, useCount]);

it('creates, changes and deactivates a canned response, each once and with what was before and after', async () => {
  const { result, events } = await recording(admin, () =>
    admin.ask(CREATE_RESPONSE, { input: { shortcut: 'hello', text: 'Hello {{contact.name}}', reason: 'New tone' } }),
  );
  const { id } = result.createCannedResponse.cannedResponse;
  expect(result.createCannedResponse.cannedResponse).toEqual({
    id: expect.any(String),
    shortcut: 'hello',
    text: 'Hello {{contact.name}}',
    useCount: 0,
    deactivatedAt: null,
  });
  expect(events).toMatchObject([
    {
      action: 'canned_response.created',
      target: { type: 'canned_response', id, label: 'hello' },
      changes: ['shortcut: null → hello', 'text: null → Hello {{contact.name}}'],
      summary: 'Everything created the canned response hello: New tone',
    },
  ]);
  const change = { cannedResponseId: id, shortcut: 'hi', text: 'Hi' };
  const changed = await recording(admin, async () => {
    await admin.ask(UPDATE_RESPONSE, { input: change });
    return admin.ask(UPDATE_RESPONSE, { input: change });
  });
  expect(changed.result.updateCannedResponse.cannedResponse).toMatchObject({ shortcut: 'hi', text: 'Hi' });
  expect(brief(changed.events)).toEqual([
    { action: 'canned_response.updated', changes: ['shortcut: hello → hi', 'text: Hello {{contact.name}} → Hi'] },
  ]);
  const ended = await recording(admin, async () => {
    await admin.ask(DEACTIVATE_RESPONSE, { input: { cannedResponseId: id } });
    await admin.ask(DEACTIVATE_RESPONSE, { input: { cannedResponseId: id } });
  });
  expect(brief(ended.events)).toEqual([{ action: 'canned_response.deactivated', changes: ['active: true → false'] }]);
  expect(await refusal(UPDATE_RESPONSE, change)).toMatchObject({ code: 'CONFLICT', current: { cannedResponseId: id } });
});

it('is found by shortcut and text, whatever the case, those in use alone unless asked', async () => {
  await create();
  await create({ shortcut: 'refund-late', text: 'Your REFUND is 100% on its way' });
  const old = await create({ shortcut: 'old', text: 'Gone' });
  await admin.ask(DEACTIVATE_RESPONSE, { input: { cannedResponseId: old } });
  const names = async (search: string | null, all = false) => (await found(search, all)).map(([name]) => name);
  expect(await names(null)).toEqual(['hello', 'refund-late']);
  expect(await names(null, true)).toEqual(['hello', 'refund-late', 'old']);
  expect(await names('Refund')).toEqual(['refund-late']);
  expect(await names('CONTACT.name')).toEqual(['hello']);
  expect(await names('100%')).toEqual(['refund-late']);
  for (const search of ['%', '_', 'gone']) expect(await names(search)).toEqual(search === '%' ? ['refund-late'] : []);
});

it('has a shortcut once among those in use, also where two take it at once', async () => {
  const input = { shortcut: 'hello', text: 'Hello' };
  const both = await Promise.all([input, input].map((each) => admin.send(CREATE_RESPONSE, { input: each })));
  expect(both.map(({ errors }) => errors?.[0]?.extensions.code).toSorted()).toEqual(['CONFLICT', undefined]);
  const other = await create({ shortcut: 'other' });
  expect(await refusal(UPDATE_RESPONSE, { cannedResponseId: other, shortcut: 'hello' })).toMatchObject({
    code: 'CONFLICT',
    current: { shortcut: 'hello', cannedResponseId: expect.any(String) },
  });
  await admin.ask(DEACTIVATE_RESPONSE, { input: { cannedResponseId: other } });
  await create({ shortcut: 'other' });
});

it.each([
  ['a shortcut that is none', { shortcut: 'Hello you', text: 'x' }, 'shortcut'],
  ['no text', { shortcut: 'hello', text: ' ' }, 'text'],
  ['a text that is too long', { shortcut: 'hello', text: 'x'.repeat(5_001) }, 'text'],
  ['a reason that is too long', { shortcut: 'hello', text: 'x', reason: 'x'.repeat(501) }, 'reason'],
])('refuses %s', async (_, input, path) => {
  expect(await refusal(CREATE_RESPONSE, input)).toMatchObject({ code: 'VALIDATION_FAILED', fields: [{ path }] });
  expect(await found(null, true)).toEqual([]);
});

it('is named by the messages that were sent with it, counted once for each, and recorded beside them', async () => {
  const cannedResponseId = await create();
  const { conversationId } = await customerWrites(world);
  const input = { conversationId, text: 'Hello Asha', cannedResponseId, idempotencyKey: 'once' };
  const { result, events } = await recording(admin, () =>
    followedBy([admin], async () => {
      const first = await admin.ask(SEND, { input });
      await admin.ask(SEND, { input });
      await admin.ask(SEND, { input: { conversationId, text: 'Without' } });
      return first;
    }),
  );
  const { message } = result.sendMessage;
  // As it was sent, not as the canned response has it.
  expect(message).toMatchObject({ text: 'Hello Asha', cannedResponse: { id: cannedResponseId, shortcut: 'hello' } });
  expect(events.map(({ action, target }) => [action, target.type])).toEqual([
    ['message.sent', 'message'],
    ['message.canned_response_used', 'canned_response'],
    ['message.sent', 'message'],
  ]);
  expect(events[1]).toMatchObject({
    target: { id: cannedResponseId, label: 'hello' },
    summary: expect.stringMatching(/^Everything used the canned response hello in conversation #\d+$/),
  });
  expect(await found()).toEqual([['hello', 1]]);
  const { conversation } = await admin.ask(
    `query($id: ID!) { conversation(id: $id) { messages { nodes { text cannedResponse { shortcut useCount } } } } }`,
    { id: conversationId },
  );
  expect(conversation.messages.nodes).toEqual([
    { text: 'My order is late', cannedResponse: null },
    { text: 'Hello Asha', cannedResponse: { shortcut: 'hello', useCount: 1 } },
    { text: 'Without', cannedResponse: null },
  ]);
  // Another request under the key that differs in this alone is another request.
  const other = await refusal(SEND, { ...input, cannedResponseId: null });
  expect(other.code).toBe('CONFLICT');
});

it('counts every use of many at once, with two canned responses in turn', async () => {
  const ids = [await create(), await create({ shortcut: 'bye' })];
  const opened = await Promise.all(Array.from({ length: 20 }, () => customerWrites(world)));
  const sent = await Promise.all(
    opened.flatMap(({ conversationId }, index) =>
      [0, 1].map((each) =>
        admin.send(SEND, { input: { conversationId, text: 'Hello', cannedResponseId: ids[(index + each) % 2] } }),
      ),
    ),
  );
  expect(sent.flatMap(({ errors }) => errors ?? [])).toEqual([]);
  expect(await found()).toEqual([
    ['bye', 20],
    ['hello', 20],
  ]);
});

it('is counted before the record is waited for, as who changes it locks it', async () => {
  const cannedResponseId = await create();
  const { conversationId } = await customerWrites(world);
  const superuser = new pg.Client({ connectionString: server.database.url });
  await superuser.connect();
  const untilWaiting = async (count: number) => {
    await expect.poll(() => waitingForLocks(superuser), { timeout: 5_000 }).toBe(count);
  };
  try {
    await superuser.query('begin');
    await superuser.query('select 1 from record_head where workspace_id = $1 for update', [world.ids.workspace]);
    const sent = admin.ask(SEND, { input: { conversationId, text: 'Hello', cannedResponseId } });
    await untilWaiting(1);
    const changed = admin.ask(UPDATE_RESPONSE, { input: { cannedResponseId, text: 'Good day' } });
    await untilWaiting(2);
    await superuser.query('rollback');
    await Promise.all([sent, changed]);
  } finally {
    await superuser.end();
  }
  expect(await found()).toEqual([['hello', 1]]);
});

it('is refused where it is not in use, and nothing is sent or counted', async () => {
  const { conversationId } = await customerWrites(world);
  const cannedResponseId = await create();
  await admin.ask(DEACTIVATE_RESPONSE, { input: { cannedResponseId } });
  const elsewhere = await createWorld(server, `elsewhere-${(worlds += 1)}`);
  const theirs = await elsewhere.withKey('all').ask(CREATE_RESPONSE, { input: { shortcut: 'hello', text: 'Hello' } });
  const foreign = theirs.createCannedResponse.cannedResponse.id;
  const { events } = await recording(admin, async () => {
    for (const id of [cannedResponseId, foreign, conversationId, 'hello']) {
      expect(await refusal(SEND, { conversationId, text: 'Hello', cannedResponseId: id })).toMatchObject({
        code: 'VALIDATION_FAILED',
        fields: [{ path: 'cannedResponseId', message: 'there is no such canned response in use' }],
      });
    }
  });
  expect(events).toEqual([]);
  expect(await found(null, true)).toEqual([['hello', 0]]);
  // Who may not answer hears that first.
  const reader = await world.withKey('read').refused(SEND, { input: { conversationId, text: 'x', cannedResponseId } });
  expect(reader.extensions.code).toBe('FORBIDDEN');
});
