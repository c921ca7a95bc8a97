import { afterAll, beforeAll, expect, it } from 'vitest';
import { DELETE_CONVERSATION, ERASE, MARK_READ } from '../security/details.js';
import { customerWrites } from '../support/operations.js';
import { at, conversation, ImportStage, message, PATIENCE } from './stage.js';

let stage: ImportStage;
beforeAll(async () => {
  stage = await ImportStage.open();
}, PATIENCE);
afterAll(() => stage.close());

it(
  'adds to what a channel has brought, once, and leaves what people wait for as it was',
  { timeout: PATIENCE },
  async () => {
    const { world } = stage;
    const contact = { externalId: 'customer-of-live', name: 'Asha' };
    const { conversationId } = await customerWrites(world, {
      conversationExternalId: 'live',
      externalId: 'live-2',
      text: 'Again me',
      contact,
    });
    const before = await stage.read('live');
    const line = conversation('live', {
      messages: [message('live-1', 0), message('live-2', 5), message('live-0', 0, { author: 'agent@acme.test' })],
    });
    const file = await stage.file('live.ndjson', [line]);
    expect(await stage.summary(file)).toMatchObject({
      code: 0,
      conversations: { extended: 1 },
      messages: { created: 2, unchanged: 1 },
      contacts: { created: 0 },
    });
    const after = await stage.read('live');
    for (const field of [
      'status',
      'botActive',
      'waitingSince',
      'lastActivityAt',
      'lastMessage',
      'firstResponseSeconds',
      'contact',
    ]) {
      expect([field, after[field]]).toEqual([field, before[field]]);
    }
    // And the other way round: what was imported is not taken from the channel again.
    expect(
      await customerWrites(world, {
        conversationExternalId: 'live',
        externalId: 'live-1',
        text: 'This is live-1',
        contact,
      }),
    ).toMatchObject({ duplicate: true, conversationId });

    const agent = await world.as('agent');
    const unread = async () =>
      (
        await agent.ask('query($id: ID!) { conversation(id: $id) { viewerState { unreadCount } } }', {
          id: conversationId,
        })
      ).conversation.viewerState.unreadCount;
    expect(await unread()).toBe(1);
    // What was imported stands behind what was received, and takes nothing away from what was read.
    await agent.ask(MARK_READ, { input: { conversationId, position: 2 } });
    expect(await unread()).toBe(0);
    await agent.ask(MARK_READ, { input: { conversationId } });
    expect(await unread()).toBe(0);
    await customerWrites(world, { conversationExternalId: 'live', externalId: 'live-3', contact });
    expect(await unread()).toBe(1);
    const stranger = await stage.file('stranger.ndjson', [
      { ...line, contact: { externalId: 'somebody-else' }, messages: [message('live-9', 1)] },
    ]);
    await stage.summary(stranger);
    expect((await stage.rejected(stranger))[0]!.reasons).toEqual(['contact: is not the contact of that conversation']);
  },
);

it('brings nothing of a contact back who was erased', { timeout: PATIENCE }, async () => {
  const line = conversation('erased', {
    contact: { externalId: 'c-erased', name: 'Erika Erased' },
    notes: [{ author: 'agent@acme.test', text: 'Erika called', at: at(9) }],
  });
  const file = await stage.file('erased.ndjson', [line]);
  await stage.summary(file);
  const { contact } = await stage.read('erased');
  const admin = await stage.world.as('admin');
  const { eraseContact } = await admin.ask(ERASE, { input: { contactId: contact.id, reason: 'They asked for it' } });
  expect(eraseContact).toMatchObject({ completed: true, messages: 2, notes: 1 });
  const counts = await stage.counts();
  expect(await stage.summary(file)).toMatchObject({ code: 0, conversations: { created: 0, unchanged: 1 } });
  const longer = await stage.file('erased-more.ndjson', [{ ...line, messages: [message('erased-9', 30)] }]);
  expect(await stage.summary(longer)).toMatchObject({ code: 6, rejected: 1 });
  expect((await stage.rejected(longer))[0]!.reasons).toEqual([
    'contact: was erased; nothing is added to what is left of their conversations',
  ]);
  expect(await stage.counts()).toEqual(counts);
  expect(await stage.verified()).toMatchObject({ valid: true, findings: [] });
});

it('adds nothing to a conversation that was deleted', { timeout: PATIENCE }, async () => {
  const line = conversation('deleted', { contact: { externalId: 'c-deleted', name: 'Della' } });
  const file = await stage.file('deleted.ndjson', [line]);
  await stage.summary(file);
  const { id: conversationId } = await stage.read('deleted');
  const admin = await stage.world.as('admin');
  await admin.ask(DELETE_CONVERSATION, { input: { conversationId, reason: 'A test' } });
  const counts = await stage.counts();
  for (const messages of [line.messages, [message('deleted-9', 30)]]) {
    const again = await stage.file('deleted-again.ndjson', [{ ...line, messages }]);
    expect(await stage.summary(again)).toMatchObject({ code: 6, rejected: 1 });
    expect((await stage.rejected(again))[0]!.reasons).toContain(
      'externalId: is that of a conversation that was deleted',
    );
  }
  expect(await stage.counts()).toEqual(counts);
});
