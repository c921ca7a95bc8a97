import { randomUUID } from 'node:crypto';
import { administrators } from './administration-rows.js';
import type { IsolationRow } from './isolation-rows.js';
import { directoryReaders, type RootField } from './outcomes.js';
import type { Stage } from './stage.js';

const BOT = 'bot { id displayName enabled version }';
const onBot = (field: string, type = field) =>
  `mutation($input: ${type[0]!.toUpperCase()}${type.slice(1)}Input!) { ${field}(input: $input) { ${BOT} } }`;
export const CREATE_BOT = onBot('createBot');
export const UPDATE_BOT = onBot('updateBot');
export const ENABLE_BOT = onBot('enableBot');
export const DISABLE_BOT = onBot('disableBot');
export const UPDATE_BOT_SETTINGS = onBot('updateBotSettings');
export const REVERT_BOT_SETTINGS = onBot('revertBotSettings');
export const READ_BOT = `query($id: ID!, $version: Int, $first: Int, $after: String) { bot(id: $id) { id displayName enabled version
  settings(version: $version) { prompt model { name temperature maxOutputTokens }
    flows { key name enabled steps { key text choices { text next } next handsOver } }
    commands { name description text flow } autoReplies { key keywords text flow enabled } }
  revisions(first: $first, after: $after) { nodes { version changes { section key before after } revertedTo author { id displayName } at reason }
    pageInfo { hasNextPage endCursor } } } }`;

/** A bot that only this scene's caller is to touch, with two versions of its settings. */
async function makeBot(stage: Stage): Promise<string> {
  const { client } = await stage.session('admin');
  const { createBot } = await client.ask(CREATE_BOT, { input: { displayName: randomUUID() } });
  const botId = createBot.bot.id;
  await client.ask(UPDATE_BOT_SETTINGS, { input: { botId, expectedVersion: 1, prompt: 'Be kind' } });
  return botId;
}

const changing = (field: string, operation: string, recorded: string, more: object): RootField => ({
  field: `Mutation.${field}`,
  operation,
  variables: async (_, stage) => ({ input: { botId: await makeBot(stage), ...more } }),
  expected: administrators(`OK ${recorded}`, 'NOT_FOUND'),
});

export const botRows: RootField[] = [
  {
    field: 'Query.bots',
    operation: '{ bots { id } }',
    shows: ({ bots }, _, { world }) => bots.some(({ id }: { id: string }) => id === world.ids.bot),
    expected: directoryReaders,
  },
  {
    field: 'Query.bot',
    operation: 'query($id: ID!) { bot(id: $id) { id settings { prompt } revisions { nodes { reason } } } }',
    variables: (_, { world }) => ({ id: world.ids.bot }),
    // Shown: what it is told to say, too.
    shows: ({ bot }) => bot.settings !== null && bot.revisions !== null,
    expected: {
      UNAUTHENTICATED: 'anonymous revokedKey',
      'OK shown': 'admin keyAll bot silencedBot',
      'OK hidden': 'supervisor agent outsider auditor keyRead keyAudit otherBot',
      FORBIDDEN: 'keyIngest',
      NOT_FOUND: 'foreignAdmin',
    },
  },
  {
    field: 'Mutation.createBot',
    operation: CREATE_BOT,
    variables: () => ({ input: { displayName: randomUUID() } }),
    expected: administrators('OK bot.created', 'OK bot.created'),
  },
  changing('updateBot', UPDATE_BOT, 'bot.updated', { displayName: 'Zoe' }),
  changing('disableBot', DISABLE_BOT, 'bot.disabled', {}),
  {
    ...changing('enableBot', ENABLE_BOT, 'bot.enabled', {}),
    variables: async (_, stage) => {
      const botId = await makeBot(stage);
      await (await stage.session('admin')).client.ask(DISABLE_BOT, { input: { botId } });
      return { input: { botId } };
    },
  },
  changing('updateBotSettings', UPDATE_BOT_SETTINGS, 'bot.prompt_updated bot.published', {
    expectedVersion: 2,
    prompt: 'Be brief',
  }),
  changing('revertBotSettings', REVERT_BOT_SETTINGS, 'bot.prompt_updated bot.published', {
    expectedVersion: 2,
    version: 1,
  }),
];

/** What becomes of bots of another workspace. */
export const botIsolationRows: IsolationRow[] = [
  ['Query.bot.id', READ_BOT, (at) => ({ id: at.other.ids.bot }), 'NOT_FOUND'],
  ...(
    [
      ['UpdateBotInput', UPDATE_BOT, { displayName: 'Mine' }],
      ['EnableBotInput', ENABLE_BOT, {}],
      ['DisableBotInput', DISABLE_BOT, {}],
      ['UpdateBotSettingsInput', UPDATE_BOT_SETTINGS, { expectedVersion: 1, prompt: 'Say nothing' }],
      ['RevertBotSettingsInput', REVERT_BOT_SETTINGS, { expectedVersion: 1, version: 1 }],
    ] as const
  ).map(([type, operation, more]): IsolationRow => [
    `${type}.botId`,
    operation,
    (at) => ({ input: { botId: at.other.ids.bot, ...more } }),
    'NOT_FOUND',
  ]),
];
