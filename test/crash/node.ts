import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isInstalled } from '../../src/embedded/account.js';

const main = join(import.meta.dirname, '../../dist/main.js');

/** A node as an operator starts it: the build, in a process of its own. */
export class ServerNode {
  /** What it has logged as an error: nothing that is done to it here is one. */
  readonly faults: string[] = [];
  url = '';
  readonly #ended: Promise<unknown>;

  private constructor(private readonly child: ChildProcess) {
    this.#ended = once(child, 'close').then(([code]) => code as unknown);
    // Nothing of this run may go on without it.
    const endNow = () => child.kill('SIGKILL');
    process.once('exit', endNow);
    void this.#ended.then(() => process.off('exit', endNow));
  }

  /** Starts one and waits until it listens. */
  static async start(env: Record<string, string>): Promise<ServerNode> {
    // An interrupted run kills its workers without their exit listeners; the kernel ends the node then.
    const command = [...(isInstalled('setpriv') ? ['setpriv', '--pdeathsig=KILL'] : []), process.execPath, main];
    const child = spawn(command[0]!, command.slice(1), {
      env: { PATH: process.env['PATH'] ?? '', PORT: '0', DRAIN_SECONDS: '0', ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const node = new ServerNode(child);
    node.url = await new Promise<string>((resolve, reject) => {
      // Read to the end: a full pipe would stop it.
      createInterface({ input: child.stdout }).on('line', (line) => {
        const { level, msg, url } = JSON.parse(line) as { level: string; msg?: string; url: string };
        if (level === 'error' || level === 'fatal') node.faults.push(line);
        if (msg === 'listening') resolve(url);
      });
      void node.#ended.then((code) => reject(new Error(`the node ended with ${String(code)}: ${node.faults.join()}`)));
    });
    return node;
  }

  /** What it says of its own readiness: `ready`, or `degraded` without the bus. */
  async readiness(): Promise<string> {
    const response = await fetch(`${this.url}/readyz`);
    return ((await response.json()) as { status: string }).status;
  }

  /** As when its machine is lost: nothing is finished, and nobody is told. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.#ended;
  }

  /** Ends it in order; its exit code. */
  async stop(): Promise<unknown> {
    this.child.kill('SIGTERM');
    return this.#ended;
  }
}
