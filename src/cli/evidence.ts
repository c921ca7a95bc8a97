import { access, link, open, rm } from 'node:fs/promises';
import type { Command } from 'commander';
import { loadConfig } from '../config.js';
import { createLogger } from '../log.js';
import type { Wanted } from '../services/record/bundle/asked.js';
import type { Evidence } from '../services/record/bundle/make-evidence.js';
import { exitCodes, type ExitCode } from './exit-codes.js';
import { readSmallFile } from './input-file.js';

const help = `
Writes what is recorded of a conversation, of a contact, or in a range, with the proofs that it was recorded, into one
file that anybody can verify without us. That it is made goes onto the record first, as audit.exported.

  verbatim evidence --workspace acme --conversation '#1001' --out case-7.jsonl
  verbatim evidence --workspace acme --from 2026-01-01T00:00:00Z --to 2026-01-31T23:59:59Z --out january.jsonl
  verbatim verify --bundle case-7.jsonl --policy keys.json

The file holds what was written in messages and notes. Addresses, and the values of a contact's changed fields, are
withheld unless you say --with-addresses; a contact without a name is called by an address.
`;

interface Options {
  workspace: string;
  conversation?: string;
  contact?: string;
  from?: string;
  to?: string;
  out: string;
  withAddresses?: boolean;
  since?: string[];
}

/** `verbatim evidence`: a part of the record that proves itself, as a file. */
export function registerEvidence(program: Command, end: (code: ExitCode) => void): void {
  program
    .command('evidence')
    .description('write a part of the record that proves itself into a file')
    .requiredOption('--workspace <slug or id>', 'of which workspace')
    .requiredOption('--out <file>', 'a file that does not exist yet')
    .option('--conversation <id or number>', 'all events of this conversation')
    .option('--contact <id>', 'all events of this contact')
    .option('--from <sequence or time>', 'from this event or moment on')
    .option('--to <sequence or time>', 'up to this event or moment, included')
    .option('--with-addresses', 'show addresses and values of changed fields')
    .option('--since <file...>', 'older checkpoints with which it will be compared')
    .addHelpText('after', help)
    .action(async (options: Options) => end(await evidence(options)));
}

async function evidence(options: Options): Promise<ExitCode> {
  const { Malformed } = await import('../services/record/proofs/malformed.js');
  let wanted: Wanted;
  let comparable: number[];
  try {
    wanted = wantedOf(options);
    comparable = await Promise.all((options.since ?? []).map(sizeOf));
  } catch (error) {
    if (!(error instanceof Malformed) && !(error instanceof RangeError)) throw error;
    process.stderr.write(`${error.message}.\n`);
    return exitCodes.usage;
  }
  const config = loadConfig();
  const log = createLogger('warn', process.stderr);
  const { BootError, openStore } = await import('../boot.js');
  const { openApplication } = await import('../application-wiring.js');
  const { makeEvidence } = await import('../services/record/bundle/make-evidence.js');
  const { verifiableWorkspaces } = await import('../services/record/verify-workspace.js');
  const store = await openStore(config, log, { share: true });
  try {
    const app = await openApplication({ config, databaseUrl: store.url, log });
    try {
      const [workspace] = await verifiableWorkspaces(app.db, options.workspace);
      if (!workspace) throw new BootError(`There is no workspace "${options.workspace}".`);
      const file = await OutFile.open(options.out);
      try {
        const unmasked = options.withAddresses === true;
        const made = await makeEvidence(app, workspace.id, wanted, {
          by: 'the operator of the server',
          unmasked,
          comparable,
        });
        await file.write(made.lines);
        print(made, options.out);
      } finally {
        await file.close();
      }
    } finally {
      await app.close();
    }
  } finally {
    await store.stop();
  }
  return exitCodes.done;
}

/** @throws RangeError for anything but one thing that is asked for. */
function wantedOf({ conversation, contact, from, to }: Options): Wanted {
  const isRange = from !== undefined || to !== undefined;
  if ([conversation !== undefined, contact !== undefined, isRange].filter(Boolean).length !== 1) {
    throw new RangeError('Name a conversation, a contact, or a range with --from and --to');
  }
  if (conversation !== undefined) return { conversation };
  if (contact !== undefined) return { contact };
  return { from: placeOf('--from', from), to: placeOf('--to', to) };
}

/** A sequence, or a moment with its time zone: without one it would be another moment on another machine. */
function placeOf(option: string, text: string | undefined): number | Date | null {
  if (text === undefined) return null;
  if (/^[0-9]{1,15}$/.test(text)) return Number(text);
  const moment = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})$/.test(text)
    ? new Date(text)
    : null;
  if (moment && !Number.isNaN(moment.getTime())) return moment;
  throw new RangeError(`${option} is a sequence, or a time such as 2026-01-31T23:59:59Z`);
}

async function sizeOf(file: string): Promise<number> {
  const { parseCheckpoint } = await import('../services/record/proofs/checkpoint.js');
  const { parseNote } = await import('../services/record/proofs/signed-note.js');
  return Number(parseCheckpoint(parseNote(await readSmallFile(file)).text).size);
}

/** A file that is there only when it is whole, and replaces nothing. */
class OutFile {
  private constructor(
    private readonly path: string,
    private readonly unfinished: string,
    private readonly handle: Awaited<ReturnType<typeof open>>,
  ) {}

  /** @throws Error when there is a file of that name already. */
  static async open(path: string): Promise<OutFile> {
    if (await exists(path)) throw new Error(`${path} is there already.`);
    const unfinished = `${path}.${process.pid}.unfinished`;
    return new OutFile(path, unfinished, await open(unfinished, 'wx', 0o600));
  }

  async write(lines: AsyncIterable<string>): Promise<void> {
    await this.handle.writeFile(lines, 'utf8');
    await this.handle.sync();
    // Unlike a rename, this refuses to replace a file.
    await link(this.unfinished, this.path);
  }

  async close(): Promise<void> {
    await this.handle.close();
    await rm(this.unfinished, { force: true });
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

function print({ manifest, checkpoint }: Evidence, out: string): void {
  const { events, texts, withheld } = manifest.counts;
  console.log(`Wrote ${out}: ${events} events, ${texts} texts, ${withheld} values withheld.`);
  console.log(`  Signed over the first ${checkpoint.size} events of ${checkpoint.origin}.`);
}
