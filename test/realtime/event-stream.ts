import { expect } from 'vitest';
import type { ApiClient } from '../support/client.js';

export interface ServerEvent {
  event: string;
  // What it holds is what the test's own query asked for.
  // oxlint-disable-next-line typescript/no-explicit-any
  data: any;
}

/** One operation as server-sent events, read as any client of them would. */
export class EventStream {
  readonly #abort: AbortController;
  readonly #reader: ReadableStreamDefaultReader<string>;
  #text = '';

  private constructor(response: Response, abort: AbortController) {
    this.#abort = abort;
    this.#reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  }

  static async open(client: ApiClient, query: string, variables: object = {}): Promise<EventStream> {
    const abort = new AbortController();
    const response = await fetch(`${client.url}/graphql/stream`, {
      method: 'POST',
      signal: abort.signal,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${client.credential}` },
      body: JSON.stringify({ query, variables }),
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    return new EventStream(response, abort);
  }

  /** The next event; null when the server has ended the stream. */
  async next(): Promise<ServerEvent | null> {
    for (;;) {
      const end = this.#text.indexOf('\n\n');
      if (end >= 0) {
        const lines = this.#text.slice(0, end).split('\n');
        this.#text = this.#text.slice(end + 2);
        const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
        const event = field('event');
        if (event) return { event, data: field('data') ? JSON.parse(field('data')!) : null };
        continue;
      }
      const { value, done } = await this.#reader.read();
      if (done) return null;
      this.#text += value;
    }
  }

  /** All that is still to come. */
  async rest(): Promise<ServerEvent[]> {
    const events: ServerEvent[] = [];
    for (let event = await this.next(); event; event = await this.next()) events.push(event);
    return events;
  }

  abort(): void {
    this.#abort.abort();
  }
}
