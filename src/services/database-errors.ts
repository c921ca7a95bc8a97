import { AppError, unavailable } from './errors.js';

/** PostgreSQL's classes of "not now": connection lost, shutting down, out of resources, waited too long, deadlock. */
const PASSING = /^(08|53|57P|57014|55P03|40001|40P01|25P03)/;
const UNREACHABLE = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN']);

/** The SQLSTATE or the system's error code behind whatever a driver threw, if there is one. */
export function databaseErrorCode(error: unknown): string | undefined {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 4; cause = cause.cause, depth += 1) {
    const { code } = cause as { code?: unknown };
    if (typeof code === 'string') return code;
  }
  return undefined;
}

/** That two conversations have one external id: whoever comes later finds the other one when they try again. */
const EXTERNAL_ID = 'conversation_workspace_id_external_id_unique';

/** The constraint that a write has failed by. */
function constraintOf(error: unknown): string | undefined {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 4; cause = cause.cause, depth += 1) {
    const { constraint } = cause as { constraint?: unknown };
    if (typeof constraint === 'string') return constraint;
  }
  return undefined;
}

/**
 * What a driver threw, in the services' words: UNAVAILABLE for what may pass, everything else as it was. A connection
 * that broke says so in words only ("Connection terminated"), hence the look at the message.
 */
export function translateDatabaseError(error: unknown): unknown {
  if (error instanceof AppError) return error;
  const code = databaseErrorCode(error);
  if (code !== undefined && (PASSING.test(code) || UNREACHABLE.has(code))) {
    return unavailable('The database is out of reach or too busy. Try again.', error);
  }
  if (code === '23505' && constraintOf(error) === EXTERNAL_ID) {
    return unavailable('Another conversation got this externalId at this moment. Try again.', error);
  }
  if (
    error instanceof Error &&
    /connection (terminated|error|ended)|timeout exceeded when trying to connect/i.test(error.message)
  ) {
    return unavailable('The connection to the database was lost. Try again.', error);
  }
  return error;
}

/** Whether a write failed because a row with this unique key is already there. */
export const isUniqueViolation = (error: unknown): boolean => databaseErrorCode(error) === '23505';
