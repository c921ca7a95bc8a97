import type { Logger } from 'pino';
import type { Wiring } from '../application-wiring.js';
import { openStore } from '../boot.js';
import type { Config } from '../config.js';
import { startServer, type RunningServer } from '../server.js';
import { untilToldToEnd } from './signals.js';

export interface ServeHooks {
  /** With the database migrated and nobody served yet. Answers with what the server is wired with besides. */
  prepare?(databaseUrl: string): Promise<Pick<Wiring, 'ideVariables'>>;
  /** Once it serves. Answers with what is to be ended before the server is. */
  ready(server: RunningServer): Promise<(() => Promise<void>) | void> | void;
}

/**
 * Serves until the process is told to end, then ends the server, and the PostgreSQL below it only after that.
 * @throws BootError when the database is not to be had.
 */
export async function serve(config: Config, log: Logger, hooks: ServeHooks): Promise<void> {
  // One request that goes wrong in a way nobody foresaw must not end those of everybody else.
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'a failure that nobody waited for'));
  // Before anything is started: a Ctrl-C meanwhile must end it cleanly too.
  const told = untilToldToEnd();
  const store = await openStore(config, log);
  try {
    if (store.applied.length > 0) log.info({ migrations: store.applied }, 'the database was migrated');
    const more = await hooks.prepare?.(store.url);
    const server = await startServer({ ...more, config, databaseUrl: store.url, log });
    try {
      const end = await hooks.ready(server);
      log.info({ signal: await told }, 'ending');
      await end?.();
    } finally {
      await server.stop();
    }
  } finally {
    await store.stop();
  }
}
