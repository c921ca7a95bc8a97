import type { Command } from 'commander';
import type { OpenApplication } from '../application-wiring.js';
import { loadConfig } from '../config.js';
import { createLogger } from '../log.js';
import { exitCodes, type ExitCode } from './exit-codes.js';

const epochHelp = `
When a backup was restored, or the log was tampered with, it no longer fits what was signed of it, and nothing more is
signed (RECORD_INCONSISTENT). This says that you have looked: a new epoch begins, and its first event keeps the last
checkpoint of the old one for ever. Whoever follows the log sees that it happened and must be told why.
`;

const keyHelp = `
Makes a new key, puts it in front of those of RECORD_KEYS_FILE, and registers it for every log that was ever signed. The
old ones stay in the file and in the list of keys. Give every server the new file; running ones read it when they sign.
`;

/** `verbatim record …`: what an operator does with the signatures of the record. */
export function registerRecord(record: Command, end: (code: ExitCode) => void): void {
  record
    .command('open-epoch')
    .description('go on signing a log that no longer fits what was signed of it')
    .requiredOption('--workspace <slug or id>', 'of which workspace')
    .addHelpText('after', epochHelp)
    .action(async ({ workspace }: { workspace: string }) => end(await withApplication((app) => open(app, workspace))));
  record
    .command('rotate-key')
    .description('sign all logs with a new key from now on')
    .addHelpText('after', keyHelp)
    .action(async () => end(await withApplication(rotate)));
}

async function open(app: OpenApplication, named: string): Promise<void> {
  const { BootError } = await import('../boot.js');
  const { verifiableWorkspaces } = await import('../services/record/verify-workspace.js');
  const { openEpoch } = await import('../services/record/signing/open-epoch.js');
  const [workspace] = await verifiableWorkspaces(app.db, named);
  if (!workspace) throw new BootError(`There is no workspace "${named}".`);
  const { epoch, note } = await openEpoch(app, workspace.id);
  console.log(`Opened epoch ${epoch} of ${workspace.slug ?? workspace.id}. Its first checkpoint:\n\n${note}`);
}

async function rotate(app: OpenApplication): Promise<void> {
  const { verifiableWorkspaces } = await import('../services/record/verify-workspace.js');
  const { rotateKeys } = await import('../services/record/signing/rotate-keys.js');
  const workspaces = await verifiableWorkspaces(app.db);
  const rotated = await rotateKeys(
    app,
    workspaces.map(({ id }) => id),
  );
  for (const { vkey } of rotated) console.log(vkey);
  if (rotated.length === 0) console.log('Nothing was signed yet; the new key will be the first.');
}

async function withApplication(work: (app: OpenApplication) => Promise<void>): Promise<ExitCode> {
  const config = loadConfig();
  const log = createLogger('warn', process.stderr);
  const { openStore } = await import('../boot.js');
  const { openApplication } = await import('../application-wiring.js');
  const store = await openStore(config, log, { share: true });
  try {
    const app = await openApplication({ config, databaseUrl: store.url, log });
    try {
      await work(app);
    } finally {
      await app.close();
    }
  } finally {
    await store.stop();
  }
  return exitCodes.done;
}
