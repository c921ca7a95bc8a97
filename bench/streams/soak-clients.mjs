// The followers of the table `soak`, in a process of their own: sockets that are cut off every now and then and go on from
// their cursor, and some that stop reading as soon as they are connected.
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { decodeCursor } from '../../dist/services/streams/cursor.js';
import { randomFrom } from '../../test/crash/options.mjs';
import { pause, until } from '../measure/clock.mjs';
import { serveCommands } from '../measure/processes.mjs';
import { everyEvent } from './servers.mjs';

const CHANGES = `subscription ($afterEvent: String) { conversationChanges(afterEvent: $afterEvent) {
  cursor changeType conversation { id status lastActivityAt lastMessage { id text } } } }`;
const AT_ONCE = 50;
const RECONNECT_MS = 250;
const CONNECT_MS = 30_000;

class Follower {
  /** Of the record, applied once each and in order; what follows conversations alone counts none. */
  applied = 0;
  last;
  drops = 0;
  faults = [];
  port = 0;
  standsStill;
  #options;
  #cursor;
  #ws = null;
  #coming = false;

  constructor(options) {
    this.#options = options;
    this.standsStill = options.standsStill;
    this.#cursor = options.cursor;
    this.last = decodeCursor(options.cursor).sequence;
  }

  get changes() {
    return this.#options.changes;
  }

  async connect() {
    const { url, credential } = this.#options;
    const ws = new WebSocket(`${url.replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws', {
      perMessageDeflate: false,
      handshakeTimeout: CONNECT_MS,
    });
    this.#ws = ws;
    ws.on('error', () => {});
    await once(ws, 'open');
    this.port = ws._socket.localPort;
    ws.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${credential}` } }));
    await once(ws, 'message');
    ws.on('message', (frame) => this.#take(frame.toString()));
    const payload = {
      query: this.changes ? CHANGES : everyEvent.ours,
      variables: { afterEvent: this.#cursor },
    };
    ws.send(JSON.stringify({ id: '1', type: 'subscribe', payload }));
    // Whoever reads hears of its end by itself.
    ws.once('close', () => void this.comeBack());
    if (this.standsStill) ws.pause();
  }

  /** Cuts its own connection. */
  drop() {
    if (this.#coming) return;
    this.drops += 1;
    this.#ws.terminate();
  }

  /** Leaves what is left of the old socket and connects anew, once, however often it is told to. */
  async comeBack() {
    if (this.#coming) return;
    this.#coming = true;
    this.#ws.removeAllListeners('message');
    this.#ws.terminate();
    for (;;) {
      await pause(RECONNECT_MS);
      try {
        await this.connect();
        break;
      } catch (error) {
        this.faults.push(String(error));
      }
    }
    this.#coming = false;
  }

  readOn() {
    this.standsStill = false;
    this.#ws.resume();
  }

  close() {
    this.#coming = true;
    this.#ws.terminate();
  }

  #take(text) {
    const [, cursor, id] = /"cursor":"([^"]+)"(?:,"id":("[^"]+"|null))?/.exec(text) ?? [];
    if (cursor === undefined) {
      if (!text.includes('"type":"ping"')) this.faults.push(text.slice(0, 300));
      return;
    }
    this.#cursor = cursor;
    const { sequence } = decodeCursor(cursor);
    if (sequence <= this.last) return;
    this.last = sequence;
    if (!this.changes && id !== 'null') this.applied += 1;
  }
}

let followers = [];
let dropping;

serveCommands({
  async connect({ count, still, credentials, cursor, url }) {
    followers = Array.from(
      { length: count },
      (_, index) =>
        new Follower({
          url,
          cursor,
          credential: credentials[index % credentials.length],
          standsStill: index < still,
          changes: index % 4 === 3,
        }),
    );
    for (let index = 0; index < count; index += AT_ONCE)
      await Promise.all(followers.slice(index, index + AT_ONCE).map((follower) => follower.connect()));
  },

  /** Every so often one of those who read loses its connection. */
  startDropping({ everyMs, seed }) {
    const random = randomFrom(seed);
    const reading = followers.filter(({ standsStill }) => !standsStill);
    dropping = setInterval(() => reading[Math.floor(random() * reading.length)].drop(), everyMs);
  },

  /** The server has ended the socket at this port; whoever does not read cannot know. */
  ended({ port }) {
    const follower = followers.find((each) => each.port === port && each.standsStill);
    if (follower) {
      follower.drops += 1;
      void follower.comeBack();
    }
  },

  /** Everybody reads, until they have what there is or nothing comes any more. @returns whether they have */
  async settle({ last }) {
    clearInterval(dropping);
    for (const follower of followers) follower.readOn();
    return until(() => followers.every((follower) => follower.changes || follower.last >= last), 60_000, 100);
  },

  report() {
    const sum = (of) => of.reduce((total, { drops }) => total + drops, 0);
    const all = followers.filter(({ changes }) => !changes);
    return {
      applied: all.map(({ applied }) => applied),
      drops: sum(followers),
      faults: followers.flatMap(({ faults }) => faults),
    };
  },

  end() {
    for (const follower of followers) follower.close();
  },
});
