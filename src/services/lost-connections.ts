import type { Pool, PoolClient } from 'pg';

/** Whoever holds a connection has so long to give it back after it broke, in milliseconds. */
const HOLD_MS = 100;

/**
 * Gives back to the pool what its holder never will. Kysely releases the connection of a transaction only when BEGIN,
 * COMMIT or ROLLBACK has succeeded, which none does once the server is gone: without this every transaction that a
 * restart of PostgreSQL interrupts would take one place of the pool with it for good, and the pool could not be closed.
 */
export function giveBackLostConnections(pool: Pool): void {
  const held = new Set<PoolClient>();
  pool.on('acquire', (client) => held.add(client));
  pool.on('release', (_error, client) => held.delete(client));
  pool.on('connect', (client) => {
    client.once('end', () => {
      setTimeout(() => {
        if (held.has(client)) client.release(true);
      }, HOLD_MS);
    });
  });
}
