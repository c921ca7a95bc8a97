// What is asked over HTTP in the table `soak`, at a steady rate whatever the answers take.
import { now, pause } from '../measure/clock.mjs';
import { ours } from '../peers/operations.mjs';
import { Writer } from './writer.mjs';

const SIGN_IN = 'mutation($input: SignInInput!) { signIn(input: $input) { accessToken } }';
const SIGN_OUT = 'mutation { signOut { signedOut } }';
const SEND = 'mutation($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }';
const PASSWORD = 'never used here';
const BYTES = 120;
/** Sessions that are used at a time. */
const SESSIONS = 10;
/** More under way than that: the server does not keep up, and the load says so instead of piling up. */
const MOST = 500;

const bodyOf = ({ body }) => JSON.parse(body);

export class MixedLoad {
  /** Answers that should not have been given. */
  refused = [];
  /** Sends what customers write, with a key. */
  channel;
  #options;
  #times = { inbox: [], conversation: [], received: [], sent: [], 'sign-in': [] };
  #sessions = [];
  #conversationIds = [];
  #under = new Set();
  #running = [];
  #stopped = false;
  #written = 0;
  #signedIn = 0;

  /** @param {{ server: object, reads: number, writes: number, 'sign-in-ms': number, contacts: number }} options rates a second */
  constructor(options) {
    this.#options = options;
    this.channel = new Writer(options.server);
  }

  /** What was asked, with the milliseconds of each answer. @returns {[string, number[]][]} */
  get kinds() {
    return Object.entries(this.#times);
  }

  /** The conversations, and sessions of agents. */
  async prepare() {
    for (let contact = 0; contact < this.#options.contacts; contact += 1) await this.#receive(contact);
    while (this.#sessions.length < 3) await this.#signIn();
    const { data } = await this.#sessions[0].ask({
      query: '{ conversations(first: 100) { nodes { id } pageInfo { endCursor } } }',
    });
    this.#conversationIds = data.conversations.nodes.map(({ id }) => id);
    for (const times of Object.values(this.#times)) times.length = 0;
  }

  start() {
    const { reads, writes, contacts } = this.#options;
    let read = 0;
    const session = () => this.#sessions[read % this.#sessions.length];
    const id = () => this.#conversationIds[(read * 7) % this.#conversationIds.length];
    const questions = [
      () => this.#ask('inbox', session(), bodyOf(ours('').inbox(null))),
      () => this.#ask('conversation', session(), bodyOf(ours('').conversation(id()))),
    ];
    const messages = [() => this.#receive(Math.floor(this.#written / 2) % contacts), () => this.#send(id())];
    this.#every(1_000 / reads, () => questions[(read += 1) % questions.length]());
    this.#every(1_000 / writes, () => messages[this.#written % messages.length]());
    this.#every(this.#options['sign-in-ms'], () => this.#signIn());
  }

  async stop() {
    this.#stopped = true;
    await Promise.all(this.#running);
    await Promise.all(this.#under);
    for (const session of this.#sessions) session.close();
    this.channel.close();
  }

  #every(ms, work) {
    this.#running.push(
      (async () => {
        for (let due = now(); !this.#stopped; due += ms) {
          if (due > now()) await pause(due - now());
          if (this.#under.size >= MOST) {
            this.refused.push(`${MOST} under way`);
            continue;
          }
          const done = work()
            .catch((error) => this.refused.push(String(error)))
            .finally(() => this.#under.delete(done));
          this.#under.add(done);
        }
      })(),
    );
  }

  /** @param {boolean} again whether it may be asked again, as it is, when the server has no time for it */
  async #ask(kind, through, body, again = false) {
    const began = now();
    let { data, errors } = await through.ask(body);
    while (again && errors?.[0]?.extensions?.code === 'UNAVAILABLE') {
      this.channel.repeated += 1;
      ({ data, errors } = await through.ask(body));
    }
    if (errors) throw new Error(`${kind}: ${JSON.stringify(errors)}`);
    this.#times[kind].push(now() - began);
    return data;
  }

  async #receive(contact) {
    const number = (this.#written += 1);
    const { sentAt, acknowledgedAt } = await this.channel.write(number, BYTES, contact);
    this.#times.received.push(acknowledgedAt - sentAt);
  }

  async #send(conversationId) {
    const number = (this.#written += 1);
    const input = { conversationId, text: `#${number} `.padEnd(BYTES, 'y'), idempotencyKey: `sent-${number}` };
    await this.#ask('sent', this.#sessions.at(-1), { query: SEND, variables: { input } }, true);
  }

  /** One after the other of the agents; the oldest session is left, every other one with a sign-out. */
  async #signIn() {
    const { server } = this.#options;
    const number = (this.#signedIn += 1);
    const stranger = new Writer({ url: server.url });
    const input = { email: `agent-${number % server.space.agentIds.length}@bench.test`, password: PASSWORD };
    const { signIn } = await this.#ask('sign-in', stranger, { query: SIGN_IN, variables: { input } });
    stranger.close();
    this.#sessions.push(new Writer({ url: server.url, space: { key: signIn.accessToken } }));
    if (this.#sessions.length <= SESSIONS) return;
    const left = this.#sessions.shift();
    if (number % 2 === 0) await left.ask({ query: SIGN_OUT });
    // What it was asked last may still be under way.
    await pause(1_000);
    left.close();
  }
}
