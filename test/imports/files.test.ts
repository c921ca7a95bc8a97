import { mkdir, rm, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { picture } from '../../src/services/demo/picture.js';
import { paper } from '../../src/services/demo/paper.js';
import { tone } from '../../src/services/demo/tone.js';
import { contentDigest } from '../../src/services/record/content-digest.js';
import { sql } from '../../src/services/sql.js';
import { recording } from '../api/recorded.js';
import { CREATE_DOWNLOAD_LINK, ERASE } from '../security/details.js';
import { followedBy } from '../support/live-view.js';
import { sentIn, sha256, stored, states, type Sent } from './brought-files.js';
import { conversation, ImportStage, message, PATIENCE } from './stage.js';

let stage: ImportStage;
beforeAll(async () => {
  stage = await ImportStage.open({ MAX_IMAGE_BYTES: '1000', MAX_FILE_BYTES: '2000' });
  await mkdir(stage.path('files/deep'), { recursive: true });
  await writeFile(stage.path('files/photo.png'), PNG);
  await writeFile(stage.path('files/deep/tone.wav'), WAV);
  await writeFile(stage.path('files/page.pdf'), PDF);
}, PATIENCE);
afterAll(() => stage.close());

const PNG = picture().bytes;
const WAV = tone(0.5, 440);
const PDF = paper('Thank you');
it('brings files with their messages, as uploaded ones are, each on the record', { timeout: PATIENCE }, async () => {
  const file = await stage.file('one.ndjson', [
    conversation('one', {
      messages: [
        message('one-1', 0, {
          text: undefined,
          attachments: [
            { file: 'files/photo.png', name: 'Rechnung für Zoë.png', recording: true },
            { file: 'files/deep/tone.wav', recording: true, durationSeconds: 0.5 },
          ],
        }),
        message('one-2', 1, { author: 'agent@acme.test', attachments: [{ file: './files/page.pdf' }] }),
        message('one-3', 2),
      ],
    }),
  ]);
  const before = [await stored(stage), await states(stage)] as const;
  const dry = await stage.summary(file, ['--dry-run']);
  expect(dry).toMatchObject({ code: 0, messages: { created: 3 }, files: { created: 3, leftOut: 0 } });
  expect([await stored(stage), await states(stage)]).toEqual(before);

  const [admin, agent] = [await stage.world.as('admin'), await stage.world.as('agent')];
  const viewers = [admin, agent, await stage.world.as('outsider')];
  const { result, events } = await recording(admin, () => followedBy(viewers, () => stage.import(file)));
  expect(result).toMatchObject({ code: 0, stderr: '' });
  expect(result.stdout).toContain('  Files         3 created, 0 left out\n');
  const sent = await sentIn(stage, 'one');
  const id = expect.any(String);
  expect(sent).toEqual([
    {
      id,
      text: '',
      attachments: [
        {
          id,
          kind: 'IMAGE',
          fileName: 'Rechnung für Zoë.png',
          contentType: 'image/png',
          byteSize: PNG.length,
          sha256: sha256(PNG),
          durationSeconds: null,
        },
        {
          id,
          kind: 'RECORDING',
          fileName: 'tone.wav',
          contentType: 'audio/wav',
          byteSize: WAV.length,
          sha256: sha256(WAV),
          durationSeconds: 0.5,
        },
      ],
    },
    {
      id,
      text: 'This is one-2',
      attachments: [
        {
          id,
          kind: 'FILE',
          fileName: 'page.pdf',
          contentType: 'application/pdf',
          byteSize: PDF.length,
          sha256: sha256(PDF),
          durationSeconds: null,
        },
      ],
    },
    { id, text: 'This is one-3', attachments: [] },
  ]);

  expect(events.map(({ action }) => action)).toEqual([
    'import.started',
    'attachment.upload_started',
    'attachment.upload_started',
    'attachment.upload_started',
    'contact.imported',
    'conversation.created',
    'attachment.uploaded',
    'attachment.uploaded',
    'message.imported',
    'attachment.uploaded',
    'message.imported',
    'message.imported',
    'import.completed',
  ]);
  expect(new Set(events.map(({ actor }) => actor.kind))).toEqual(new Set(['SYSTEM']));
  expect(events[6]).toMatchObject({
    target: { type: 'attachment', id: sent[0]!.attachments[0]!.id, label: 'a file' },
    metadata: { kind: 'IMAGE', contentType: 'image/png', bytes: PNG.length },
  });
  expect(events.at(-1)!.metadata).toMatchObject({ messages: 3, files: 3 });
  const ids = sent.flatMap(({ attachments }) => attachments.map((attachment) => attachment.id));
  const there = [...before[0], ...ids].toSorted();
  expect(await stored(stage)).toEqual(there);

  // The event of the message has the digest of each file under its salt.
  const [said] = await stage.server.app.db.rows<{ body: string; salts: string[] }>(sql`
    select b.body, (select array_agg(a.salt order by a.position) from attachment a
      where a.workspace_id = b.workspace_id and a.message_id = ${sent[0]!.id}) as salts
    from record_body b where b.workspace_id = ${stage.world.ids.workspace} and b.action = 'message.imported'
      and b.target_id = ${sent[0]!.id}`);
  expect(JSON.parse(said!.body).content.slice(1)).toEqual(
    [PNG, WAV].map((bytes, n) => ({ message: ids[n], digest: contentDigest(sha256(bytes), said!.salts[n]!) })),
  );
  expect(await stage.verified()).toMatchObject({ valid: true, findings: [] });

  const { createDownloadLink } = await agent.ask(CREATE_DOWNLOAD_LINK, { input: { attachmentId: ids[1] } });
  const answer = await fetch(createDownloadLink.url);
  expect([answer.status, Buffer.from(await answer.arrayBuffer())]).toEqual([200, WAV]);
  const outsider = await stage.world.as('outsider');
  const refused = await outsider.refused(CREATE_DOWNLOAD_LINK, { input: { attachmentId: ids[1] } });
  expect(refused.extensions.code).toBe('NOT_FOUND');

  // Done again it changes nothing, also when the files have gone meanwhile: they are not looked for.
  await rm(stage.path('files/page.pdf'));
  const again = await stage.summary(file);
  await writeFile(stage.path('files/page.pdf'), PDF);
  expect(again).toMatchObject({ code: 0, messages: { created: 0, unchanged: 3 }, files: { created: 0, leftOut: 0 } });
  expect([await stored(stage), await sentIn(stage, 'one')]).toEqual([there, sent]);
});

it('takes files of standard input only from a folder that is named', { timeout: PATIENCE }, async () => {
  const attachments = [{ file: 'photo.png' }];
  const line = JSON.stringify(conversation('piped', { messages: [message('piped-1', 0, { attachments })] }));
  const args = ['--json', '--rejected', stage.path('piped.ndjson.rejected.ndjson')];
  const without = await stage.import('-', args, `${line}\n`);
  expect([without.code, (await stage.rejected(stage.path('piped.ndjson')))[0]!.reasons]).toEqual([
    6,
    ['messages.0.attachments.0.file: needs a folder: name it by --files'],
  ]);
  const given = await stage.import('-', [...args, '--files', stage.path('files')], `${line}\n`);
  expect(JSON.parse(given.stdout)).toMatchObject({ messages: { created: 1 }, files: { created: 1 } });
  const nowhere = await stage.import('-', [...args, '--files', stage.path('nowhere')], `${line}\n`);
  expect(nowhere).toMatchObject({ code: 2, stderr: 'files: is no folder\n' });
  const mbox = await stage.import('-', ['--format', 'mbox', '--files', stage.path('files')], '', 'E-mail');
  expect(mbox).toMatchObject({ code: 2, stderr: 'files: is for other formats: mails have their files in them\n' });
});

it('takes a message without its files where it says what stands in their place', { timeout: PATIENCE }, async () => {
  const files = [{ file: 'files/photo.png' }, { file: 'files/missing.png' }];
  const file = await stage.file('instead.ndjson', [
    conversation('instead', {
      messages: [
        message('instead-1', 0, { text: 'See', attachments: files, textWithoutFiles: '[photo] See' }),
        message('instead-2', 1, { text: 'See', attachments: [files[0]], textWithoutFiles: '[photo] See' }),
      ],
    }),
  ]);
  for (const args of [['--dry-run'], []])
    expect(await stage.summary(file, args)).toMatchObject({ code: 0, files: { created: 1, leftOut: 2 }, rejected: 0 });
  expect((await sentIn(stage, 'instead')).map(({ text, attachments }) => [text, attachments.length])).toEqual([
    ['[photo] See', 0],
    ['See', 1],
  ]);
  // What was written without stays so: it is there.
  await writeFile(stage.path('files/missing.png'), PNG);
  expect(await stage.summary(file)).toMatchObject({ code: 0, messages: { unchanged: 2 }, files: { created: 0 } });
});

it('erases the files of a contact, and brings none of them back', { timeout: PATIENCE }, async () => {
  const line = conversation('erased', {
    contact: { externalId: 'c-erased', name: 'Erika' },
    messages: [message('erased-1', 0, { attachments: [{ file: 'files/photo.png', name: 'Erika.png' }] })],
  });
  const file = await stage.file('erased.ndjson', [line]);
  await stage.summary(file);
  const [{ attachments }] = (await sentIn(stage, 'erased')) as [Sent];
  const before = await stored(stage);
  expect(before).toContain(attachments[0]!.id);
  const { contact } = await stage.read('erased');
  const admin = await stage.world.as('admin');
  const { eraseContact } = await admin.ask(ERASE, { input: { contactId: contact.id, reason: 'They asked for it' } });
  expect(eraseContact).toMatchObject({ completed: true, messages: 1 });
  expect(await stored(stage)).toEqual(before.filter((id) => id !== attachments[0]!.id));
  expect(await stage.summary(file)).toMatchObject({ code: 0, messages: { created: 0 }, files: { created: 0 } });
  const gone = await admin.refused(CREATE_DOWNLOAD_LINK, { input: { attachmentId: attachments[0]!.id } });
  expect(gone.extensions.code).toBe('NOT_FOUND');
  expect(await stage.verified()).toMatchObject({ valid: true, findings: [] });
});
