// Starts and ends the processes of a run: servers of ours from dist, peers and clients as files of ours, Redis. Each
// ends with the run, whatever happens. A forked file says `process.send({ ready: … })` once it can be used, and answers
// commands:
//   serveCommands({ connect: async (options) => … })  in it,   await child.ask('connect', options)  here.
import { fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const START_MS = 60_000;
const dist = join(import.meta.dirname, '../../dist');

/** What every process of a run has of the environment, and no more: nobody's settings meddle with it. */
export const cleanEnvironment = () => ({
  PATH: process.env.PATH ?? '',
  NODE_ENV: 'production',
  NODE_NO_WARNINGS: '1',
});

export async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}

/**
 * A server of ours as `npm start` starts it, on a database that is migrated already or will be.
 * @param {{ dataDir: string, databaseUrl: string, redisUrl?: string, env?: Record<string, string>,
 *   execArgv?: string[], onLine?: (line: string) => void }} options `onLine`: every line that it prints
 * @returns {Promise<{ url: string, pid: number, errors: string[], stop: () => Promise<void> }>} `errors`: what it
 *   logged as an error
 */
export async function startApi({ dataDir, databaseUrl, redisUrl, env = {}, execArgv = [], onLine = () => {} }) {
  const port = await freePort();
  const child = spawn(process.execPath, [...execArgv, join(dist, 'main.js')], {
    env: {
      ...cleanEnvironment(),
      // As `npm start` does.
      MALLOC_ARENA_MAX: '2',
      DATA_DIR: dataDir,
      DATABASE_URL: databaseUrl,
      ...(redisUrl ? { REDIS_URL: redisUrl } : {}),
      PORT: String(port),
      LOG_LEVEL: 'warn',
      DRAIN_SECONDS: '0',
      // What is measured is the server, not its limits: they are counted, but wide enough for the load.
      COST_BUCKET_POINTS: '100000000000',
      COST_REFILL_PER_SECOND: '100000000000',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const errors = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      onLine(line);
      if (stream === child.stderr || /"level":"(error|fatal)"/.test(line)) errors.push(line);
    });
  }
  const stop = endsWithRun(child);
  const url = `http://127.0.0.1:${port}`;
  await answers(`${url}/readyz`, child, errors);
  return { url, pid: child.pid, errors, stop };
}

/** Waits until an address answers with success. */
export async function answers(address, child, said = []) {
  const deadline = Date.now() + START_MS;
  for (;;) {
    const response = await fetch(address).catch(() => null);
    if (response?.ok) return;
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${address} is not up: ${said.join('\n')}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/**
 * Forks a file of the benchmarks, waits until it is ready and hands over what it said then (`ready`).
 * @param {string} file absolute
 * @param {{ env?: Record<string, string>, execArgv?: string[], onLine?: (line: string) => void }} [options] `onLine`:
 *   every line that it prints, instead of the terminal
 */
export async function startFile(file, { env = {}, execArgv = [], onLine } = {}) {
  const child = fork(file, {
    env: { ...cleanEnvironment(), ...env },
    execArgv,
    serialization: 'advanced',
    stdio: ['ignore', onLine ? 'pipe' : 'inherit', 'inherit', 'ipc'],
  });
  if (onLine) createInterface({ input: child.stdout }).on('line', onLine);
  const stop = endsWithRun(child);
  const waiting = new Map();
  let asked = 0;
  const ready = Promise.withResolvers();
  child.on('message', (message) => {
    if ('ready' in message) return ready.resolve(message.ready);
    const answer = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.error) answer?.reject(new Error(message.error));
    else answer?.resolve(message.result);
  });
  child.once('close', (code, signal) => {
    const error = new Error(`${file} ended (${code ?? signal})`);
    ready.reject(error);
    for (const { reject } of waiting.values()) reject(error);
  });
  /** Has it do something and waits for the answer. */
  const ask = (command, options) => {
    const answer = Promise.withResolvers();
    waiting.set((asked += 1), answer);
    child.send({ id: asked, command, options });
    return answer.promise;
  };
  return { pid: child.pid, ready: await ready.promise, ask, stop };
}

/** The other side of `startFile`: answers commands by name, says that it is ready, ends with the run. */
export function serveCommands(commands, ready = {}) {
  process.on('message', async ({ id, command, options }) => {
    try {
      process.send({ id, result: await commands[command](options) });
    } catch (error) {
      process.send({ id, error: error.stack ?? String(error) });
    }
  });
  process.once('disconnect', () => process.exit(0));
  process.send({ ready });
}

/**
 * A Redis of the run's own, which saves nothing.
 * @param {Record<string, string>} [more] settings on top of ours, as in redis.conf
 * @returns {Promise<{ url: string, pid: number, stop: () => Promise<void> }>}
 */
export async function startRedis(more = {}) {
  const program = ['redis-server', 'valkey-server'].find((name) => spawnSync(name, ['--version']).status === 0);
  if (!program) throw new Error('No redis-server or valkey-server on PATH: npm test says how to install one.');
  const port = await freePort();
  const settings = { port: `${port}`, bind: '127.0.0.1', dir: tmpdir(), save: '', appendonly: 'no', ...more };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const stop = endsWithRun(child);
  await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.includes('Ready to accept connections')) resolve();
    });
    child.once('exit', () => reject(new Error(`${program} did not start`)));
  });
  return { url: `redis://127.0.0.1:${port}`, pid: child.pid, stop };
}

const running = new Set();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** @returns ends the process: asked to, and after ten seconds made to. */
function endsWithRun(child) {
  running.add(child);
  const closed = once(child, 'close')
    .catch(() => {})
    .then(() => running.delete(child));
  return async () => {
    child.kill('SIGTERM');
    const insist = setTimeout(() => child.kill('SIGKILL'), 10_000);
    await closed;
    clearTimeout(insist);
  };
}
