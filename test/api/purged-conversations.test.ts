import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { continueRemovals } from '../../src/services/jobs/remove.js';
import { verifyWorkspace } from '../../src/services/record/verify-workspace.js';
import { startPurges } from '../../src/services/removals/start-purges.js';
import {
  ADD_NOTE,
  EDIT_MESSAGE,
  ERASE,
  RESTORE_CONVERSATION,
  SET_SPEECH,
  SET_TRANSLATION,
  UPDATE,
} from '../security/details.js';
import { UPDATE_SETTINGS } from '../security/place-rows.js';
import type { ApiClient } from '../support/client.js';
import { everythingOf } from '../support/everything-of.js';
import { customerWrites, offer } from '../support/operations.js';
import { sentRecording } from '../support/uploads.js';
import type { World } from '../support/world.js';
import { deletingScene } from './deleting-scene.js';
import { recording } from './recorded.js';
import { Worlds } from './worlds.js';

const DAY = 86_400_000;
let worlds: Worlds;
let world: World;
let admin: ApiClient;
let agent: ApiClient;
let scene: Awaited<ReturnType<typeof deletingScene>>;
/** The clock only ever goes on. */
let ahead = 0;
beforeAll(async () => {
  worlds = await Worlds.open({ now: () => new Date(Date.now() + ahead) });
});
afterAll(() => worlds.close());
beforeEach(async () => {
  ({ world } = await worlds.next());
  scene = await deletingScene(world);
  ({ admin, agent } = scene);
});

/** Goes on by a key, since sessions end while the clock goes on. */
async function goOn(): Promise<void> {
  scene = await deletingScene(world, world.withKey('all'));
  ({ admin } = scene);
}

/** Takes what is due away, beside whoever else does. */
async function purge(): Promise<void> {
  await expect
    .poll(
      async () => {
        await startPurges(worlds.server.app);
        await continueRemovals(worlds.server.app, new Date(Date.now() + ahead + 60_000));
        const { rows } = await worlds.superuser.query(
          `select 1 from conversation_deletion where workspace_id = $1 and purged_at is null and restorable_until <= $2`,
          [world.ids.workspace, new Date(Date.now() + ahead)],
        );
        return rows.length;
      },
      { timeout: 20_000 },
    )
    .toBe(0);
}
const everything = () => everythingOf(worlds.superuser, world.ids.workspace);
const setDays = (restoreDays: number) => admin.ask(UPDATE_SETTINGS, { input: { restoreDays } });

it('is restorable for as long as the workspace has set, which is on the record', async () => {
  const { events } = await recording(admin, () => setDays(2));
  expect(events).toMatchObject([{ action: 'settings.updated', changes: ['restoreDays: 30 → 2'] }]);
  for (const restoreDays of [0, 366])
    expect((await admin.refused(UPDATE_SETTINGS, { input: { restoreDays } })).extensions['code']).toBe(
      'VALIDATION_FAILED',
    );
  const [kept, lost] = [await customerWrites(world), await customerWrites(world)];
  await scene.remove(kept.conversationId);
  const { restorableUntil } = await scene.remove(lost.conversationId);
  // What was promised holds, whatever is set since.
  await setDays(1);
  ahead += 2 * DAY - 60_000;
  await goOn();
  expect((await scene.restore(kept.conversationId)).id).toBe(kept.conversationId);
  ahead += 120_000;
  const late = await admin.refused(RESTORE_CONVERSATION, { input: { conversationId: lost.conversationId } });
  expect(late.extensions).toMatchObject({
    code: 'CONFLICT',
    current: { conversationId: lost.conversationId, restorableUntil },
  });
});

it('leaves nothing but its tombstone once its time is over, announced before; the record still verifies', async () => {
  const contact = { address: 'asha@example.test', name: 'Asha Rao' };
  const { conversationId, messageId, number } = await customerWrites(world, { contact, text: 'The zebra is late' });
  await admin.ask(EDIT_MESSAGE, { input: { messageId, text: 'The zebra is very late' } });
  await agent.ask(ADD_NOTE, { input: { conversationId, text: 'A zebra, really' } });
  await agent.ask(UPDATE, { input: { conversationId, subject: 'Zebra' } });
  await admin.ask(SET_TRANSLATION, { input: { messageId, language: 'de', text: 'Das Zebra' } });
  const { attachmentId } = await sentRecording(agent, conversationId);
  const segments = [{ speaker: 'Asha', startSeconds: 0, endSeconds: 1, text: 'zebra' }];
  await admin.ask(SET_SPEECH, { input: { attachmentId, segments } });
  await offer(agent, conversationId, { toTeamId: world.ids.billing, comment: 'Knows zebras', summary: 'zebra' });
  const other = await customerWrites(world, { contact: { address: 'ben', name: 'Ben' }, text: 'An ocelot' });
  const { deletedAt } = await scene.remove(conversationId, { reason: 'Asked for by who wrote it' });
  expect(await scene.tombstones()).toMatchObject([{ conversationId, purgedAt: null }]);
  expect(await everything()).toMatch(/zebra/i);

  ahead += 31 * DAY;
  await goOn();
  await purge();
  const left = await everything();
  expect(left).not.toMatch(/zebra/i);
  expect(left).toContain('An ocelot');
  expect(await scene.tombstones()).toEqual([
    {
      conversationId,
      number,
      createdAt: expect.any(String),
      deletedAt,
      deletedBy: { id: world.ids.agents.admin },
      purgedAt: expect.any(String),
    },
  ]);
  expect((await admin.ask('{ deletedConversations { nodes { number } } }')).deletedConversations.nodes).toEqual([]);
  expect(await scene.listed()).toEqual([other.conversationId]);
  const { auditEvents } = await admin.ask(
    `query($filter: AuditEventFilter) { auditEvents(filter: $filter, orderBy: RECORDED_ASC, first: 100) { nodes { action metadata summary } } }`,
    { filter: { actions: ['conversation.purged', 'audit.erased', 'attachment.deleted'] } },
  );
  const actions = auditEvents.nodes.map(({ action }: { action: string }) => action);
  expect(actions).toEqual(['conversation.purged', 'audit.erased', 'attachment.deleted']);
  expect(auditEvents.nodes[0]).toMatchObject({
    summary: `What the deleted conversation #${number} held is removed for good`,
    metadata: { run: auditEvents.nodes[1].metadata.run },
  });
  const { valid, findings } = await verifyWorkspace(worlds.server.app.db, world.ids.workspace);
  expect({ valid, findings }).toEqual({ valid: true, findings: [] });
  const late = await admin.refused(RESTORE_CONVERSATION, { input: { conversationId } });
  expect(late.extensions['code']).toBe('CONFLICT');
  // What a feed told before tells nothing more of it.
  const { workspaceEvents } = await world
    .withKey('all')
    .ask('{ workspaceEvents(first: 100) { nodes { action conversation { id } message { text } handover { id } } } }');
  const ofIt = workspaceEvents.nodes.filter(({ message }: { message: unknown }) => message !== null);
  expect(ofIt).toEqual([expect.objectContaining({ conversation: { id: other.conversationId } })]);
  expect(workspaceEvents.nodes.map(({ action }: { action: string }) => action)).toEqual(
    expect.arrayContaining(['conversation.deleted', 'conversation.purged']),
  );
});

it('is erased with its contact while it may still be restored', async () => {
  const contact = { address: 'asha@example.test', name: 'Asha Rao' };
  const { conversationId } = await customerWrites(world, {
    contact,
    text: 'I am Asha Rao',
    conversationExternalId: 'asha-1',
  });
  const contactId = (await scene.wholeOf(conversationId)).contact.id;
  await scene.remove(conversationId);
  const input = { contactId, reason: 'They asked for it' };
  expect((await admin.ask(ERASE, { input: { ...input, dryRun: true } })).eraseContact).toMatchObject({ messages: 1 });
  expect((await admin.ask(ERASE, { input })).eraseContact).toMatchObject({ messages: 1, completed: true });
  const left = await everything();
  expect(left).not.toContain('Asha Rao');
  expect(left).not.toContain('asha-1');
  await scene.restore(conversationId);
  expect((await scene.wholeOf(conversationId)).messages.nodes).toEqual([{ text: null }]);
});
