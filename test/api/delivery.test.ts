import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UPDATE_DELIVERY } from '../security/details.js';
import type { ApiClient } from '../support/client.js';
import { followedBy } from '../support/live-view.js';
import { customerWrites, SEND } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { brief, recording } from './recorded.js';

let server: TestServer;
let world: World;
let admin: ApiClient;
let agent: ApiClient;
let channel: ApiClient;
let viewers: ApiClient[];
beforeAll(async () => {
  server = await startTestServer();
  world = await createWorld(server);
  [admin, agent] = [await world.as('admin'), await world.as('agent')];
  channel = world.withKey('ingest');
  viewers = [admin, agent, await world.as('outsider')];
});
afterAll(() => server.stop());

const DELIVERY = 'delivery { status sentAt deliveredAt readAt failedAt failureReason } externalId';
const UNREPORTED = { sentAt: null, deliveredAt: null, readAt: null, failedAt: null, failureReason: null };
const AT = ['2026-01-02T03:04:05.000Z', '2026-01-02T03:04:06.000Z', '2026-01-02T03:04:07.000Z'] as const;

async function answered(input: Record<string, unknown> = {}): Promise<{ conversationId: string; messageId: string }> {
  const { conversationId } = await customerWrites(world, input);
  const { sendMessage } = await agent.ask(SEND, { input: { conversationId, text: 'On its way' } });
  return { conversationId, messageId: sendMessage.message.id };
}
const report = async (input: object) => (await channel.ask(UPDATE_DELIVERY, { input })).updateDelivery;
async function lastOf(conversationId: string) {
  const { conversation } = await admin.ask(
    `query($id: ID!) { conversation(id: $id) { messages(last: 1) { nodes { id ${DELIVERY} } } } }`,
    { id: conversationId },
  );
  return conversation.messages.nodes[0];
}

describe('the delivery of an answer', () => {
  it('goes on as its channel reports, each state with its time and its event, live for whoever sees it', async () => {
    const { conversationId, messageId } = await answered();
    expect((await lastOf(conversationId)).delivery).toEqual({ status: 'QUEUED', ...UNREPORTED });
    const { events } = await recording(admin, () =>
      followedBy(viewers, async () => {
        for (const [index, status] of (['SENT', 'DELIVERED', 'READ'] as const).entries()) {
          expect(await report({ messageId, status, at: AT[index] })).toEqual({
            messageId,
            status,
            changed: true,
            message: null,
          });
        }
      }),
    );
    expect(brief(events)).toEqual([
      { action: 'message.dispatched', changes: ['delivery: QUEUED → SENT'] },
      { action: 'message.delivered', changes: ['delivery: SENT → DELIVERED'] },
      { action: 'message.read', changes: ['delivery: DELIVERED → READ'] },
    ]);
    expect((await lastOf(conversationId)).delivery).toEqual({
      ...UNREPORTED,
      status: 'READ',
      sentAt: AT[0],
      deliveredAt: AT[1],
      readAt: AT[2],
    });
  });

  it('never goes back: what is late or was reported before changes nothing, records nothing and says so', async () => {
    const { conversationId, messageId } = await answered();
    await report({ messageId, status: 'DELIVERED', at: AT[1] });
    const { events } = await recording(admin, () =>
      followedBy(viewers, async () => {
        for (const status of ['SENT', 'DELIVERED', 'FAILED'] as const) {
          const late = await report({ messageId, status, at: AT[0] });
          expect(late).toMatchObject({ status: 'DELIVERED', changed: false });
        }
      }),
    );
    expect(events).toEqual([]);
    expect((await lastOf(conversationId)).delivery).toEqual({
      ...UNREPORTED,
      status: 'DELIVERED',
      deliveredAt: AT[1],
    });
  });

  it('that failed says why, and can still be followed by arrival', async () => {
    const { conversationId, messageId } = await answered();
    const failure = { messageId, status: 'FAILED', at: AT[0], failureReason: 'The mailbox is full' };
    const { events } = await recording(admin, () => followedBy(viewers, () => report(failure)));
    expect(events).toEqual([
      expect.objectContaining({
        action: 'message.failed',
        actor: expect.objectContaining({ kind: 'API_KEY', label: 'Channel' }),
        summary: expect.stringMatching(/^A message of conversation #\d+ could not be delivered: The mailbox is full$/),
      }),
    ]);
    expect((await lastOf(conversationId)).delivery).toEqual({
      ...UNREPORTED,
      status: 'FAILED',
      failedAt: AT[0],
      failureReason: 'The mailbox is full',
    });
    await followedBy(viewers, () => report({ messageId, status: 'DELIVERED', at: AT[1] }));
    expect((await lastOf(conversationId)).delivery).toEqual({
      ...UNREPORTED,
      status: 'DELIVERED',
      failedAt: AT[0],
      deliveredAt: AT[1],
    });
  });

  it('reported 8 times at once changes once', async () => {
    const { messageId } = await answered();
    const { result, events } = await recording(admin, () =>
      Promise.all(Array.from({ length: 8 }, () => report({ messageId, status: 'READ' }))),
    );
    expect(result.filter(({ changed }) => changed)).toHaveLength(1);
    expect(events.map(({ action }) => action)).toEqual(['message.read']);
  });

  it('is a frame of the transcript', async () => {
    const { conversationId, messageId } = await answered();
    const { conversations } = await admin.ask('{ conversations(first: 1) { eventCursor } }');
    const stream = await agent
      .subscribe(
        `subscription($id: ID!, $afterEvent: String) { transcriptChanges(conversationId: $id, afterEvent: $afterEvent) {
          changeType entryId entry { ... on Message { delivery { status readAt } replyTo { id } } } } }`,
        { id: conversationId, afterEvent: conversations.eventCursor },
      )
      .connected();
    await report({ messageId, status: 'READ', at: AT[2] });
    const { transcriptChanges } = await stream.until((frame) => frame.transcriptChanges.entryId === messageId);
    expect(transcriptChanges).toEqual({
      changeType: 'UPDATED',
      entryId: messageId,
      entry: { delivery: { status: 'READ', readAt: AT[2] }, replyTo: null },
    });
    await stream.stop();
  });
});

describe('the channel’s own id of an answer', () => {
  it('is learnt from a report, also from a late one, and names the message from then on', async () => {
    const { conversationId, messageId } = await answered();
    const externalId = randomUUID();
    await report({ messageId, status: 'DELIVERED', at: AT[1] });
    const { result, events } = await recording(admin, () =>
      followedBy(viewers, () => report({ messageId, externalId, status: 'SENT', at: AT[0] })),
    );
    expect(result).toMatchObject({ status: 'DELIVERED', changed: true });
    expect(brief(events)).toEqual([{ action: 'message.dispatched', changes: [] }]);
    expect(await report({ inboxId: world.ids.inbox, externalId, status: 'READ', at: AT[2] })).toMatchObject({
      messageId,
      changed: true,
    });
    expect(await lastOf(conversationId)).toEqual({
      id: messageId,
      externalId,
      delivery: { ...UNREPORTED, status: 'READ', sentAt: AT[0], deliveredAt: AT[1], readAt: AT[2] },
    });
  });

  it('is that of one message in an inbox', async () => {
    const [first, second] = [await answered(), await answered()];
    const externalId = randomUUID();
    await report({ messageId: first.messageId, externalId, status: 'SENT' });
    const { result, events } = await recording(admin, () =>
      channel.refused(UPDATE_DELIVERY, { input: { messageId: second.messageId, externalId, status: 'SENT' } }),
    );
    expect(result.extensions).toMatchObject({ code: 'CONFLICT', current: { messageId: second.messageId } });
    expect(events).toEqual([]);
    const renamed = { messageId: first.messageId, externalId: randomUUID(), status: 'READ' };
    expect((await channel.refused(UPDATE_DELIVERY, { input: renamed })).extensions.code).toBe('CONFLICT');
    expect((await lastOf(second.conversationId)).delivery.status).toBe('QUEUED');
  });
});

it.each([
  ['without a message', { status: 'SENT' }, 'messageId'],
  ['with an externalId alone', { status: 'SENT', externalId: 'x' }, 'messageId'],
  ['in the future', { messageId: 'x', status: 'SENT', at: '2999-01-01T00:00:00.000Z' }, 'at'],
  ['with a reason for success', { messageId: 'x', status: 'SENT', failureReason: 'Why' }, 'failureReason'],
  ['with a reason too long', { messageId: 'x', status: 'FAILED', failureReason: 'x'.repeat(501) }, 'failureReason'],
])('a report %s is VALIDATION_FAILED', async (_, input, path) => {
  const refused = await channel.refused(UPDATE_DELIVERY, { input });
  expect(refused.extensions).toMatchObject({ code: 'VALIDATION_FAILED', fields: [{ path }] });
});

it('refuses reports of what the customer wrote, and of another inbox', async () => {
  const { conversationId, messageId } = await customerWrites(world);
  const inbound = await channel.refused(UPDATE_DELIVERY, { input: { messageId, status: 'READ' } });
  expect(inbound.extensions).toMatchObject({ code: 'VALIDATION_FAILED', fields: [{ path: 'messageId' }] });
  expect((await lastOf(conversationId)).delivery).toMatchObject({ status: 'DELIVERED' });
  const sent = await answered();
  const input = { messageId: sent.messageId, inboxId: world.ids.emailInbox, externalId: randomUUID(), status: 'READ' };
  const elsewhere = await channel.refused(UPDATE_DELIVERY, { input });
  expect(elsewhere.extensions).toMatchObject({ code: 'VALIDATION_FAILED', fields: [{ path: 'inboxId' }] });
});

describe('an answer to a message', () => {
  const REPLY = `mutation($input: SendMessageInput!) { sendMessage(input: $input) { message { id replyTo { id text replyTo { id } } } } }`;
  const transcript = async (conversationId: string) =>
    (
      await admin.ask(
        'query($id: ID!) { conversation(id: $id) { messages(last: 10) { nodes { id replyTo { id text } } } } }',
        { id: conversationId },
      )
    ).conversation.messages.nodes;

  it('names it, over every channel of reading', async () => {
    const { conversationId, messageId } = await customerWrites(world);
    const idempotencyKey = randomUUID();
    const input = { conversationId, text: 'That one', replyToId: messageId, idempotencyKey };
    const { message } = (await followedBy(viewers, () => agent.ask(REPLY, { input }))).sendMessage;
    expect(message.replyTo).toEqual({ id: messageId, text: 'My order is late', replyTo: null });
    expect(await transcript(conversationId)).toEqual([
      { id: messageId, replyTo: null },
      { id: message.id, replyTo: { id: messageId, text: 'My order is late' } },
    ]);
    expect((await agent.ask(REPLY, { input })).sendMessage.message).toEqual(message);
    const other = await agent.refused(REPLY, { input: { ...input, replyToId: null } });
    expect(other.extensions.code).toBe('CONFLICT');
  });

  it('of another conversation is VALIDATION_FAILED, and what is sent beside it is not held up', async () => {
    const [here, there] = [await customerWrites(world), await customerWrites(world)];
    const { result, events } = await recording(admin, () =>
      followedBy(viewers, () =>
        Promise.all([
          agent.refused(REPLY, {
            input: { conversationId: here.conversationId, text: 'Wrong', replyToId: there.messageId },
          }),
          agent.ask(REPLY, {
            input: { conversationId: there.conversationId, text: 'Right', replyToId: there.messageId },
          }),
          agent.refused(REPLY, { input: { conversationId: here.conversationId, text: 'Wrong', replyToId: 'no id' } }),
        ]),
      ),
    );
    for (const refused of [result[0], result[2]]) {
      expect(refused.extensions).toMatchObject({ code: 'VALIDATION_FAILED', fields: [{ path: 'replyToId' }] });
    }
    expect(events.map(({ action }) => action)).toEqual(['message.sent']);
    expect(await transcript(here.conversationId)).toHaveLength(1);
  });

  it('of a customer names what the channel calls so: theirs, or ours; anything else is left out, and nothing lost', async () => {
    const contact = { address: `visitor-${randomUUID()}` };
    const [theirs, ours] = [randomUUID(), randomUUID()];
    const first = await customerWrites(world, { contact, externalId: theirs });
    const { sendMessage } = await agent.ask(SEND, { input: { conversationId: first.conversationId, text: 'Sorry' } });
    await report({ messageId: sendMessage.message.id, externalId: ours, status: 'SENT' });
    const elsewhere = randomUUID();
    await customerWrites(world, { externalId: elsewhere });
    const replies = [];
    for (const replyToExternalId of [theirs, ours, elsewhere, randomUUID()]) {
      const { messageId } = await followedBy(viewers, () => customerWrites(world, { contact, replyToExternalId }));
      replies.push(messageId);
    }
    const lines = await transcript(first.conversationId);
    expect(replies.map((id) => lines.find((line: { id: string }) => line.id === id).replyTo?.id ?? null)).toEqual([
      first.messageId,
      sendMessage.message.id,
      null,
      null,
    ]);
  });
});
