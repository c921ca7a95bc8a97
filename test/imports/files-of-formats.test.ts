import { mkdir, mkdtemp, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { commit } from '../../src/services/commit.js';
import { paper } from '../../src/services/demo/paper.js';
import { picture } from '../../src/services/demo/picture.js';
import { tone } from '../../src/services/demo/tone.js';
import { newId } from '../../src/services/ids.js';
import { systemPrincipal } from '../../src/services/principal.js';
import { addInbox } from '../../src/services/workspaces/add-inbox.js';
import { runCli } from '../cli/run-cli.js';
import { ImportStage, PATIENCE } from './stage.js';

let stage: ImportStage;
beforeAll(async () => {
  stage = await ImportStage.open();
  const { app } = stage.server;
  const request = { id: newId(), ipAddress: null, userAgent: null };
  const call = { app, principal: systemPrincipal(stage.world.ids.workspace), request };
  await commit(call, async (tx) => addInbox(tx, { name: 'Archive', channel: 'API' }));
}, PATIENCE);
afterAll(() => stage.close());

/** What was said in a conversation, and the kinds and names of the files with it. */
async function saidWith(externalId: string): Promise<[string, string[]][]> {
  const admin = await stage.world.as('admin');
  const { conversationByExternalId } = await admin.ask(
    `query($id: String!) { conversationByExternalId(externalId: $id) { messages(first: 50) { nodes { text
      attachments { kind fileName durationSeconds } } } } }`,
    { id: externalId },
  );
  return conversationByExternalId.messages.nodes.map(
    ({ text, attachments }: { text: string; attachments: Record<string, string>[] }) => [
      text,
      attachments.map(({ kind, fileName, durationSeconds }) => `${kind} ${fileName} ${durationSeconds}`),
    ],
  );
}

it('brings the files of a chat of Telegram that were exported with it', { timeout: PATIENCE }, async () => {
  await mkdir(stage.path('tg/photos'), { recursive: true });
  await writeFile(stage.path('tg/photos/photo_1.png'), picture().bytes);
  await writeFile(stage.path('tg/voice.wav'), tone(1, 440));
  await writeFile(stage.path('tg/empty.pdf'), '');
  const said = [
    { text: 'See', photo: 'photos/photo_1.png' },
    { text: '', file: 'voice.wav', media_type: 'voice_message', mime_type: 'audio/wav', duration_seconds: 1 },
    { text: '', file: 'empty.pdf', file_name: 'empty.pdf' },
    { text: 'Not there', photo: 'photos/photo_2.png' },
    { text: '', file: '(File not included. Change data exporting settings to download.)', file_name: 'x.pdf' },
    { text: '', file: '../formats.test.ts' },
  ];
  const messages = said.map((more, id) => {
    const by = { from: 'Dina', from_id: 'user5' };
    return { id, type: 'message', date_unixtime: `${1_640_985_300 + id}`, ...by, ...more };
  });
  const file = await stage.file('tg/result.json', [{ name: 'Dina', type: 'personal_chat', id: 55, messages }]);
  const figures = { messages: { created: 6 }, files: { created: 2, leftOut: 3 }, rejected: 0 };
  const args = ['--format', 'telegram'];
  expect(await stage.summary(file, [...args, '--dry-run'], 'Archive')).toMatchObject({ code: 0, ...figures });
  expect(await stage.summary(file, args, 'Archive')).toMatchObject({ code: 0, ...figures });
  expect(await saidWith('telegram:55')).toEqual([
    ['See', ['IMAGE photo_1.png null']],
    ['', ['AUDIO voice.wav 1']],
    ['[file: empty.pdf]', []],
    ['[photo]\nNot there', []],
    ['[file: x.pdf]', []],
    ['[file]', []],
  ]);
});

it('brings the files beside a chat of WhatsApp, from the folder that is named', { timeout: PATIENCE }, async () => {
  await mkdir(stage.path('wa'), { recursive: true });
  await writeFile(stage.path('wa/IMG-20220213-WA0001.png'), picture().bytes);
  const lines = [
    'IMG-20220213-WA0001.png (file attached)',
    'IMG-20220213-WA0002.png (file attached)',
    '<Media omitted>',
  ];
  const text = lines.map((line) => `13/02/2022, 09:00 - Dina: ${line}`).join('\n');
  const args = ['--format', 'whatsapp', '--json', '--rejected', stage.path('none'), '--files', stage.path('wa')];
  const piped = await stage.import('-', args, text, 'Archive');
  expect(JSON.parse(piped.stdout)).toMatchObject({ files: { created: 1, leftOut: 1 }, messages: { created: 3 } });
  const admin = await stage.world.as('admin');
  const { searchMessages } = await admin.ask(
    '{ searchMessages(query: "omitted") { nodes { conversation { externalId } } } }',
  );
  expect(await saidWith(searchMessages.nodes[0].conversation.externalId)).toEqual([
    ['', ['IMAGE IMG-20220213-WA0001.png null']],
    ['IMG-20220213-WA0002.png (file attached)', []],
    ['<Media omitted>', []],
  ]);
});

it(
  'refuses a chat whose files may be there, rather than to bring it without them for good',
  { timeout: PATIENCE },
  async () => {
    const by = { from: 'Dina', from_id: 'user5' };
    const messages = [
      { id: 1, type: 'message', date_unixtime: '1640985300', text: 'See', photo: 'photos/photo_1.png', ...by },
    ];
    const text = JSON.stringify({ name: 'Dina', type: 'personal_chat', id: 56, messages });
    const rejected = stage.path('without-folder');
    const piped = await stage.import('-', ['--format', 'telegram', '--json', '--rejected', rejected], text, 'Archive');
    expect(piped.code).toBe(6);
    expect(JSON.parse(piped.stdout)).toMatchObject({
      conversations: { created: 0 },
      files: { created: 0, leftOut: 0 },
      rejected: 1,
    });
    expect(JSON.parse(await readFile(rejected, 'utf8'))).toMatchObject({
      reasons: ['messages.0.attachments.0.file: needs a folder: name it by --files'],
    });
  },
);

it('brings the files of mails, and leaves no copy of them behind', { timeout: PATIENCE }, async () => {
  const part = (headers: string, bytes: Buffer) =>
    `--x\nContent-Transfer-Encoding: base64\n${headers}\n\n${bytes.toString('base64')}\n`;
  const mail = [
    'From x Mon Jan  3 08:00:00 2022',
    'From: dina@example.com\nTo: support@acme.test\nMessage-ID: <files>\nDate: Mon, 3 Jan 2022 08:00:00 +0000',
    'MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n',
    '--x\nContent-Type: text/html\n\n<p>My bill</p><img src="cid:logo">',
    part('Content-Type: image/png\nContent-ID: <logo>', picture().bytes),
    part('Content-Type: application/pdf\nContent-Disposition: attachment; filename="bill.pdf"', paper('A bill')),
    '--x--\n',
  ];
  const file = await stage.file('files.mbox', [mail.join('\n')]);
  const tmp = await mkdtemp(join(stage.directory, 'tmp-'));
  const env = { ...stage.env, TMPDIR: tmp };
  const args = ['import', file, '--format', 'mbox', '--workspace', stage.world.slug, '--inbox', 'E-mail', '--json'];
  const done = await runCli(args, env);
  expect(JSON.parse(done.stdout)).toMatchObject({ messages: { created: 1 }, files: { created: 2, leftOut: 0 } });
  expect(await saidWith('files')).toEqual([['My bill', ['FILE bill.pdf null', 'IMAGE image.png null']]]);
  expect(await readdir(tmp)).toEqual([]);
});
