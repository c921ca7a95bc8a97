import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { loadConfig } from '../config.js';
import { EventFormat, Severity } from '../entities/enums.js';
import { createLogger } from '../log.js';
import { exitCodes, type ExitCode } from './exit-codes.js';

const help = `
Writes the record of a workspace, with nothing masked, to standard output or a file; a file is whole or not there.
That it was taken is on the record itself: audit.exported. For example:
  verbatim export --workspace acme --format csv --action 'auth.*' --output sign-ins.csv
`;

interface Options {
  workspace: string;
  format: string;
  output?: string;
  gzip?: boolean;
  from?: number;
  to?: number;
  action?: string[];
  minSeverity?: string;
  since?: Date;
  until?: Date;
}

const sequence = (text: string): number => {
  if (!/^\d{1,15}$/.test(text)) throw new InvalidArgumentError('It must be a sequence: 0, 1, 2 …');
  return Number(text);
};
const moment = (text: string): Date => {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) throw new InvalidArgumentError('It must be a moment such as 2026-01-31T00:00:00Z.');
  return at;
};
const oneOf = (flags: string, text: string, values: readonly string[]) =>
  new Option(flags, text).choices(values.map((value) => value.toLowerCase()));

/** `verbatim export`: the record as a file, for who runs the server. */
export function registerExport(program: Command, end: (code: ExitCode) => void): void {
  program
    .command('export')
    .description('write the record of a workspace to standard output or a file')
    .requiredOption('--workspace <slug or id>', 'of which workspace')
    .addOption(oneOf('--format <format>', 'how events are written', Object.keys(EventFormat)).default('jsonl'))
    .option('--output <file>', 'where to (standard output)')
    .option('--gzip', 'zip it')
    .option('--from <sequence>', 'from this event on', sequence)
    .option('--to <sequence>', 'up to this event', sequence)
    .option('--action <action...>', 'only these actions; handover.* stands for all that begin so')
    .addOption(oneOf('--min-severity <severity>', 'only of this severity or above', Object.keys(Severity)))
    .option('--since <moment>', 'only recorded at or after', moment)
    .option('--until <moment>', 'only recorded before', moment)
    .addHelpText('after', help)
    .action(async (options: Options) => end(await write(options)));
}

async function write(options: Options): Promise<ExitCode> {
  const config = loadConfig();
  const log = createLogger('warn', process.stderr);
  const { BootError, openStore } = await import('../boot.js');
  const { openApplication } = await import('../application-wiring.js');
  const { verifiableWorkspaces } = await import('../services/record/verify-workspace.js');
  const { operatorExport } = await import('../services/exports/operator-export.js');
  const store = await openStore(config, log, { share: true });
  try {
    const app = await openApplication({ config, databaseUrl: store.url, log });
    try {
      const [workspace] = await verifiableWorkspaces(app.db, options.workspace);
      if (!workspace) throw new BootError(`There is no workspace "${options.workspace}".`);
      const pages = operatorExport(app, {
        workspaceId: workspace.id,
        format: options.format.toUpperCase() as EventFormat,
        filter: {
          actions: options.action,
          minSeverity: options.minSeverity?.toUpperCase() as Severity | undefined,
          from: options.since,
          to: options.until,
        },
        fromSequence: options.from,
        toSequence: options.to,
      });
      await put(pages, options);
    } finally {
      await app.close();
    }
  } finally {
    await store.stop();
  }
  return exitCodes.done;
}

async function put(pages: AsyncIterable<string>, { output, gzip }: Options): Promise<void> {
  const zip = gzip ? [createGzip()] : [];
  if (output === undefined) {
    // Standard output is not ours to end.
    const out = new Writable({ write: (chunk, encoding, done) => void process.stdout.write(chunk, encoding, done) });
    return pipeline([Readable.from(pages), ...zip, out]);
  }
  const unfinished = `${output}.${process.pid}`;
  try {
    await pipeline([Readable.from(pages), ...zip, createWriteStream(unfinished, { mode: 0o600, flush: true })]);
    await rename(unfinished, output);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw error;
  }
}
