import type { WebSocket } from 'ws';
import { closeCodes } from './socket-session.js';

/** A socket on which nothing has left for so long is stuck, in milliseconds. */
const STUCK_MS = 60_000;
/** Bytes that may wait in a socket before it is cut off; its streams stop long before, each after one frame. */
const MAX_BUFFERED = 1024 * 1024;

/**
 * Watches whether what is sent to a socket leaves. Streams are pulled by their readers, so a stuck one holds a frame an
 * operation and no more; after a minute it is told to come back later, and goes on from its cursor then.
 */
export class Backlog {
  #pending = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly socket: WebSocket,
    private readonly stuckMs = STUCK_MS,
  ) {}

  /** Sends a frame; resolves when it has left, or when the socket is gone, whose close event says the rest. */
  send(frame: string): Promise<void> {
    const { socket } = this;
    return new Promise((resolve) => {
      if (socket.readyState !== socket.OPEN) return resolve();
      if (socket.bufferedAmount > MAX_BUFFERED) {
        socket.terminate();
        return resolve();
      }
      this.#pending += 1;
      this.#timer ??= this.#watch();
      socket.send(frame, () => {
        this.#pending -= 1;
        clearTimeout(this.#timer);
        this.#timer = this.#pending > 0 ? this.#watch() : undefined;
        resolve();
      });
    });
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #watch(): NodeJS.Timeout {
    return setTimeout(() => {
      this.socket.close(closeCodes.TRY_AGAIN, 'Slow consumer');
      // Its close frame waits behind everything else: whoever does not read does not read that either.
      setTimeout(() => this.socket.terminate(), 5_000).unref();
    }, this.stuckMs);
  }
}
