import { stat } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { customerWrites } from '../support/operations.js';
import { at, conversation, ImportStage, message, PATIENCE } from './stage.js';

let stage: ImportStage;
beforeAll(async () => {
  stage = await ImportStage.open();
}, PATIENCE);
afterAll(() => stage.close());

it('refuses each bad line with its number and every reason, and takes the others', { timeout: PATIENCE }, async () => {
  const { world } = stage;
  await customerWrites(world, { conversationExternalId: 'of-another-inbox', inboxId: world.ids.emailInbox });
  const soon = new Date(Date.now() + 3_600_000).toISOString();
  const bad: [line: object | string, ...reasons: string[]][] = [
    ['{"externalId": "cut', 'the line: is not JSON'],
    ['[]', 'the line: must be object, received array'],
    [{ contact: {}, messages: [] }, 'externalId: must be there'],
    [conversation('b1', { mesages: [] }), 'the line: has what is not known here: mesages'],
    [conversation('b2', { contact: { name: 'Nobody' } }), 'contact: needs an externalId or an address'],
    [
      conversation('b3', { messages: [message('b3-1', 0, { author: 'who@acme.test' })] }),
      'messages.0.author: no agent has the e-mail who@acme.test',
    ],
    [conversation('b4', { messages: [message('b4-1', 0, { at: soon })] }), 'messages.0.at: is in the future'],
    [
      conversation('b5', { messages: [message('b5-1', 0, { at: '2023-03-01 09:00' })] }),
      'messages.0.at: must be a time such as 2024-01-31T12:00:00Z, with its time zone',
    ],
    [
      conversation('b6', { messages: [message('b6-1', 0, { text: 'x'.repeat(50_001) })] }),
      'messages.0.text: must have at most 50000 characters',
    ],
    [conversation('b7', { messages: [message('b7-1', 0, { text: ' \n' })] }), 'messages.0.text: must not be empty'],
    [
      conversation('b8', { messages: [message('b8-1', 0), message('b8-1', 1)] }),
      'messages: two have the same externalId',
    ],
    [
      conversation('b9', { notes: [{ author: 'contact', text: 'Hm', at: at(1) }] }),
      'notes.0.author: must be an agent’s e-mail',
    ],
    [conversation('b10', { channel: 'EMAIL' }), 'channel: is EMAIL, that of the inbox is WEB_CHAT'],
    [conversation('b11', { messages: [] }), 'startedAt: must be there where there are no messages'],
    [conversation('of-another-inbox'), 'externalId: is that of a conversation of another inbox'],
    [
      conversation('b12', { messages: [message('good-1', 3)] }),
      'messages.0.externalId: is that of a message of another conversation',
    ],
    [{ ...conversation('b13'), status: 'SNOOZED' }, 'status: must be one of RESOLVED, PENDING, OPEN'],
    [
      conversation('b14', { messages: [message('b14-1', 0, { text: 'a\0b' })] }),
      'messages.0.text: must not contain NUL or a lone surrogate',
    ],
    [
      conversation('b15', { labels: ['x'.repeat(2001)], subject: '' }),
      'subject: must not be empty',
      'labels.0: must have at most 2000 characters',
    ],
  ];
  const file = await stage.file('bad.ndjson', [
    conversation('good'),
    '',
    ...bad.map(([line]) => line),
    conversation('good-too', { messages: [], startedAt: at(4), status: 'OPEN' }),
  ]);
  const before = await stage.counts();
  // Line by line: that two of them speak of the same message shows only when one of them is in.
  const dry = await stage.summary(file, ['--dry-run']);
  expect(dry).toMatchObject({ code: 6, dryRun: true, conversations: { created: 3 }, rejected: bad.length - 1 });
  expect(await stage.counts()).toEqual(before);

  const ended = await stage.import(file);
  expect(ended.code).toBe(6);
  expect(ended.stdout).toContain(`  Conversations 2 created`);
  expect(ended.stdout).toContain(`  Rejected      ${bad.length}, in ${file}.rejected.ndjson\n`);
  const rejected = await stage.rejected(file);
  expect(rejected.toSorted((one, two) => one.line - two.line)).toEqual(
    bad.map(([line, ...reasons], index) => ({
      line: index + 3,
      reasons,
      content: line === '[]' ? [] : line,
    })),
  );
  expect((await stat(`${file}.rejected.ndjson`)).mode & 0o777).toBe(0o600);
  expect(await stage.read('good-too')).toMatchObject({
    status: 'OPEN',
    waitingSince: null,
    resolvedAt: null,
    createdAt: at(4),
  });
  expect(await stage.read('b12')).toBeNull();
  expect((await stage.counts())['message']).toBe(before['message']! + 2);

  // Once nothing is wrong any more there is no file that says so.
  await stage.file('bad.ndjson', [conversation('good')]);
  expect(await stage.summary(file)).toMatchObject({ code: 0, rejected: 0 });
  expect(await stage.rejected(file)).toEqual([]);
});

it('says what is wrong with the command, and writes nothing then', { timeout: PATIENCE }, async () => {
  const file = await stage.file('fine.ndjson', [conversation('fine')]);
  expect(await stage.import(stage.path('missing.ndjson'))).toMatchObject({ code: 3, stdout: '' });
  const nowhere = await stage.import(file, [], undefined, 'Nowhere');
  expect(nowhere).toMatchObject({ code: 3, stderr: 'There is no inbox "Nowhere" in a workspace "acme".\n' });
  expect((await stage.import(file, ['--bot', 'Nobody'])).stderr).toBe('There is no bot "Nobody".\n');
  expect(await stage.import(file, ['--agent', 'Bo'])).toMatchObject({ code: 2 });
  expect((await stage.import(file, ['--agent', 'Bo=agent@acme.test'])).stderr).toContain('agent: is for other formats');
  expect(await stage.import(file, ['--rejected', file])).toMatchObject({
    code: 3,
    stderr: '--rejected must be another file.\n',
  });
  expect(await stage.read('fine')).toBeNull();
});
