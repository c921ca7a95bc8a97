// The lightest reader of WebSocket frames that there can be, so that thousands of them leave the machine to the
// servers: one buffer for all sockets, no object a frame.
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';

const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const shared = Buffer.allocUnsafe(256 * 1024);
const NOTHING = Buffer.alloc(0);

/** One connection. `onText` is given the buffer and where in it the text begins and ends; it must not keep it. */
export class Wire {
  #socket;
  #open = Promise.withResolvers();
  #upgraded = false;
  #rest = NOTHING;

  /**
   * @param {string} url of the server
   * @param {{ onText: (bytes: Buffer, from: number, to: number) => void, onClose?: (code: number) => void }} on
   */
  constructor(url, on) {
    this.on = on;
    const { hostname, port } = new URL(url);
    this.#socket = connect({
      host: hostname,
      port: Number(port),
      noDelay: true,
      onread: { buffer: shared, callback: (size, buffer) => this.#feed(buffer.subarray(0, size)) },
    });
    this.#socket.on('error', (error) => this.#open.reject(error));
    this.#socket.on('close', () => {
      this.#open.reject(new Error('closed before it was open'));
      this.on.onClose?.(1006);
    });
    this.#socket.on('connect', () =>
      this.#socket.write(
        `GET /graphql HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
          `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n` +
          'Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n',
      ),
    );
  }

  /** Resolves when the protocol has been switched to. */
  get open() {
    return this.#open.promise;
  }

  /** @param {object} message */
  send(message) {
    this.#write(TEXT, Buffer.from(JSON.stringify(message)));
  }

  close() {
    this.on = { onText: () => {} };
    this.#socket.destroy();
  }

  #write(opcode, payload) {
    const long = payload.length > 125;
    const head = Buffer.alloc(long ? 8 : 6);
    head[0] = 0x80 | opcode;
    head[1] = 0x80 | (long ? 126 : payload.length);
    if (long) head.writeUInt16BE(payload.length, 2);
    // The mask is zero: masked as the protocol wants it, and the same bytes.
    this.#socket.write(Buffer.concat([head, payload]));
  }

  #feed(chunk) {
    let bytes = this.#rest.length ? Buffer.concat([this.#rest, chunk]) : chunk;
    if (!this.#upgraded) {
      const end = bytes.indexOf('\r\n\r\n');
      if (end < 0) return this.#keep(bytes);
      if (!bytes.toString('latin1', 0, end).startsWith('HTTP/1.1 101')) {
        this.#open.reject(new Error(bytes.toString('latin1', 0, end)));
        return true;
      }
      this.#upgraded = true;
      this.#open.resolve();
      bytes = bytes.subarray(end + 4);
    }
    let at = 0;
    while (bytes.length - at >= 2) {
      let length = bytes[at + 1] & 0x7f;
      let start = at + 2;
      if (length === 126) {
        if (bytes.length < at + 4) break;
        length = bytes.readUInt16BE(at + 2);
        start = at + 4;
      } else if (length === 127) {
        if (bytes.length < at + 10) break;
        length = Number(bytes.readBigUInt64BE(at + 2));
        start = at + 10;
      }
      if (bytes.length < start + length) break;
      this.#take(bytes[at] & 0x0f, bytes, start, start + length);
      at = start + length;
    }
    return this.#keep(bytes.subarray(at));
  }

  /** The shared buffer is written over by the next read: what is not complete is copied. */
  #keep(bytes) {
    this.#rest = bytes.length ? Buffer.from(bytes) : NOTHING;
    return true;
  }

  #take(opcode, bytes, from, to) {
    if (opcode === TEXT) this.on.onText(bytes, from, to);
    else if (opcode === PING) this.#write(0xa, Buffer.from(bytes.subarray(from, to)));
    else if (opcode === CLOSE) this.on.onClose?.(to - from >= 2 ? bytes.readUInt16BE(from) : 1005);
  }
}
