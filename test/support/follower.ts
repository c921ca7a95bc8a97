import { setTimeout as pause } from 'node:timers/promises';
import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';
import { decodeCursor } from '../../src/services/streams/cursor.js';
import type { ApiClient } from './client.js';

// What a frame holds is what the test's own query asked for.
// oxlint-disable-next-line typescript/no-explicit-any
type Anything = any;

/** One frame, and when it came. */
export interface Arrived {
  frame: Anything;
  sequence: number;
  at: number;
}

/** A stream that a follower reads. */
export interface Source {
  /** The subscription's field, and what is asked of each frame besides its cursor. */
  field: string;
  /** Its arguments besides the cursor. */
  given?: Record<string, string>;
  selection: string;
  /** Where it goes on from: the `eventCursor` of what was queried before. */
  after: string;
  /** Whether its frames are events, each to be taken once; those of state may be put in place again. */
  once: boolean;
}

/**
 * Reads a stream for as long as the test lasts, as docs/realtime.md tells authors of clients to: the stock client, which
 * connects again whatever happens, and in the variables that it sends again the cursor of the last frame applied.
 */
export class Follower {
  /** The frames that were applied: of events those beyond the cursor held. */
  readonly arrived: Arrived[] = [];
  /** What ended it; nothing may. */
  readonly ends: unknown[] = [];
  /** Where it has connected, in order. */
  readonly connected: string[] = [];
  readonly start: number;
  readonly #client: Client;

  /** @param urls the nodes: its own first, and another at each connection after that. */
  constructor(
    { credential }: ApiClient,
    readonly urls: readonly string[],
    { field, given = {}, selection, after, once }: Source,
  ) {
    const variables = { afterEvent: after };
    this.start = decodeCursor(after).sequence;
    let attempts = 0;
    let url = '';
    this.#client = createClient({
      url: () => {
        url = urls[attempts++ % urls.length]!;
        return `${url.replace(/^http/, 'ws')}/graphql`;
      },
      webSocketImpl: WebSocket,
      connectionParams: () => ({ authorization: `Bearer ${credential}` }),
      keepAlive: 10_000,
      retryAttempts: Infinity,
      retryWait: (retries) => pause(Math.min(2 ** retries * 10, 200)),
      shouldRetry: () => true,
      on: { connected: () => this.connected.push(url) },
    });
    const values = Object.entries(given).map(([name, value]) => `${name}: ${JSON.stringify(value)},`);
    let held = this.start;
    this.#client.subscribe<Record<string, Anything>>(
      {
        query: `subscription($afterEvent: String) { ${field}(${values.join(' ')} afterEvent: $afterEvent) { cursor ${selection} } }`,
        variables,
      },
      {
        next: ({ data, errors }) => {
          if (errors) return this.ends.push(errors);
          const frame = data![field];
          const { sequence } = decodeCursor(frame.cursor);
          if (sequence > held || !once) this.arrived.push({ frame, sequence, at: performance.now() });
          held = Math.max(held, sequence);
          return (variables.afterEvent = frame.cursor);
        },
        error: (error) => this.ends.push(error),
        complete: () => this.ends.push('complete'),
      },
    );
  }

  async stop(): Promise<void> {
    await this.#client.dispose();
  }
}
