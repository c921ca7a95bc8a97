import type { BotSettingChange, BotSettings } from '../../entities/bot.js';
import { BotSection } from '../../entities/enums.js';
import type { NewEvent } from '../record/event.js';

/** The lists among the sections, and what tells their entries apart. */
const keyed = (settings: BotSettings) =>
  ({
    FLOWS: new Map(settings.flows.map((flow) => [flow.key, flow])),
    COMMANDS: new Map(settings.commands.map((command) => [command.name, command])),
    AUTO_REPLIES: new Map(settings.autoReplies.map((reply) => [reply.key, reply])),
  }) satisfies Partial<Record<BotSection, Map<string, object>>>;

/**
 * What is different between two settings, entry by entry. Where entries that are in both stand in another order, that is
 * a change of the whole list, told by their keys.
 */
export function changesBetween(before: BotSettings, after: BotSettings): BotSettingChange[] {
  const [was, is] = [keyed(before), keyed(after)];
  return [
    ...(['FLOWS', 'COMMANDS', 'AUTO_REPLIES'] as const).flatMap((section) =>
      changedEntries(section, was[section], is[section]),
    ),
    ...changedValue('PROMPT', before.prompt, after.prompt),
    ...changedValue('MODEL', before.model, after.model),
  ];
}

function changedEntries(
  section: BotSection,
  before: ReadonlyMap<string, object>,
  after: ReadonlyMap<string, object>,
): BotSettingChange[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])];
  const changes = keys.flatMap((key): BotSettingChange[] => {
    const [was, is] = [before.get(key) ?? null, after.get(key) ?? null];
    return JSON.stringify(was) === JSON.stringify(is) ? [] : [{ section, key, before: was, after: is }];
  });
  const kept = (these: ReadonlyMap<string, object>, others: ReadonlyMap<string, object>) =>
    [...these.keys()].filter((key) => others.has(key));
  const [wasOrder, isOrder] = [kept(before, after), kept(after, before)];
  return wasOrder.join('\n') === isOrder.join('\n')
    ? changes
    : [...changes, { section, key: null, before: wasOrder, after: isOrder }];
}

const changedValue = (section: BotSection, before: unknown, after: unknown): BotSettingChange[] =>
  JSON.stringify(before) === JSON.stringify(after) ? [] : [{ section, key: null, before, after }];

const actions = {
  FLOWS: { action: 'bot.flow_updated', field: 'flows' },
  COMMANDS: { action: 'bot.command_updated', field: 'commands' },
  AUTO_REPLIES: { action: 'bot.auto_reply_updated', field: 'autoReplies' },
  PROMPT: { action: 'bot.prompt_updated', field: 'prompt' },
  MODEL: { action: 'bot.model_changed', field: 'model' },
} as const satisfies Record<BotSection, { action: string; field: string }>;

/** Entries that the sentence of an event names; the others it counts. */
const NAMED = 5;

/**
 * The events of these changes, one for each section, with what was there before and after: of a list only the entries
 * that are different, by their keys.
 */
export function eventsOf(
  changes: readonly BotSettingChange[],
): (Pick<NewEvent, 'changes'> & { action: (typeof actions)[BotSection]['action']; labels?: { what: string } })[] {
  return (Object.keys(BotSection) as BotSection[]).flatMap((section) => {
    const those = changes.filter((change) => change.section === section);
    if (those.length === 0) return [];
    const { action, field } = actions[section];
    if (section === 'PROMPT' || section === 'MODEL') {
      const [{ before, after }] = those as [BotSettingChange];
      return [{ action, changes: [{ field, before: scalar(before), after: scalar(after) }] }];
    }
    const keys = those.map(({ key }) => key ?? 'their order');
    const more = keys.length - NAMED;
    const what = [...keys.slice(0, NAMED), ...(more > 0 ? [`${more} more`] : [])].join(', ');
    const told = (side: 'before' | 'after') =>
      JSON.stringify(Object.fromEntries(those.map((change) => [change.key ?? '', change[side]])));
    return [{ action, changes: [{ field, before: told('before'), after: told('after') }], labels: { what } }];
  });
}

const scalar = (value: unknown): string | undefined =>
  value === null ? undefined : typeof value === 'string' ? value : JSON.stringify(value);
