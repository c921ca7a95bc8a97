import { LockMode } from '@mikro-orm/core';
import { ApiKey } from '../../entities/api-key.js';
import type { Scope } from '../../entities/enums.js';
import { newApiKey } from '../accounts/api-key-format.js';
import { secretHash } from '../accounts/tokens.js';
import type { Call } from '../application.js';
import { conflict, forbidden, notFound } from '../errors.js';
import { canGrantKey } from '../grants.js';
import { refuseUnlessAdministrator, workspaceTarget } from '../guards.js';
import { claimOwnKey } from '../idempotency.js';
import { isId, newId } from '../ids.js';
import { sql } from '../sql.js';
import { checkReason, Faults, MAX_REASON, type WithReason } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';
import { addApiKey } from '../workspaces/add-api-key.js';
import { refuseBeyond } from '../workspaces/places.js';

export interface CreateApiKeyInput extends WithReason {
  displayName: string;
  scopes?: readonly Scope[] | null | undefined;
  botId?: string | null | undefined;
  expiresAt?: Date | null | undefined;
  idempotencyKey?: string | null | undefined;
}

export interface RotateApiKeyInput extends WithReason {
  apiKeyId: string;
  graceSeconds?: number | null | undefined;
  idempotencyKey?: string | null | undefined;
}

/** A key, with its secret where one was made just now: shown this once. */
export interface WrittenApiKey {
  id: string;
  secret: string | null;
}

/** Keys of a workspace that have not ended, at the most: all of them fit into the list. */
const MAX_KEYS = 250;
/** For how long the secret before is good, in seconds. */
export const GRACE_SECONDS = { default: 86_400, max: 604_800 };

/**
 * Creates an API key. Its secret is in the answer and nowhere else.
 * @throws AppError FORBIDDEN, also for scopes that the caller, a key, has not; VALIDATION_FAILED; NOT_FOUND (bot);
 *   CONFLICT for another request under a known key; LIMIT_EXCEEDED at 250 keys.
 */
export async function createApiKey(call: Call, input: CreateApiKeyInput): Promise<WrittenApiKey> {
  return withTransaction(call, async (tx) => {
    refuseUnlessAdministrator(tx, 'api_key.create');
    const id = newId();
    const scopes = input.scopes ?? [];
    const { workspaceId } = tx.principal;
    const key = { isBot: Boolean(input.botId), scopes };
    refuseGrantingKey(tx, key, 'api_key.create', workspaceTarget(workspaceId));
    const known = await claimOwnKey(tx, 'createApiKey', input, id);
    if (known) return { id: known, secret: null };
    await refuseBeyond(tx, {
      limit: 'apiKeys',
      value: MAX_KEYS,
      there: sql`from api_key t where t.workspace_id = ${workspaceId} and t.revoked_at is null
        and (t.expires_at is null or t.expires_at > ${tx.now})`,
    });
    const { displayName, botId, expiresAt, reason } = input;
    const made = await addApiKey(tx, {
      id,
      displayName,
      scopes,
      botId: botId ?? null,
      expiresAt: expiresAt ?? null,
      reason,
    });
    return { id, secret: made.key };
  });
}

/**
 * Gives a key another secret. The one before is good for the grace; the one before that no longer. A repeated request
 * changes nothing: where its answer was lost, doing it again would end the secret that is in use.
 * @throws AppError FORBIDDEN, also for a key that may do more than the caller, a key itself; NOT_FOUND,
 *   VALIDATION_FAILED; CONFLICT for a key that has ended, and for another request under a known key.
 */
export async function rotateApiKey(call: Call, input: RotateApiKeyInput): Promise<WrittenApiKey> {
  const graceSeconds = input.graceSeconds ?? GRACE_SECONDS.default;
  const faults = new Faults();
  faults.optionalText('reason', input.reason, MAX_REASON);
  if (graceSeconds < 0 || graceSeconds > GRACE_SECONDS.max)
    faults.add('graceSeconds', `must be 0 to ${GRACE_SECONDS.max}`);
  faults.refuse();
  return withTransaction(call, async (tx) => {
    refuseUnlessAdministrator(tx, 'api_key.rotate');
    const apiKey = await locked(tx, input.apiKeyId);
    const { scopes } = apiKey;
    const botId = apiKey.bot?.id;
    refuseGrantingKey(tx, { isBot: botId !== undefined, scopes }, 'api_key.rotate', targetOf(apiKey));
    const known = await claimOwnKey(tx, 'rotateApiKey', input, apiKey.id);
    if (known) return { id: known, secret: null };
    const { revokedAt, expiresAt } = apiKey;
    if (revokedAt || (expiresAt && expiresAt <= tx.now)) {
      throw conflict('This key has ended. Create another one.', {
        apiKeyId: apiKey.id,
        revokedAt: revokedAt?.toISOString() ?? null,
        expiresAt: expiresAt?.toISOString() ?? null,
      });
    }
    const { key, prefix } = newApiKey();
    const previousUntil = new Date(tx.now.getTime() + graceSeconds * 1000);
    const before = apiKey.prefix;
    tx.em.assign(apiKey, {
      prefix,
      previousSecretHash: apiKey.secretHash,
      previousSecretUntil: previousUntil,
      secretHash: secretHash(key),
      secretVersion: apiKey.secretVersion + 1,
    });
    tx.record({
      action: 'api_key.rotated',
      ...(scopes.includes('ADMIN') ? { severity: 'CRITICAL' as const } : {}),
      target: targetOf(apiKey),
      changes: [{ field: 'prefix', before, after: prefix }],
      metadata: { scopes, ...(botId ? { botId } : {}), previousUntil: previousUntil.toISOString() },
      reason: input.reason ?? null,
    });
    return { id: apiKey.id, secret: key };
  });
}

/**
 * Ends a key with all of its secrets; its sockets are closed. One that was revoked already changes nothing.
 * @throws AppError FORBIDDEN, NOT_FOUND, VALIDATION_FAILED
 */
export async function revokeApiKey(call: Call, input: { apiKeyId: string } & WithReason): Promise<string> {
  checkReason(input);
  return withTransaction(call, async (tx) => {
    refuseUnlessAdministrator(tx, 'api_key.revoke');
    const apiKey = await locked(tx, input.apiKeyId);
    if (apiKey.revokedAt) return apiKey.id;
    apiKey.revokedAt = tx.now;
    tx.record({
      action: 'api_key.revoked',
      target: targetOf(apiKey),
      changes: [{ field: 'revoked', before: false, after: true }],
      metadata: { prefix: apiKey.prefix },
      reason: input.reason ?? null,
    });
    return apiKey.id;
  });
}

async function locked(tx: Tx, id: string): Promise<ApiKey> {
  const { workspaceId } = tx.principal;
  const lock = { lockMode: LockMode.PESSIMISTIC_WRITE } as const;
  const apiKey = isId(id) ? await tx.em.findOne(ApiKey, { workspaceId, id }, lock) : null;
  if (!apiKey) throw notFound('API key');
  return apiKey;
}

type Target = { type: string; id: string; label: string };
const targetOf = ({ id, displayName }: ApiKey): Target => ({ type: 'api_key', id, label: displayName });

/** @throws AppError FORBIDDEN, recorded. */
function refuseGrantingKey(
  { principal }: Tx,
  key: { isBot: boolean; scopes: readonly Scope[] },
  attempted: string,
  target: Target,
): void {
  if (canGrantKey(principal, key)) return;
  throw forbidden('A key gives no more than it has itself.').recordedAs({ attempted, target });
}
