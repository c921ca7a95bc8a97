import { writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { commit } from '../../src/services/commit.js';
import { newId } from '../../src/services/ids.js';
import { systemPrincipal } from '../../src/services/principal.js';
import { addInbox } from '../../src/services/workspaces/add-inbox.js';
import { customerWrites } from '../support/operations.js';
import { ImportStage, PATIENCE } from './stage.js';

let stage: ImportStage;
let telegramInbox: string;
beforeAll(async () => {
  stage = await ImportStage.open();
  const { app } = stage.server;
  const request = { id: newId(), ipAddress: null, userAgent: null };
  const call = { app, principal: systemPrincipal(stage.world.ids.workspace), request };
  telegramInbox = await commit(call, async (tx) => {
    await addInbox(tx, { name: 'Archive', channel: 'API' });
    return addInbox(tx, { name: 'Telegram', channel: 'TELEGRAM' });
  });
}, PATIENCE);
afterAll(() => stage.close());

const texts = async (externalId: string) =>
  (await stage.read(externalId)).transcript.nodes.flatMap(
    ({ text, occurredAt, actor }: { text?: string; occurredAt: string; actor: { __typename: string } }) =>
      text ? [[actor.__typename, occurredAt, text]] : [],
  );

it('imports a chat of Telegram, whose contact is known when they write again', { timeout: PATIENCE }, async () => {
  const message = (id: number, from: string, text: string) => ({
    id,
    type: 'message',
    date_unixtime: `${1_640_985_300 + id}`,
    from,
    from_id: `user${from.length}`,
    text,
  });
  const messages = [
    message(1, 'Chen', 'Hello'),
    message(2, 'Bo Tanaka', 'Hi'),
    { id: 3, type: 'service', action: 'phone_call' },
  ];
  const file = await stage.file('result.json', [{ name: 'Chen', type: 'personal_chat', id: 123, messages }]);
  const args = ['--format', 'telegram', '--agent', 'bo tanaka=Agent@acme.test'];
  const summary = await stage.summary(file, args, 'Telegram');
  expect(summary).toMatchObject({ code: 0, messages: { created: 2 }, leftOut: 1, rejected: 0 });
  expect(await texts('telegram:123')).toEqual([
    ['Contact', '2021-12-31T21:15:01.000Z', 'Hello'],
    ['Agent', '2021-12-31T21:15:02.000Z', 'Hi'],
  ]);
  expect(await stage.summary(file, args, 'Telegram')).toMatchObject({ messages: { created: 0, unchanged: 2 } });
  const before = await stage.counts();
  const again = { inboxId: telegramInbox, contact: { address: '123' }, conversationExternalId: 'telegram:123' };
  await customerWrites(stage.world, again);
  expect(await stage.counts()).toMatchObject({ contact: before['contact'], conversation: before['conversation'] });
  expect(await stage.read('telegram:123')).toMatchObject({ status: 'OPEN', viewerState: { unreadCount: 1 } });
});

it(
  'imports a zipped chat of WhatsApp from standard input, in the zone that is asked for',
  { timeout: PATIENCE },
  async () => {
    const file = stage.path('chat.gz');
    await writeFile(file, gzipSync('31/12/2021, 21:15 - Asha: Hello\nand more\n31/12/2021, 21:16 - Bo: Hi\n'));
    const args = ['--format', 'whatsapp', '--time-zone', 'Europe/Berlin', '--agent', 'Bo=agent@acme.test'];
    expect(await stage.summary(file, args, 'Archive')).toMatchObject({ code: 0, messages: { created: 2 } });
    const piped = await stage.import(
      '-',
      ['--json', '--rejected', stage.path('none'), ...args],
      '31/12/2021, 21:15 - Asha: Hello\nand more\n31/12/2021, 21:16 - Bo: Hi\n1/1/2022, 08:00 - Asha: Thanks\n',
      'Archive',
    );
    expect(JSON.parse(piped.stdout)).toMatchObject({
      conversations: { extended: 1 },
      messages: { created: 1, unchanged: 2 },
    });
    const admin = await stage.world.as('admin');
    const { conversations } = await admin.ask(
      '{ conversations(filter: { channels: [WHATSAPP] }, first: 5) { nodes { externalId } } }',
    );
    expect(await texts(conversations.nodes[0].externalId)).toEqual([
      ['Contact', '2021-12-31T20:15:00.000Z', 'Hello\nand more'],
      ['Agent', '2021-12-31T20:16:00.000Z', 'Hi'],
      ['Contact', '2022-01-01T07:00:00.000Z', 'Thanks'],
    ]);
  },
);

it('imports mails, whose sender is the contact that the channel knows', { timeout: PATIENCE }, async () => {
  await customerWrites(stage.world, { inboxId: stage.world.ids.emailInbox, contact: { address: 'asha@example.com' } });
  const before = await stage.counts();
  const mail = (from: string, id: string, more: string, text: string) =>
    `From x Mon Jan  3 08:00:00 2022\nFrom: ${from}\nTo: support@acme.test\nSubject: Order\nMessage-ID: <${id}>\n${more}\n\n${text}\n`;
  const file = await stage.file('mails.mbox', [
    mail('agent@acme.test', 'm2', 'In-Reply-To: <m1>\nDate: Mon, 3 Jan 2022 09:00:00 +0000', 'It is here.'),
    mail('Asha <asha@example.com>', 'm1', 'Date: Mon, 3 Jan 2022 08:00:00 +0000', 'Where?'),
    mail('Asha <asha@example.com>', 'm0', 'Date: nobody knows', 'Lost'),
  ]);
  expect(await stage.summary(file, ['--format', 'mbox'], 'E-mail')).toMatchObject({
    code: 6,
    conversations: { created: 1 },
    contacts: { created: 0 },
    rejected: 1,
  });
  expect(await texts('m1')).toEqual([
    ['Contact', '2022-01-03T08:00:00.000Z', 'Where?'],
    ['Agent', '2022-01-03T09:00:00.000Z', 'It is here.'],
  ]);
  expect(await stage.counts()).toMatchObject({ contact: before['contact'], message: before['message']! + 2 });
});

it('refuses what does not fit the inbox, and agents whom nobody knows', { timeout: PATIENCE }, async () => {
  const file = await stage.file('any.json', [{}]);
  const wrong = await stage.import(file, ['--format', 'telegram']);
  expect(wrong).toMatchObject({ code: 2, stdout: '' });
  expect(wrong.stderr).toContain('inbox: is of WEB_CHAT; telegram needs one of TELEGRAM or API');
  const unknown = await stage.import(
    file,
    ['--format', 'telegram', '--agent', 'Bo=who@acme.test'],
    undefined,
    'Telegram',
  );
  expect(unknown.stderr).toContain('agent: Bo: there is no agent who@acme.test');
  const zone = await stage.import(file, ['--format', 'telegram', '--time-zone', 'Moon'], undefined, 'Telegram');
  expect(zone.stderr).toContain('timeZone: must be a time zone');
  const empty = await stage.import(file, ['--format', 'telegram'], undefined, 'Telegram');
  expect(empty).toMatchObject({ code: 2, stderr: 'file: is not an export of Telegram Desktop: it has no messages\n' });
});
