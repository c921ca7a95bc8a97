import type { Command } from 'commander';
import { loadConfig } from '../config.js';
import { createLogger } from '../log.js';
import { exitCodes, type ExitCode } from './exit-codes.js';

const help = `
Safe to run from several places at once: one works, the others wait for it. Runs as DATABASE_ADMIN_URL, or else as
DATABASE_URL, or on the embedded PostgreSQL of DATA_DIR. "start" does the same where it may.
`;

/** `verbatim migrate`: brings the database to what this version needs. */
export function registerMigrate(program: Command, end: (code: ExitCode) => void): void {
  program
    .command('migrate')
    .description('bring the database to the newest migration')
    .option(
      '--register-keys',
      'also let the keys of SIGNING_KEYS_FILE sign for this installation: the rotation of keys',
    )
    .addHelpText('after', help)
    .action(async (options: { registerKeys?: boolean }) => end(await migrate(options.registerKeys ?? false)));
}

async function migrate(registerKeys: boolean): Promise<ExitCode> {
  const config = loadConfig();
  const { openStore } = await import('../boot.js');
  const log = createLogger('warn', process.stderr);
  const store = await openStore(config, log, { share: true });
  try {
    const { newestMigration } = await import('../entities/migrate.js');
    const done = store.applied.length > 0 ? `Applied ${store.applied.join(', ')}.` : 'Nothing to apply.';
    console.log(`${done} The database is at ${newestMigration}.`);
    if (registerKeys) {
      const { openApplication } = await import('../application-wiring.js');
      await (await openApplication({ config, databaseUrl: store.url, log, registerKeys })).close();
      console.log('The signing keys are registered. Restart the servers to use them.');
    }
  } finally {
    await store.stop();
  }
  return exitCodes.done;
}
