import { exitCodes, type ExitCode } from './exit-codes.js';

/** Those of ours whose message is written for the operator. */
const expected: Readonly<Record<string, ExitCode>> = {
  ConfigError: exitCodes.usage,
  BootError: exitCodes.failed,
  AppError: exitCodes.failed,
};

/** Runs a command to its end, saying on standard error what went wrong; nothing of it is left running. */
export async function runToExit(command: () => Promise<ExitCode>): Promise<never> {
  let code: ExitCode;
  try {
    code = await command();
  } catch (error) {
    code = explain(error as Error);
  }
  // Not left to the event loop: after a failed start a pool or a timer may still hold it.
  process.exit(code);
}

function explain(error: Error & { code?: string; exitCode?: number }): ExitCode {
  if (error.name === 'CommanderError') return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  if (error.name === 'ConfigError') {
    say(`The environment is wrong:\n${error.message.replace(/^/gm, '  ')}`);
    return exitCodes.usage;
  }
  if (error.code === 'VALIDATION_FAILED') {
    say(error.message);
    return exitCodes.usage;
  }
  if (error.code === 'EADDRINUSE') {
    say(`Something else listens there already (${error.message}). Set PORT, or PORT=0 for any free one.`);
    return exitCodes.failed;
  }
  const known = expected[error.name];
  // A plain Error was thrown with words for whoever starts us, and the operating system's name the file or the
  // address; TypeErrors and a driver's own are faults.
  const plain = known !== undefined || error.constructor === Error || (error as { syscall?: string }).syscall;
  say(plain ? error.message : (error.stack ?? error.message));
  return known ?? exitCodes.failed;
}

const say = (text: string): void => void process.stderr.write(`${text}\n`);
