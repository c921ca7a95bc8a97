#!/usr/bin/env node
import { Command } from 'commander';
import { registerDemo } from './demo.js';
import { registerEvidence } from './evidence.js';
import { exitCodeHelp, exitCodes, type ExitCode } from './exit-codes.js';
import { runToExit } from './failure.js';
import { registerExport } from './export.js';
import { registerImport } from './import.js';
import { registerMigrate } from './migrate.js';
import { registerRecord } from './record.js';
import { registerStart } from './start.js';
import { registerVerify } from './verify.js';
import { registerWorkspaceCreate } from './workspace-create.js';

await runToExit(async () => {
  let code: ExitCode = exitCodes.done;
  const end = (result: ExitCode): void => {
    code = result;
  };
  // The commands load what they need only when they run: help comes at once.
  const program = new Command('verbatim')
    .description('A self-hosted GraphQL API for a unified inbox, on one tamper-evident record.')
    .exitOverride()
    .showHelpAfterError('(--help says more)')
    .addHelpText('after', exitCodeHelp);
  registerStart(program, end);
  registerDemo(program, end);
  registerMigrate(program, end);
  const workspace = program.command('workspace').description('set up workspaces').addHelpText('after', exitCodeHelp);
  registerWorkspaceCreate(workspace, end);
  registerVerify(program, end);
  registerEvidence(program, end);
  const record = program.command('record').description('sign the record').addHelpText('after', exitCodeHelp);
  registerRecord(record, end);
  registerExport(program, end);
  registerImport(program, end);
  await program.parseAsync();
  return code;
});
