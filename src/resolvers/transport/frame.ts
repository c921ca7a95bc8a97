import { setTimeout as pause } from 'node:timers/promises';
import { isUnavailable, RETRY_MS } from '../../services/streams/pull-stream.js';
import type { ApiContext } from '../context.js';
import type { Execution, FormattedResult, Operation } from './execution.js';

/** One result of a stream as text, made once for everybody who gets it. */
export class Frame {
  #message: string | undefined;
  #event: string | undefined;

  constructor(private readonly json: string) {}

  get length(): number {
    return this.json.length;
  }

  /** What comes after an operation's id in a message of graphql-transport-ws. */
  get message(): string {
    return (this.#message ??= `,"type":"next","payload":${this.json}}`);
  }

  /** As a server-sent event. */
  get event(): string {
    return (this.#event ??= `event: next\ndata: ${this.json}\n\n`);
  }
}

/** The way to who opened an operation. */
export interface Outlet {
  /** Sends a frame and resolves when it has left, or when its reader is gone. */
  send(frame: Frame): Promise<void>;
  /** Sends a frame at once; false = its reader has fallen behind and must be waited for. */
  push(frame: Frame): boolean;
  /** Resolves when its reader has caught up with what was sent. */
  drained(): Promise<void>;
}

/** After so long in the making a frame is sent only when its reader's rights were looked at again, in milliseconds. */
export const MAX_MAKING_MS = 50;

/**
 * Executes one event. A frame without its data would lose the event for its readers, so it is made again while the
 * database is away.
 * @param context fresh for each try; null = nobody is left to make it for.
 */
export async function makeFrame(
  execution: Execution,
  operation: Operation,
  event: unknown,
  context: () => Promise<ApiContext | null>,
): Promise<Frame | null> {
  for (;;) {
    try {
      const fresh = await context();
      if (!fresh) return null;
      const result = await execution.run(operation, fresh, event);
      if (!saysUnavailable(result)) return new Frame(JSON.stringify(result));
    } catch (error) {
      if (!isUnavailable(error)) throw error;
    }
    await pause(RETRY_MS);
  }
}

/** Does something, again and again while the database is out of reach. */
export async function patiently<R>(work: () => Promise<R>): Promise<R> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isUnavailable(error)) throw error;
      await pause(RETRY_MS);
    }
  }
}

const saysUnavailable = ({ errors }: FormattedResult): boolean =>
  errors?.some((error) => error.extensions?.['code'] === 'UNAVAILABLE') ?? false;
