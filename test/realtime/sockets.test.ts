import { once } from 'node:events';
import { WebSocket } from 'ws';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { Application } from '../../src/services/application.js';
import type { Principal } from '../../src/services/principal.js';
import { unavailable } from '../../src/services/errors.js';
import { SocketSession } from '../../src/resolvers/transport/socket-session.js';
import { ApiClient } from '../support/client.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, PASSWORD, type World } from '../support/world.js';
import { RawSocket } from './raw-socket.js';

const AUDIT = 'subscription { auditEvents { cursor } }';
const SIGN_OUT = 'mutation { signOut { signedOut } }';
const own = 'https://inbox.example.com';

let server: TestServer;
let world: World;
let ahead = 0;
beforeAll(async () => {
  server = await startTestServer({
    env: { PUBLIC_URL: own, COST_BUCKET_POINTS: '1000000', WS_MAX_SOCKETS_PER_PRINCIPAL: '3' },
    now: () => new Date(Date.now() + ahead),
  });
  world = await createWorld(server);
});
afterAll(() => server.stop());

const signIn = (person: 'agent' | 'auditor' | 'colleague') =>
  ApiClient.signIn(server.url, world.email(person), PASSWORD);

it('closes the sockets of a session with 4401 when it is signed out, and those of no other', async () => {
  const [leaving, staying] = [await signIn('agent'), await signIn('agent')];
  const sockets = await Promise.all(
    [leaving, staying].map((client) => RawSocket.signedIn(server.url, client.credential!)),
  );
  sockets[0]!.subscribe('1', AUDIT);
  await leaving.ask(SIGN_OUT);
  expect(await sockets[0]!.closed).toEqual({ code: 4401, reason: 'Access revoked' });
  sockets[1]!.send({ type: 'ping' });
  await sockets[1]!.until(({ type }) => type === 'pong');
  sockets[1]!.ws.close();
});

it('closes a socket with 4401 that sends no credential, or one that is not valid', async () => {
  for (const payload of [undefined, {}, { authorization: 'Bearer nothing' }, { authorization: 42 }]) {
    const socket = await RawSocket.connect(server.url);
    socket.send({ type: 'connection_init', payload });
    expect((await socket.closed).code).toBe(4401);
    expect(socket.messages).toEqual([]);
  }
});

it('closes a socket with 4401 that subscribes before it has said who it is', async () => {
  const socket = await RawSocket.connect(server.url);
  socket.subscribe('1', AUDIT);
  expect(await socket.closed).toEqual({ code: 4401, reason: 'Unauthorized' });
});

it('sends a socket whose token has ended to fetch a new one: 4403', async () => {
  const { credential } = await signIn('auditor');
  ahead += 601_000;
  const socket = await RawSocket.connect(server.url);
  socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${credential}` } });
  expect(await socket.closed).toEqual({ code: 4403, reason: 'Token expired' });
});

it('asks to try again with 1013, rather than to sign in again, when a credential cannot be checked just now', async () => {
  // What was known of the key is too old by now.
  ahead += 1_000;
  const spy = vi.spyOn(server.app.db, 'rows').mockRejectedValueOnce(away());
  const socket = await RawSocket.connect(server.url);
  socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${world.keys.audit}` } });
  expect((await socket.closed).code).toBe(1013);
  spy.mockRestore();
});

it('closes a socket with 4406 that speaks no protocol of ours', async () => {
  const socket = await RawSocket.connect(server.url, null);
  expect((await socket.closed).code).toBe(4406);
  await expect(RawSocket.connect(server.url, 'graphql-ws')).rejects.toThrow('Server sent no subprotocol');
});

it('lets pages of its own origin connect and refuses those of any other', async () => {
  const socket = await RawSocket.connect(server.url, 'graphql-transport-ws', { origin: own });
  socket.ws.close();
  for (const origin of ['https://evil.example', 'null', `${own}.evil.example`]) {
    const ws = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { origin });
    ws.on('error', () => {});
    const [, response] = await once(ws, 'unexpected-response');
    expect(response.statusCode).toBe(403);
    ws.terminate();
  }
});

it('takes 64 operations on a socket and closes it with 4429 at the next', async () => {
  const socket = await RawSocket.signedIn(server.url, world.keys.audit);
  for (let id = 1; id <= 64; id += 1) socket.subscribe(String(id), AUDIT);
  socket.send({ type: 'ping' });
  await socket.until(({ type }) => type === 'pong');
  socket.subscribe('65', AUDIT);
  expect((await socket.closed).code).toBe(4429);
});

it('takes so many sockets of one caller and closes the next with 4429, until one of them has gone', async () => {
  const key = world.keys.read;
  const sockets = await Promise.all([1, 2, 3].map(() => RawSocket.signedIn(server.url, key)));
  const refuse = async () => {
    const socket = await RawSocket.connect(server.url);
    socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } });
    return (await socket.closed).code;
  };
  expect(await refuse()).toBe(4429);
  expect(await refuse()).toBe(4429);
  sockets[0]!.ws.close();
  await sockets[0]!.closed;
  const again = await RawSocket.signedIn(server.url, key);
  expect(await refuse()).toBe(4429);
  for (const socket of [...sockets, again]) socket.ws.close();
});

it('does not lose count of sockets that leave while their credential is being checked', async () => {
  const key = world.keys.bot;
  // Each of these would have made room for one too many.
  const hasty = await Promise.all(
    Array.from({ length: 5 }, async () => {
      const socket = await RawSocket.connect(server.url);
      socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } });
      socket.ws.close();
      return socket;
    }),
  );
  await Promise.all(hasty.map((socket) => socket.closed));
  const sockets = await Promise.all([1, 2, 3].map(() => RawSocket.signedIn(server.url, key)));
  const socket = await RawSocket.connect(server.url);
  socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } });
  expect((await socket.closed).code).toBe(4429);
  for (const one of sockets) one.ws.close();
});

it('closes a socket with 1008 that floods it with messages', async () => {
  const socket = await RawSocket.signedIn(server.url, world.keys.audit);
  for (let message = 0; message < 150; message += 1) socket.send({ type: 'ping' });
  expect(await socket.closed).toEqual({ code: 1008, reason: 'Too many messages' });
});

it('closes a socket with 1009 whose frame is too large, and with 4400 what is no message', async () => {
  const large = await RawSocket.signedIn(server.url, world.keys.audit);
  large.send({ type: 'ping', payload: { filling: 'x'.repeat(65_536) } });
  expect((await large.closed).code).toBe(1009);
  const odd = await RawSocket.signedIn(server.url, world.keys.audit);
  odd.ws.send('nonsense');
  expect((await odd.closed).code).toBe(4400);
});

it('answers a subscription that it cannot open just now, and keeps the socket', async () => {
  const socket = await RawSocket.signedIn(server.url, world.keys.audit);
  ahead += 1_001;
  const spy = vi.spyOn(server.app.db, 'rows').mockRejectedValueOnce(away());
  socket.subscribe('1', AUDIT);
  const { payload } = await socket.until(({ id, type }) => id === '1' && (type === 'next' || type === 'error'));
  expect(payload.errors ?? payload).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }]);
  spy.mockRestore();
  socket.subscribe('2', 'subscription($a: String) { auditEvents(afterEvent: $a) { cursor } }', { a: 'nonsense' });
  await socket.until(({ id }) => id === '2');
  socket.ws.close();
});

it('closes its sockets with 1012 when it stops', async () => {
  const node = await server.another();
  const socket = await RawSocket.signedIn(node.url, world.keys.audit);
  socket.subscribe('1', AUDIT);
  await node.stop();
  expect(await socket.closed).toEqual({ code: 1012, reason: 'Restarting' });
  expect(node.app.tails.size).toBe(0);
});

it('gives a token that has ended 25 seconds of grace, and then closes with 4403', async () => {
  const closed: number[] = [];
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
  try {
    const app = {
      now: () => new Date(),
      log: { warn() {} },
      principals: { fresh: async () => ({}) },
      tails: { follow: () => new Promise(() => {}) },
    } as unknown as Application;
    const principal = { sessionId: 's', expiresAt: Date.now() + 60_000 } as Principal;
    const session = new SocketSession(
      app,
      { close: (code: number) => closed.push(code) } as unknown as WebSocket,
      principal,
    );
    await vi.advanceTimersByTimeAsync(84_999);
    expect(closed).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(closed).toEqual([4403]);
    session.end();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(closed).toEqual([4403]);
  } finally {
    vi.useRealTimers();
  }
});

/** What the services throw when the database is away. */
const away = () => unavailable('The database is out of reach or too busy. Try again.');
