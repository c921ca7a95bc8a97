import { createHash } from 'node:crypto';
import { conflict, invalid } from './errors.js';
import { sql } from './sql.js';
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
  const hash = claim.request === undefined ? null : digestOf(JSON.stringify(claim.request));
  const expiresAt = claim.request === undefined ? null : new Date(tx.now.getTime() + CALLER_KEY_MS);
  const { workspaceId } = tx.principal;
  const { owner, mutation } = claim;
  // Kept for good, so never as it is: a channel's ids are made of addresses, and outlive the contact who is erased.
  const key = claim.request === undefined ? digestOf(`${owner}\n${claim.key}`) : claim.key;
  const inserted = await tx.rows(sql`
    insert into idempotency_key (workspace_id, owner, mutation, key, request_hash, result_id, created_at, expires_at)
    values (${workspaceId}, ${owner}, ${mutation}, ${key}, ${hash}, ${claim.resultId}, ${tx.now}, ${expiresAt})
    on conflict do nothing returning 1 as done`);
  if (inserted.length > 0) return null;
  const [known] = await tx.rows<{ requestHash: string | null; resultId: string }>(sql`
    select request_hash as "requestHash", result_id as "resultId" from idempotency_key
    where workspace_id = ${workspaceId} and owner = ${owner} and mutation = ${mutation} and key = ${key}`);
  if (!known) return claimKey(tx, claim); // Purged between the two statements.
  if (hash !== null && known.requestHash !== hash) {
    throw conflict('This idempotencyKey was used for another request.', { idempotencyKey: claim.key });
  }
  return known.resultId;
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** The owner of a caller's own keys. */
export const ownKeys = (tx: Tx): string => `${tx.principal.kind}:${tx.principal.id ?? 'system'}`;
