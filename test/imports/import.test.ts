import { readFile, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { followedBy } from '../support/live-view.js';
import { newestSequence } from '../support/operations.js';
import { createWorld, type World } from '../support/world.js';
import { at, conversation, ImportStage, message, PATIENCE } from './stage.js';

let stage: ImportStage;
let other: World;
beforeAll(async () => {
  stage = await ImportStage.open();
  other = await createWorld(stage.server, 'other');
}, PATIENCE);
afterAll(() => stage.close());

/** The events of the record after a sequence, oldest first, readings and sign-ins aside. */
async function eventsAfter(sequence: number) {
  const admin = await stage.world.as('admin');
  const { auditEvents } = await admin.ask(
    `{ auditEvents(first: 100, filter: { categories: [CONVERSATION, MESSAGE, NOTE, CONTACT, CONFIG, INTEGRATION] }) { nodes {
      sequence action occurredAt requestId summary actor { kind } target { type id } metadata } } }`,
  );
  return auditEvents.nodes.filter((event: { sequence: number }) => event.sequence > sequence).toReversed();
}

it(
  'brings a conversation in with its times, order and authors; live views follow it',
  { timeout: PATIENCE },
  async () => {
    const { ids } = stage.world;
    const elsewhere = await stage.counts(other.ids.workspace);
    const admin = await stage.world.as('admin');
    const agent = await stage.world.as('agent');
    const outsider = await stage.world.as('outsider');
    const before = await newestSequence(admin);
    const file = await stage.file('one.ndjson', [
      conversation('one', {
        subject: 'A late order',
        labels: ['vip', 'shipping', 'vip'],
        startedAt: '2023-03-01T11:01:00+02:00',
        // Newest first, as some export it.
        messages: [
          message('one-4', 9, { text: 'Thank you!' }),
          message('one-3', 7, { author: 'AGENT@acme.test', text: 'It left today.' }),
          message('one-2', 1, { author: 'bot', text: 'A person will answer.' }),
          message('one-1', 0, { text: 'Where is it?\nIt’s “late” 🙁 \\N {"a",NULL}' }),
        ],
        notes: [{ author: 'colleague@acme.test', text: 'The carrier lost it', at: at(8) }],
      }),
    ]);
    const done = await followedBy([admin, agent, outsider], () => stage.import(file));
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(done.stdout).toMatch(
      /^ {2}Conversations 1 created, 0 with more than before, 0 unchanged\n {2}Messages {6}4 created, 0 unchanged\n {2}Notes {9}1 created, 0 unchanged\n {2}Contacts {6}1 created\n {2}Rejected {6}0\n {2}Time {10}/,
    );

    const found = await stage.read('one');
    expect(found).toMatchObject({
      subject: 'A late order',
      status: 'RESOLVED',
      channel: 'WEB_CHAT',
      botActive: false,
      createdAt: at(0),
      lastActivityAt: at(9),
      resolvedAt: at(9),
      waitingSince: null,
      firstResponseSeconds: 7 * 60,
      assignee: null,
      team: { id: ids.support },
      viewerState: { unreadCount: 0 },
      lastMessage: { text: 'Thank you!' },
      inbox: { id: ids.inbox },
      contact: { displayName: 'Asha Rao', email: 'asha@example.com', externalId: 'customer-of-one' },
    });
    expect(found.labels.map(({ name }: { name: string }) => name).toSorted()).toEqual(['shipping', 'vip']);
    const contact = { __typename: 'Contact', id: found.contact.id };
    expect(found.transcript.nodes).toEqual([
      expect.objectContaining({
        position: 1,
        occurredAt: at(0),
        action: 'conversation.created',
        summary: `Conversation #${found.number} was imported`,
      }),
      expect.objectContaining({ position: 2, occurredAt: at(0), action: 'conversation.label_added' }),
      expect.objectContaining({
        position: 3,
        occurredAt: at(0),
        summary: `Conversation #${found.number} was imported with the label shipping`,
      }),
      {
        position: 4,
        occurredAt: at(0),
        actor: contact,
        text: 'Where is it?\nIt’s “late” 🙁 \\N {"a",NULL}',
        direction: 'INBOUND',
        externalId: 'one-1',
      },
      {
        position: 5,
        occurredAt: at(1),
        actor: { __typename: 'Bot', id: ids.bot },
        text: 'A person will answer.',
        direction: 'OUTBOUND',
        externalId: 'one-2',
      },
      {
        position: 6,
        occurredAt: at(7),
        actor: { __typename: 'Agent', id: ids.agents.agent },
        text: 'It left today.',
        direction: 'OUTBOUND',
        externalId: 'one-3',
      },
      {
        position: 7,
        occurredAt: at(8),
        actor: { __typename: 'Agent', id: ids.agents.colleague },
        note: 'The carrier lost it',
      },
      { position: 8, occurredAt: at(9), actor: contact, text: 'Thank you!', direction: 'INBOUND', externalId: 'one-4' },
    ]);

    // The record says that it was imported, not that the agents did it here today.
    const events = await eventsAfter(before);
    expect(events.map(({ action, occurredAt }: Record<string, string>) => [action, occurredAt]).slice(1, -1)).toEqual([
      ['contact.imported', at(0)],
      ['conversation.created', at(0)],
      ['conversation.label_added', at(0)],
      ['label.created', expect.any(String)],
      ['conversation.label_added', at(0)],
      ['message.imported', at(0)],
      ['message.imported', at(1)],
      ['message.imported', at(7)],
      ['note.created', at(8)],
      ['message.imported', at(9)],
    ]);
    expect(events[0]).toMatchObject({ action: 'import.started', metadata: { format: 'ndjson' } });
    expect(events.at(-1)).toMatchObject({
      action: 'import.completed',
      summary: 'The import into the inbox Web chat is done: 1 conversations, 4 messages and 1 notes are new',
      metadata: { format: 'ndjson', conversations: 1, extended: 0, contacts: 1, messages: 4, notes: 1, rejected: 0 },
    });
    expect(new Set(events.map(({ actor }: { actor: { kind: string } }) => actor.kind))).toEqual(new Set(['SYSTEM']));
    expect(new Set(events.map(({ requestId }: { requestId: string }) => requestId)).size).toBe(1);

    // Who may not see the inbox sees nothing of it, and who may not see notes no note.
    await expect(outsider.send('{ conversationByExternalId(externalId: "one") { id } }')).resolves.toMatchObject({
      data: { conversationByExternalId: null },
    });
    const key = stage.world.withKey('bot');
    const { conversationByExternalId: shown } = await key.ask(
      '{ conversationByExternalId(externalId: "one") { transcript(first: 50) { nodes { position ... on Note { note: text } } } } }',
    );
    expect(shown.transcript.nodes.filter(({ note }: { note?: string }) => note !== undefined)).toEqual([]);
    expect(await stage.counts(other.ids.workspace)).toEqual(elsewhere);
    expect(await stage.verified()).toMatchObject({ valid: true, findings: [] });
  },
);

it(
  'changes nothing when it is done again, and adds only what a longer line has more',
  { timeout: PATIENCE },
  async () => {
    const note = { author: 'agent@acme.test', text: 'Same time, first', at: at(2) };
    const line = conversation('again', { notes: [note, { ...note, text: 'Same time, second' }], labels: ['again'] });
    const file = await stage.file('again.ndjson', [line]);
    expect(await stage.summary(file)).toMatchObject({
      code: 0,
      messages: { created: 2, unchanged: 0 },
      notes: { created: 2 },
    });
    const admin = await stage.world.as('admin');
    const { conversationByExternalId: found } = await admin.ask(
      '{ conversationByExternalId(externalId: "again") { id labels { id } } }',
    );
    // What people do with it afterwards stays.
    await admin.ask('mutation($input: RemoveLabelsInput!) { removeLabels(input: $input) { conversation { id } } }', {
      input: { conversationId: found.id, labelIds: [found.labels[0].id] },
    });
    const counts = await stage.counts();
    const before = await newestSequence(admin);
    const again = await stage.import(file);
    expect(again).toMatchObject({ code: 0 });
    expect(again.stdout).toContain(
      'Nothing is new: nothing was changed.\n  Conversations 0 created, 0 with more than before, 1 unchanged\n',
    );
    expect(await stage.counts()).toEqual(counts);
    expect((await eventsAfter(before)).map(({ action }: { action: string }) => action)).toEqual([
      'import.started',
      'import.completed',
    ]);

    const longer = {
      ...line,
      contact: { ...(line['contact'] as object), phone: '+49 30 1234' },
      messages: [...(line['messages'] as object[]), message('again-3', 20), message('again-late', 1)],
      notes: [...(line['notes'] as object[]), { ...note, text: 'Same time, third' }],
    };
    const agent = await stage.world.as('agent');
    const summary = await followedBy([agent], async () => stage.summary(await stage.file('longer.ndjson', [longer])));
    expect(summary).toMatchObject({
      code: 0,
      conversations: { created: 0, extended: 1, unchanged: 0 },
      messages: { created: 2, unchanged: 2 },
      notes: { created: 1, unchanged: 2 },
      contacts: { created: 0 },
    });
    const { transcript, labels, lastMessage, status } = await stage.read('again');
    expect(transcript.nodes.flatMap(({ text, note: noted }: Record<string, string>) => text ?? noted ?? [])).toEqual([
      'Where is my order?',
      'Same time, first',
      'Same time, second',
      'On its way.',
      'This is again-late',
      'Same time, third',
      'This is again-3',
    ]);
    expect({ labels, lastMessage, status }).toEqual({
      labels: [],
      lastMessage: { text: 'This is again-3' },
      status: 'RESOLVED',
    });
    expect(await stage.verified()).toMatchObject({ valid: true });
  },
);

it('reads what is zipped, by its contents, and standard input', { timeout: PATIENCE }, async () => {
  const lines = Array.from({ length: 3 }, (_, n) => JSON.stringify(conversation(`zip-${n}`)));
  // The last line without its newline, the first behind a mark.
  await writeFile(stage.path('zipped'), gzipSync(`\uFEFF${lines.join('\n')}`));
  expect(await stage.summary(stage.path('zipped'))).toMatchObject({ code: 0, conversations: { created: 3 } });
  const piped = await stage.import(
    '-',
    ['--json', '--rejected', stage.path('piped.rejected')],
    `${lines.join('\n')}\nnonsense\n`,
  );
  expect(piped.code).toBe(6);
  expect(JSON.parse(piped.stdout)).toMatchObject({ conversations: { created: 0, unchanged: 3 }, rejected: 1 });
  expect(JSON.parse(await readFile(stage.path('piped.rejected'), 'utf8'))).toEqual({
    line: 4,
    reasons: ['the line: is not JSON'],
    content: 'nonsense',
  });

  const whole = gzipSync(`${lines.join('\n')}\n`);
  await writeFile(stage.path('cut.gz'), whole.subarray(0, whole.length - 12));
  const cut = await stage.import(stage.path('cut.gz'));
  expect(cut).toMatchObject({ code: 3, stdout: '' });
  expect(cut.stderr).toContain('unexpected end of file');
});
