import { Bot, BotRevision } from '../../entities/bot.js';
import { NO_SETTINGS } from '../bots/bot-settings.js';
import { newId } from '../ids.js';
import { Faults, MAX_REASON, MAX_REMARK, type WithReason } from '../text.js';
import type { Tx } from '../transaction.js';

/**
 * Creates a bot, enabled, in its first version, without settings.
 * @returns its id.
 * @throws AppError VALIDATION_FAILED.
 */
export async function addBot(tx: Tx, input: { id?: string; displayName: string } & WithReason): Promise<string> {
  const displayName = input.displayName.trim();
  const reason = input.reason ?? null;
  const faults = new Faults();
  faults.text('displayName', displayName, MAX_REMARK);
  faults.optionalText('reason', reason, MAX_REASON);
  faults.refuse();
  const { id: authorId, kind: authorKind, workspaceId } = tx.principal;
  const bot = tx.em.create(Bot, {
    workspaceId,
    id: input.id ?? newId(),
    displayName,
    enabled: true,
    version: 1,
    createdAt: tx.now,
  });
  const first = { version: 1, settings: NO_SETTINGS, changes: [], revertedTo: null };
  const by = { authorKind, authorId, createdAt: tx.now, reason };
  tx.em.persist([bot, tx.em.create(BotRevision, { workspaceId, bot, ...first, ...by })]);
  await tx.em.flush();
  tx.record({ action: 'bot.created', target: { type: 'bot', id: bot.id, label: displayName }, reason });
  return bot.id;
}
