// The subscribers of the table `streams`, one process a server: many sockets that count what comes.
import { now, pause } from '../measure/clock.mjs';
import { serveCommands } from '../measure/processes.mjs';
import { Wire } from './wire.mjs';

const AT_ONCE = 200;
const CONNECT_MS = 60_000;
const NUMBER = Buffer.from('"text":"#');
const ACK = Buffer.from('"connection_ack"');
const NEXT = Buffer.from('"next"');
const ZERO = 0x30;

const wires = [];
/** By the event's number: how many have it, the time of the first and the last, the bytes of a frame. */
const events = new Map();
const faults = [];
let closed = 0;

const has = (bytes, what, from, to) => {
  const at = bytes.indexOf(what, from);
  return at >= 0 && at < to ? at : -1;
};

function count(bytes, from, to) {
  const at = has(bytes, NUMBER, from, to);
  if (at < 0) return;
  let number = 0;
  for (let digit = at + NUMBER.length; bytes[digit] !== 0x20; digit += 1) number = number * 10 + bytes[digit] - ZERO;
  const event = events.get(number);
  const time = now();
  if (!event) {
    events.set(number, { count: 1, first: time, last: time, bytes: to - from });
    return;
  }
  event.count += 1;
  event.last = time;
}

/** Connects, is taken in, subscribes. `onNext` is given every frame of the stream. */
async function join({ url, credential, query, variables }, onNext) {
  const ready = Promise.withResolvers();
  const wire = new Wire(url, {
    onText: (bytes, from, to) => {
      if (has(bytes, NEXT, from, Math.min(to, from + 60)) >= 0) return onNext(bytes, from, to);
      if (has(bytes, ACK, from, to) >= 0) return ready.resolve();
      faults.push(bytes.toString('utf8', from, to));
    },
    onClose: (code) => {
      closed += 1;
      ready.reject(new Error(`closed with ${code}`));
    },
  });
  await wire.open;
  wire.send({ type: 'connection_init', payload: credential ? { authorization: `Bearer ${credential}` } : {} });
  await ready.promise;
  wire.send({ id: '1', type: 'subscribe', payload: { query, variables } });
  return wire;
}

serveCommands({
  /** So many more sockets. */
  async connect({ count: more, credentials, skip = 0, ...options }) {
    const began = now();
    for (let index = 0; index < more; index += AT_ONCE) {
      if (now() - began > CONNECT_MS) throw new Error(`only ${wires.length} could connect in time`);
      const batch = Array.from({ length: Math.min(AT_ONCE, more - index) }, (_, offset) => {
        const credential = credentials[(skip + index + offset) % credentials.length];
        return join({ ...options, credential }, count);
      });
      wires.push(...(await Promise.all(batch)));
    }
    await pause(500);
    return { tookMs: now() - began, open: wires.length };
  },

  /** Waits until everybody has an event, or for so long. */
  async arrived({ number, timeoutMs }) {
    const deadline = now() + timeoutMs;
    for (;;) {
      const event = events.get(number);
      if (event?.count >= wires.length || now() > deadline) {
        events.delete(number);
        return { count: 0, ...event, expected: wires.length, faults, closed };
      }
      await pause(2);
    }
  },

  /** Everybody reconnects at the same moment, from an old cursor; each until it is told that it has caught up. */
  async comeBack({ count: many, credentials, caughtUp, timeoutMs, ...options }) {
    const last = Buffer.from(caughtUp);
    let frames = 0;
    let connectedAt = 0;
    const began = now();
    const each = Array.from({ length: many }, async (_, index) => {
      const done = Promise.withResolvers();
      let mine = 0;
      const wire = await join(
        { ...options, credential: credentials[index % credentials.length] },
        (bytes, from, to) => {
          if (has(bytes, last, from, to) >= 0) return done.resolve();
          frames += 1;
          mine += 1;
        },
      );
      connectedAt = now();
      wires.push(wire);
      await done.promise;
      return { took: now() - began, mine };
    });
    const late = pause(timeoutMs).then(() => {
      throw new Error(`not everybody had caught up after ${timeoutMs} ms: ${frames} frames`);
    });
    const took = await Promise.race([Promise.all(each), late]);
    return {
      connectedMs: connectedAt - began,
      times: took.map((client) => client.took),
      fewest: Math.min(...took.map(({ mine }) => mine)),
      frames,
      faults,
    };
  },

  end() {
    for (const wire of wires.splice(0)) wire.close();
  },
});
