// The clients of the table `stuck`, in a process of their own: plain sockets, some of which stop reading. What a frame
// says is read from its beginning alone, so that thousands of long frames a second can be taken.
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { decodeCursor } from '../../dist/services/streams/cursor.js';
import { now, pause, until } from '../measure/clock.mjs';
import { serveCommands } from '../measure/processes.mjs';
import { spread } from '../measure/statistics.mjs';
import { everyEvent } from './servers.mjs';

const HEAD = 500;
/** From the end of a socket to the next: about what the stock client waits at the least. */
const RECONNECT_MS = 1_000;

class Client {
  arrivals;
  doubled = 0;
  /** Sequences in the order in which they were applied. */
  sequences = [];
  faults = [];
  /** How the socket ended that stopped reading, as this side learned it. */
  ended = null;
  port = 0;
  #options;
  #last = -1;
  #cursor;
  #ws;

  constructor(options) {
    this.#options = options;
    this.arrivals = new Float64Array(options.events).fill(NaN);
    this.#cursor = options.cursor;
    if (options.cursor) this.#last = decodeCursor(options.cursor).sequence;
  }

  async connect() {
    const { url, kind, credential } = this.#options;
    const ws = new WebSocket(`${url.replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws', {
      perMessageDeflate: false,
    });
    this.#ws = ws;
    ws.on('error', () => {});
    await once(ws, 'open');
    this.port = ws._socket.localPort;
    ws.send(
      JSON.stringify({
        type: 'connection_init',
        payload: credential ? { authorization: `Bearer ${credential}` } : {},
      }),
    );
    await once(ws, 'message');
    const variables = this.#cursor ? { afterEvent: this.#cursor } : {};
    ws.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: everyEvent[kind], variables } }));
    ws.on('message', (frame) => this.#take(frame));
    return ws;
  }

  stall() {
    this.#ws.pause();
  }

  /** Comes back: reads what is left of the old socket, if it is told to and there is something, and connects anew. */
  async comeBack({ reading }) {
    const old = this.#ws;
    const closed = once(old, 'close');
    if (reading) old.resume();
    else old.terminate();
    const [code] = await closed;
    this.ended = code;
    await pause(RECONNECT_MS);
    await this.connect();
  }

  /** Reads on where nobody has closed the socket. */
  goOn() {
    this.#ws.resume();
  }

  close() {
    this.#ws.terminate();
  }

  #take(frame) {
    const head = frame.toString('latin1', 0, HEAD);
    if (!head.includes('"type":"next"')) {
      if (!head.includes('"type":"ping"')) this.faults.push(head);
      return;
    }
    const number = /"text":"#(\d+) /.exec(head)?.[1];
    if (number !== undefined) {
      if (Number.isNaN(this.arrivals[number])) this.arrivals[number] = now();
      else this.doubled += 1;
    }
    if (this.#options.kind !== 'ours') return;
    this.#cursor = /"cursor":"([^"]+)"/.exec(head)[1];
    const { sequence } = decodeCursor(this.#cursor);
    if (number === undefined || sequence <= this.#last) return;
    this.#last = sequence;
    this.sequences.push(sequence);
  }
}

const AT_ONCE = 50;
let clients = [];
/** The first of them are those that stop reading. */
let stuck = [];

serveCommands({
  async connect({ count, stuckCount, credentials, ...options }) {
    clients = Array.from(
      { length: count },
      (_, index) => new Client({ ...options, credential: credentials[index % credentials.length] }),
    );
    stuck = clients.slice(0, stuckCount);
    for (let index = 0; index < count; index += AT_ONCE)
      await Promise.all(clients.slice(index, index + AT_ONCE).map((client) => client.connect()));
    await pause(1_000);
    return stuck.map(({ port }) => port);
  },

  stall() {
    for (const client of stuck) client.stall();
  },

  /**
   * One whose socket the server has ended. Every other one reads on then, and learns why; the rest never read again.
   */
  async comeBack({ port, reading }) {
    await stuck.find((client) => client.port === port).comeBack({ reading });
  },

  goOn() {
    for (const client of stuck) if (client.ended === null) client.goOn();
  },

  /** Waits until everything has come, or nothing more comes. */
  async settle() {
    const missing = () => clients.reduce((sum, { arrivals }) => sum + arrivals.filter(Number.isNaN).length, 0);
    let [last, since] = [Infinity, now()];
    await until(
      () => {
        const left = missing();
        if (left !== last) [last, since] = [left, now()];
        return left === 0 || now() - since > 5_000;
      },
      90_000,
      200,
    );
  },

  /**
   * @param {{ acknowledged: Float64Array, phases: [from: number, to: number][], disturbed: Set<number>,
   *   expected: number[] | null }} written `disturbed`: numbers whose delays are not counted
   */
  report({ acknowledged, phases, disturbed, expected }) {
    const others = clients.slice(stuck.length);
    const delaysOf = ([from, to]) => {
      const delays = [];
      for (const { arrivals } of others) {
        for (let number = from; number < to; number += 1) {
          if (!Number.isNaN(arrivals[number]) && !disturbed.has(number))
            delays.push(arrivals[number] - acknowledged[number]);
        }
      }
      return spread(delays);
    };
    const events = acknowledged.length;
    const group = (members) => ({
      expected: members.length * events,
      delivered: members.reduce((sum, { arrivals }) => sum + events - arrivals.filter(Number.isNaN).length, 0),
      complete: members.filter(({ arrivals }) => !arrivals.some(Number.isNaN)).length,
      doubled: members.reduce((sum, { doubled }) => sum + doubled, 0),
      exact: expected && members.filter(({ sequences }) => isSame(sequences, expected)).length,
    });
    return {
      phases: phases.map(delaysOf),
      stuck: group(stuck),
      others: group(others),
      ended: stuck.map(({ ended }) => ended),
      faults: clients.flatMap(({ faults }) => faults),
    };
  },

  end() {
    for (const client of clients) client.close();
    clients = [];
  },
});

const isSame = (sequences, expected) =>
  sequences.length === expected.length && sequences.every((sequence, index) => sequence === expected[index]);
