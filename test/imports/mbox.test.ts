import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ConversationText } from '../../src/services/imports/import-line.js';
import { MailFolder } from '../../src/services/imports/formats/mail-files.js';
import { mboxLines } from '../../src/services/imports/formats/mbox.js';
import { agentsOf } from '../../src/services/imports/source.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'verbatim-mbox-'));
});
afterAll(() => rm(directory, { recursive: true }));

const agents = agentsOf([['support@acme.test', 'bo@acme.test']], new Set(['kim@acme.test']));
let files = 0;

const LIMITS = { IMAGE: 100, AUDIO: 100, VIDEO: 100, FILE: 100, RECORDING: 100 };

async function read(text: string | Buffer) {
  const file = join(directory, `${(files += 1)}.mbox`);
  await writeFile(file, text);
  const within = await mkdtemp(join(directory, 'files-'));
  const leftOut = { count: 0, files: 0 };
  const laid = await MailFolder.open(within, LIMITS, leftOut);
  const found: ConversationText[] = [];
  const faults: unknown[] = [];
  for await (const { number, faults: wrong, value } of mboxLines(file, agents, laid)) {
    if (wrong) faults.push([number, ...wrong]);
    else found.push(value as ConversationText);
  }
  return { found, faults, leftOut, folder: laid.folder };
}

const mail = (headers: Record<string, string>, body: string): string =>
  `From someone Mon Jan  3 08:00:00 2022\n${Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('')}\n${body}\n\n`;

const first = mail(
  {
    From: '=?utf-8?q?Asha_R=C3=A1o?= <Asha@Example.com>',
    To: 'support@acme.test',
    Subject: '=?iso-8859-1?q?Bestellung_f=FCr_Sie?=',
    Date: 'Mon, 3 Jan 2022 10:00:00 +0200',
    'Message-ID': '<a@example.com>',
    'Content-Type': 'text/plain; charset=iso-8859-1',
    'Content-Transfer-Encoding': 'quoted-printable',
  },
  'Wo ist sie? Gr=FC=DFe\n>From here on it was late\n>>From there too\n\nFrom what I see it is lost',
);
const answer = mail(
  {
    From: 'Acme Support <support@acme.test>',
    To: 'asha@example.com',
    Subject: 'Re: Bestellung',
    Date: 'Mon, 3 Jan 2022 09:00:00 +0000',
    'Message-ID': '<b@acme.test>',
    'In-Reply-To': '<a@example.com>',
    'Content-Type': 'multipart/mixed; boundary=x',
  },
  [
    '--x',
    'Content-Type: text/html; charset=utf-8',
    '',
    '<p>It is <b>here</b>.</p><blockquote>Wo ist sie?</blockquote><img src="x.png">',
    '--x',
    'Content-Type: application/pdf; name="bill.pdf"',
    'Content-Disposition: attachment; filename="bill.pdf"',
    'Content-Transfer-Encoding: base64',
    '',
    'JVBERi0=',
    '--x--',
  ].join('\n'),
);
const third = mail(
  {
    From: 'Chen <chen@example.com>',
    To: 'support@acme.test, asha@example.com',
    Date: 'Tue, 4 Jan 2022 09:00:00 +0000',
    'Message-ID': '<c@example.com>',
    References: '<a@example.com>\n <b@acme.test>',
  },
  'I am copied in.\n\n> It is here.\n> > Wo ist sie?',
);
const apart = mail(
  { From: 'kim@acme.test', To: 'Dina <dina@example.com>', Date: 'Wed, 5 Jan 2022 09:00:00 +0000', Subject: 'Hello' },
  'Are you well?',
);

it('puts what answers each other together, in the order of its dates, however the mails lie', async () => {
  for (const order of [
    [first, answer, third, apart],
    [third, apart, answer, first],
  ]) {
    const { found, faults } = await read(order.join(''));
    expect(faults).toEqual([]);
    const [thread, ...others] = found.toSorted((one, two) => two.messages!.length - one.messages!.length);
    expect(thread).toEqual({
      externalId: 'a@example.com',
      channel: 'EMAIL',
      subject: 'Bestellung für Sie',
      contact: { email: 'asha@example.com', name: 'Asha Ráo' },
      messages: [
        {
          externalId: 'a@example.com',
          author: 'contact',
          text: 'Wo ist sie? Grüße\nFrom here on it was late\n>From there too\n\nFrom what I see it is lost',
          at: '2022-01-03T08:00:00.000Z',
        },
        {
          externalId: 'b@acme.test',
          author: 'bo@acme.test',
          text: expect.stringMatching(/^It is here\.\s+> Wo ist sie\?$/),
          attachments: [{ file: expect.stringMatching(/^[12345]-1$/), name: 'bill.pdf' }],
          at: '2022-01-03T09:00:00.000Z',
        },
        {
          externalId: 'c@example.com',
          author: 'contact',
          text: 'From: Chen <chen@example.com>\n\nI am copied in.\n\n> It is here.\n> > Wo ist sie?',
          at: '2022-01-04T09:00:00.000Z',
        },
      ],
    });
    // Who is written to is the contact where nobody else has written; without an id it is known by what it is.
    expect(others).toMatchObject([
      {
        subject: 'Hello',
        contact: { email: 'dina@example.com', name: 'Dina' },
        messages: [{ externalId: expect.stringMatching(/^mbox:/), author: 'kim@acme.test', text: 'Are you well?' }],
      },
    ]);
  }
});

it('reads lines that end as Windows ends them, and no mail twice', async () => {
  const { found } = await read([answer, apart].join('').replaceAll('\n', '\r\n'));
  expect(found.map(({ messages }) => messages!.length)).toEqual([1, 1]);
  expect(found[0]!.externalId).toBe('a@example.com');
});

it('refuses a mail that nobody can place, by its number, and takes the others', async () => {
  const within = mail({ From: 'kim@acme.test', To: 'support@acme.test', Date: 'Wed, 5 Jan 2022 09:00:00 +0000' }, 'Us');
  const undated = mail({ From: 'dina@example.com', To: 'kim@acme.test', Date: 'someday' }, 'When?');
  const senderless = mail({ To: 'dina@example.com', Date: 'Wed, 5 Jan 2022 09:00:00 +0000' }, 'Who?');
  const { found, faults } = await read([within, undated, senderless, apart].join(''));
  expect(faults).toEqual([
    [1, 'contact: nobody in it is anybody but an agent'],
    [2, 'date: there is none, or nobody can read it'],
    [3, 'from: there is no sender'],
  ]);
  expect(found).toHaveLength(1);
  await expect(read('Dear all,\n\nFrom is no mail')).rejects.toThrow('file: is not an mbox');
});

it('lays what is attached, and the pictures in a text, into a private folder; the rest keeps its name', async () => {
  const part = (headers: string, bytes: Buffer) =>
    `--x\nContent-Transfer-Encoding: base64\n${headers}\n\n${bytes.toString('base64')}\n`;
  const attached = (name: string, bytes: Buffer) =>
    part(`Content-Type: application/pdf\nContent-Disposition: attachment; filename="${name}"`, bytes);
  const inline = (bytes: Buffer) => part('Content-Type: image/png\nContent-ID: <logo@x>', bytes);
  const headers = {
    From: 'dina@example.com',
    To: 'kim@acme.test',
    Date: 'Wed, 5 Jan 2022 09:00:00 +0000',
    'Content-Type': 'multipart/related; boundary=x',
  };
  const picture = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
  const parts = [
    inline(picture),
    inline(Buffer.alloc(0)),
    attached('../bill.pdf', Buffer.from('%PDF-1')),
    attached('large.pdf', Buffer.alloc(101, '%PDF-')),
  ];
  const { found, leftOut, folder } = await read(mail(headers, `${parts.join('')}--x--`));
  expect(found[0]!.messages).toMatchObject([
    {
      text: '[attachment: large.pdf]',
      attachments: [
        { file: '1-1', name: '.._bill.pdf' },
        { file: '1-3', name: 'image.png' },
      ],
    },
  ]);
  expect(leftOut).toEqual({ count: 0, files: 2 });
  expect((await readdir(folder)).toSorted()).toEqual(['1-1', '1-3']);
  expect(await readFile(join(folder, '1-3'))).toEqual(picture);
  expect([(await stat(folder)).mode & 0o777, (await stat(join(folder, '1-1'))).mode & 0o777]).toEqual([0o700, 0o600]);

  // Of more than a message may have only the names are kept, and a message may be nothing but files.
  const many = Array.from({ length: 11 }, (_, n) => attached(`${n}.pdf`, Buffer.from('%PDF-1')));
  const { found: both } = await read(mail(headers, `${many.join('')}--x--`) + mail(headers, `${many[0]!}--x--`));
  const messages = both.flatMap((line) => line.messages!);
  expect(messages.map(({ text, attachments }) => [text, attachments!.length])).toEqual([
    ['[attachment: 10.pdf]', 10],
    ['', 1],
  ]);
});
