import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ConversationText } from '../../src/services/imports/import-line.js';
import { whatsappLines } from '../../src/services/imports/formats/whatsapp.js';
import { ImportInput } from '../../src/services/imports/import-input.js';
import { agentsOf } from '../../src/services/imports/source.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'verbatim-whatsapp-'));
});
afterAll(() => rm(directory, { recursive: true }));

const agents = agentsOf([['Bo Tanaka', 'bo@acme.test']], new Set());
let files = 0;

async function read(lines: string[], options: { timeZone?: string; dateOrder?: 'dmy' | 'mdy' | 'ymd' } = {}) {
  const file = join(directory, `${(files += 1)}.txt`);
  await writeFile(file, lines.join('\n'));
  const leftOut = { count: 0, files: 0 };
  const input = await ImportInput.open(file, process.stdin);
  const asked = { timeZone: options.timeZone ?? 'UTC', dateOrder: options.dateOrder };
  const found: ConversationText[] = [];
  const faults: unknown[] = [];
  for await (const line of await whatsappLines(input, agents, asked, leftOut)) {
    if (line.faults) faults.push([line.number, ...line.faults]);
    else found.push(line.value as ConversationText);
  }
  const messages = found.flatMap((line) => line.messages ?? []);
  return {
    found,
    faults,
    leftOut: leftOut.count,
    said: messages.map(({ at, author, text }) => [at, author, text]),
    messages,
  };
}

it('reads what an Android telephone writes: lines that go on, media, and what nobody wrote', async () => {
  const { found, said, leftOut, messages } = await read([
    '31/12/2021, 21:14 - Messages and calls are end-to-end encrypted. No one outside of this chat can read them.',
    '31/12/2021, 21:15 - Asha Rao: Hello: is anybody there?',
    'I have a question',
    '',
    '- about 1/2 of it',
    '31/12/2021, 21:15 - Asha Rao: <Media omitted>',
    '31/12/2021, 21:15 - Asha Rao: <Media omitted>',
    '01/01/2022, 09:03 - Bo Tanaka: Happy new year! 🎉',
    '01/01/2022, 09:04 - Bo Tanaka:',
  ]);
  expect(said).toEqual([
    ['2021-12-31T21:15:00.000Z', 'contact', 'Hello: is anybody there?\nI have a question\n\n- about 1/2 of it'],
    ['2021-12-31T21:15:00.000Z', 'contact', '<Media omitted>'],
    ['2021-12-31T21:15:00.000Z', 'contact', '<Media omitted>'],
    ['2022-01-01T09:03:00.000Z', 'bo@acme.test', 'Happy new year! 🎉'],
    ['2022-01-01T09:04:00.000Z', 'bo@acme.test', '[no text]'],
  ]);
  expect(leftOut).toBe(1);
  expect(found).toMatchObject([{ channel: 'WHATSAPP', contact: { name: 'Asha Rao', phone: null } }]);
  // Two alike of one minute are two.
  expect(new Set(messages.map(({ externalId }) => externalId)).size).toBe(5);
});

it.each([
  [
    'an iPhone, with marks',
    '\u200e[13.02.22, 09:05:07] Asha: \u200eimage omitted',
    '2022-02-13T09:05:07.000Z',
    'image omitted',
  ],
  ['an iPhone, of twelve hours', '[2/13/22, 9:05:07\u202fPM] Asha: Hi', '2022-02-13T21:05:07.000Z', 'Hi'],
  ['Android, of twelve hours', '2/13/22, 12:05\u202fAM - Asha: Hi', '2022-02-13T00:05:00.000Z', 'Hi'],
  ['Android, noon in Spanish', '13/2/2022, 12:05 p.\u00a0m. - Asha: Hi', '2022-02-13T12:05:00.000Z', 'Hi'],
  ['with points', '13.02.22, 09:05 - Asha: Hi', '2022-02-13T09:05:00.000Z', 'Hi'],
  ['with the year in front', '[2022-02-13, 09:05:07] Asha: Hi', '2022-02-13T09:05:07.000Z', 'Hi'],
])('knows the dates of %s', async (_, line, at, text) => {
  expect((await read([line])).said).toEqual([[at, 'contact', text]]);
});

it('tells the day from the month by any date of the file, and else asks', async () => {
  const undecided = ['1/2/2022, 09:00 - Asha: Hi', '2/2/2022, 09:00 - Bo Tanaka: Hi'];
  await expect(read(undecided)).rejects.toThrow('dateOrder: must be given');
  expect((await read(undecided, { dateOrder: 'mdy' })).said[0]![0]).toBe('2022-01-02T09:00:00.000Z');
  expect((await read(undecided, { dateOrder: 'dmy' })).said[0]![0]).toBe('2022-02-01T09:00:00.000Z');
  expect((await read([...undecided, '2/28/2022, 09:00 - Asha: Hi'])).said[0]![0]).toBe('2022-01-02T09:00:00.000Z');
  await expect(read(['28/2/2022, 09:00 - Asha: Hi', '2/28/2022, 09:00 - Asha: Hi'])).resolves.toMatchObject({
    faults: [[2, 'the message: has a date that there is not']],
  });
  await expect(read(['Just a text'])).rejects.toThrow('file: is no chat of WhatsApp');
});

it('takes times for those of the zone, also where the clock was put back', async () => {
  const lines = [
    '31.10.2021, 01:30',
    '31.10.2021, 02:30',
    '31.10.2021, 02:50',
    '31.10.2021, 02:30',
    '31.10.2021, 03:10',
  ];
  const { messages } = await read(
    lines.map((line) => `${line} - Asha: Hi`),
    { timeZone: 'Europe/Berlin' },
  );
  expect(messages.map(({ at }) => at)).toEqual([
    '2021-10-30T23:30:00.000Z',
    '2021-10-31T00:30:00.000Z',
    '2021-10-31T00:50:00.000Z',
    '2021-10-31T01:30:00.000Z',
    '2021-10-31T02:10:00.000Z',
  ]);
  expect(new Set(messages.map(({ externalId }) => externalId)).size).toBe(5);
});

it('keeps who it was of several, knows a number for a telephone, and the ids of a longer file', async () => {
  const lines = [
    '13/02/2022, 09:00 - Bo Tanaka created group "Orders"',
    '13/02/2022, 09:00 - +49 170 1234567: Hi',
    '13/02/2022, 09:01 - Chen: Me too',
  ];
  const { said, found, messages, leftOut } = await read(lines);
  expect(said.map(([, author, text]) => [author, text])).toEqual([
    ['contact', 'Hi'],
    ['contact', 'Chen: Me too'],
  ]);
  expect(leftOut).toBe(1);
  expect(found[0]!.contact).toMatchObject({ name: '+49 170 1234567', phone: '+491701234567' });
  const longer = await read([...lines, ...Array.from({ length: 450 }, () => '14/02/2022, 10:00 - Chen: And again')]);
  expect(longer.messages.slice(0, 2)).toEqual(messages);
  expect(longer.found.map((line) => line.messages!.length)).toEqual([200, 200, 52]);
  expect(new Set(longer.found.map(({ externalId }) => externalId))).toEqual(new Set([found[0]!.externalId]));
  expect(new Set(longer.messages.map(({ externalId }) => externalId)).size).toBe(452);
});

it('names the files that lie beside the chat, of either telephone and in any language, and none elsewhere', async () => {
  const said = async (...lines: string[]) => {
    const { messages } = await read(['13/02/2022, 08:00 - Asha: Hi', ...lines]);
    return messages.slice(1).map(({ externalId: _id, author: _author, at: _at, ...what }) => what);
  };
  const file = (name: string, text: string, textWithoutFiles: string) => ({
    text,
    attachments: [{ file: name }],
    textWithoutFiles,
  });
  expect(
    await said(
      '13/02/2022, 09:00 - Asha: \u200eIMG-20220213-WA0001.jpg (file attached)',
      'Look at this',
      '(and that)',
      '13/02/2022, 09:01 - Asha: Rechnung Nr. 7.pdf (Datei angehängt)',
      '13/02/2022, 09:02 - Chen: IMG-20220213-WA0002.jpg (archivo adjunto)',
      '[13/02/2022, 09:03:00] Asha: \u200e<attached: 00000012-PHOTO-2022-02-13-09-03-00.jpg>',
      '[13/02/2022, 09:04:00] Asha: bill.pdf • \u200e2 pages \u200e<Anhang: 00000013-bill.pdf>',
    ),
  ).toEqual([
    file(
      'IMG-20220213-WA0001.jpg',
      'Look at this\n(and that)',
      'IMG-20220213-WA0001.jpg (file attached)\nLook at this\n(and that)',
    ),
    file('Rechnung Nr. 7.pdf', '', 'Rechnung Nr. 7.pdf (Datei angehängt)'),
    file('IMG-20220213-WA0002.jpg', 'Chen:', 'Chen: IMG-20220213-WA0002.jpg (archivo adjunto)'),
    file('00000012-PHOTO-2022-02-13-09-03-00.jpg', '', '<attached: 00000012-PHOTO-2022-02-13-09-03-00.jpg>'),
    file('00000013-bill.pdf', 'bill.pdf • 2 pages', 'bill.pdf • 2 pages <Anhang: 00000013-bill.pdf>'),
  ]);
  const not = [
    '../../x.jpg (file attached)',
    '.ssh.key (file attached)',
    '<attached: /etc/x.conf>',
    '1 < 2 and 3 > 2',
    'a.b <',
  ];
  expect(await said(...not.map((text) => `13/02/2022, 09:00 - Asha: ${text}`))).toEqual(not.map((text) => ({ text })));
});
