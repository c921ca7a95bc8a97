import { InvalidArgumentError, Option, type Command } from 'commander';
import { loadConfig } from '../config.js';
import { createLogger } from '../log.js';
import type { ImportSummary } from '../services/imports/import-summary.js';
import { importFormats, type ImportFormat } from '../services/imports/formats/format-names.js';
import { exitCodes, type ExitCode } from './exit-codes.js';
import { progressOf, type Progress } from './progress.js';
import { RejectedFile } from './rejected-file.js';
import { untilToldToEnd } from './signals.js';

const help = `
Brings past conversations into an inbox, with their times. Nothing is sent to anybody, and what is there already is
passed over: an import that was broken off is simply run again. Lines that are refused go to FILE.rejected.ndjson, with
the reason. For example:
  verbatim import old.ndjson.gz --workspace acme --inbox "Web chat"
  verbatim import result.json --format telegram --workspace acme --inbox Telegram --agent "Bo Tanaka=bo@acme.example"
docs/import.md has the format.
`;

/** How long a statement, or a lock that it waits for, may take. */
const PATIENCE_MS = 60_000;

interface Options {
  workspace: string;
  inbox: string;
  format: ImportFormat;
  rejected?: string;
  dryRun?: boolean;
  json?: boolean;
  bot?: string;
  agent: [string, string][];
  dateOrder?: 'dmy' | 'mdy' | 'ymd';
  timeZone?: string;
  files?: string;
}

const mapping = (text: string, before: [string, string][]): [string, string][] => {
  const at = text.lastIndexOf('=');
  const [name, email] = [text.slice(0, at).trim(), text.slice(at + 1).trim()];
  if (at < 0 || name === '' || email === '') {
    throw new InvalidArgumentError('It must be a name and an e-mail, such as "Bo Tanaka=bo@acme.example".');
  }
  return [...before, [name, email === 'bot' ? email : email.toLowerCase()]];
};

/** `verbatim import`: past conversations of another system, once. */
export function registerImport(program: Command, end: (code: ExitCode) => void): void {
  program
    .command('import')
    .description('bring past conversations of another system into an inbox')
    .argument('<file>', 'what to import, zipped or not; - is standard input')
    .requiredOption('--workspace <slug or id>', 'into which workspace')
    .requiredOption('--inbox <name or id>', 'into which inbox')
    .addOption(new Option('--format <format>', 'how it is written').choices(importFormats).default('ndjson'))
    .option('--rejected <file>', 'where lines go that are refused (FILE.rejected.ndjson)')
    .option('--dry-run', 'only say what would be done')
    .option('--json', 'the summary as JSON, and no progress')
    .option('--bot <name or id>', 'which bot "bot" is (that of the inbox)')
    .option('--agent <name=e-mail>', 'who of the people in it is which agent, or =bot; may be repeated', mapping, [])
    .addOption(
      new Option('--date-order <order>', 'of whatsapp, where the file does not tell').choices(['dmy', 'mdy', 'ymd']),
    )
    .option('--time-zone <zone>', 'of times that are without one (that of the workspace)')
    .option('--files <folder>', 'where the files are that it names (the folder of <file>)')
    .addHelpText('after', help)
    .action(async (file: string, options: Options) => end(await bringIn(file, options)));
}

async function bringIn(file: string, options: Options): Promise<ExitCode> {
  const read = loadConfig();
  // Nobody waits for an answer here: on a busy machine it takes its time, and does not give up.
  const patient = {
    statementTimeoutMs: Math.max(read.limits.statementTimeoutMs, PATIENCE_MS),
    lockTimeoutMs: Math.max(read.limits.lockTimeoutMs, PATIENCE_MS),
  };
  const config = { ...read, limits: { ...read.limits, ...patient } };
  const log = createLogger('warn', process.stderr);
  const { openStore } = await import('../boot.js');
  const { openApplication } = await import('../application-wiring.js');
  const { ImportInput } = await import('../services/imports/import-input.js');
  const { runImport } = await import('../services/imports/run-import.js');
  const { agentEmails, findTarget } = await import('../services/imports/import-target.js');
  const { readSource } = await import('../services/imports/formats/formats.js');
  const input = await ImportInput.open(file, process.stdin);
  const rejected = await RejectedFile.open(file, options.rejected);
  const store = await openStore(config, log, { share: true });
  try {
    const app = await openApplication({ config, databaseUrl: store.url, log });
    try {
      const target = await findTarget(app, options);
      const emails = await agentEmails(app, target.workspaceId);
      const source = await readSource(input, target, {
        ...options,
        agents: options.agent,
        emails,
        limits: app.attachments.files.limits,
      });
      const told = new AbortController();
      void untilToldToEnd().then(() => told.abort());
      const progress = options.json ? null : await progressOf('import', process.stderr, undefined, 'bytes');
      const began = performance.now();
      const summary = await runImport(app, target, source.lines, {
        format: options.format,
        files: source.files,
        dryRun: options.dryRun ?? false,
        signal: told.signal,
        onRejected: (line) => rejected.write(line),
        onProgress: ({ messages }) => tell(progress, input, messages),
      }).finally(() => progress?.end());
      const seconds = (performance.now() - began) / 1000;
      await rejected.keep();
      // What its reading has left out is left out as well.
      summary.files.leftOut += source.leftOut.files;
      report(summary, { seconds, leftOut: source.leftOut.count, rejected: rejected.name, options });
      if (summary.interrupted) return exitCodes.failed;
      return summary.rejected > 0 ? exitCodes.rejected : exitCodes.done;
    } finally {
      await app.close();
    }
  } finally {
    await store.stop();
    await input.close();
    await rejected.close();
  }
}

function tell(
  progress: Progress | null,
  { read, size }: { read: number; size: number | null },
  { created, unchanged }: ImportSummary['messages'],
): void {
  progress?.onProgress(read, size ?? 0, `${created + unchanged} messages`);
}

function report(
  summary: ImportSummary,
  { seconds, leftOut, rejected, options }: { seconds: number; leftOut: number; rejected: string; options: Options },
): void {
  const { conversations, messages, notes, handovers, contacts, files } = summary;
  const perSecond = Math.round(messages.created / Math.max(seconds, 0.001));
  if (options.json) {
    const figures = { dryRun: options.dryRun ?? false, ...summary, leftOut, seconds: Number(seconds.toFixed(3)) };
    console.log(JSON.stringify({ ...figures, messagesPerSecond: options.dryRun ? 0 : perSecond }));
    return;
  }
  const nothingNew = conversations.created + conversations.extended === 0;
  if (options.dryRun) console.log('Nothing was written. An import would do this:');
  else if (nothingNew) console.log('Nothing is new: nothing was changed.');
  const line = (
    what: string,
    { created, extended, unchanged }: { created: number; extended?: number; unchanged: number },
  ) =>
    console.log(
      `  ${what.padEnd(14)}${created} created${extended === undefined ? '' : `, ${extended} with more than before`}, ${unchanged} unchanged`,
    );
  line('Conversations', conversations);
  line('Messages', messages);
  line('Notes', notes);
  if (handovers.created + handovers.unchanged > 0) line('Handovers', handovers);
  if (contacts.created > 0) console.log(`  ${'Contacts'.padEnd(14)}${contacts.created} created`);
  if (files.created + files.leftOut > 0)
    console.log(`  ${'Files'.padEnd(14)}${files.created} created, ${files.leftOut} left out`);
  if (leftOut > 0) console.log(`  ${'Left out'.padEnd(14)}${leftOut} lines that nobody wrote`);
  console.log(`  ${'Rejected'.padEnd(14)}${summary.rejected}${summary.rejected > 0 ? `, in ${rejected}` : ''}`);
  if (!options.dryRun) console.log(`  ${'Time'.padEnd(14)}${seconds.toFixed(1)} s, ${perSecond} messages/s`);
  if (summary.interrupted) console.error('It was told to end before everything was read. Run it again to go on.');
}
