import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import type { ConversationText } from '../../src/services/imports/import-line.js';
import { telegramLines } from '../../src/services/imports/formats/telegram.js';
import { agentsOf } from '../../src/services/imports/source.js';

const agents = agentsOf(
  [
    ['Bo Tanaka', 'bo@acme.test'],
    ['user77', 'bot'],
  ],
  new Set(),
);

async function read(value: object | string, timeZone = 'UTC', pieces = 7) {
  const bytes = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
  const chunks = Array.from({ length: Math.ceil(bytes.length / pieces) }, (_, n) =>
    bytes.subarray(n * pieces, (n + 1) * pieces),
  );
  const leftOut = { count: 0, files: 0 };
  const found: ConversationText[] = [];
  const faults: unknown[] = [];
  for await (const line of telegramLines(Readable.from(chunks), agents, timeZone, leftOut)) {
    if (line.faults) faults.push(line.faults);
    else found.push(line.value as ConversationText);
  }
  return { found, faults, leftOut: leftOut.count };
}

const message = (id: number, more: object = {}) => ({
  id,
  type: 'message',
  date: '2021-12-31T21:15:03',
  date_unixtime: String(1_640_985_303 + id),
  from: 'Asha Rao',
  from_id: 'user123',
  text: `Message ${id}`,
  text_entities: [{ type: 'plain', text: `Message ${id}` }],
  ...more,
});

const chat = {
  name: 'Asha Rao',
  type: 'personal_chat',
  id: 123,
  messages: [
    { id: 1, type: 'service', date: '2021-12-31T21:00:00', actor: 'Asha Rao', action: 'phone_call', text: '' },
    message(2, {
      text: ['See ', { type: 'link', text: 'https://example.com' }, ' and ', { type: 'bold', text: 'this' }],
    }),
    message(3, {
      from: 'Bo Tanaka',
      from_id: 'user9',
      edited: '2022-01-01T10:00:00',
      edited_unixtime: '1641031200',
      text: 'Edited “ñ” 🙂',
    }),
    message(4, { from: 'Robin', from_id: 'user77' }),
    message(5, { text: '', photo: '(File not included.)', width: 10, height: 10 }),
    message(6, { text: 'With words', media_type: 'voice_message', file: 'voice.ogg' }),
    message(7, { text: '', media_type: 'sticker', sticker_emoji: '👍' }),
    message(8, { from: null, text: '', location_information: { latitude: 1.5, longitude: 2 } }),
    message(9, { text: '' }),
  ],
};

it('reads the export of one chat, however it comes in pieces', async () => {
  const { found, leftOut, faults } = await read(chat);
  expect({ leftOut, faults }).toEqual({ leftOut: 1, faults: [] });
  expect(found).toHaveLength(1);
  expect(found[0]).toMatchObject({
    externalId: 'telegram:123',
    channel: 'TELEGRAM',
    contact: { externalId: 'telegram:123', address: '123', name: 'Asha Rao' },
  });
  expect(found[0]!.messages).toEqual(
    [
      ['contact', 'See https://example.com and this'],
      ['bo@acme.test', 'Edited “ñ” 🙂'],
      ['bot', 'Message 4'],
      ['contact', '[photo]'],
      [
        'contact',
        'With words',
        { attachments: [{ file: 'voice.ogg', name: 'voice.ogg' }], textWithoutFiles: '[voice message]\nWith words' },
      ],
      ['contact', '[sticker: 👍]'],
      ['contact', '[location]'],
      ['contact', '[no text]'],
    ].map(([author, text, more], index) => ({
      externalId: `telegram:123/${index + 2}`,
      author,
      text,
      ...(more as object | undefined),
      at: new Date((1_640_985_305 + index) * 1000).toISOString(),
    })),
  );
});

it('names the files that were exported, and says what stood there for those that were not', async () => {
  const voice = { media_type: 'voice_message', mime_type: 'audio/ogg', duration_seconds: 7 };
  const missing = '(File exceeds maximum size. Change data exporting settings to download.)';
  const { found } = await read({
    ...chat,
    type: 'private_group',
    messages: [
      message(1, { text: '', photo: 'photos/photo_1@31-12-2021.jpg', width: 10, height: 10 }),
      message(2, { text: '', file: 'files/x.pdf', file_name: 'a/b\u0007.pdf', mime_type: 'application/pdf' }),
      message(3, { from: 'Bo Tanaka', text: 'Listen', file: 'voice_messages/audio_1.ogg', ...voice }),
      message(4, { text: '', file: missing, file_name: 'film.mp4', media_type: 'video_file' }),
      message(5, { text: '', file: 'stickers/s.webp', media_type: 'sticker', sticker_emoji: '👍' }),
      message(6, { text: '', file: 'x'.repeat(2_001), ...voice }),
      message(7, { text: '', file: 'a\0.ogg', ...voice }),
      message(8, { text: '', file: 'a.ogg', ...voice, duration_seconds: -1 }),
    ],
  });
  expect(found[0]!.messages!.map(({ externalId: _id, author: _author, at: _at, ...said }) => said)).toEqual([
    {
      text: 'Asha Rao:',
      attachments: [{ file: 'photos/photo_1@31-12-2021.jpg', name: 'photo_1@31-12-2021.jpg' }],
      textWithoutFiles: 'Asha Rao: [photo]',
    },
    {
      text: 'Asha Rao:',
      attachments: [{ file: 'files/x.pdf', name: 'a_b_.pdf' }],
      textWithoutFiles: 'Asha Rao: [file: a/b\u0007.pdf]',
    },
    {
      text: 'Listen',
      attachments: [{ file: 'voice_messages/audio_1.ogg', name: 'audio_1.ogg', durationSeconds: 7 }],
      textWithoutFiles: '[voice message]\nListen',
    },
    { text: 'Asha Rao: [video file: film.mp4]' },
    {
      text: 'Asha Rao: [sticker: 👍]',
      attachments: [{ file: 'stickers/s.webp', name: 's.webp' }],
      textWithoutFiles: 'Asha Rao: [sticker: 👍]',
    },
    { text: 'Asha Rao: [voice message]' },
    { text: 'Asha Rao: [voice message]' },
    {
      text: 'Asha Rao:',
      attachments: [{ file: 'a.ogg', name: 'a.ogg' }],
      textWithoutFiles: 'Asha Rao: [voice message]',
    },
  ]);
});

it('reads the export of everything, chat by chat, and leaves out where nobody talks', async () => {
  const group = {
    name: 'Orders',
    type: 'private_group',
    id: 55,
    messages: [message(1), message(2, { from: 'Bo Tanaka' })],
  };
  const own = { type: 'saved_messages', id: 9, messages: [message(1)] };
  const many = {
    name: 'Chen',
    type: 'personal_chat',
    id: 7,
    messages: Array.from({ length: 401 }, (_, id) => message(id)),
  };
  const list = [own, { ...chat, messages: [message(1)] }, group, many];
  const whole = {
    about: 'Here is the data',
    personal_information: { user_id: 9 },
    chats: { about: '', list },
    left_chats: { list: [] },
  };
  const { found, leftOut } = await read(whole, 'UTC', 4_096);
  expect(leftOut).toBe(1);
  expect(found.map(({ externalId, messages }) => [externalId, messages!.length])).toEqual([
    ['telegram:123', 1],
    ['telegram:55', 2],
    ['telegram:7', 200],
    ['telegram:7', 200],
    ['telegram:7', 1],
  ]);
  // Of a group it must not be lost who it was.
  expect(found[1]).toMatchObject({
    contact: { name: 'Orders' },
    messages: [{ text: 'Asha Rao: Message 1' }, { text: 'Message 2' }],
  });
});

it('takes the local time where an older export has no other, and refuses what has none', async () => {
  const { found, faults } = await read(
    {
      ...chat,
      messages: [message(1, { date_unixtime: undefined }), message(2, { date_unixtime: undefined, date: 'soon' })],
    },
    'America/New_York',
  );
  expect(found[0]!.messages![0]!.at).toBe('2022-01-01T02:15:03.000Z');
  expect(faults).toEqual([['the message: has no date']]);
  await expect(read({ hello: ['world'] })).rejects.toThrow('file: is not an export of Telegram Desktop');
  await expect(read('{"messages": [{"id": 1, ')).rejects.toThrow('Parser');
});
