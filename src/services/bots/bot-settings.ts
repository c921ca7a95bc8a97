import type { BotAutoReply, BotCommand, BotFlow, BotModel, BotSettings, BotStep } from '../../entities/bot.js';

type Loose<T> = { [K in keyof T]?: T[K] | null | undefined };
type LooseFlow = Loose<Omit<BotFlow, 'steps'>> & {
  steps?:
    | readonly (Loose<Omit<BotStep, 'choices'>> & { choices?: readonly Loose<BotStep['choices'][number]>[] | null })[]
    | null;
};

/** Sections as a caller gives them; what is absent stays as it is, null takes the prompt or the model away. */
export interface GivenSections {
  flows?: readonly LooseFlow[] | null | undefined;
  commands?: readonly Loose<BotCommand>[] | null | undefined;
  autoReplies?: readonly Loose<BotAutoReply>[] | null | undefined;
  prompt?: string | null | undefined;
  model?: Loose<BotModel> | null | undefined;
}

export const NO_SETTINGS: BotSettings = { flows: [], commands: [], autoReplies: [], prompt: null, model: null };

/**
 * The settings with these sections put in place of those there, every entry with all of its keys in one order: the
 * database keeps none, and settings are compared as text.
 */
export const withSections = (settings: BotSettings, given: GivenSections): BotSettings => ({
  flows: (given.flows ?? settings.flows).map(flow),
  commands: (given.commands ?? settings.commands).map(command),
  autoReplies: (given.autoReplies ?? settings.autoReplies).map(autoReply),
  prompt: blank(given.prompt === undefined ? settings.prompt : given.prompt),
  model: model(given.model === undefined ? settings.model : given.model),
});

const flow = ({ key, name, enabled, steps }: LooseFlow): BotFlow => ({
  key: key?.trim() ?? '',
  name: name?.trim() ?? '',
  enabled: enabled ?? true,
  steps: (steps ?? []).map((step) => ({
    key: step.key?.trim() ?? '',
    text: blank(step.text),
    choices: (step.choices ?? []).map(({ text, next }) => ({ text: text?.trim() ?? '', next: blank(next) })),
    next: blank(step.next),
    handsOver: step.handsOver ?? false,
  })),
});

const command = ({ name, description, text, flow: starts }: Loose<BotCommand>): BotCommand => ({
  name: name?.trim() ?? '',
  description: blank(description),
  text: blank(text),
  flow: blank(starts),
});

const autoReply = ({ key, keywords, text, flow: starts, enabled }: Loose<BotAutoReply>): BotAutoReply => ({
  key: key?.trim() ?? '',
  keywords: (keywords ?? []).map((word) => word.trim()),
  text: blank(text),
  flow: blank(starts),
  enabled: enabled ?? true,
});

const model = (given: Loose<BotModel> | null): BotModel | null =>
  given && {
    name: given.name?.trim() ?? '',
    temperature: given.temperature ?? null,
    maxOutputTokens: given.maxOutputTokens ?? null,
  };

const blank = (text: string | null | undefined): string | null => text?.trim() || null;
