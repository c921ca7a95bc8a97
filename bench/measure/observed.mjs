// For the one who starts a server with `observe.mjs` in it.
import { join } from 'node:path';

/** The arguments of node that preload it. */
export const observed = ['--expose-gc', '--import', join(import.meta.dirname, 'observe.mjs')];

/**
 * Reads a line of the server.
 * @returns {{ port: number, code: number, at: number } | null} the client's port, the code, when
 */
export const closingOf = (line) => (line.startsWith('closing ') ? JSON.parse(line.slice('closing '.length)) : null);

/**
 * The same for what is in use after garbage was collected.
 * @returns {{ liveKb: number, heapKb: number, reservedKb: number, externalKb: number, handles: number, at: number } | null}
 *   `liveKb`: heap and external; `reservedKb`: the pages of the heap
 */
export const memoryOf = (line) => (line.startsWith('memory ') ? JSON.parse(line.slice('memory '.length)) : null);

/** Has a server collect its garbage, and gives it a moment for it. @param {number} pid */
export async function collectGarbage(pid) {
  process.kill(pid, 'SIGUSR2');
  await new Promise((resolve) => setTimeout(resolve, 300));
}
