import type { WebSocket } from 'ws';
import type { Watched } from './watch.js';

const PONG_TIMEOUT_MS = 10_000;

/** Pings a socket, and cuts off what does not answer. */
export class Heartbeat implements Watched {
  #pingAt: number;
  /** When a pong must have come; infinity while none is waited for. */
  #pongBy = Infinity;

  constructor(
    private readonly socket: WebSocket,
    private readonly everyMs: number,
  ) {
    this.#pingAt = performance.now() + everyMs;
    socket.on('pong', () => {
      this.#pongBy = Infinity;
    });
  }

  look(now: number): void {
    if (now >= this.#pongBy) return this.socket.terminate();
    if (now < this.#pingAt) return;
    this.#pingAt = now + this.everyMs;
    this.socket.ping();
    this.#pongBy = Math.min(this.#pongBy, now + PONG_TIMEOUT_MS);
  }
}
