import { hash } from 'node:crypto';
import type { Call } from './application.js';
import { conflict, invalid } from './errors.js';
import type { Part } from './record/append.js';
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

/** A key as it is kept. */
export interface ClaimedKey {
  owner: string;
  mutation: string;
  key: string;
  requestHash: string | null;
  resultId: string;
  createdAt: Date;
  expiresAt: Date | null;
}

/**
 * Claims a key for this transaction, before anything else is done. Two requests with one key at the same time: the
 * second waits here for the first, then answers with what it made.
 * @returns the id of what the first request made when this is a repetition, else null.
 * @throws AppError CONFLICT for a known key with another request.
 */
export async function claimKey(tx: Tx, claim: Claim): Promise<string | null> {
  const claimed = keyOf(claim, tx.now);
  const { workspaceId } = tx.principal;
  const { owner, mutation, key } = claimed;
  const inserted = await tx.rows(sql`
    insert into idempotency_key (workspace_id, owner, mutation, key, request_hash, result_id, created_at, expires_at)
    values (${workspaceId}, ${owner}, ${mutation}, ${key}, ${claimed.requestHash}, ${claim.resultId}, ${tx.now}, ${claimed.expiresAt})
    on conflict do nothing returning 1 as done`);
  if (inserted.length > 0) return null;
  // Purged between the two statements: once more.
  return (await resultOfKey(tx, claimed)) ?? claimKey(tx, claim);
}

/**
 * The key as it is kept once the request is done.
 * @throws AppError VALIDATION_FAILED
 */
export function keyOf({ owner, mutation, key, request, resultId }: Claim, now: Date): ClaimedKey {
  if (key.length === 0 || key.length > MAX_KEY_LENGTH) {
    throw invalid({ path: 'idempotencyKey', message: `must have 1 to ${MAX_KEY_LENGTH} characters` });
  }
  const common = { owner, mutation, resultId, createdAt: now };
  // Kept for good, so never as it is: a channel's ids are made of addresses, and outlive the contact who is erased.
  if (request === undefined) return { ...common, key: keptKey(owner, key), requestHash: null, expiresAt: null };
  const expiresAt = new Date(now.getTime() + CALLER_KEY_MS);
  return { ...common, key, requestHash: digestOf(JSON.stringify(request)), expiresAt };
}

/** Claims keys that nobody has, as part of another statement; one that somebody has by then fails all of it. */
export const claimsOf = (workspaceId: string, keys: readonly ClaimedKey[]): Part[] =>
  keys.length === 0
    ? []
    : [
        {
          name: 'claimed',
          write: sql`
        insert into idempotency_key (workspace_id, owner, mutation, key, request_hash, result_id, created_at, expires_at)
        select ${workspaceId}, k."owner", k."mutation", k."key", k."requestHash", k."resultId", k."createdAt", k."expiresAt"
        from jsonb_to_recordset(${JSON.stringify(keys)}::jsonb) as k ("owner" text, "mutation" text, "key" text,
          "requestHash" text, "resultId" uuid, "createdAt" timestamptz, "expiresAt" timestamptz)
        order by k."owner", k."mutation", k."key"
        returning 1 as done`,
        },
      ];

/**
 * What the first request with a key made; null where nobody had it.
 * @throws AppError CONFLICT where that was another request.
 */
export async function resultOfKey(tx: Tx, { owner, mutation, key, requestHash }: ClaimedKey): Promise<string | null> {
  const [known] = await tx.rows<{ requestHash: string | null; resultId: string }>(sql`
    select request_hash as "requestHash", result_id as "resultId" from idempotency_key
    where workspace_id = ${tx.principal.workspaceId} and owner = ${owner} and mutation = ${mutation} and key = ${key}`);
  if (!known) return null;
  if (requestHash !== null && known.requestHash !== requestHash) {
    throw conflict('This idempotencyKey was used for another request.', { idempotencyKey: key });
  }
  return known.resultId;
}

/** A channel's id as it is kept. */
export const keptKey = (owner: string, key: string): string => digestOf(`${owner}\n${key}`);

/** The owner of the ids that a channel gives, which are an inbox's own. */
export const inboxKeys = (inboxId: string): string => `inbox:${inboxId}`;

const digestOf = (text: string): string => hash('sha256', text, 'base64url');

/**
 * Claims the key of a caller's request, where it has one.
 * @returns and throws as `claimKey`.
 */
export async function claimOwnKey<I extends { idempotencyKey?: string | null | undefined }>(
  tx: Tx,
  mutation: string,
  input: I,
  resultId: string,
): Promise<string | null> {
  const { idempotencyKey, ...request } = input;
  if (idempotencyKey == null) return null;
  return claimKey(tx, { owner: ownKeys(tx), mutation, key: idempotencyKey, request, resultId });
}

/**
 * Whether a caller has used a key before, with whatever request. Nothing is held: it may be used a moment later. In a
 * transaction of its own, since keys are hidden from the role that reads across workspaces.
 */
export async function isKnownKey({ app, principal }: Call, mutation: string, key: string): Promise<boolean> {
  const { workspaceId } = principal;
  const rows = await app.db.inWorkspace(workspaceId, (transaction) =>
    transaction.rows(sql`
      select 1 as known from idempotency_key where workspace_id = ${workspaceId}
        and owner = ${ownKeys({ principal })} and mutation = ${mutation} and key = ${key}`),
  );
  return rows.length > 0;
}

/** The owner of a caller's own keys; of a customer's whom their token names, whoever they turned out to be since. */
export const ownKeys = ({ principal: { kind, id, tokenContactId } }: Pick<Tx, 'principal'>): string =>
  `${kind}:${tokenContactId ?? id ?? 'system'}`;

/**
 * How far the request of a caller's key has come, where it is carried out in several transactions; under the key's lock,
 * so that of two who repeat it one goes on. null before the first, and once the key is forgotten.
 */
export async function lockProgress<P extends object>(tx: Tx, mutation: string, key: string): Promise<P | null> {
  const [known] = await tx.rows<{ progress: P | null }>(sql`
    select progress from idempotency_key where workspace_id = ${tx.principal.workspaceId} and owner = ${ownKeys(tx)}
      and mutation = ${mutation} and key = ${key} for update`);
  return known?.progress ?? null;
}

/** Keeps how far the request of a caller's key has come, with what is committed now. */
export async function keepProgress(tx: Tx, mutation: string, key: string, progress: object): Promise<void> {
  await tx.rows(sql`
    update idempotency_key set progress = ${JSON.stringify(progress)}::jsonb
    where workspace_id = ${tx.principal.workspaceId} and owner = ${ownKeys(tx)}
      and mutation = ${mutation} and key = ${key}`);
}
