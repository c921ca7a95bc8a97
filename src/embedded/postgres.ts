import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { childEnvironment, isInstalled } from './account.js';
import { type Binaries, binariesFor, installedBinaries, removeOtherCopies } from './binaries.js';
import { type Home, prepareHome, prepareSocketDirectory } from './home.js';

export interface EmbeddedPostgresOptions {
  /** Holds the cluster, or the record of where it is. */
  dataDir: string;
  /** Server settings by name, as in postgresql.conf. */
  settings?: Record<string, string>;
  /** Receives the server's log. */
  log?: (line: string) => void;
}

export interface EmbeddedPostgres {
  /** The directory of the Unix socket. */
  host: string;
  user: string;
  /** The connection string of a database, as node-postgres, MikroORM and libpq all read it. */
  url(database: string): string;
  /** Ends the server cleanly; open connections are cut, so close pools first. */
  stop(): Promise<void>;
}

interface Launch {
  child: ChildProcess;
  closed: Promise<unknown>;
  lastLines: string[];
}

const user = 'postgres';
const lockedExitCode = 75;
/** A server whose node was killed needs a moment to write its last checkpoint. */
const takeoverMilliseconds = 10_000;
/** Between two tries to start a server that has ended by itself. */
const restartPauseMilliseconds = 1_000;

/**
 * Starts the PostgreSQL that came with npm on `dataDir`, making the cluster at the first start; it listens on a
 * Unix socket only. Call it from the main thread: the server ends with the thread that started it.
 * @throws Error when another process serves the same `dataDir`, or the server does not start.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const log = options.log ?? (() => {});
  const installed = await installedBinaries();
  const home = await prepareHome(resolve(options.dataDir), log);
  const binaries = await binariesFor(home.account, home.directory, installed);
  await ensureCluster(home, binaries, options.settings?.['fsync'] === 'off');
  const socket = await prepareSocketDirectory(home);
  const host = socket.directory;
  const removeSocket = () => (socket.temporary ? rm(host, { recursive: true, force: true }) : undefined);

  const start = (again: boolean) =>
    launchWhenFree(home, binaries, { ...options.settings, unix_socket_directories: quoted(host) }, log, again);

  let launch: Launch | undefined;
  try {
    launch = await start(false);
    await writeFile(join(home.directory, 'lock'), `${process.pid}\n`);
    await removeOtherCopies(home.directory, binaries);
  } catch (error) {
    launch?.child.kill('SIGINT');
    await launch?.closed;
    await removeSocket();
    throw error;
  }
  const running = keepRunning(launch, () => start(true), log);
  return {
    host,
    user,
    // The directory percent-encoded as the host, not as ?host=: MikroORM reads only the host.
    url: (database) => `postgres://${user}@${encodeURIComponent(host)}:5432/${encodeURIComponent(database)}`,
    async stop() {
      await running.stop();
      await removeSocket();
    },
  };
}

/** Starts the server again when it ends by itself, as often as that takes: it recovers what was committed. */
function keepRunning(
  first: Launch,
  start: () => Promise<Launch>,
  log: (line: string) => void,
): { stop(): Promise<void> } {
  let launch = first;
  let stopping = false;
  const interrupt = () => launch.child.kill('SIGINT');
  // Where setpriv is missing, this is what ends the server when node exits without stop().
  process.once('exit', interrupt);
  const ended = (async () => {
    for (;;) {
      await launch.closed;
      if (stopping) return;
      log(`PostgreSQL ended unexpectedly: ${launch.lastLines.at(-1) ?? 'no message'}`);
      for (;;) {
        const next = await start().catch((error: Error) => log(`PostgreSQL ended unexpectedly: ${error.message}`));
        if (next) launch = next;
        if (next || stopping) break;
        await wait(restartPauseMilliseconds);
      }
      // Told to stop while it was starting.
      if (stopping) interrupt();
    }
  })();
  return {
    async stop() {
      stopping = true;
      interrupt();
      await ended;
      process.off('exit', interrupt);
    },
  };
}

/** Makes the cluster beside its final name, so that an interrupted or a concurrent first start leaves no half of one. */
async function ensureCluster(home: Home, binaries: Binaries, disposable: boolean): Promise<void> {
  const cluster = join(home.directory, 'cluster');
  if (existsSync(cluster)) return;
  const unfinished = `${cluster}.${randomUUID()}`;
  const locale = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  // Trust is safe: only the owner of the 0700 directory reaches the socket.
  const args = ['-D', unfinished, `--username=${user}`, '--auth=trust', ...locale, '--no-instructions'];
  if (disposable) args.push('--no-sync');
  const result = spawnSync(join(binaries.directory, 'bin', 'initdb'), args, {
    ...home.account,
    cwd: '/',
    env: childEnvironment,
    encoding: 'utf8',
  });
  if (result.status !== 0) {
    await rm(unfinished, { recursive: true, force: true });
    throw new Error(`PostgreSQL could not make a cluster in ${home.directory}: ${result.stderr || result.error}`);
  }
  await rename(unfinished, cluster).catch(() => rm(unfinished, { recursive: true }));
}

async function launchWhenFree(
  home: Home,
  binaries: Binaries,
  settings: Record<string, string>,
  log: (line: string) => void,
  again: boolean,
): Promise<Launch> {
  const deadline = Date.now() + takeoverMilliseconds;
  for (;;) {
    const launch = launchOnce(home, binaries, settings, log);
    if (await becomesReady(launch, join(home.directory, 'cluster'))) return launch;
    const said = launch.lastLines.join('\n');
    const taken =
      launch.child.exitCode === lockedExitCode ||
      /lock file ".*" already exists|pre-existing shared memory block/.test(said);
    if (!taken) throw new Error(`PostgreSQL did not start in ${home.directory}: ${said}`);
    // The lock is still this process's own while the last backends of a killed server end.
    const holder = again ? 0 : Number(await readFile(join(home.directory, 'lock'), 'utf8').catch(() => '0'));
    if ((await isAlive(holder)) || Date.now() > deadline) {
      throw new Error(
        `Another process${holder ? ` (pid ${holder})` : ''} already serves the database in ${home.directory}. ` +
          `Stop it first, or give this one a DATA_DIR of its own.`,
      );
    }
    await wait(50);
  }
}

function launchOnce(
  home: Home,
  binaries: Binaries,
  settings: Record<string, string>,
  log: (line: string) => void,
): Launch {
  const server = [join(binaries.directory, 'bin', 'postgres'), '-D', join(home.directory, 'cluster')];
  const fixed = { port: '5432', listen_addresses: '', logging_collector: 'off' };
  for (const [name, value] of Object.entries({ ...settings, ...fixed })) server.push('-c', `${name}=${value}`);
  const [program = '', ...args] = [
    // The kernel's lock holds across containers too, where PostgreSQL's own, a pid in a file, sees nobody.
    ...(isInstalled('flock') ? ['flock', '-n', '-F', '-E', `${lockedExitCode}`, join(home.directory, 'lock')] : []),
    // SIGINT is a fast, clean shutdown: nothing to recover even when node is killed with -9.
    ...(isInstalled('setpriv') ? ['setpriv', '--pdeathsig=INT'] : []),
    ...server,
  ];
  const child = spawn(program, args, {
    ...home.account,
    cwd: '/',
    env: childEnvironment,
    stdio: ['ignore', 'ignore', 'pipe'],
    // A session of its own: Ctrl-C in the terminal must reach node, which drains first, and not the server.
    detached: true,
  });
  const lastLines: string[] = [];
  child.on('error', (error) => lastLines.push(error.message));
  createInterface({ input: child.stderr }).on('line', (line) => {
    lastLines.push(line);
    if (lastLines.length > 20) lastLines.shift();
    log(line);
  });
  return { child, closed: once(child, 'close').catch(() => undefined), lastLines };
}

/** Waits without a limit while the server lives: a recovery after a crash of the machine may take minutes. */
async function becomesReady({ child, closed }: Launch, cluster: string): Promise<boolean> {
  let ended = false;
  void closed.then(() => (ended = true));
  while (!ended) {
    const lines = (await readFile(join(cluster, 'postmaster.pid'), 'utf8').catch(() => '')).trimEnd().split('\n');
    // flock and setpriv become the server, so its pid is the child's; another pid is a server before this one.
    if (Number(lines[0]) === child.pid && lines.at(-1)?.trim() === 'ready') return true;
    await Promise.race([closed, wait(5)]);
  }
  return false;
}

async function isAlive(pid: number): Promise<boolean> {
  const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // A killed process stays as a zombie until its parent asks for it.
  return state !== '' && !state.includes(') Z ');
}

/** The setting is a list, so that a comma or a space in the path needs quotes. */
function quoted(path: string): string {
  return `"${path.replaceAll('"', '""')}"`;
}
