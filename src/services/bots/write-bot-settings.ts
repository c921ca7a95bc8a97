import { BotRevision, type Bot, type BotSettings } from '../../entities/bot.js';
import type { Call } from '../application.js';
import { conflict, invalid } from '../errors.js';
import { refuseUnlessAdministrator } from '../guards.js';
import { Faults, MAX_REASON, type WithReason } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';
import { changesBetween, eventsOf } from './bot-changes.js';
import { NO_SETTINGS, withSections, type GivenSections } from './bot-settings.js';
import { checkBotSettings } from './check-bot-settings.js';
import { lockedBot, targetOf } from './write-bots.js';

interface OfVersion extends WithReason {
  botId: string;
  /** The version that the caller has looked at. */
  expectedVersion: number;
}

export type UpdateBotSettingsInput = OfVersion & GivenSections;

/**
 * Puts sections of a bot's settings in place of those there, as its next version. What makes no difference makes no
 * version, so that a request whose answer was lost can be repeated.
 * @throws AppError FORBIDDEN, NOT_FOUND, VALIDATION_FAILED; CONFLICT when it has another version by now.
 */
export async function updateBotSettings(call: Call, input: UpdateBotSettingsInput): Promise<string> {
  return withTransaction(call, async (tx) => {
    refuseUnlessAdministrator(tx, 'bot.update_settings');
    const bot = await lockedBot(tx, input.botId);
    const before = await settingsOf(tx, bot, bot.version);
    const after = withSections(before!, input);
    const faults = new Faults();
    checkBotSettings(faults, after);
    faults.optionalText('reason', input.reason, MAX_REASON);
    faults.refuse();
    publish(tx, bot, { before: before!, after, revertedTo: null }, input);
    return bot.id;
  });
}

/**
 * Brings the settings of an older version back, as the next one.
 * @throws AppError FORBIDDEN, NOT_FOUND, VALIDATION_FAILED, also for a version that it never had; CONFLICT when it has
 *   another version by now.
 */
export async function revertBotSettings(call: Call, input: OfVersion & { version: number }): Promise<string> {
  const faults = new Faults();
  faults.optionalText('reason', input.reason, MAX_REASON);
  faults.refuse();
  return withTransaction(call, async (tx) => {
    refuseUnlessAdministrator(tx, 'bot.revert_settings');
    const bot = await lockedBot(tx, input.botId);
    const older = await settingsOf(tx, bot, input.version);
    if (!older) throw invalid({ path: 'version', message: 'is no version of this bot' });
    const before = await settingsOf(tx, bot, bot.version);
    publish(tx, bot, { before: before!, after: older, revertedTo: input.version }, input);
    return bot.id;
  });
}

async function settingsOf({ em, principal }: Tx, bot: Bot, version: number): Promise<BotSettings | null> {
  const { workspaceId } = principal;
  const revision = await em.findOne(BotRevision, { workspaceId, bot: [workspaceId, bot.id], version });
  return revision && withSections({ ...NO_SETTINGS, ...revision.settings }, {});
}

/** Makes the next version, with an event for each section that is different and one for the version. */
function publish(
  tx: Tx,
  bot: Bot,
  { before, after, revertedTo }: { before: BotSettings; after: BotSettings; revertedTo: number | null },
  { expectedVersion, reason }: OfVersion,
): void {
  const changes = changesBetween(before, after);
  if (changes.length === 0) return;
  if (bot.version !== expectedVersion) {
    throw conflict('The settings have changed meanwhile.', { botId: bot.id, version: bot.version });
  }
  const version = bot.version + 1;
  bot.version = version;
  const { id: authorId, kind: authorKind, workspaceId } = tx.principal;
  const made = { version, settings: after, changes, revertedTo, authorKind, authorId, createdAt: tx.now };
  tx.em.persist(tx.em.create(BotRevision, { workspaceId, bot, ...made, reason: reason ?? null }));
  const told = { target: targetOf(bot), reason: reason ?? null };
  for (const event of eventsOf(changes)) tx.record({ ...told, ...event, metadata: { version } });
  tx.record({
    ...told,
    action: 'bot.published',
    changes: [{ field: 'version', before: version - 1, after: version }],
    ...(revertedTo === null ? {} : { metadata: { revertedTo } }),
  });
}
