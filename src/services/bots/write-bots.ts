import { LockMode } from '@mikro-orm/core';
import { Bot } from '../../entities/bot.js';
import type { Call } from '../application.js';
import { LIST_CAP } from '../directory.js';
import { notFound } from '../errors.js';
import { refuseUnlessAdministrator } from '../guards.js';
import { claimOwnKey } from '../idempotency.js';
import { isId, newId } from '../ids.js';
import { sql } from '../sql.js';
import { checkReason, Faults, MAX_REASON, MAX_REMARK, type WithReason } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';
import { addBot } from '../workspaces/add-bot.js';
import { refuseBeyond } from '../workspaces/places.js';

export interface CreateBotInput extends WithReason {
  displayName: string;
  idempotencyKey?: string | null | undefined;
}

/**
 * Creates a bot, enabled, without settings.
 * @throws AppError FORBIDDEN, VALIDATION_FAILED; CONFLICT for another request under a known key; LIMIT_EXCEEDED at 250
 *   bots.
 */
export async function createBot(call: Call, input: CreateBotInput): Promise<string> {
  return withTransaction(call, async (tx) => {
    refuseUnlessAdministrator(tx, 'bot.create');
    const id = newId();
    const known = await claimOwnKey(tx, 'createBot', input, id);
    if (known) return known;
    const { workspaceId } = tx.principal;
    await refuseBeyond(tx, {
      limit: 'bots',
      value: LIST_CAP,
      there: sql`from bot t where t.workspace_id = ${workspaceId}`,
    });
    const { displayName, reason } = input;
    return addBot(tx, { id, displayName, reason });
  });
}

/**
 * Gives a bot another name.
 * @throws AppError FORBIDDEN, NOT_FOUND, VALIDATION_FAILED
 */
export async function updateBot(
  call: Call,
  input: { botId: string; displayName: string } & WithReason,
): Promise<string> {
  const displayName = input.displayName.trim();
  const faults = new Faults();
  faults.text('displayName', displayName, MAX_REMARK);
  faults.optionalText('reason', input.reason, MAX_REASON);
  faults.refuse();
  return withTransaction(call, async (tx) => {
    refuseUnlessAdministrator(tx, 'bot.update');
    const bot = await lockedBot(tx, input.botId);
    const before = bot.displayName;
    if (before === displayName) return bot.id;
    bot.displayName = displayName;
    tx.record({
      action: 'bot.updated',
      target: targetOf(bot),
      changes: [{ field: 'displayName', before, after: displayName }],
      reason: input.reason ?? null,
    });
    return bot.id;
  });
}

/**
 * Switches a bot on or off. Off, its keys are refused at once and no new conversation goes to it; what it has, it keeps
 * until somebody takes it over or its customer writes again. What is so already changes nothing.
 * @throws AppError FORBIDDEN, NOT_FOUND, VALIDATION_FAILED
 */
export async function switchBot(call: Call, enabled: boolean, input: { botId: string } & WithReason): Promise<string> {
  checkReason(input);
  return withTransaction(call, async (tx) => {
    refuseUnlessAdministrator(tx, enabled ? 'bot.enable' : 'bot.disable');
    const bot = await lockedBot(tx, input.botId);
    if (bot.enabled === enabled) return bot.id;
    bot.enabled = enabled;
    tx.record({
      action: enabled ? 'bot.enabled' : 'bot.disabled',
      target: targetOf(bot),
      changes: [{ field: 'enabled', before: !enabled, after: enabled }],
      reason: input.reason ?? null,
    });
    return bot.id;
  });
}

/** @throws AppError NOT_FOUND */
export async function lockedBot({ em, principal }: Tx, id: string): Promise<Bot> {
  const lock = { lockMode: LockMode.PESSIMISTIC_WRITE } as const;
  const bot = isId(id) ? await em.findOne(Bot, { workspaceId: principal.workspaceId, id }, lock) : null;
  if (!bot) throw notFound('bot');
  return bot;
}

/** A bot as the target of an event. */
export const targetOf = ({ id, displayName }: Pick<Bot, 'id' | 'displayName'>) => ({
  type: 'bot',
  id,
  label: displayName,
});
