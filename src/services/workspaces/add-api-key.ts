import { ApiKey } from '../../entities/api-key.js';
import { Bot } from '../../entities/bot.js';
import type { Scope } from '../../entities/enums.js';
import { newApiKey } from '../accounts/api-key-format.js';
import { secretHash } from '../accounts/tokens.js';
import { notFound } from '../errors.js';
import { isId, newId } from '../ids.js';
import { Faults, MAX_REASON, MAX_REMARK, type WithReason } from '../text.js';
import type { Tx } from '../transaction.js';

export interface NewApiKey extends WithReason {
  /** Where it is known before. */
  id?: string;
  displayName: string;
  /** What the key may do; empty for a bot's, which speaks as the bot. */
  scopes: readonly Scope[];
  botId?: string | null;
  /** Null = it does not end by itself. */
  expiresAt?: Date | null;
}

/**
 * Creates an API key. The key itself is in the answer and nowhere else: only its hash is kept.
 * @throws AppError VALIDATION_FAILED; NOT_FOUND for a bot that is not there.
 */
export async function addApiKey(tx: Tx, input: NewApiKey): Promise<{ apiKeyId: string; key: string }> {
  const { em } = tx;
  const { workspaceId } = tx.principal;
  const displayName = input.displayName.trim();
  const scopes = [...new Set(input.scopes)];
  const faults = new Faults();
  faults.text('displayName', displayName, MAX_REMARK);
  faults.optionalText('reason', input.reason, MAX_REASON);
  if (input.expiresAt && input.expiresAt <= tx.now) faults.add('expiresAt', 'must be in the future');
  if (input.botId && scopes.length > 0) faults.add('scopes', 'must be empty for the key of a bot');
  if (!input.botId && scopes.length === 0) faults.add('scopes', 'must not be empty');
  faults.refuse();
  const bot = input.botId ? isId(input.botId) && (await em.findOne(Bot, { workspaceId, id: input.botId })) : null;
  if (input.botId && !bot) throw notFound('bot');

  const { key, prefix } = newApiKey();
  const apiKey = em.create(ApiKey, {
    workspaceId,
    id: input.id ?? newId(),
    displayName,
    bot: bot || null,
    scopes,
    prefix,
    secretHash: secretHash(key),
    secretVersion: 1,
    previousSecretHash: null,
    previousSecretUntil: null,
    createdAt: tx.now,
    lastUsedAt: null,
    expiresAt: input.expiresAt ?? null,
    revokedAt: null,
  });
  em.persist(apiKey);
  await em.flush();
  tx.record({
    action: 'api_key.created',
    ...(scopes.includes('ADMIN') ? { severity: 'CRITICAL' as const } : {}),
    target: { type: 'api_key', id: apiKey.id, label: displayName },
    metadata: {
      scopes,
      prefix,
      ...(bot ? { botId: bot.id } : {}),
      ...(input.expiresAt ? { expiresAt: input.expiresAt.toISOString() } : {}),
    },
    reason: input.reason ?? null,
  });
  return { apiKeyId: apiKey.id, key };
}
