import { unavailable } from '../../services/errors.js';
import { patiently } from '../../services/streams/patiently.js';
import type { ApiContext } from '../context.js';
import type { Execution, FormattedResult, Operation } from './execution.js';

/** One result of a stream as text, made once for everybody who gets it. */
export class Frame {
  #message: Buffer | undefined;
  #event: string | undefined;

  constructor(private readonly json: string) {}

  get length(): number {
    return this.json.length;
  }

  /** What comes after an operation's id in a message of graphql-transport-ws. */
  get message(): Buffer {
    return (this.#message ??= Buffer.from(`,"type":"next","payload":${this.json}}`));
  }

  /** As a server-sent event. */
  get event(): string {
    return (this.#event ??= `event: next\ndata: ${this.json}\n\n`);
  }
}

/** The way to who opened an operation. */
export interface Outlet {
  /** Sends frames together and resolves when the last has left, or when its reader is gone. */
  send(frames: readonly Frame[]): Promise<void>;
  /**
   * Sends frames together at once, up to the one with which its reader has fallen behind and must be waited for.
   * @returns how many were sent, and whether that is so.
   */
  push(frames: readonly Frame[]): Pushed;
  /** Resolves when its reader has caught up with what was sent. */
  drained(): Promise<void>;
}

export interface Pushed {
  sent: number;
  behind: boolean;
}

/** Frames that are made at the same time, and sent together. */
export const AT_ONCE = 16;
/** Frames of together more than this are sent in parts, in characters. */
const MAX_TOGETHER = 64 * 1024;

/** Frames in parts that are sent one after the other. */
export function partsOf(frames: readonly Frame[]): Frame[][] {
  const parts: Frame[][] = [];
  let length = Infinity;
  for (const frame of frames) {
    if ((length += frame.length) > MAX_TOGETHER) {
      parts.push([]);
      length = frame.length;
    }
    parts.at(-1)!.push(frame);
  }
  return parts;
}

/**
 * The context of frames that are made together: the same for their first try, so that what they ask for is asked
 * together, and a fresh one for each that has to be made again.
 */
export function together(context: () => Promise<ApiContext | null>): () => () => Promise<ApiContext | null> {
  let first: Promise<ApiContext | null> | undefined;
  return () => {
    let tried = false;
    return () => {
      if (tried) return context();
      tried = true;
      return (first ??= context());
    };
  };
}

/** After so long in the making a frame is sent only when its reader's rights were looked at again, in milliseconds. */
export const MAX_MAKING_MS = 50;

/**
 * Executes one event. A frame without its data would lose the event for its readers, so it is made again while the
 * database is away.
 * @param context fresh for each try; null = nobody is left to make it for.
 */
export const makeFrame = (
  execution: Execution,
  operation: Operation,
  event: unknown,
  context: () => Promise<ApiContext | null>,
): Promise<Frame | null> =>
  patiently(async () => {
    const fresh = await context();
    if (!fresh) return null;
    const result = await execution.run(operation, fresh, event);
    if (saysUnavailable(result)) throw unavailable('A part of this event could not be read.');
    return new Frame(JSON.stringify(result));
  });

const saysUnavailable = ({ errors }: FormattedResult): boolean =>
  errors?.some((error) => error.extensions?.['code'] === 'UNAVAILABLE') ?? false;
