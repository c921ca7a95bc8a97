// The first half of the table `streams`: one event to everybody, server beside server.
import { join } from 'node:path';
import { pause } from '../measure/clock.mjs';
import { collectGarbage, observed } from '../measure/observed.mjs';
import { startFile } from '../measure/processes.mjs';
import { percent, shown } from '../measure/report.mjs';
import { median, percentile } from '../measure/statistics.mjs';
import { usageOf } from '../measure/usage.mjs';
import { startOurs, startPeer } from './servers.mjs';
import { textOf, Writer } from './writer.mjs';

/** The frame of it has 419 bytes at all servers. */
export const CHANGE = `subscription ($afterEvent: String) { conversationChanges(afterEvent: $afterEvent) { changeType cursor occurredAt
  conversation { id number status contact { displayName } lastMessage { id createdAt text } } } }`;
const PEERS_CHANGE = CHANGE.replace('($afterEvent: String)', '').replace('(afterEvent: $afterEvent)', '');
const TEXT_BYTES = textOf(10_000, 0).length + 7;
const ARRIVE_MS = 60_000;
/** No pings while it is measured, at nobody. */
const NEVER_MS = '3600000';

/** @returns how many events did not arrive as they should. */
export async function reportCrowds(report, postgres, options) {
  const { sockets, held } = options;
  const agents = Math.ceil(Math.max(sockets, held) / options['sockets-per-agent']);
  const env = { WS_PING_MS: NEVER_MS, WS_MAX_SOCKETS_PER_PRINCIPAL: String(options['sockets-per-agent']) };
  const watched = { execArgv: observed, onLine: () => {} };
  const peer = (name) => () => startPeer(name, { postgres, env: { WS_KEEP_ALIVE_MS: NEVER_MS }, ...watched });
  const all = [
    ['Verbatim', () => startOurs({ postgres, agents, env, ...watched })],
    ['raw: ws, one prepared frame to all', peer('raw')],
    ['Apollo 5, graphql-ws, PubSub', peer('apollo')],
    ['Mercurius 16', peer('mercurius')],
    ['PostGraphile 5', peer('postgraphile')],
  ];
  const contenders = [];
  for (const [name, start] of options.peers ? all : all.slice(0, 1)) {
    console.log(`${name}: ${sockets} sockets …`);
    contenders.push(await Contender.open(name, await start(), sockets));
  }
  for (let round = 0; round < options.rounds; round += 1) {
    // Another one begins in each round.
    for (let turn = 0; turn < contenders.length; turn += 1) {
      await contenders[(round + turn) % contenders.length].round(options.events, options['round-ms']);
    }
  }

  report.say(
    `One message is written over HTTP and committed to the same PostgreSQL; everybody who is subscribed gets one frame. ${sockets} sockets, ` +
      `subscribers in a process of their own for each server, loopback, ${options.rounds} interleaved rounds of ${options.events} events, ` +
      `one after the other (fewer where a round took longer than ${shown(options['round-ms'] / 1000)} s); medians of the rounds. ` +
      `Times are from sending the write to the last arrival, so they hold the write. Verbatim’s subscribers are ${Math.ceil(sockets / options['sockets-per-agent'])} ` +
      `signed-in agents with ${options['sockets-per-agent']} sockets each; the record, the rights of each agent and the limits are on. ` +
      'The peers check nobody’s rights, and publish the whole object with the event.',
  );
  report.table(
    [
      'server',
      'frame bytes',
      'deliveries/s',
      'last delivery p50 ms',
      'p99 ms',
      'first delivery p50 ms',
      'write acknowledged p50 ms',
      'CPU µs a delivery',
      'KB a socket',
      'events',
      'delivered',
    ],
    contenders.map((contender) => contender.row()),
  );
  let faults = contenders.reduce((sum, { faulty }) => sum + faulty, 0);
  const [ours] = contenders;
  const raw = contenders[1];
  if (raw) {
    const ratio = (other) => shown(ours.perSecond / other.perSecond);
    report.say(
      `Verbatim’s deliveries/s are ${ratio(raw)} of the raw frames’, ` +
        `${contenders
          .slice(2)
          .map((other) => `${ratio(other)} × those of ${other.name}`)
          .join(', ')}.`,
    );
  }
  for (const contender of contenders.slice(1)) await contender.close();
  if (held > sockets) {
    await ours.hold(held);
    await ours.round(3, options['round-ms']);
    report.say(
      `${shown(held)} sockets held at Verbatim: ${shown(ours.heldKb)} KB a socket; ${ours.lastRound.delivered} of ` +
        `${ours.lastRound.expected} frames of ${ours.lastRound.events} events arrived, the last after ${shown(median(ours.times.slice(-ours.lastRound.events)))} ms (p50), ` +
        `${shown(ours.lastRound.cpuUs)} µs of CPU a delivery.`,
    );
    faults = contenders.reduce((sum, { faulty }) => sum + faulty, 0);
  }
  for (const fault of ours.server.errors.slice(0, 5)) console.log(fault);
  await ours.close();
  return faults;
}

/** A server with its crowd. */
class Contender {
  /** Of each event: from sending the write to the last, to the first arrival, to its acknowledgement. */
  times = [];
  firsts = [];
  acknowledged = [];
  faulty = 0;
  #rounds = [];
  #number = 1;
  #frameBytes = 0;
  #open = 0;
  #emptyKb = 0;
  #socketKb = 0;

  static async open(name, server, sockets) {
    const contender = new Contender();
    contender.name = name;
    contender.server = server;
    contender.writer = new Writer(server);
    contender.crowd = await startFile(join(import.meta.dirname, 'crowd.mjs'));
    // The conversation is there, the code has run.
    for (let count = 0; count < 20; count += 1) await contender.writer.write(contender.#number++, TEXT_BYTES);
    await collectGarbage(server.pid);
    contender.#emptyKb = (await usageOf(server.pid)).rssKb;
    await contender.#connect(sockets);
    await contender.#event();
    await collectGarbage(server.pid);
    contender.#socketKb = ((await usageOf(server.pid)).rssKb - contender.#emptyKb) / sockets;
    return contender;
  }
  async round(events, ms) {
    await pause(200);
    const before = await usageOf(this.server.pid);
    const round = { delivered: 0, expected: 0, tookMs: 0 };
    const began = performance.now();
    let count = 0;
    for (; count < events && (count === 0 || performance.now() - began < ms); count += 1) {
      const { event, written } = await this.#event();
      round.delivered += event.count;
      round.expected += event.expected;
      round.tookMs += event.last - written.sentAt;
      this.times.push(event.last - written.sentAt);
      this.firsts.push(event.first - written.sentAt);
      this.acknowledged.push(written.acknowledgedAt - written.sentAt);
    }
    // What goes on after the last frame has arrived belongs to it too.
    await pause(100);
    const after = await usageOf(this.server.pid);
    this.lastRound = {
      ...round,
      events: count,
      perSecond: (1000 * round.delivered) / round.tookMs,
      cpuUs: (1000 * (after.cpuMs - before.cpuMs)) / round.delivered,
    };
    this.#rounds.push(this.lastRound);
  }

  get perSecond() {
    return median(this.#rounds.map(({ perSecond }) => perSecond));
  }

  row() {
    const sum = (of) => this.#rounds.reduce((total, round) => total + of(round), 0);
    return [
      this.name,
      this.#frameBytes,
      shown(Math.round(this.perSecond)),
      shown(percentile(this.times, 0.5)),
      shown(percentile(this.times, 0.99)),
      shown(percentile(this.firsts, 0.5)),
      shown(percentile(this.acknowledged, 0.5)),
      shown(median(this.#rounds.map(({ cpuUs }) => cpuUs))),
      shown(this.#socketKb),
      this.times.length,
      percent(
        sum(({ delivered }) => delivered),
        sum(({ expected }) => expected),
      ),
    ];
  }

  /** Connects more, so that there are so many. */
  async hold(sockets) {
    // The first ones may have ended by now.
    this.server.space.tokens = await this.server.freshTokens();
    await this.#connect(sockets - this.#open, this.#open);
    await this.#event();
    await collectGarbage(this.server.pid);
    this.heldKb = ((await usageOf(this.server.pid)).rssKb - this.#emptyKb) / sockets;
  }

  async close() {
    this.writer.close();
    await this.crowd.stop();
    await this.server.stop();
  }

  async #connect(count, skip = 0) {
    const { kind, url, space } = this.server;
    const { open } = await this.crowd.ask('connect', {
      url,
      count,
      skip,
      query: kind === 'ours' ? CHANGE : PEERS_CHANGE,
      credentials: space ? space.tokens : [null],
    });
    this.#open = open;
  }

  async #event() {
    const number = this.#number++;
    const written = await this.writer.write(number, TEXT_BYTES);
    const event = await this.crowd.ask('arrived', { number, timeoutMs: ARRIVE_MS });
    this.#frameBytes = event.bytes ?? this.#frameBytes;
    if (event.count !== event.expected || event.closed || event.faults.length) {
      this.faulty += 1;
      console.log(`${this.name}: ${JSON.stringify({ number, ...event, faults: event.faults.slice(0, 3) })}`);
    }
    return { event, written };
  }
}
