import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import type { Frame, Outlet, Pushed } from './frame.js';
import { closeCodes } from './socket-session.js';
import type { Watched } from './watch.js';
import { textFrame } from './websocket-frame.js';

/** A socket on which nothing has left for so long is stuck, in milliseconds. */
const STUCK_MS = 60_000;
/** Bytes that may wait in a socket before its streams leave their groups and go on as it reads. */
const BEHIND = 256 * 1024;
/** Bytes that may wait in it when they come back. */
const DRAINED = 64 * 1024;
/** Bytes that may wait in a socket before it is cut off; its streams stop long before. */
const MAX_BUFFERED = 1024 * 1024;

/**
 * Watches whether what is sent to a socket leaves. Whoever falls behind is not given more than they take, so a stuck
 * socket holds a little and no more; after a minute it is told to come back later, and goes on from its cursor then.
 */
export class Backlog implements Watched {
  #pending = 0;
  #left = 0;
  /** What had left when it was last looked at, and since when no more has. */
  #leftThen = 0;
  #still = Infinity;
  #given = false;
  #waiting: (() => void)[] = [];

  constructor(
    private readonly socket: WebSocket,
    /** What the socket writes to. */
    private readonly connection: Duplex,
    private readonly stuckMs = STUCK_MS,
  ) {}

  /** Sends a message of the protocol; resolves when it has left, or when the socket is gone. */
  say(message: string): Promise<void> {
    return new Promise((resolve) => {
      if (!this.#isOpen()) return resolve();
      this.#pending += 1;
      this.socket.send(message, () => {
        this.#hasLeft();
        resolve();
      });
    });
  }

  /**
   * Sends frames with one write; resolves when the last has left, or when the socket is gone, whose close event says
   * the rest.
   */
  async send(frames: readonly Buffer[]): Promise<void> {
    // Several streams of a slow socket wait for each other, or what they send together would be too much for it.
    while (this.socket.readyState === this.socket.OPEN && this.socket.bufferedAmount > BEHIND) await this.drained();
    await new Promise<void>((resolve) => {
      if (!this.#isOpen()) return resolve();
      const last = frames.length - 1;
      const left = () => {
        this.#hasLeft();
        resolve();
      };
      this.#together(frames.length, () => {
        for (const [index, frame] of frames.entries()) this.#give(frame, index === last ? left : this.#hasLeft);
      });
    });
  }

  /** Sends frames at once with one write, up to the one after which more than a little is waiting. */
  push(frames: readonly Buffer[]): Pushed {
    const pushed = { sent: 0, behind: false };
    this.#together(frames.length, () => {
      for (const frame of frames) {
        // Whoever is gone has taken everything.
        if (this.#isOpen()) this.#give(frame, this.#hasLeft);
        pushed.sent += 1;
        pushed.behind = this.socket.readyState === this.socket.OPEN && this.socket.bufferedAmount > BEHIND;
        if (pushed.behind) return;
      }
    });
    return pushed;
  }

  /** Resolves when little is waiting; never, when the socket is gone before. */
  drained(): Promise<void> {
    if (this.socket.bufferedAmount <= DRAINED) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Nothing has left for too long: it is being closed, or was. */
  get isStuck(): boolean {
    return this.#given;
  }

  look(now: number): void {
    if (this.#pending === 0) this.#still = Infinity;
    else if (this.#left !== this.#leftThen || this.#still === Infinity) this.#still = now;
    this.#leftThen = this.#left;
    if (now - this.#still >= this.stuckMs && !this.#given) {
      this.#given = true;
      this.socket.close(closeCodes.TRY_AGAIN, 'Slow consumer');
      // Its close frame waits behind everything else: whoever does not read does not read that either.
      setTimeout(() => this.socket.terminate(), 5_000).unref();
    }
  }

  readonly #hasLeft = (): void => {
    this.#pending -= 1;
    this.#left += 1;
    if (this.#waiting.length === 0 || this.socket.bufferedAmount > DRAINED) return;
    for (const resolve of this.#waiting.splice(0)) resolve();
  };

  /** What the library sends, it gives the same connection in the same turn: without compression nothing is kept back. */
  #give(frame: Buffer, left: () => void): void {
    this.#pending += 1;
    this.connection.write(frame, left);
  }

  /** A write is a call of the system each: the dearest part of a frame. */
  #together(count: number, work: () => void): void {
    if (count === 1) return work();
    this.connection.cork();
    try {
      work();
    } finally {
      this.connection.uncork();
    }
  }

  #isOpen(): boolean {
    const { socket } = this;
    if (socket.readyState !== socket.OPEN) return false;
    if (socket.bufferedAmount <= MAX_BUFFERED) return true;
    socket.terminate();
    return false;
  }
}

/** The way to one operation of a socket. */
export class OperationOutlet implements Outlet {
  readonly #beginning: string;
  readonly #length: number;

  constructor(
    private readonly backlog: Backlog,
    id: string,
  ) {
    this.#beginning = `{"id":${JSON.stringify(id)}`;
    this.#length = Buffer.byteLength(this.#beginning);
  }

  send(frames: readonly Frame[]): Promise<void> {
    return this.backlog.send(this.#ownOf(frames));
  }

  push(frames: readonly Frame[]): Pushed {
    return this.backlog.push(this.#ownOf(frames));
  }

  drained(): Promise<void> {
    return this.backlog.drained();
  }

  #ownOf(frames: readonly Frame[]): Buffer[] {
    return frames.map(({ message }) => textFrame(this.#beginning, this.#length, message));
  }
}
