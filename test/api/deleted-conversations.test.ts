import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { wakeConversations } from '../../src/services/jobs/wake-conversations.js';
import {
  ADD_LABELS,
  ADD_NOTE,
  CHANGE_CONVERSATIONS,
  CREATE_DOWNLOAD_LINK,
  DELETE_CONVERSATION,
  EDIT_MESSAGE,
  MARK_SPAM,
  RESTORE_CONVERSATION,
} from '../security/details.js';
import type { ApiClient } from '../support/client.js';
import { followedBy } from '../support/live-view.js';
import { ACCEPT, ASSIGN, customerWrites, offer, SEND, SET_STATUS } from '../support/operations.js';
import { sentRecording } from '../support/uploads.js';
import type { World } from '../support/world.js';
import { deletingScene } from './deleting-scene.js';
import { brief, recording } from './recorded.js';
import { Worlds } from './worlds.js';

let worlds: Worlds;
let world: World;
let admin: ApiClient;
let agent: ApiClient;
let scene: Awaited<ReturnType<typeof deletingScene>>;
/** The clock only ever goes on. */
let ahead = 0;
beforeAll(async () => {
  worlds = await Worlds.open({ now: () => new Date(Date.now() + ahead) });
  // What the sweep does is done when a test says so.
  await worlds.superuser.query(
    `insert into turn (duty, node_id, expires_at) values ('sweep', gen_random_uuid(), '2200-01-01')
     on conflict (duty) do update set node_id = excluded.node_id, expires_at = excluded.expires_at`,
  );
});
afterAll(() => worlds.close());
beforeEach(async () => {
  ({ world } = await worlds.next());
  scene = await deletingScene(world);
  ({ admin, agent } = scene);
});

const codeOf = async (client: ApiClient, operation: string, variables: Record<string, unknown>): Promise<string> =>
  (await client.refused(operation, variables)).extensions['code'] as string;

/** Everything that a list, a count or a search could show of the one conversation there is. */
const SEEN = `query($contact: ID!) {
  conversations { nodes { id } } either: conversations(filter: { spam: true }) { nodes { id } }
  conversationCounts { open inProgress pending snoozed resolved unassigned mine unread }
  handovers { nodes { id } } searchMessages(query: "order") { nodes { id } }
  contact(id: $contact) { conversations { nodes { id } } timeline { nodes { id } } } }`;

it('is there for nobody, and comes back exactly as it was', async () => {
  const { conversationId, messageId, number } = await customerWrites(world, {
    contact: { address: 'asha', name: 'Asha' },
  });
  await agent.ask(ADD_NOTE, { input: { conversationId, text: 'Call back about the order' } });
  await agent.ask(ADD_LABELS, { input: { conversationId, labelIds: [world.ids.labels.vip] } });
  await agent.ask(ASSIGN, { input: { conversationId, assigneeId: world.ids.agents.agent } });
  const { attachmentId } = await sentRecording(agent, conversationId);
  const { url } = (await agent.ask(CREATE_DOWNLOAD_LINK, { input: { attachmentId } })).createDownloadLink;
  await customerWrites(world, { contact: { address: 'asha' }, text: 'And the order?' });
  const before = await scene.wholeOf(conversationId);
  const handoverId = await offer(agent, conversationId, { toAgentId: world.ids.agents.colleague });
  const viewers = [admin, agent, await world.as('colleague'), world.withKey('read'), world.withKey('bot')];
  const seen = () => Promise.all([admin, agent].map((by) => by.ask(SEEN, { contact: before.contact.id })));
  const shown = await seen();
  expect(shown[0].searchMessages.nodes).toHaveLength(3);

  const gone = await recording(admin, () => followedBy(viewers, () => scene.remove(conversationId)));
  expect(brief(gone.events)).toEqual([
    { action: 'handover.cancelled', changes: ['handoverStatus: REQUESTED → CANCELLED'] },
    { action: 'conversation.deleted', changes: [] },
  ]);
  expect(gone.events[1]).toMatchObject({
    reason: 'Sent by mistake',
    metadata: { restorableUntil: gone.result.restorableUntil },
    summary: `Ada deleted conversation #${number}: Sent by mistake`,
  });
  expect(gone.result).toEqual({
    conversationId,
    number,
    createdAt: before.createdAt,
    deletedAt: expect.any(String),
    deletedBy: { id: world.ids.agents.admin, displayName: 'Ada' },
    reason: 'Sent by mistake',
    restorableUntil: new Date(Date.parse(gone.result.deletedAt) + 30 * 86_400_000).toISOString(),
  });
  expect((await admin.ask('{ deletedConversations { nodes { conversationId } } }')).deletedConversations.nodes).toEqual(
    [{ conversationId }],
  );
  const none = {
    conversations: { nodes: [] },
    either: { nodes: [] },
    conversationCounts: {
      open: 0,
      inProgress: 0,
      pending: 0,
      snoozed: 0,
      resolved: 0,
      unassigned: 0,
      mine: 0,
      unread: 0,
    },
    handovers: { nodes: [] },
    searchMessages: { nodes: [] },
    contact: { conversations: { nodes: [] }, timeline: { nodes: [] } },
  };
  expect(await seen()).toEqual([none, none]);
  const { queues } = await admin.ask('{ queues { depth } agents { nodes { presence { openConversations } } } }');
  expect(queues.every(({ depth }: { depth: number }) => depth === 0)).toBe(true);
  const inputs: [string, object][] = [
    ['query($input: ID!) { conversation(id: $input) { id } }', conversationId as never],
    ['query($input: Int!) { conversationByNumber(number: $input) { id } }', number as never],
    [ASSIGN, { conversationId, assigneeId: null }],
    [SEND, { conversationId, text: 'Here' }],
    [SET_STATUS, { conversationId, status: 'RESOLVED' }],
    [ADD_NOTE, { conversationId, text: 'Again' }],
    [MARK_SPAM, { conversationId }],
    [EDIT_MESSAGE, { messageId, text: 'Nothing' }],
    [ACCEPT, { handoverId }],
    [CREATE_DOWNLOAD_LINK, { attachmentId }],
    [DELETE_CONVERSATION, { conversationId, reason: 'Once more' }],
  ];
  for (const [operation, input] of inputs)
    for (const client of [admin, world.withKey('all')])
      expect([operation, await codeOf(client, operation, { input })]).toEqual([operation, 'NOT_FOUND']);
  expect((await fetch(url)).status).toBe(404);
  const { changeConversations } = await admin.ask(CHANGE_CONVERSATIONS, {
    input: { conversationIds: [conversationId], priority: 'HIGH' },
  });
  expect(changeConversations.results).toMatchObject([{ changed: false, error: { code: 'NOT_FOUND' } }]);
  expect(await codeOf(agent, RESTORE_CONVERSATION, { input: { conversationId } })).toBe('FORBIDDEN');

  const back = await recording(admin, () => followedBy(viewers, () => scene.restore(conversationId)));
  expect(back.events).toEqual([
    expect.objectContaining({
      action: 'conversation.restored',
      changes: [],
      metadata: { externalIdTaken: false },
      summary: `Ada restored conversation #${number}`,
    }),
  ]);
  expect(await scene.wholeOf(conversationId)).toEqual({
    ...before,
    handoverCount: before.handoverCount + 1,
    updatedAt: expect.any(String),
    lastActivityAt: expect.any(String),
  });
  const again = await seen();
  expect(again.map(({ contact: _contact, ...lists }) => lists)).toEqual(
    shown.map(({ contact: _contact, ...lists }) => lists),
  );
  expect((await fetch(url)).status).toBe(200);
  expect((await admin.ask('{ deletedConversations { nodes { conversationId } } }')).deletedConversations.nodes).toEqual(
    [],
  );
});

it('leaves who follows it as REMOVED, and comes to them as ADDED; its transcript ends', async () => {
  const { conversationId } = await customerWrites(world);
  const { conversations } = await admin.ask('{ conversations(first: 1) { eventCursor } }');
  const streams = await Promise.all(
    [admin, agent].map((client) =>
      client
        .subscribe(
          `subscription($at: String) { conversationChanges(afterEvent: $at) { changeType conversationId conversation { id } } }`,
          { at: conversations.eventCursor },
        )
        .connected(),
    ),
  );
  const transcript = await agent
    .subscribe('subscription($id: ID!) { transcriptChanges(conversationId: $id) { changeType } }', {
      id: conversationId,
    })
    .connected();
  const next = () =>
    Promise.all(
      streams.map(
        async (stream) =>
          (await stream.until((frame) => frame.conversationChanges.conversationId === conversationId))
            .conversationChanges,
      ),
    );
  await Promise.all(
    streams.map((stream) => stream.until((frame) => frame.conversationChanges.changeType === 'CURSOR')),
  );
  const removed = { changeType: 'REMOVED', conversationId, conversation: null };
  const added = { changeType: 'ADDED', conversationId, conversation: { id: conversationId } };
  await scene.remove(conversationId);
  expect(await next()).toEqual([removed, removed]);
  expect(await transcript.end()).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
  await scene.restore(conversationId);
  expect(await next()).toEqual([added, added]);
  await Promise.all(streams.map((stream) => stream.stop()));
});

it('ends a transcript that is deleted while somebody is about to follow it', async () => {
  const { conversationId } = await customerWrites(world);
  const { accessLog } = worlds.server.app;
  const record = accessLog.record.bind(accessLog);
  const opening = vi.spyOn(accessLog, 'record').mockImplementationOnce(async (...args) => {
    await record(...args);
    // They may follow it, and then it is gone.
    await scene.remove(conversationId);
  });
  const transcript = agent.subscribe(
    'subscription($id: ID!) { transcriptChanges(conversationId: $id) { changeType } }',
    {
      id: conversationId,
    },
  );
  expect(await transcript.end()).toMatchObject([{ extensions: { code: 'NOT_FOUND' } }]);
  expect(opening).toHaveBeenCalled();
  await transcript.stop();
});

it('does what is asked for once, and nothing where it is so already', async () => {
  const { conversationId } = await customerWrites(world);
  const first = await scene.remove(conversationId, { idempotencyKey: 'one' });
  const { result, events } = await recording(admin, () => scene.remove(conversationId, { idempotencyKey: 'one' }));
  expect([result, events]).toEqual([first, []]);
  await scene.restore(conversationId);
  const nothing = await recording(admin, () => scene.restore(conversationId));
  expect(nothing).toMatchObject({ result: { id: conversationId }, events: [] });
  const repeated = { input: { conversationId, reason: 'Sent by mistake', idempotencyKey: 'one' } };
  expect(await codeOf(admin, DELETE_CONVERSATION, repeated)).toBe('CONFLICT');
  expect(await scene.listed()).toEqual([conversationId]);
  expect(await codeOf(admin, DELETE_CONVERSATION, { input: { conversationId, reason: '' } })).toBe('VALIDATION_FAILED');
});

it('sleeps on while it is deleted, and wakes when it is back', async () => {
  const { conversationId } = await customerWrites(world);
  const until = new Date(Date.now() + ahead + 60_000);
  await agent.ask(SET_STATUS, { input: { conversationId, status: 'SNOOZED', until } });
  await scene.remove(conversationId);
  ahead += 120_000;
  expect(await wakeConversations(worlds.server.app)).toBe(0);
  expect((await scene.restore(conversationId)).id).toBe(conversationId);
  expect((await scene.wholeOf(conversationId)).status).toBe('SNOOZED');
  expect(await wakeConversations(worlds.server.app)).toBe(1);
  expect((await scene.wholeOf(conversationId)).status).toBe('OPEN');
});

it('comes back without an agent who is not there any more', async () => {
  const { conversationId } = await customerWrites(world);
  await agent.ask(ASSIGN, { input: { conversationId, assigneeId: world.ids.agents.colleague } });
  await scene.remove(conversationId);
  await admin.ask('mutation($input: DeactivateAgentInput!) { deactivateAgent(input: $input) { agent { id } } }', {
    input: { agentId: world.ids.agents.colleague },
  });
  const { events } = await recording(admin, () => scene.restore(conversationId));
  expect(brief(events)).toEqual([
    { action: 'conversation.restored', changes: [`assigneeId: ${world.ids.agents.colleague} → null`] },
  ]);
  expect((await scene.wholeOf(conversationId)).assignee).toBeNull();
});
