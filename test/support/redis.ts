import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { isInstalled } from '../../src/embedded/account.js';

export interface TestRedis {
  url: string;
  /** Cuts every connection at once, as a crashed server does; the port stays ours for `restart`. */
  kill(): Promise<void>;
  /** Starts an empty server at the same address. */
  restart(): Promise<void>;
  /** Freezes the server: connections stay open and nothing answers. */
  pause(): void;
  resume(): void;
  stop(): Promise<void>;
}

/**
 * Starts a real Redis of its own on a free loopback port; nothing is shared between callers.
 * @param more settings on top of ours, as in redis.conf
 */
export async function startRedis(more: Record<string, string> = {}): Promise<TestRedis> {
  const program = ['redis-server', 'valkey-server'].find((name) => spawnSync(name, ['--version']).status === 0);
  if (!program) throw new Error('No redis-server or valkey-server on PATH: npm test says how to install one.');
  let server: { child: ChildProcess; port: number };
  for (let tries = 1; ; tries++) {
    const port = await freePort();
    const child = await launch(program, port, more);
    if (child) {
      server = { child, port };
      break;
    }
    // Another process took the port between our look and the launch.
    if (tries === 5) throw new Error(`${program} did not start on a free port in ${tries} tries.`);
  }
  const endNow = () => server.child.kill('SIGKILL');
  process.once('exit', endNow);
  const kill = async () => {
    if (server.child.exitCode !== null || server.child.signalCode !== null) return;
    endNow();
    await once(server.child, 'exit');
  };
  return {
    url: `redis://127.0.0.1:${server.port}`,
    kill,
    async restart() {
      await kill();
      const child = await launch(program, server.port, more);
      if (!child) throw new Error(`${program} did not start again on port ${server.port}.`);
      server.child = child;
    },
    pause: () => void server.child.kill('SIGSTOP'),
    resume: () => void server.child.kill('SIGCONT'),
    async stop() {
      process.off('exit', endNow);
      await kill();
    },
  };
}

async function launch(program: string, port: number, more: Record<string, string>): Promise<ChildProcess | undefined> {
  // It saves nothing, so that no test leaves a file or meets one.
  const settings = { port: `${port}`, bind: '127.0.0.1', dir: tmpdir(), save: '', appendonly: 'no', ...more };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  // An interrupted run kills its workers without their exit listeners; the kernel ends the server then.
  const command = isInstalled('setpriv') ? ['setpriv', '--pdeathsig=KILL', program] : [program];
  const child = spawn(command[0] ?? program, [...command.slice(1), ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
    detached: true,
  });
  const exited = once(child, 'exit').then(() => undefined);
  const lines = createInterface({ input: child.stdout });
  const ready = new Promise<ChildProcess>((resolve) => {
    // Read to the end: a full pipe would stop the server.
    lines.on('line', (line) => line.includes('Ready to accept connections') && resolve(child));
  });
  return Promise.race([ready, exited]);
}

/** A port of loopback that nobody had a moment ago. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
