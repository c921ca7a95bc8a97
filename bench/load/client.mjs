// The load: keep-alive connections that each send the next request when the answer to the last has come. Bare sockets and requests made
// beforehand, because the clients share the machine with what is measured.
import { connect } from 'node:net';
import { serveCommands } from '../measure/processes.mjs';

const HEADERS_END = Buffer.from('\r\n\r\n');
const LAST_CHUNK = Buffer.from('0\r\n\r\n');
const ANSWER_MS = 30_000;

/**
 * One HTTP/1.1 request as bytes.
 * @param {{ url: string, method?: string, path: string, headers?: Record<string, string>, body?: string }} request
 */
function bytesOf({ url, method = 'POST', path, headers = {}, body = '' }) {
  const lines = [`${method} ${path} HTTP/1.1`, `host: ${new URL(url).host}`];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  if (method === 'POST')
    lines.push(
      'content-type: application/json',
      'accept: application/json',
      `content-length: ${Buffer.byteLength(body)}`,
    );
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

/** A connection that answers one request after the other. */
class Connection {
  #socket;
  #received = [];
  #size = 0;
  /** How many bytes make the answer; null until its headers are there, Infinity in chunks. */
  #expected = null;
  #waiting = null;

  static async open(url) {
    const connection = new Connection();
    const { hostname, port } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    connection.#socket = socket;
    socket.on('data', (chunk) => connection.#take(chunk));
    const lost = (error) => connection.#settle('reject', error ?? new Error('the connection was closed'));
    socket.on('error', lost).on('close', () => lost());
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return connection;
  }

  /** @param {Buffer} request @returns {Promise<Buffer>} headers and body */
  send(request) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#settle('reject', new Error('no answer')), ANSWER_MS);
      this.#waiting = { resolve, reject, timer };
      this.#socket.write(request);
    });
  }

  close() {
    this.#socket.destroy();
  }

  #take(chunk) {
    this.#received.push(chunk);
    this.#size += chunk.length;
    if (this.#expected === null) {
      const all = this.#all();
      const end = all.indexOf(HEADERS_END);
      if (end < 0) return;
      const headers = all.subarray(0, end).toString('latin1');
      const length = /^content-length: *(\d+)/im.exec(headers);
      this.#expected = length ? end + HEADERS_END.length + Number(length[1]) : Infinity;
    }
    const done =
      this.#expected === Infinity
        ? chunk.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK)
        : this.#size >= this.#expected;
    if (done) this.#settle('resolve', this.#all());
  }

  #all() {
    if (this.#received.length > 1) this.#received = [Buffer.concat(this.#received)];
    return this.#received[0] ?? Buffer.alloc(0);
  }

  #settle(how, value) {
    const waiting = this.#waiting;
    this.#received = [];
    this.#size = 0;
    this.#expected = null;
    this.#waiting = null;
    clearTimeout(waiting?.timer);
    waiting?.[how](value);
  }
}

/** A refusal would be counted as a fast answer. */
function refuse(answer) {
  if (answer.toString('latin1', 9, 12) !== '200' || answer.includes('"errors"')) {
    throw new Error(`refused: ${answer.toString('utf8', 0, 2_000)}`);
  }
}

serveCommands({
  /**
   * @param {{ url: string, requests: object[], connections: number, ms: number, unique?: string }} options `unique`: what
   *   stands for @@ in the bodies, with a number that no other request has
   * @returns {Promise<{ tookMs: number, latencies: Float64Array, bytes: number }>}
   */
  async load({ url, requests, connections, ms, unique }) {
    const ready = requests.map((request) => bytesOf({ url, ...request }));
    const made = (number) => {
      const request = requests[number % requests.length];
      if (!request.body?.includes('@@')) return ready[number % ready.length];
      return bytesOf({ url, ...request, body: request.body.replaceAll('@@', `${unique}-${number}`) });
    };
    const open = await Promise.all(Array.from({ length: connections }, () => Connection.open(url)));
    const latencies = [];
    let next = 0;
    let bytes = 0;
    const began = performance.now();
    const until = began + ms;
    try {
      await Promise.all(
        open.map(async (connection) => {
          while (performance.now() < until) {
            const request = made(next++);
            const sentAt = performance.now();
            const answer = await connection.send(request);
            latencies.push(performance.now() - sentAt);
            bytes += answer.length;
            refuse(answer);
          }
        }),
      );
    } finally {
      for (const connection of open) connection.close();
    }
    return { tookMs: performance.now() - began, latencies: Float64Array.from(latencies), bytes };
  },

  /** The answers to these requests, one after the other, as text without headers. */
  async answers({ url, requests }) {
    const connection = await Connection.open(url);
    const texts = [];
    for (const request of requests) {
      const answer = await connection.send(bytesOf({ url, ...request }));
      refuse(answer);
      const end = answer.indexOf(HEADERS_END);
      const body = answer.subarray(end + HEADERS_END.length).toString('utf8');
      texts.push(/^transfer-encoding: *chunked/im.test(answer.toString('latin1', 0, end)) ? unchunked(body) : body);
    }
    connection.close();
    return texts;
  },
});

/** Of JSON only: it has no line of hexadecimal digits alone, the chunks' sizes. */
const unchunked = (body) => body.replace(/(?:^|\r\n)[0-9a-f]+\r\n/gi, '');
