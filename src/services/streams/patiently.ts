import { setTimeout as pause } from 'node:timers/promises';
import { isUnavailable } from '../errors.js';

/** After the database was out of reach a stream tries again so much later, in milliseconds. */
const RETRY_MS = 500;

/**
 * Does something, again and again while the database is out of reach: a stream outlives a restart of PostgreSQL, and
 * what could not be decided is never passed over.
 * @param signalOf breaks the wait off, by an AbortError; asked for only when something is waited for.
 */
export async function patiently<R>(work: () => Promise<R>, signalOf?: () => AbortSignal): Promise<R> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      await pause(RETRY_MS, undefined, signalOf && { signal: signalOf() });
    }
  }
}
