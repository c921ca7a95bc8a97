import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request as ask, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket, WebSocketServer } from 'ws';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { decodeCursor, encodeCursor } from '../../src/services/streams/cursor.js';
import { ASSIGN, customerWrites, SET_STATUS } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';

const example = join(import.meta.dirname, '../../examples/follow-conversations.mjs');

let server: TestServer;
let world: World;
let network: Network;
let dataDir: string;
let client: Example;
beforeEach(async () => {
  server = await startTestServer();
  world = await createWorld(server);
  network = await Network.before(server.url);
  dataDir = await mkdtemp(join(tmpdir(), 'verbatim-example-'));
  const demo = { graphql: `${network.url}/graphql`, apiKey: world.keys.all };
  await writeFile(join(dataDir, 'demo.json'), JSON.stringify(demo));
});
afterEach(async () => {
  await client?.end();
  await network.close();
  await server.stop();
  await rm(dataDir, { recursive: true });
});

/** The example as somebody starts it, and what it has printed. */
class Example {
  readonly lines: string[] = [];
  readonly complaints: string[] = [];
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;

  constructor(env: Record<string, string>) {
    const child = spawn(process.execPath, [example], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    // Nothing of this run may go on without it.
    const endNow = () => child.kill('SIGKILL');
    process.once('exit', endNow);
    this.#closed = once(child, 'close').then(() => process.off('exit', endNow));
    collect(child.stdout, this.lines);
    collect(child.stderr, this.complaints);
    this.#child = child;
  }

  /** Waits until it has printed exactly these lines. */
  async printed(lines: readonly string[]): Promise<void> {
    await eventually(() =>
      expect({ lines: this.lines, complaints: this.complaints }).toEqual({ lines, complaints: [] }),
    );
  }

  async end(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
  }
}

function collect(stream: NodeJS.ReadableStream, lines: string[]): void {
  let rest = '';
  stream.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop()!;
    lines.push(...parts);
  });
}

/** What stands between a client and the server: it sees the frames, and it can be cut. */
class Network {
  /** The cursors that the subscriptions began with, in order. */
  readonly begunAfter: string[] = [];
  /** The changes that went through. */
  readonly changes: { conversationId: string | null; cursor: string }[] = [];
  /** Once: the subscription's cursor becomes one of another history, as after the database was restored. */
  exchangesCursor = false;
  /** Once: the subscription is refused, as without a database, and the connection is cut when it is tried again. */
  refuses = false;
  #refused = false;
  /** Connections that wait for the network to come back. */
  readonly #held: (() => void)[] = [];
  readonly #sockets: WebSocketServer;
  #isCut = false;

  private constructor(
    private readonly http: Server,
    private readonly target: string,
  ) {
    this.#sockets = new WebSocketServer({ server: http });
    this.#sockets.on('connection', (near, { socket }) => {
      near.pause();
      if (this.#isCut) this.#held.push(() => this.#connect(near, socket));
      else this.#connect(near, socket);
    });
  }

  static async before(target: string): Promise<Network> {
    const http = createServer((from, to) => {
      const { method = '', headers } = from;
      const through = ask(`${target}${from.url}`, { method, headers }, (answer) => {
        to.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(to);
      });
      from.pipe(through);
    });
    const network = new Network(http, target);
    await once(http.listen(0, '127.0.0.1'), 'listening');
    return network;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`;
  }

  /** How many wait for it to come back. */
  get waiting(): number {
    return this.#held.length;
  }

  /** Cuts every socket without a word, and lets no new one through. */
  cut(): void {
    this.#isCut = true;
    for (const near of this.#sockets.clients) near.terminate();
  }

  mend(): void {
    this.#isCut = false;
    for (const connect of this.#held.splice(0)) connect();
  }

  async close(): Promise<void> {
    this.cut();
    this.http.closeAllConnections();
    await new Promise((resolve) => this.http.close(resolve));
  }

  #connect(near: WebSocket, connection: Socket): void {
    const far = new WebSocket(`${this.target.replace(/^http/, 'ws')}/graphql`, near.protocol);
    far.once('open', () => near.resume());
    near.on('message', (message) => {
      const sent = JSON.parse(String(message));
      if (sent.type === 'subscribe') {
        this.#begins(sent.payload.variables);
        if (this.#refused) {
          this.#refused = false;
          return near.terminate();
        }
        if (this.refuses) {
          this.refuses = false;
          this.#refused = true;
          return refuse(near, connection, sent.id);
        }
      }
      far.send(JSON.stringify(sent));
    });
    far.on('message', (message) => {
      const { type, payload } = JSON.parse(String(message));
      if (type === 'next' && payload.data) this.changes.push(payload.data.conversationChanges);
      near.send(String(message));
    });
    near.once('close', () => far.terminate());
    far.once('close', () => near.terminate());
  }

  #begins(variables: { afterEvent: string }): void {
    this.begunAfter.push(variables.afterEvent);
    if (!this.exchangesCursor) return;
    this.exchangesCursor = false;
    variables.afterEvent = encodeCursor({ ...decodeCursor(variables.afterEvent), tag: Buffer.alloc(8) });
  }
}

/** Both messages arrive together, as they mostly do. */
function refuse(near: WebSocket, connection: Socket, id: string): void {
  const payload = { errors: [{ message: 'Try again.', extensions: { code: 'UNAVAILABLE' } }] };
  connection.cork();
  near.send(JSON.stringify({ id, type: 'next', payload }));
  near.send(JSON.stringify({ id, type: 'complete' }));
  connection.uncork();
}

const eventually = <T>(holds: () => T | Promise<T>): Promise<T> => vi.waitFor(holds, { timeout: 8_000, interval: 10 });

it('is told what customers write, goes on where it was after its connection was cut, and misses nothing', async () => {
  const before = await customerWrites(world, { text: 'Before it began' });
  client = new Example({ DATA_DIR: dataDir });
  const lines = [`#${before.number} OPEN Asha: Before it began`];
  await client.printed(lines);

  const visitor = { address: 'visitor-1', name: 'Ravi' };
  const live = await customerWrites(world, { contact: visitor, text: 'While it listens' });
  lines.push(`#${live.number} OPEN Ravi: While it listens`);
  await client.printed(lines);

  network.cut();
  await eventually(() => expect(network.waiting).toBe(1));
  const admin = await world.as('admin');
  const first = await customerWrites(world, { text: 'Is anybody there?' });
  await customerWrites(world, { contact: visitor, text: 'While it was away' });
  const second = await customerWrites(world, { text: 'Hello?' });
  const { conversationId } = before;
  await admin.ask(ASSIGN, { input: { conversationId, assigneeId: world.ids.agents.agent } });
  await admin.ask(SET_STATUS, { input: { conversationId, status: 'RESOLVED' } });
  await client.printed(lines);

  network.mend();
  lines.push(
    `#${first.number} OPEN Asha: Is anybody there?`,
    `#${live.number} OPEN Ravi: While it was away`,
    `#${second.number} OPEN Asha: Hello?`,
    `#${before.number} RESOLVED Asha: Before it began`,
  );
  await client.printed(lines);
  // It has gone on after the change that it had printed last.
  expect(network.begunAfter).toHaveLength(2);
  const givenWithIt = network.changes.filter((change) => change.conversationId === live.conversationId);
  expect(givenWithIt.map((change) => change.cursor)).toContain(network.begunAfter[1]);

  const again = await customerWrites(world, { text: 'Live again' });
  lines.push(`#${again.number} OPEN Asha: Live again`);
  await client.printed(lines);
}, 60_000);

it('queries afresh where the server cannot go on from its cursor, and goes on from there', async () => {
  const before = await customerWrites(world, { text: 'Before it began' });
  client = new Example({ DATA_DIR: dataDir });
  const lines = [`#${before.number} OPEN Asha: Before it began`];
  await client.printed(lines);

  await eventually(() => expect(network.begunAfter).toHaveLength(1));
  network.cut();
  network.exchangesCursor = true;
  const missed = await customerWrites(world, { text: 'While it was away' });
  network.mend();
  lines.push(`#${missed.number} OPEN Asha: While it was away`, `#${before.number} OPEN Asha: Before it began`);
  await client.printed(lines);

  const again = await customerWrites(world, { text: 'Live again' });
  lines.push(`#${again.number} OPEN Asha: Live again`);
  await client.printed(lines);
  expect(network.begunAfter).toHaveLength(3);
}, 60_000);

it('reconnects also where its connection is cut just after it was refused', async () => {
  const before = await customerWrites(world, { text: 'Before it began' });
  network.refuses = true;
  client = new Example({ DATA_DIR: dataDir });
  const lines = [`#${before.number} OPEN Asha: Before it began`];
  // Refused, cut, and then begun: all with the same cursor.
  await eventually(() => expect(network.begunAfter).toHaveLength(3));
  expect(new Set(network.begunAfter).size).toBe(1);
  const live = await customerWrites(world, { text: 'While it listens' });
  lines.push(`#${live.number} OPEN Asha: While it listens`);
  await client.printed(lines);
}, 60_000);
