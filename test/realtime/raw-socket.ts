import { once } from 'node:events';
import { type ClientOptions, WebSocket } from 'ws';

// What a frame holds is what the test's own query asked for.
// oxlint-disable-next-line typescript/no-explicit-any
type Anything = any;

export interface Message {
  type: string;
  id?: string;
  payload?: Anything;
}

export interface Closed {
  code: number;
  reason: string;
}

const PATIENCE_MS = 8_000;

/** A socket whose every message the test writes itself, for what the stock client would never do. */
export class RawSocket {
  readonly messages: Message[] = [];
  readonly closed: Promise<Closed>;
  #wake: (() => void)[] = [];

  private constructor(readonly ws: WebSocket) {
    ws.on('message', (text) => {
      this.messages.push(JSON.parse(String(text)) as Message);
      for (const wake of this.#wake.splice(0)) wake();
    });
    ws.on('error', () => {});
    this.closed = new Promise((resolve) =>
      ws.once('close', (code, reason) => resolve({ code, reason: String(reason) })),
    );
    void this.closed.then(() => this.#wake.splice(0).forEach((wake) => wake()));
  }

  /** Connects, without saying who it is. */
  static async connect(url: string, protocol: string | null = 'graphql-transport-ws', options: ClientOptions = {}) {
    const address = `${url.replace(/^http/, 'ws')}/graphql`;
    const ws = protocol === null ? new WebSocket(address, options) : new WebSocket(address, protocol, options);
    const socket = new RawSocket(ws);
    await once(ws, 'open');
    return socket;
  }

  /** Connects with a credential and waits to be taken in. */
  static async signedIn(url: string, credential: string): Promise<RawSocket> {
    const socket = await RawSocket.connect(url);
    socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${credential}` } });
    await socket.until(({ type }) => type === 'connection_ack');
    return socket;
  }

  send(message: Record<string, unknown>): void {
    this.ws.send(JSON.stringify(message));
  }

  subscribe(id: string, query: string, variables: Record<string, unknown> = {}): void {
    this.send({ type: 'subscribe', id, payload: { query, variables } });
  }

  /** The first message that is wanted, whether it has come or is still to come. */
  async until(wanted: (message: Message) => boolean): Promise<Message> {
    const deadline = Date.now() + PATIENCE_MS;
    for (let looked = 0; ;) {
      for (; looked < this.messages.length; looked += 1) {
        if (wanted(this.messages[looked]!)) return this.messages[looked]!;
      }
      if (this.ws.readyState === WebSocket.CLOSED || Date.now() > deadline) {
        throw new Error(`waited in vain; messages: ${JSON.stringify(this.messages.slice(-5))}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, deadline - Date.now() + 1);
        this.#wake.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }
}
