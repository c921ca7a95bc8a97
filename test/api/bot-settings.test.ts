import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { newApiKey } from '../../src/services/accounts/api-key-format.js';
import { READ_BOT, REVERT_BOT_SETTINGS, UPDATE_BOT_SETTINGS } from '../security/bot-rows.js';
import type { ApiClient } from '../support/client.js';
import type { World } from '../support/world.js';
import { settings } from './bots-stage.js';
import { recording } from './recorded.js';
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
const refused = async (operation: string, input: object) =>
  (await admin.refused(operation, { input: { botId, ...input } })).extensions;
const read = async (as = admin, variables: object = {}) => (await as.ask(READ_BOT, { id: botId, ...variables })).bot;

it('tells the order of a list where only that is different', async () => {
  const [first, second] = [
    { name: '/a', text: 'A' },
    { name: '/b', text: 'B' },
  ];
  await update({ expectedVersion: 1, commands: [first, second] });
  await update({ expectedVersion: 2, commands: [second, first] });
  const { revisions } = await read(admin, { first: 1 });
  expect(revisions.nodes[0].changes).toEqual([
    { section: 'COMMANDS', key: null, before: ['/a', '/b'], after: ['/b', '/a'] },
  ]);
});

it('changes nothing over what somebody else has published, and lets one of many at once win', async () => {
  await update({ expectedVersion: 1, prompt: 'One' });
  const { events } = await recording(admin, async () => {
    expect(await refused(UPDATE_BOT_SETTINGS, { expectedVersion: 1, prompt: 'Mine' })).toMatchObject({
      code: 'CONFLICT',
      current: { botId, version: 2 },
    });
    expect((await refused(REVERT_BOT_SETTINGS, { expectedVersion: 1, version: 1 })).code).toBe('CONFLICT');
    // Repeated because its answer was lost: what is so already is no conflict.
    expect((await update({ expectedVersion: 1, prompt: ' One ' })).updateBotSettings.bot.version).toBe(2);
  });
  expect(events).toEqual([]);
  const answers = await Promise.all(
    ['a', 'b', 'c', 'd'].map((prompt) =>
      admin.send(UPDATE_BOT_SETTINGS, { input: { botId, expectedVersion: 2, prompt } }),
    ),
  );
  expect(answers.map(({ errors }) => errors?.[0]!.extensions.code ?? 'OK').toSorted()).toEqual([
    'CONFLICT',
    'CONFLICT',
    'CONFLICT',
    'OK',
  ]);
  const { version, revisions } = await read();
  expect([version, revisions.nodes.length]).toEqual([3, 3]);
});

it('names everything that is wrong, keys of this product among it, and changes nothing', async () => {
  const wrong = {
    expectedVersion: 1,
    flows: [
      { key: 'a', name: '', steps: [{ key: 's', text: 'x', next: 'nowhere', choices: [{ text: 'y', next: 'gone' }] }] },
      { key: 'a', name: 'Twice', steps: [{ key: 's' }] },
      { key: 'c', name: 'Empty', steps: [] },
    ],
    commands: [{ name: '/a', flow: 'nowhere' }, { name: '/b' }],
    autoReplies: [{ key: 'k', keywords: ['x'.repeat(101)], text: `Use ${newApiKey().key}` }],
    prompt: 'x'.repeat(20_001),
    model: { name: 'm', temperature: 2.1, maxOutputTokens: 0 },
    reason: 'x'.repeat(501),
  };
  const { events } = await recording(admin, async () => {
    const { code, fields } = await refused(UPDATE_BOT_SETTINGS, wrong);
    expect(code).toBe('VALIDATION_FAILED');
    expect((fields as { path: string }[]).map(({ path }) => path)).toEqual([
      'flows.1',
      'flows.0.name',
      'flows.0.steps.0.choices.0.next',
      'flows.0.steps.0.next',
      'flows.1.steps.0',
      'flows.2.steps',
      'commands.0.flow',
      'commands.1',
      'autoReplies.0.keywords.0',
      'prompt',
      'model.temperature',
      'model.maxOutputTokens',
      'settings',
      'reason',
    ]);
    const large = Array.from({ length: 14 }, (_, index) => ({ name: `/${index}`, text: 'x'.repeat(5_000) }));
    expect((await refused(UPDATE_BOT_SETTINGS, { expectedVersion: 1, commands: large })).fields).toMatchObject([
      { path: 'settings' },
    ]);
    expect((await refused(REVERT_BOT_SETTINGS, { expectedVersion: 1, version: 7 })).fields).toMatchObject([
      { path: 'version' },
    ]);
  });
  expect(events).toEqual([]);
  // A flow that something else still starts stays, whichever part is given.
  await update({ expectedVersion: 1, ...settings });
  expect((await refused(UPDATE_BOT_SETTINGS, { expectedVersion: 2, flows: [] })).fields).toMatchObject([
    { path: 'autoReplies.0.flow' },
  ]);
});

it('shows what a bot is told to say to administrators and to the bot itself, wherever it is met', async () => {
  await update({ expectedVersion: 1, prompt: 'Be kind' });
  const shown = { settings: { prompt: 'Be kind' }, version: 2 };
  expect(await read()).toMatchObject(shown);
  expect(await read(world.withKey('bot'))).toMatchObject(shown);
  for (const client of [await world.as('agent'), await world.as('supervisor'), world.withKey('read')]) {
    expect(await read(client)).toMatchObject({ version: 2, settings: null, revisions: null });
    const { inboxes } = await client.ask('{ inboxes { bot { settings { prompt } } } }');
    expect(inboxes).toContainEqual({ bot: { settings: null } });
  }
});
