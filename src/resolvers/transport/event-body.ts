import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { AppError } from '../../services/errors.js';
import type { FormattedResult } from './execution.js';
import { Frame, type Outlet, type Pushed } from './frame.js';

/** A comment is sent so often, so that no proxy takes a quiet stream for a dead one, in milliseconds. */
const HEARTBEAT_MS = 15_000;
const COMMENT = ':\n\n';
/** Bytes that may wait before the stream leaves its group and goes on as it is read. */
const BEHIND = 256 * 1024;
/** Who does not read on is waited for so long at the end, in milliseconds. */
const LINGER_MS = 1_000;

/** The bytes of a stream of server-sent events: a frame when there is one, a comment when there has long been none. */
export class EventBody implements Outlet {
  /** What is sent. */
  readonly bytes: Readable;
  readonly #heartbeat: NodeJS.Timeout;
  readonly #cut = Promise.withResolvers<void>();
  #taken: (() => void) | null = null;
  #over = false;

  constructor(
    private readonly response: ServerResponse,
    private readonly format: (error: unknown) => unknown,
  ) {
    // More is asked for when all that there was has left.
    this.bytes = new Readable({ highWaterMark: 1, read: () => this.#hasLeft() });
    this.bytes.once('close', () => this.cutOff());
    this.#heartbeat = setInterval(() => this.#write(COMMENT), HEARTBEAT_MS);
    this.#heartbeat.unref();
    // The headers leave with the first byte: whoever waits for them hears at once that the stream is open.
    this.#write(COMMENT);
  }

  /** Passes on what a stream yields, and how it ends. Resolves when it has ended, or was cut off. */
  async pass(frames: AsyncGenerator<FormattedResult, void, void>): Promise<void> {
    const passed = this.#pass(frames);
    await Promise.race([passed, this.#cut.promise]);
    await frames.return();
  }

  /** Ends it without completing it: the client connects again and goes on from its cursor. */
  cutOff(): void {
    if (this.#over) return;
    this.#end('');
    if (!this.response.writableFinished) setTimeout(() => this.response.destroy(), LINGER_MS).unref();
  }

  send(frames: readonly Frame[]): Promise<void> {
    return new Promise((resolve) => {
      if (this.#over) return resolve();
      this.#taken = resolve;
      this.#write(frames.map(({ event }) => event).join(''));
    });
  }

  push(frames: readonly Frame[]): Pushed {
    let sent = 0;
    for (const { event } of frames) {
      this.#write(event);
      sent += 1;
      if (this.bytes.readableLength + this.response.writableLength > BEHIND) return { sent, behind: true };
    }
    return { sent, behind: false };
  }

  /** Resolves when it is asked for more. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#over || this.bytes.readableLength === 0) return resolve();
      this.#taken = resolve;
    });
  }

  #hasLeft(): void {
    this.#taken?.();
    this.#taken = null;
  }

  async #pass(frames: AsyncGenerator<FormattedResult, void, void>): Promise<void> {
    try {
      for await (const result of frames) await this.send([new Frame(JSON.stringify(result))]);
    } catch (error) {
      // Whose session has ended is cut off, whether that is noticed here or by the session first.
      if (error instanceof AppError && error.code === 'UNAUTHENTICATED') return this.cutOff();
      if (!this.#over) this.#write(new Frame(JSON.stringify({ errors: [this.format(error)] })).event);
    }
    this.#end('event: complete\ndata: \n\n');
  }

  #write(text: string): void {
    if (this.#over) return;
    this.#heartbeat.refresh();
    this.bytes.push(text);
  }

  #end(last: string): void {
    if (this.#over) return;
    if (last) this.#write(last);
    this.#over = true;
    clearInterval(this.#heartbeat);
    this.#hasLeft();
    this.#cut.resolve();
    this.bytes.push(null);
  }
}
