import { randomInt } from 'node:crypto';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { loadConfig } from '../config.js';
import { createLogger } from '../log.js';
import { exitCodes, type ExitCode } from './exit-codes.js';

const help = `
The administrator's password is read from standard input when something is piped in, else made and printed once:
  verbatim workspace create --name "Acme Support" --admin-email ada@acme.example < password.txt
An e-mail that has an account already, of another workspace, is refused: whoever accepted an invitation for it knows its
password. With --existing-account it is taken, and keeps that password.

Set PUBLIC_URL as the server has it: its host becomes part of the log's origin, which never changes.
`;

/** Without those that look like others when they are copied by hand. */
const PASSWORD_CHARACTERS = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';

interface Options {
  name: string;
  adminEmail: string;
  slug?: string;
  adminName?: string;
  timeZone?: string;
  existingAccount?: boolean;
}

/** `verbatim workspace create`: a workspace and its first administrator. */
export function registerWorkspaceCreate(workspace: Command, end: (code: ExitCode) => void): void {
  workspace
    .command('create')
    .description('create a workspace with its first administrator')
    .requiredOption('--name <name>', 'what people call it')
    .requiredOption('--admin-email <e-mail>', 'who administers it')
    .option('--slug <slug>', 'its name in addresses and at sign-in (made from the name)')
    .option('--admin-name <name>', 'the name that colleagues see')
    .option('--time-zone <zone>', 'for example Europe/Berlin (UTC)')
    .option('--existing-account', 'the e-mail has an account already, and it is theirs')
    .addHelpText('after', help)
    .action(async (options: Options) => end(await create(options)));
}

async function create(options: Options): Promise<ExitCode> {
  const config = loadConfig();
  const log = createLogger('warn', process.stderr);
  const piped = await pipedPassword();
  const password = piped ?? madePassword();
  const { openStore } = await import('../boot.js');
  const { openApplication } = await import('../application-wiring.js');
  const { createWorkspace } = await import('../services/workspaces/create-workspace.js');
  const store = await openStore(config, log, { share: true });
  try {
    const app = await openApplication({ config, databaseUrl: store.url, log });
    try {
      const created = await createWorkspace(app, {
        name: options.name,
        slug: options.slug,
        adminEmail: options.adminEmail,
        adminDisplayName: options.adminName,
        timeZone: options.timeZone,
        password,
        existingAccount: options.existingAccount ?? false,
        logHost: config.publicUrl ? new URL(config.publicUrl).host : 'localhost',
      });
      console.log(`Created the workspace "${options.name}".`);
      console.log(`  Id        ${created.workspaceId}`);
      console.log(`  Sign in   ${options.adminEmail.trim().toLowerCase()}`);
      if (created.accountExisted) console.log('  Password  the one that this e-mail has already; no other was set');
      else if (piped === null) console.log(`  Password  ${password}   (shown only now)`);
      if (!config.publicUrl) {
        console.error('PUBLIC_URL is not set: the origin of the log of this workspace stays localhost for good.');
      }
    } finally {
      await app.close();
    }
  } finally {
    await store.stop();
  }
  return exitCodes.done;
}

/** What was piped in, without the line's end; null when nothing was. */
async function pipedPassword(): Promise<string | null> {
  if (process.stdin.isTTY) return null;
  const piped = await text(process.stdin);
  return piped === '' ? null : piped.replace(/\r?\n$/, '');
}

const madePassword = (): string =>
  Array.from({ length: 20 }, () => PASSWORD_CHARACTERS[randomInt(PASSWORD_CHARACTERS.length)]).join('');
