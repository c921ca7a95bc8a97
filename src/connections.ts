import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';

/** Who has connected says what they want within this time, in milliseconds. */
const FIRST_WORD_MS = 100;
/** Clients that connect again and again hold the end up no longer than this, in milliseconds. */
const QUIET_WITHIN_MS = 1_000;

/** The TCP connections of a server, so that it can end without failing a request and without waiting for nothing. */
export class Connections {
  readonly #open = new Set<Socket>();
  #newest = -Infinity;

  constructor(server: Server) {
    server.on('connection', (socket: Socket) => {
      this.#newest = performance.now();
      this.#open.add(socket);
      socket.once('close', () => this.#open.delete(socket));
    });
  }

  /**
   * Resolves when nobody has connected for a moment. A server that closes before that resets the connections which the
   * system has taken and node has not, and ends others before their first request is read.
   */
  async quiet(): Promise<void> {
    const until = performance.now() + QUIET_WITHIN_MS;
    for (;;) {
      // A turn in which node takes what has come while it was busy.
      await nextTurn();
      const now = performance.now();
      const wait = this.#newest + FIRST_WORD_MS - now;
      if (wait <= 0 || now >= until) return;
      await pause(wait);
    }
  }

  /** Ends those that have never said anything: they were opened ahead of need, and node would wait a minute for them. */
  closeUnused(): void {
    for (const socket of this.#open) if (socket.bytesRead === 0) socket.destroy();
  }
}
