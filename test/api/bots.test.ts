import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { newId } from '../../src/services/ids.js';
import {
  CREATE_BOT,
  DISABLE_BOT,
  ENABLE_BOT,
  READ_BOT,
  REVERT_BOT_SETTINGS,
  UPDATE_BOT,
  UPDATE_BOT_SETTINGS,
} from '../security/bot-rows.js';
import type { ApiClient } from '../support/client.js';
import type { World } from '../support/world.js';
import { settings, welcome } from './bots-stage.js';
import { brief, recording } from './recorded.js';
import { Worlds } from './worlds.js';

let worlds: Worlds;
let world: World;
let admin: ApiClient;
let botId: string;
beforeAll(async () => {
  worlds = await Worlds.open();
});
afterAll(() => worlds.close());
beforeEach(async () => {
  ({ world, admin } = await worlds.next());
  botId = world.ids.bot;
});

const update = (input: object, as = admin) => as.ask(UPDATE_BOT_SETTINGS, { input: { botId, ...input } });
const read = async (as = admin, variables: object = {}) => (await as.ask(READ_BOT, { id: botId, ...variables })).bot;

it('creates a bot once for one key, switches it off and on, and gives it another name', async () => {
  const input = { displayName: ' Zoe ', idempotencyKey: newId(), reason: 'Season' };
  const { result, events } = await recording(admin, () => admin.ask(CREATE_BOT, { input }));
  const { bot } = result.createBot;
  expect(bot).toEqual({ id: bot.id, displayName: 'Zoe', enabled: true, version: 1 });
  expect(events.map(({ summary }) => summary)).toEqual(['Ada created the bot Zoe: Season']);
  expect(await recording(admin, () => admin.ask(CREATE_BOT, { input }))).toMatchObject({
    result: { createBot: { bot: { id: bot.id } } },
    events: [],
  });
  expect((await admin.refused(CREATE_BOT, { input: { ...input, displayName: 'Max' } })).extensions.code).toBe(
    'CONFLICT',
  );
  botId = bot.id;
  const changed = await recording(admin, async () => {
    for (const [operation, more] of [
      [UPDATE_BOT, { displayName: 'Max' }],
      [UPDATE_BOT, { displayName: 'Max ' }],
      [DISABLE_BOT, { reason: 'Wrong answers' }],
      [DISABLE_BOT, {}],
      [ENABLE_BOT, {}],
      [ENABLE_BOT, {}],
    ] as const)
      await admin.ask(operation, { input: { botId, ...more } });
  });
  expect(brief(changed.events)).toEqual([
    { action: 'bot.updated', changes: ['displayName: Zoe → Max'] },
    { action: 'bot.disabled', changes: ['enabled: true → false'] },
    { action: 'bot.enabled', changes: ['enabled: false → true'] },
  ]);
  expect(changed.events[1]!.reason).toBe('Wrong answers');
  const { bots } = await admin.ask('{ bots { displayName enabled version } }');
  expect(bots).toEqual([
    { displayName: 'Max', enabled: true, version: 1 },
    { displayName: 'Robin', enabled: true, version: 1 },
  ]);
});

it('puts sections in place as the next version, with what was before and after of each', async () => {
  const { result, events } = await recording(admin, () =>
    update({ expectedVersion: 1, ...settings, reason: 'First words' }),
  );
  expect(result.updateBotSettings.bot.version).toBe(2);
  expect(events.map(({ action, summary }) => `${action} ${summary}`)).toEqual([
    'bot.flow_updated Ada changed flows of the bot Robin (welcome): First words',
    'bot.command_updated Ada changed commands of the bot Robin (/hours): First words',
    'bot.auto_reply_updated Ada changed automatic replies of the bot Robin (first): First words',
    'bot.prompt_updated Ada changed the prompt of the bot Robin: First words',
    'bot.model_changed Ada changed the model of the bot Robin: First words',
    'bot.published Ada published new settings of the bot Robin: First words',
  ]);
  expect(events.at(-1)!.changes).toEqual(['version: 1 → 2']);
  expect(events.slice(0, -1).map(({ metadata }) => metadata)).toEqual(
    Array.from({ length: 5 }, () => ({ version: 2 })),
  );

  const second = await recording(admin, () =>
    update({
      expectedVersion: 2,
      commands: [
        { name: '/hours', text: 'From 8 to 6' },
        { name: '/help', flow: 'welcome' },
      ],
      prompt: null,
    }),
  );
  expect(second.events.map(({ action, changes }) => ({ action, changes }))).toEqual([
    {
      action: 'bot.command_updated',
      changes: [
        `commands: ${JSON.stringify({ '/hours': { name: '/hours', description: null, text: 'From 9 to 5', flow: null }, '/help': null })}` +
          ` → ${JSON.stringify({
            '/hours': { name: '/hours', description: null, text: 'From 8 to 6', flow: null },
            '/help': { name: '/help', description: null, text: null, flow: 'welcome' },
          })}`,
      ],
    },
    { action: 'bot.prompt_updated', changes: ['prompt: Be kind → null'] },
    { action: 'bot.published', changes: ['version: 2 → 3'] },
  ]);
  expect((await read()).settings).toEqual({
    flows: [
      {
        ...welcome,
        enabled: true,
        steps: [
          {
            key: 'hello',
            text: 'How can I help?',
            choices: [
              { text: 'My order', next: 'order' },
              { text: 'A person', next: null },
            ],
            next: null,
            handsOver: false,
          },
          { key: 'order', text: 'Which number?', choices: [], next: 'people', handsOver: false },
          { key: 'people', text: null, choices: [], next: null, handsOver: true },
        ],
      },
    ],
    commands: [
      { name: '/hours', description: null, text: 'From 8 to 6', flow: null },
      { name: '/help', description: null, text: null, flow: 'welcome' },
    ],
    autoReplies: [{ key: 'first', keywords: [], text: null, flow: 'welcome', enabled: true }],
    prompt: null,
    model: { name: 'small-1', temperature: 0.5, maxOutputTokens: null },
  });
  expect((await read(admin, { version: 2 })).settings.prompt).toBe('Be kind');
  expect((await read(admin, { version: 1 })).settings).toEqual({
    flows: [],
    commands: [],
    autoReplies: [],
    prompt: null,
    model: null,
  });
  expect((await read(admin, { version: 4 })).settings).toBeNull();
});

it('keeps every version with its difference, author and reason, and pages through them, newest first', async () => {
  await update({ expectedVersion: 1, prompt: 'One', reason: 'Because' });
  await update({ expectedVersion: 2, prompt: 'Two', model: { name: 'small-1' } });
  await admin.ask(REVERT_BOT_SETTINGS, { input: { botId, version: 2, expectedVersion: 3, reason: 'Too bold' } });
  const { version, revisions, settings: now } = await read(admin, { first: 3 });
  const author = { id: world.ids.agents.admin, displayName: 'Ada' };
  const model = { name: 'small-1', temperature: null, maxOutputTokens: null };
  expect([version, now.prompt, now.model]).toEqual([4, 'One', null]);
  expect(revisions).toEqual({
    nodes: [
      {
        version: 4,
        changes: [
          { section: 'PROMPT', key: null, before: 'Two', after: 'One' },
          { section: 'MODEL', key: null, before: model, after: null },
        ],
        revertedTo: 2,
        author,
        at: expect.any(String),
        reason: 'Too bold',
      },
      {
        version: 3,
        changes: [
          { section: 'PROMPT', key: null, before: 'One', after: 'Two' },
          { section: 'MODEL', key: null, before: null, after: model },
        ],
        revertedTo: null,
        author,
        at: expect.any(String),
        reason: null,
      },
      expect.objectContaining({ version: 2, reason: 'Because' }),
    ],
    pageInfo: { hasNextPage: true, endCursor: expect.any(String) },
  });
  const rest = await read(admin, { first: 3, after: revisions.pageInfo.endCursor });
  expect(rest.revisions.nodes).toEqual([
    expect.objectContaining({ version: 1, changes: [], author: { id: 'system', displayName: 'Verbatim' } }),
  ]);
  const { events } = await recording(admin, () =>
    admin.ask(REVERT_BOT_SETTINGS, { input: { botId, version: 3, expectedVersion: 4 } }),
  );
  expect(events.map(({ summary }) => summary)).toEqual([
    'Ada changed the prompt of the bot Robin',
    'Ada changed the model of the bot Robin',
    'Ada published new settings of the bot Robin, those of version 3',
  ]);
});

it('answers a cursor that is none for the page that has it alone', async () => {
  const { data, errors } = await admin.send(
    '{ bots { newest: revisions(first: 1) { nodes { version } } wrong: revisions(after: "x") { nodes { version } } } }',
  );
  expect(data).toEqual({ bots: [{ newest: { nodes: [{ version: 1 }] }, wrong: null }] });
  expect(errors).toMatchObject([{ path: ['bots', 0, 'wrong'], extensions: { code: 'VALIDATION_FAILED' } }]);
});
