import type { Call } from './application.js';
import type { TransactionOptions } from './bound-transaction.js';
import { commit, type Tx } from './commit.js';
import { AppError } from './errors.js';
import { recordDenial } from './record-denial.js';

export type { Tx } from './commit.js';

/**
 * The one way to change anything: runs the work bound to the caller's workspace, appends its events as the last
 * statement, commits, and rings. All of it happens or nothing; a refusal is recorded after the rollback.
 * @throws AppError whatever the work throws; UNAUTHENTICATED when the caller's rights ended meanwhile; UNAVAILABLE
 *   when the database is out of reach or too busy.
 */
export async function withTransaction<T>(
  call: Call,
  work: (tx: Tx) => Promise<T>,
  options?: TransactionOptions,
): Promise<T> {
  const { app } = call;
  const principal = await app.principals.fresh(call.principal);
  try {
    return await commit({ ...call, principal }, work, options);
  } catch (error) {
    if (error instanceof AppError && error.denial) await recordDenial({ ...call, principal }, error.denial);
    throw error;
  }
}
