import { WebSocket } from 'ws';

// What a frame holds is what the subscription asked for.
// oxlint-disable-next-line typescript/no-explicit-any
type Anything = any;

/** A stream that can be followed, and which of its frames carry what only some may see. */
export interface Watchable {
  query: string;
  variables: Record<string, unknown>;
  carries: (frame: Anything) => boolean;
}

/** One stream over a socket of its own, that keeps when each telling frame came and how it all ended. */
export class WatchedStream {
  /** When frames came that carry something, in milliseconds as `performance.now()` says them. */
  readonly told: number[] = [];
  /** How it ended: the code of the stream's error, the code that the socket was closed with, or both. */
  readonly ends: (string | number)[] = [];
  readonly #ws: WebSocket;
  #wake = (): void => {};

  constructor(url: string, credential: string, { query, variables, carries }: Watchable) {
    const ws = new WebSocket(`${url.replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws');
    const send = (message: Record<string, unknown>) => ws.send(JSON.stringify(message));
    ws.on('open', () => send({ type: 'connection_init', payload: { authorization: `Bearer ${credential}` } }));
    ws.on('message', (text) => {
      const { type, payload } = JSON.parse(String(text)) as { type: string; payload?: Anything };
      if (type === 'connection_ack') return send({ type: 'subscribe', id: '1', payload: { query, variables } });
      const errors = type === 'error' ? payload : payload?.errors;
      if (errors) this.ends.push(errors[0].extensions.code);
      else if (type === 'next' && carries(Object.values(payload.data)[0])) this.told.push(performance.now());
      return this.#wake();
    });
    ws.on('close', (code) => {
      this.ends.push(code);
      this.#wake();
    });
    ws.on('error', (error) => this.ends.push(error.message));
    this.#ws = ws;
  }

  /** Waits until something holds of it, looking at every frame and every end; false when it still does not by then. */
  async until(holds: (stream: this) => boolean, withinMs: number): Promise<boolean> {
    if (holds(this)) return true;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), withinMs);
      this.#wake = () => {
        if (!holds(this)) return;
        clearTimeout(timer);
        resolve(true);
      };
    });
  }

  close(): void {
    this.#ws.terminate();
  }
}
