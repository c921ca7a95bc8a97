import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, chmodSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createDatabaseIfMissing } from '../../dist/embedded/create-database.js';
import { startEmbeddedPostgres } from '../../dist/embedded/postgres.js';
import { pause } from './options.mjs';

/** The exit code of a server that could not start. */
const GAVE_UP = 3;
const dist = join(import.meta.dirname, '../../dist');

/** A PostgreSQL as an installation has it, durable, whose launcher brings it back when it is killed. */
export async function startPostgres() {
  const dataDir = mkdtempSync(join(tmpdir(), 'verbatim-crash-'));
  // PostgreSQL's user must pass through it when this runs as root.
  chmodSync(dataDir, 0o711);
  process.once('exit', () => rmSync(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));
  const server = await startEmbeddedPostgres({ dataDir });
  const url = server.url('verbatim');
  await createDatabaseIfMissing(url);
  return {
    dataDir,
    url,
    stop: () => server.stop(),
    /** Kills it as the kernel would when memory runs out: no shutdown, no checkpoint. */
    kill: async () => {
      const file = await readFile(join(server.host, '../cluster/postmaster.pid'), 'utf8').catch(() => '');
      const pid = Number(file.split('\n')[0]);
      try {
        process.kill(pid || Infinity, 'SIGKILL');
      } catch {
        // It is dead already and being started again.
      }
    },
  };
}

/** The API server, started again at once whenever it ends, as a supervisor does. */
export class ApiServer {
  /** What went wrong with it that nobody had done to it. */
  faults = [];
  #child = null;
  #stopping = false;
  #ended;
  #env;

  constructor(url, env) {
    this.url = url;
    this.#env = env;
    this.#ended = this.#supervise();
  }

  static async start({ dataDir, url }) {
    const port = await freePort();
    const server = new ApiServer(`http://127.0.0.1:${port}`, {
      PATH: process.env.PATH ?? '',
      DATA_DIR: dataDir,
      DATABASE_URL: url,
      PORT: String(port),
      LOG_LEVEL: 'warn',
      DRAIN_SECONDS: '0',
      // All clients of a workspace are one key and one agent here, which is no way to be fair to them.
      COST_BUCKET_POINTS: '100000000',
      COST_REFILL_PER_SECOND: '100000000',
    });
    await server.answers();
    return server;
  }

  kill() {
    if (this.#child) this.#child.killed_ = true;
    this.#child?.kill('SIGKILL');
  }

  /** Resolves once it answers. */
  async answers() {
    const deadline = Date.now() + 30_000;
    while (!(await this.#isUp())) {
      if (Date.now() > deadline) throw new Error(`the server does not answer: ${this.faults.join('\n')}`);
      await pause(20);
    }
  }

  async stop() {
    this.#stopping = true;
    this.#child?.kill('SIGTERM');
    await this.#ended;
  }

  async #isUp() {
    const response = await fetch(`${this.url}/healthz`).catch(() => null);
    if (response && this.#child) this.#child.wasUp = true;
    return response?.ok ?? false;
  }

  async #supervise() {
    while (!this.#stopping) {
      const child = spawn(process.execPath, [join(dist, 'main.js')], {
        env: this.#env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      this.#child = child;
      // Nothing of this run may go on without it.
      const endNow = () => child.kill('SIGKILL');
      process.once('exit', endNow);
      let last = '';
      createInterface({ input: child.stderr }).on('line', (line) => (last = line));
      createInterface({ input: child.stdout }).on('line', (line) => {
        last = line;
        if (/"level":"(error|fatal)"/.test(line)) this.faults.push(line);
      });
      const [code] = await once(child, 'close');
      process.off('exit', endNow);
      if (this.#stopping && code !== 0) this.faults.push(`it did not end cleanly (${code}): ${last}`);
      // While PostgreSQL is away it may give up its start and say why, but never once it has served.
      const gaveUp = !child.wasUp && code === GAVE_UP;
      if (!this.#stopping && !child.killed_ && !gaveUp) this.faults.push(`it ended by itself (${code}): ${last}`);
      if (!this.#stopping && !child.killed_) await pause(50);
    }
  }
}

/** Runs the verifier as an operator does; resolves with its exit code and what it said. */
export async function verify({ dataDir, url }) {
  const child = spawn(process.execPath, [join(dist, 'cli/verbatim.js'), 'verify'], {
    env: { PATH: process.env.PATH ?? '', DATA_DIR: dataDir, DATABASE_URL: url },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
  const [code] = await once(child, 'close');
  return { code, said };
}

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}
