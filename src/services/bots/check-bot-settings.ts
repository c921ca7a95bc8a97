import type { BotAutoReply, BotCommand, BotFlow, BotModel, BotSettings } from '../../entities/bot.js';
import type { Faults } from '../text.js';

/** How large settings may be. */
export const BOT_LIMITS = {
  flows: 50,
  steps: 100,
  choices: 20,
  commands: 100,
  autoReplies: 100,
  keywords: 50,
  /** Characters of a key or name, of a text, of the prompt. */
  name: 100,
  text: 5_000,
  prompt: 20_000,
  outputTokens: 1_000_000,
  /** Bytes of all of it as JSON. */
  bytes: 65_536,
} as const;

/** What a key of this product looks like, wherever it stands in a text. */
const API_KEY = /vbk_[0-9a-f]{8}_[A-Za-z0-9_-]{43}[0-9a-f]{8}/;

/**
 * Finds everything that is wrong with settings: sizes, keys that stand twice, flows and steps that are not there, and
 * keys of this product, which would be shown to everybody who reads the settings.
 */
export function checkBotSettings(faults: Faults, settings: BotSettings): void {
  const { flows, commands, autoReplies, prompt, model } = settings;
  const known = new Set(flows.map(({ key }) => key));
  list(faults, 'flows', flows, BOT_LIMITS.flows, ({ key }) => key);
  list(faults, 'commands', commands, BOT_LIMITS.commands, ({ name }) => name);
  list(faults, 'autoReplies', autoReplies, BOT_LIMITS.autoReplies, ({ key }) => key);
  flows.forEach((flow, index) => checkFlow(faults, `flows.${index}`, flow));
  commands.forEach((command, index) => checkCommand(faults, `commands.${index}`, command, known));
  autoReplies.forEach((reply, index) => checkAutoReply(faults, `autoReplies.${index}`, reply, known));
  faults.optionalText('prompt', prompt, BOT_LIMITS.prompt);
  if (model) checkModel(faults, model);
  const text = JSON.stringify(settings);
  const bytes = Buffer.byteLength(text);
  if (bytes > BOT_LIMITS.bytes)
    faults.add('settings', `must be at most ${BOT_LIMITS.bytes} bytes of JSON, not ${bytes}`);
  if (API_KEY.test(text)) faults.add('settings', 'must not hold an API key: settings are no place for secrets');
}

function list<T>(faults: Faults, path: string, entries: readonly T[], max: number, keyOf: (entry: T) => string): void {
  if (entries.length > max) faults.add(path, `must have at most ${max} entries`);
  const seen = new Set<string>();
  entries.forEach((entry, index) => {
    const key = keyOf(entry);
    if (seen.has(key)) faults.add(`${path}.${index}`, `"${key}" stands there already`);
    seen.add(key);
  });
}

function checkFlow(faults: Faults, path: string, { key, name, steps }: BotFlow): void {
  faults.text(`${path}.key`, key, BOT_LIMITS.name);
  faults.text(`${path}.name`, name, BOT_LIMITS.name);
  if (steps.length === 0) faults.add(`${path}.steps`, 'must not be empty');
  list(faults, `${path}.steps`, steps, BOT_LIMITS.steps, (step) => step.key);
  const known = new Set(steps.map((step) => step.key));
  const checkNext = (at: string, next: string | null) => {
    if (next !== null && !known.has(next)) faults.add(at, 'is no step of this flow');
  };
  steps.forEach((step, index) => {
    const at = `${path}.steps.${index}`;
    faults.text(`${at}.key`, step.key, BOT_LIMITS.name);
    faults.optionalText(`${at}.text`, step.text, BOT_LIMITS.text);
    if (step.text === null && !step.handsOver) faults.add(at, 'must say something or hand over');
    if (step.choices.length > BOT_LIMITS.choices)
      faults.add(`${at}.choices`, `must have at most ${BOT_LIMITS.choices} entries`);
    step.choices.forEach((choice, place) => {
      faults.text(`${at}.choices.${place}.text`, choice.text, BOT_LIMITS.name);
      checkNext(`${at}.choices.${place}.next`, choice.next);
    });
    checkNext(`${at}.next`, step.next);
  });
}

function checkCommand(faults: Faults, path: string, command: BotCommand, flows: ReadonlySet<string>): void {
  faults.text(`${path}.name`, command.name, BOT_LIMITS.name);
  faults.optionalText(`${path}.description`, command.description, BOT_LIMITS.text);
  checkAnswer(faults, path, command, flows);
}

function checkAutoReply(faults: Faults, path: string, reply: BotAutoReply, flows: ReadonlySet<string>): void {
  faults.text(`${path}.key`, reply.key, BOT_LIMITS.name);
  list(faults, `${path}.keywords`, reply.keywords, BOT_LIMITS.keywords, (word) => word);
  reply.keywords.forEach((word, index) => faults.text(`${path}.keywords.${index}`, word, BOT_LIMITS.name));
  checkAnswer(faults, path, reply, flows);
}

function checkAnswer(
  faults: Faults,
  path: string,
  { text, flow }: Pick<BotCommand, 'text' | 'flow'>,
  flows: ReadonlySet<string>,
): void {
  faults.optionalText(`${path}.text`, text, BOT_LIMITS.text);
  if (text === null && flow === null) faults.add(path, 'must have a text or a flow');
  if (flow !== null && !flows.has(flow)) faults.add(`${path}.flow`, 'is no flow of this bot');
}

function checkModel(faults: Faults, { name, temperature, maxOutputTokens }: BotModel): void {
  faults.text('model.name', name, BOT_LIMITS.name);
  if (temperature !== null && !(temperature >= 0 && temperature <= 2))
    faults.add('model.temperature', 'must be 0 to 2');
  if (maxOutputTokens !== null && !(maxOutputTokens >= 1 && maxOutputTokens <= BOT_LIMITS.outputTokens))
    faults.add('model.maxOutputTokens', `must be 1 to ${BOT_LIMITS.outputTokens}`);
}
