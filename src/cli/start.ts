import type { Command } from 'commander';
import { loadConfig } from '../config.js';
import { createLogger } from '../log.js';
import { exitCodes, type ExitCode } from './exit-codes.js';

const help = `
The environment decides; all of it is optional:
  HOST, PORT           where to listen (127.0.0.1, 4000)
  DATA_DIR             where the embedded PostgreSQL and the signing keys are (./.verbatim)
  DATABASE_URL         a PostgreSQL of yours instead; it is migrated at the start where the login may
  DATABASE_ADMIN_URL   its owner, for migrations, where the server's own login owns nothing
  REDIS_URL            needed as soon as there are several servers
  PUBLIC_URL           where callers reach the server, for example https://inbox.example.com
  ALLOWED_ORIGINS      origins of browsers' pages that may call, separated by commas
  SIGNING_KEYS_FILE    the keys of access tokens, the same for every server (DATA_DIR/signing-keys.json)
  RECORD_KEYS_FILE     the keys that sign the record, the same for every server (DATA_DIR/record-keys.json)
  RECORD_STATE_DIR     what was signed last, apart from the database (DATA_DIR/checkpoints)
  CHECKPOINT_SECONDS   how often logs that have grown are signed (60); 0 = only when somebody asks
  IDE                  on or off: whether browsers are given a GraphQL IDE on / (on, unless INTROSPECTION is nobody)
  METRICS_TOKEN        what /metrics asks for as a bearer token; without it only this machine is answered
  LOG_LEVEL            trace, debug, info, warn, error, fatal or silent (info); JSON lines on standard output

SIGTERM or Ctrl-C drains and ends; a second one ends at once.
`;

/** `verbatim start`: the server, until it is told to end. */
export function registerStart(program: Command, end: (code: ExitCode) => void): void {
  program
    .command('start')
    .description('serve the API')
    .addHelpText('after', help)
    .action(async () => end(await start()));
}

/** Serves as the environment says until told to end. @throws ConfigError, BootError */
export async function start(): Promise<ExitCode> {
  const config = loadConfig();
  const log = createLogger(config.logLevel);
  const { serve } = await import('./serve.js');
  await serve(config, log, {
    ready: (server) => log.info({ url: server.url, publicUrl: config.publicUrl }, 'listening'),
  });
  return exitCodes.done;
}
