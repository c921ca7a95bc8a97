// Writes messages to any of the servers at a steady rate, and keeps when each was acknowledged.
import { Agent, request } from 'node:http';
import { now, pause } from '../measure/clock.mjs';

const RECEIVE = 'mutation($input: ReceiveMessageInput!) { receiveMessage(input: $input) { conversationId } }';
const ADD =
  'mutation($conversationId: ID!, $text: String!) { addMessage(conversationId: $conversationId, text: $text) { id } }';
const ANSWER_MS = 30_000;

/** The text of the event with this number, which its readers know it by, as long as `bytes`. */
export const textOf = (number, bytes) => `#${number} `.padEnd(bytes, 'x');

/** @typedef {{ url: string, space?: { key: string, inboxId: string } }} Target `space` of ours, none of the peers' */

export class Writer {
  /** Writes that were answered with UNAVAILABLE and sent again. */
  repeated = 0;
  #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  #target;
  #conversationId = '01900000-0000-7000-8000-000000000001';

  /** @param {Target} target */
  constructor(target) {
    this.#target = target;
  }

  /** Writes one message. @returns when it was sent and acknowledged, by the clock that processes share */
  async write(number, bytes, contact = 0) {
    const { url, space } = this.#target;
    const text = textOf(number, bytes);
    const body = space
      ? {
          query: RECEIVE,
          variables: {
            input: {
              inboxId: space.inboxId,
              externalId: `event-${number}`,
              contact: { address: `contact-${contact}`, name: 'Asha' },
              text,
            },
          },
        }
      : { query: ADD, variables: { conversationId: this.#conversationId, text } };
    const sentAt = now();
    for (;;) {
      const { data, errors } = await this.ask(body);
      if (data && !errors) return { number, sentAt, acknowledgedAt: now() };
      // Repeated as channels do: the message is taken once.
      if (errors?.[0]?.extensions?.code !== 'UNAVAILABLE')
        throw new Error(`a write was refused at ${url}: ${JSON.stringify(errors)}`);
      this.repeated += 1;
    }
  }

  /** Sends one operation and waits for the answer. @param {{ query: string, variables?: object }} body */
  ask(body) {
    const { url, space } = this.#target;
    const answer = Promise.withResolvers();
    const options = {
      method: 'POST',
      agent: this.#agent,
      headers: {
        'content-type': 'application/json',
        ...(space ? { authorization: `Bearer ${space.key}` } : {}),
      },
      timeout: ANSWER_MS,
    };
    const sent = request(`${url}/graphql`, options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part) => (text += part));
      response.on('end', () => answer.resolve(JSON.parse(text)));
      response.on('error', answer.reject);
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer')));
    sent.on('error', (error) => {
      // The server had just closed a connection that was idle: nothing was asked yet.
      if (sent.reusedSocket && error.code === 'ECONNRESET') answer.resolve(this.ask(body));
      else answer.reject(error);
    });
    sent.end(JSON.stringify(body));
    return answer.promise;
  }

  /**
   * Writes at a steady rate, whatever the answers take: a slow server does not slow down its load.
   * @param {{ first: number, count: number, perSecond: number, bytes: number, contacts?: number }} load
   * @returns what `write` returns, in the order of the numbers
   */
  async writeSteadily({ first, count, perSecond, bytes, contacts = 1 }) {
    const began = performance.now();
    const writes = [];
    for (let index = 0; index < count; index += 1) {
      const due = began + (1000 * index) / perSecond;
      if (due > performance.now()) await pause(due - performance.now());
      writes.push(this.write(first + index, bytes, index % contacts));
    }
    return Promise.all(writes);
  }

  close() {
    this.#agent.destroy();
  }
}
