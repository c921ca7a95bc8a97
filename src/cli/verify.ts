import { InvalidArgumentError, type Command } from 'commander';
import { loadConfig } from '../config.js';
import { createLogger } from '../log.js';
import type { KnownRoot, VerifyReport } from '../services/record/verify.js';
import type { VerifiableWorkspace } from '../services/record/verify-workspace.js';
import { exitCodes, type ExitCode } from './exit-codes.js';
import { progressOf } from './progress.js';
import { meansEvidence, verifyEvidence, withEvidenceOptions, type EvidenceOptions } from './verify-evidence.js';

const help = `
Reads every event and recomputes every hash; nothing is changed, and the server may go on working meanwhile. Prints
VALID, or each finding: its kind, the sequence of the event and what is wrong. How far it is goes to standard error.

  ALTERED    something does not have the hash that covers it
  MISSING    an event has no body, or the log has no head
  GAP        sequences are not there
  REORDERED  an event is out of its place in sequence or time
  FORKED     two different events have the same sequence
  REWOUND    there are events beyond the end of the log

Exits with 0 when every log is valid, 1 when there is a finding, 2 for a wrong command line, 3 when it cannot run.
`;

interface Options extends EvidenceOptions {
  workspace?: string;
  json?: boolean;
  known: KnownRoot[];
}
type Verified = VerifiableWorkspace & { report: VerifyReport };

/** `verbatim verify`: whether the record is still what was written. */
export function registerVerify(program: Command, end: (code: ExitCode) => void): void {
  const command = program
    .command('verify')
    .description('verify the record of every workspace')
    .option('--workspace <slug or id>', 'only of this one')
    .option('--known <size>:<root>', 'what its log is known to have been; may be repeated', knownRoot, [])
    .option('--json', 'print the reports as JSON')
    .addHelpText('after', help)
    .action(async (options: Options) =>
      end(await (meansEvidence(options) ? verifyEvidence(options) : verify(options))),
    );
  withEvidenceOptions(command);
}

/** @throws InvalidArgumentError for what is not a size and a root as this command prints them. */
function knownRoot(text: string, others: KnownRoot[]): KnownRoot[] {
  const [, size, root] = /^(\d{1,16}):([A-Za-z0-9+/]{43}=)$/.exec(text) ?? [];
  if (size === undefined || root === undefined)
    throw new InvalidArgumentError('It must be like 12:<44 characters of base64>.');
  return [...others, { size: BigInt(size), root }];
}

async function verify(options: Options): Promise<ExitCode> {
  const config = loadConfig();
  const log = createLogger('warn', process.stderr);
  const { BootError, openStore } = await import('../boot.js');
  const { Database } = await import('../services/database.js');
  const { verifiableWorkspaces, verifyWorkspace } = await import('../services/record/verify-workspace.js');
  const store = await openStore(config, log, { migrate: 'never', share: true });
  const verified: Verified[] = [];
  try {
    const { statementTimeoutMs, lockTimeoutMs } = config.limits;
    const db = await Database.open({ url: store.url, poolSize: 2, statementTimeoutMs, lockTimeoutMs });
    try {
      const workspaces = await verifiableWorkspaces(db, options.workspace);
      if (options.known.length > 0 && workspaces.length > 1) {
        throw new BootError('--known is of one log: name its workspace with --workspace.');
      }
      if (workspaces.length === 0) {
        // To have verified nothing must not look like having verified.
        throw new BootError(
          options.workspace ? `There is no workspace "${options.workspace}".` : 'There is no workspace.',
        );
      }
      for (const workspace of workspaces) {
        const progress = options.json ? null : await progressOf(workspace.slug ?? workspace.id);
        const { known } = options;
        const telling = progress ? { known, onProgress: progress.onProgress } : { known };
        const report = await verifyWorkspace(db, workspace.id, telling).finally(() => progress?.end());
        const one = { ...workspace, report };
        verified.push(one);
        if (!options.json) print(one);
      }
    } finally {
      await db.close();
    }
  } finally {
    await store.stop();
  }
  const valid = verified.every(({ report }) => report.valid);
  if (options.json) console.log(JSON.stringify({ valid, workspaces: verified.map(forJson) }, null, 2));
  return valid ? exitCodes.done : exitCodes.findings;
}

function print({ id, slug, report }: Verified): void {
  const { valid, size, root, findings, counts } = report;
  const found = Object.values(counts).reduce((sum, count) => sum + count, 0);
  console.log(`${slug ?? id}: ${valid ? 'VALID' : `${found} findings`}, ${size} events, root ${root}`);
  for (const kind of ['erased', 'pruned'] as const) {
    const { events, sequences } = report[kind];
    if (events > 0)
      console.log(
        `  ${kind}, as announced: ${events} events, ${sequences.slice(0, 10).join(', ')}${sequences.length > 10 ? ', …' : ''}`,
      );
  }
  for (const { kind, sequence, part, detail } of findings) {
    console.log(`  ${kind.padEnd(9)}  ${sequence === null ? 'the log' : `sequence ${sequence}`}  ${part}: ${detail}`);
  }
  if (found > findings.length) console.log(`  and ${found - findings.length} more`);
}

const forJson = ({ id, slug, report: { valid, size, root, counts, erased, pruned, findings } }: Verified) => ({
  workspaceId: id,
  slug,
  valid,
  // Text: it may be larger than what every reader of JSON holds exactly.
  size: size.toString(),
  root,
  counts,
  erased,
  pruned,
  findings,
});
