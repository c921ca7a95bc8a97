import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { loadConfig } from '../config.js';
import { createLogger } from '../log.js';
import type { TrustPolicy } from '../services/record/bundle/trust-policy.js';
import type { BundleReport } from '../services/record/bundle/verify-bundle.js';
import type { CheckpointReport } from '../services/record/bundle/verify-checkpoint.js';
import { exitCodes, type ExitCode } from './exit-codes.js';
import { readSmallFile } from './input-file.js';
import { progressOf, type Progress } from './progress.js';

const help = `
A bundle of evidence, or whether a log still goes on from a checkpoint that you kept:
  verbatim verify --bundle FILE --policy FILE [--checkpoint FILE …]    offline: no database, no configuration
  verbatim verify --checkpoint FILE --policy FILE                      against the database

The policy names the keys that you trust, and nothing else does; get them from whoever runs the log, not with the bundle:
  {"origins": {"<origin>": [{"vkey": "<key>", "fromSize": 0, "toSize": 99}]}}    the sizes may be left out

Besides the findings above:
  MALFORMED       a line or a signature is none
  NOT_INCLUDED    the events and hashes do not make the root that was signed
  UNKNOWN_KEY     no key of the policy has signed
  BAD_SIGNATURE   a key of the policy seems to have signed, but has not
  NOT_CONSISTENT  it cannot be seen to go on from the checkpoint

Exits with 4 when it is not signed by a key of the policy, with 5 when it does not go on from the checkpoint.
`;

/** What tells `verify` to look at a bundle or a checkpoint. */
export interface EvidenceOptions {
  bundle?: string;
  policy?: string;
  checkpoint?: string[];
  json?: boolean;
}

/** Adds the options with which `verify` looks at a bundle or a checkpoint. */
export const withEvidenceOptions = (verify: Command): Command =>
  verify
    .option('--bundle <file>', 'a bundle of evidence, instead of the database')
    .option('--policy <file>', 'the keys that you trust')
    .option('--checkpoint <file...>', 'a checkpoint that you kept')
    .addHelpText('after', help);

/** Whether these options are for {@link verifyEvidence}. */
export const meansEvidence = ({ bundle, policy, checkpoint }: EvidenceOptions): boolean =>
  [bundle, policy, checkpoint].some((option) => option !== undefined);

/** Verifies a bundle, or the database against a checkpoint, and says what was found. */
export async function verifyEvidence(options: EvidenceOptions): Promise<ExitCode> {
  const { Malformed } = await import('../services/record/proofs/malformed.js');
  const trust = await import('../services/record/bundle/trust-policy.js');
  const { bundle, checkpoint = [] } = options;
  if (options.policy === undefined) return wrong('Whom do you trust? Name your policy: --policy FILE.');
  if (bundle === undefined && checkpoint.length !== 1) return wrong('Name a bundle, or one checkpoint.');
  try {
    const policy = trust.TrustPolicy.parse(await readSmallFile(options.policy));
    const notes = await Promise.all(checkpoint.map(readSmallFile));
    const report =
      bundle === undefined
        ? await againstDatabase(notes[0]!, policy)
        : await ofBundle(bundle, { policy, notes, quiet: options.json ?? false });
    if (options.json) console.log(JSON.stringify(report, jsonValue, 2));
    else print(report);
    if (!report.trusted) return exitCodes.untrusted;
    if (!report.consistent) return exitCodes.inconsistent;
    return report.valid ? exitCodes.done : exitCodes.findings;
  } catch (error) {
    if (error instanceof Malformed) return wrong(`${error.message}.`);
    throw error;
  }
}

async function ofBundle(
  file: string,
  { policy, notes, quiet }: { policy: TrustPolicy; notes: string[]; quiet: boolean },
): Promise<BundleReport> {
  const { readLines } = await import('../services/record/bundle/read-lines.js');
  const { verifyBundle } = await import('../services/record/bundle/verify-bundle.js');
  const progress = quiet ? null : await progressOf('bundle', process.stderr, undefined, 'bytes');
  return verifyBundle(readLines(chunksOf(file, progress)), policy, notes).finally(() => progress?.end());
}

/** A file, telling how far it has been read. What is no file, such as a pipe, has no size to compare with. */
async function* chunksOf(file: string, progress: Progress | null): AsyncGenerator<Uint8Array> {
  const { size } = await stat(file);
  let read = 0;
  for await (const chunk of createReadStream(file) as AsyncIterable<Uint8Array>) {
    yield chunk;
    progress?.onProgress((read += chunk.length), size);
  }
}

async function againstDatabase(note: string, policy: TrustPolicy): Promise<CheckpointReport> {
  const config = loadConfig();
  const { openStore } = await import('../boot.js');
  const { Database } = await import('../services/database.js');
  const { verifyCheckpoint } = await import('../services/record/bundle/verify-checkpoint.js');
  const store = await openStore(config, createLogger('warn', process.stderr), { migrate: 'never', share: true });
  try {
    const { statementTimeoutMs, lockTimeoutMs } = config.limits;
    const db = await Database.open({ url: store.url, poolSize: 2, statementTimeoutMs, lockTimeoutMs });
    return await verifyCheckpoint(db, note, policy).finally(() => db.close());
  } finally {
    await store.stop();
  }
}

function print(report: BundleReport | CheckpointReport): void {
  const { checkpoint, valid } = report;
  const log = 'log' in report ? report.log : null;
  const findings = [...report.findings, ...(log?.findings ?? [])];
  console.log(valid ? 'VALID' : report.trusted ? 'NOT VALID' : 'NOT TRUSTED');
  if (checkpoint) console.log(`  log         ${checkpoint.origin}, ${checkpoint.size} events, root ${checkpoint.root}`);
  if ('manifest' in report) printBundle(report);
  for (const finding of findings) {
    const { kind, sequence, part, detail } = finding;
    const line = 'line' in finding && finding.line !== null ? `line ${finding.line}` : '';
    const where = [line, sequence === null ? '' : `sequence ${sequence}`].filter((text) => text !== '').join(', ');
    console.log(`  ${kind.padEnd(14)}  ${where || 'as a whole'}  ${part}: ${detail}`);
  }
}

function printBundle({ valid, manifest, counts, erased, pruned }: BundleReport): void {
  // What an invalid bundle says of itself is not repeated.
  if (valid) for (const sentence of manifest?.report ?? []) console.log(`  ${sentence}`);
  const { events, announcements, texts, gone, withheld } = counts;
  console.log(
    `  holds       ${events} events, ${texts} texts, ${gone} gone, ${withheld} withheld, ${announcements} announcements`,
  );
  for (const [name, { events: count, sequences }] of [
    ['ERASED', erased],
    ['PRUNED', pruned],
  ] as const) {
    if (count > 0) console.log(`  ${name.padEnd(10)}  ${count} events, as was announced: ${sequences.join(', ')}`);
  }
}

const jsonValue = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value);

function wrong(text: string): ExitCode {
  process.stderr.write(`${text}\n`);
  return exitCodes.usage;
}
