import { createHash } from 'node:crypto';
import { conflict, invalid } from './errors.js';
import type { Tx } from './transaction.js';

/** How long a caller's own key is remembered. */
const CALLER_KEY_MS = 24 * 60 * 60 * 1000;
const MAX_KEY_LENGTH = 255;

export interface Claim {
  /** Whose key: `principal`'s own, or a channel's, which is kept for good and whose body may differ. */
  owner: string;
  mutation: string;
  key: string;
  /** The request as it must be repeated; absent for a channel's ids. */
  request?: unknown;
  /** The id that the first request gives to what it makes. */
  resultId: string;
}

/**
 * Claims a key for this transaction, before anything else is done. Two requests with one key at the same time: the
 * second waits here for the first, then answers with what it made.
 * @returns the id of what the first request made when this is a repetition, else null.
 * @throws AppError CONFLICT for a known key with another request.
 */
export async function claimKey(tx: Tx, claim: Claim): Promise<string | null> {
  if (claim.key.length === 0 || claim.key.length > MAX_KEY_LENGTH) {
    throw invalid({ path: 'idempotencyKey', message: `must have 1 to ${MAX_KEY_LENGTH} characters` });
  }
  const hash =
    claim.request === undefined ? null : createHash('sha256').update(JSON.stringify(claim.request)).digest('base64url');
  const expiresAt = claim.request === undefined ? null : new Date(tx.now.getTime() + CALLER_KEY_MS);
  const { workspaceId } = tx.principal;
  const where = [workspaceId, claim.owner, claim.mutation, claim.key];
  const inserted = await tx.em.execute<unknown[]>(
    `insert into idempotency_key (workspace_id, owner, mutation, key, request_hash, result_id, created_at, expires_at)
     values (?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing returning 1 as done`,
    [...where, hash, claim.resultId, tx.now, expiresAt],
  );
  if (inserted.length > 0) return null;
  const [known] = await tx.em.execute<{ request_hash: string | null; result_id: string }[]>(
    'select request_hash, result_id from idempotency_key where workspace_id = ? and owner = ? and mutation = ? and key = ?',
    where,
  );
  if (!known) return claimKey(tx, claim); // Purged between the two statements.
  if (hash !== null && known.request_hash !== hash) {
    throw conflict('This idempotencyKey was used for another request.', { idempotencyKey: claim.key });
  }
  return known.result_id;
}

/** The owner of a caller's own keys. */
export const ownKeys = (tx: Tx): string => `${tx.principal.kind}:${tx.principal.id ?? 'system'}`;
