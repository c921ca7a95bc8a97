import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { pause } from './options.mjs';

const QUERY =
  'subscription($afterEvent: String) { auditEvents(afterEvent: $afterEvent) { cursor event { sequence leafHash } } }';

/** Reads every event of a workspace with the stock client, going on after its last cursor whatever happens. */
export class Subscriber {
  /** Leaf hashes by sequence, as they came for the first time. */
  seen = new Map();
  /** Events that had been seen already: allowed, because the promise is at least once. */
  doubled = 0;
  /** What broke the promise. */
  broken = [];
  resumed = 0;
  #last;
  #client;
  #socket = null;
  #payload;
  #stopped = false;

  constructor(url, space, { cursor, sequence }) {
    this.#last = sequence;
    // The client sends this very object again after a reconnection: moving the cursor in it is all that is needed.
    this.#payload = { query: QUERY, variables: { afterEvent: cursor } };
    this.#client = createClient({
      url: `${url.replace(/^http/, 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${space.key}` },
      retryAttempts: Infinity,
      shouldRetry: () => true,
      retryWait: () => pause(50),
      on: {
        connected: (socket, _payload, wasRetry) => {
          this.#socket = socket;
          this.resumed += wasRetry ? 1 : 0;
        },
      },
    });
    this.#subscribe();
  }

  /** The newest sequence that has arrived. */
  get last() {
    return this.#last;
  }

  /** Cuts the connection, as a network does. */
  drop() {
    this.#socket?.terminate();
  }

  async stop() {
    this.#stopped = true;
    await this.#client.dispose();
  }

  #subscribe() {
    if (this.#stopped) return;
    // An error ends a subscription, not the connection: UNAVAILABLE is answered by asking again.
    const again = async (errors) => {
      if (this.#stopped) return;
      if (!errors.every?.((error) => error.extensions?.code === 'UNAVAILABLE'))
        this.broken.push(JSON.stringify(errors));
      this.resumed += 1;
      await pause(50);
      this.#subscribe();
    };
    // An operation that was refused completes right behind its errors. To end it as well would count it twice as ended,
    // and the client that counts believes then that nobody is left to reconnect for.
    let failed = null;
    this.#client.subscribe(this.#payload, {
      next: ({ data, errors }) => {
        failed = errors ?? null;
        if (!errors) this.#take(data.auditEvents);
      },
      error: (error) =>
        void again(failed ?? (Array.isArray(error) ? error : [{ message: String(error?.reason ?? error) }])),
      complete: () => {
        if (failed) void again(failed);
      },
    });
  }

  #take({ cursor, event }) {
    this.#payload.variables.afterEvent = cursor;
    if (!event) return;
    const { sequence, leafHash } = event;
    if (sequence <= this.#last) {
      this.doubled += 1;
      if (this.seen.has(sequence) && this.seen.get(sequence) !== leafHash)
        this.broken.push(`another event ${sequence}`);
      return;
    }
    if (sequence !== this.#last + 1) this.broken.push(`after ${this.#last} came ${sequence}`);
    this.#last = sequence;
    this.seen.set(sequence, leafHash);
  }
}

/** Where the log of a workspace stands, as the API says it. */
export async function whereNow(url, space, decodeCursor) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${space.key}` },
    body: JSON.stringify({ query: '{ auditEvents(first: 1) { eventCursor } }' }),
  });
  const { data } = await response.json();
  const cursor = data.auditEvents.eventCursor;
  return { cursor, sequence: decodeCursor(cursor).sequence };
}
