import type { ActionDefinition } from '../action-definition.js';
import { reasonTail } from './wording.js';

/** What a section of settings may carry: free text, so that it is only committed to. */
const section = (field: string) =>
  ({ committed: [field], metadata: ['version'], labels: ['what'], reason: true }) as const;
const value = (field: string) => ({ committed: [field], metadata: ['version'], reason: true }) as const;

/** Bots, and what they are told to say. Secrets are in none of it: settings have no place for them. */
export const botActions = {
  'bot.created': {
    category: 'BOT',
    severity: 'NOTICE',
    description: 'A bot was created.',
    sentence: '{actor} created the bot {target}' + reasonTail,
    payload: { reason: true },
  },
  'bot.updated': {
    category: 'BOT',
    severity: 'NOTICE',
    description: 'A bot got another name.',
    sentence: '{actor} changed the bot {target}' + reasonTail,
    payload: { committed: ['displayName'], reason: true },
  },
  'bot.enabled': {
    category: 'BOT',
    severity: 'NOTICE',
    description: 'A bot was switched on: its keys work, and new conversations go to it.',
    sentence: '{actor} enabled the bot {target}' + reasonTail,
    payload: { changes: ['enabled'], reason: true },
  },
  'bot.disabled': {
    category: 'BOT',
    severity: 'NOTICE',
    description: 'A bot was switched off: its keys are refused, and no new conversation goes to it.',
    sentence: '{actor} disabled the bot {target}' + reasonTail,
    payload: { changes: ['enabled'], reason: true },
  },
  'bot.flow_updated': {
    category: 'BOT',
    severity: 'NOTICE',
    description: 'Flows of a bot were added, changed or removed: those that are different, as JSON by key.',
    sentence: '{actor} changed flows of the bot {target} ({what})' + reasonTail,
    payload: section('flows'),
  },
  'bot.command_updated': {
    category: 'BOT',
    severity: 'NOTICE',
    description: 'Commands of a bot were added, changed or removed: those that are different, as JSON by name.',
    sentence: '{actor} changed commands of the bot {target} ({what})' + reasonTail,
    payload: section('commands'),
  },
  'bot.auto_reply_updated': {
    category: 'BOT',
    severity: 'NOTICE',
    description: 'Automatic replies of a bot were added, changed or removed: those that are different, as JSON by key.',
    sentence: '{actor} changed automatic replies of the bot {target} ({what})' + reasonTail,
    payload: section('autoReplies'),
  },
  'bot.prompt_updated': {
    category: 'BOT',
    severity: 'NOTICE',
    description: 'What a bot’s model is told changed.',
    sentence: '{actor} changed the prompt of the bot {target}' + reasonTail,
    payload: value('prompt'),
  },
  'bot.model_changed': {
    category: 'BOT',
    severity: 'NOTICE',
    description: 'The model that a bot uses, or how it is asked, changed: before and after as JSON.',
    sentence: '{actor} changed the model of the bot {target}' + reasonTail,
    payload: value('model'),
  },
  'bot.published': {
    category: 'BOT',
    severity: 'NOTICE',
    description: 'The settings of a bot have a new version; `revertedTo` is the older one that it brought back.',
    sentence:
      '{actor} published new settings of the bot {target}{revertedTo, select, none {} other {, those of version {revertedTo}}}' +
      reasonTail,
    payload: { changes: ['version'], metadata: ['revertedTo'], reason: true },
  },
} as const satisfies Record<string, ActionDefinition>;
