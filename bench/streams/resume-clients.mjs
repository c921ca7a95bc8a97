// The clients of the table `resume`, in a process of their own: the stock client of graphql-ws, whose sockets are cut
// off every now and then, each at moments of its own that a seed decides.
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { decodeCursor } from '../../dist/services/streams/cursor.js';
import { randomFrom } from '../../test/crash/options.mjs';
import { now, pause, until } from '../measure/clock.mjs';
import { serveCommands } from '../measure/processes.mjs';
import { spread } from '../measure/statistics.mjs';
import { everyEvent, readFrame } from './servers.mjs';

class Follower {
  /** When each event came first, by its number; NaN: not yet. */
  arrivals;
  /** Frames of events that had come before, on the wire. */
  doubled = 0;
  /** Sequences in the order in which they were applied: those after the last cursor. */
  sequences = [];
  drops = 0;
  faults = [];
  #kind;
  #payload;
  #last = -1;
  #client;
  #socket = null;
  #dropping;

  constructor({ url, kind, credential, cursor, events, retryMs }, random) {
    this.#kind = kind;
    this.arrivals = new Float64Array(events).fill(NaN);
    this.#payload = { query: everyEvent[kind], variables: cursor ? { afterEvent: cursor } : {} };
    if (cursor) this.#last = decodeCursor(cursor).sequence;
    this.#client = createClient({
      url: `${url.replace(/^http/, 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: credential ? { authorization: `Bearer ${credential}` } : {},
      retryAttempts: Infinity,
      shouldRetry: () => true,
      // With 0 as it comes: 1.3 to 4 s after the first failure.
      ...(retryMs ? { retryWait: () => pause(retryMs * (0.5 + random())) } : {}),
      on: {
        connected: (socket) => (this.#socket = socket),
        closed: () => (this.#socket = null),
      },
    });
    this.#client.subscribe(this.#payload, {
      next: (result) => this.#take(result),
      error: (error) => this.faults.push(JSON.stringify(error?.reason ?? error)),
      complete: () => {},
    });
  }

  get connected() {
    return this.#socket !== null;
  }

  /** Cuts the connection every so often, beginning at a moment within the first time. */
  dropEvery(everyMs, firstMs) {
    const began = now();
    const next = (count) => {
      const due = began + firstMs + count * everyMs;
      this.#dropping = setTimeout(
        () => {
          if (this.#socket) this.drops += 1;
          this.#socket?.terminate();
          next(count + 1);
        },
        Math.max(0, due - now()),
      );
    };
    next(0);
  }

  stopDropping() {
    clearTimeout(this.#dropping);
  }

  async end() {
    await this.#client.dispose();
  }

  #take({ data, errors }) {
    if (errors) return this.faults.push(JSON.stringify(errors));
    const { cursor, isEvent, number } = readFrame[this.#kind](data);
    if (number !== null) {
      if (Number.isNaN(this.arrivals[number])) this.arrivals[number] = now();
      else this.doubled += 1;
    }
    if (cursor === null) return;
    // The whole of resuming: the client sends this object again when it has reconnected.
    this.#payload.variables.afterEvent = cursor;
    const { sequence } = decodeCursor(cursor);
    if (!isEvent || sequence <= this.#last) return;
    this.#last = sequence;
    this.sequences.push(sequence);
  }
}

let followers = [];

serveCommands({
  async connect({ clients, seed, credentials, ...options }) {
    const random = randomFrom(seed);
    followers = Array.from({ length: clients }, (_, index) => {
      const credential = credentials[index % credentials.length];
      return new Follower({ ...options, credential }, random);
    });
    // Subscribing is one message behind the connection; without a cursor nobody says that it was heard.
    if (!(await until(() => followers.every((follower) => follower.connected), 30_000)))
      throw new Error('not all clients could connect');
    await pause(500);
  },

  startDropping({ everyMs, seed }) {
    const random = randomFrom(seed);
    for (const follower of followers) follower.dropEvery(everyMs, random() * everyMs);
  },

  /** Ends the drops, and waits until everything has come, or nothing more comes. */
  async settle({ events }) {
    for (const follower of followers) follower.stopDropping();
    const missing = () =>
      followers.reduce(
        (sum, { arrivals }) => sum + arrivals.reduce((lost, at) => lost + (Number.isNaN(at) ? 1 : 0), 0),
        0,
      );
    let last = Infinity;
    let since = now();
    await until(
      () => {
        const left = missing();
        if (left !== last) [last, since] = [left, now()];
        return left === 0 || now() - since > 6_000;
      },
      90_000,
      100,
    );
    return { expected: events * followers.length, missing: missing() };
  },

  /**
   * @param {{ acknowledged: Float64Array, expected: number[] | null }} written by number; the sequences of the record
   */
  report({ acknowledged, expected }) {
    const delays = [];
    for (const { arrivals } of followers) {
      arrivals.forEach((at, number) => Number.isNaN(at) || delays.push(at - acknowledged[number]));
    }
    const sum = (of) => followers.reduce((total, follower) => total + of(follower), 0);
    return {
      delays: spread(delays),
      delivered: delays.length,
      complete: followers.filter(({ arrivals }) => arrivals.every((at) => !Number.isNaN(at))).length,
      doubled: sum(({ doubled }) => doubled),
      drops: sum(({ drops }) => drops),
      faults: followers.flatMap(({ faults }) => faults),
      // Exactly once and in order: the same sequences as in the record, nothing else, nothing twice.
      exact: expected && followers.filter(({ sequences }) => isSame(sequences, expected)).length,
    };
  },

  async end() {
    await Promise.all(followers.map((follower) => follower.end()));
    followers = [];
  },
});

const isSame = (sequences, expected) =>
  sequences.length === expected.length && sequences.every((sequence, index) => sequence === expected[index]);
