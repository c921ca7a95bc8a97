import { Bot } from '../../entities/bot.js';
import { newId } from '../ids.js';
import { Faults, MAX_REMARK } from '../text.js';
import type { Tx } from '../transaction.js';

/**
 * Creates a bot, enabled, in its first version.
 * @returns its id.
 * @throws AppError VALIDATION_FAILED.
 */
export async function addBot(tx: Tx, input: { displayName: string }): Promise<string> {
  const displayName = input.displayName.trim();
  const faults = new Faults();
  faults.text('displayName', displayName, MAX_REMARK);
  faults.refuse();
  const bot = tx.em.create(Bot, {
    workspaceId: tx.principal.workspaceId,
    id: newId(),
    displayName,
    enabled: true,
    version: 1,
    settings: {},
    createdAt: tx.now,
  });
  tx.em.persist(bot);
  await tx.em.flush();
  tx.record({ action: 'bot.created', target: { type: 'bot', id: bot.id, label: displayName } });
  return bot.id;
}
