import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The build, as it is installed. */
const program = join(import.meta.dirname, '../../dist/cli/verbatim.js');

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Cli {
  child: ChildProcess;
  /** All that it has printed on standard output when that contains `text`, or when it has ended. */
  printed(text: string): Promise<string>;
  ended: Promise<Ended>;
}

/** Starts `verbatim` in a process of its own, with nothing in its environment but `env` and nothing piped in. */
export function startCli(args: string[], env: Record<string, string>, input = ''): Cli {
  const child = spawn(process.execPath, [program, ...args], {
    env: { PATH: process.env['PATH'] ?? '', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // One that never reads it may be gone before it is written.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr }));
  return {
    child,
    ended,
    printed: (text) =>
      new Promise((resolve) => {
        const look = () => stdout.includes(text) && resolve(stdout);
        child.stdout.on('data', look);
        void ended.then(() => resolve(stdout));
        look();
      }),
  };
}

/** Runs `verbatim` to its end. */
export const runCli = (args: string[], env: Record<string, string>, input?: string): Promise<Ended> =>
  startCli(args, env, input).ended;

/** An empty DATA_DIR that PostgreSQL's user can pass through when the tests run as root. */
export async function makeDataDir(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'verbatim-cli-'));
  await chmod(directory, 0o711);
  return directory;
}
