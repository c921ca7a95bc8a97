import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { decodeCursor } from '../../src/services/streams/cursor.js';
import { customerWrites, SEND } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { EventStream } from './event-stream.js';
import { Executions } from './executions.js';
import { RawSocket, type Message } from './raw-socket.js';

const CHANGES = `subscription($afterEvent: String) { conversationChanges(afterEvent: $afterEvent) {
  changeType cursor conversation { id lastMessage { text } } } }`;
/** So many events of so many bytes are more than the kernel holds for a reader who does not read. */
const MUCH = 80;
const LONG = '€'.repeat(48_000);
const SLOW = { timeout: 60_000 };

let server: TestServer;
let world: World;
let executions: Executions;
beforeAll(async () => {
  server = await startTestServer({ env: { MAX_BODY_BYTES: '1000000' } });
  world = await createWorld(server);
});
afterAll(() => server.stop());
beforeEach(() => {
  executions = new Executions();
});
afterEach(() => executions.restore());

const cursorNow = async (): Promise<string> =>
  (await world.withKey('all').ask('{ conversations(first: 1) { eventCursor } }')).conversations.eventCursor;

async function follow(): Promise<RawSocket> {
  const socket = await RawSocket.signedIn(server.url, world.keys.all);
  socket.subscribe('changes', CHANGES, { afterEvent: await cursorNow() });
  await socket.until(({ payload }) => payload?.data?.conversationChanges.changeType === 'CURSOR');
  return socket;
}

const framesOf = (socket: RawSocket) =>
  socket.messages.flatMap(({ payload }) => payload?.data?.conversationChanges ?? []);
const shows = (text: string) => (message: Message) =>
  message.payload?.data?.conversationChanges?.conversation?.lastMessage.text === text;
const sequences = (frames: { cursor: string }[]) => frames.map(({ cursor }) => decodeCursor(cursor).sequence);

const isAt = (cursor: string) => (message: Message) => message.payload?.data?.conversationChanges?.cursor === cursor;

/** Many long events; resolves when somebody has got them all. */
async function writesMuch(conversationId: string, reader: RawSocket): Promise<void> {
  const agent = await world.as('agent');
  const before = framesOf(reader).length;
  for (let event = 0; event < MUCH; event += 1) {
    await agent.ask(SEND, { input: { conversationId, text: `${event} ${LONG}` } });
  }
  await expect.poll(() => framesOf(reader).length, { timeout: 8_000 }).toBe(before + MUCH);
}

let written = 0;
/** One event, which all of these get. */
async function answered(conversationId: string, sockets: readonly RawSocket[]): Promise<void> {
  const text = `answer ${(written += 1)}`;
  await (await world.as('agent')).ask(SEND, { input: { conversationId, text } });
  await Promise.all(sockets.map((socket) => socket.until(shows(text))));
}

it('lets who falls behind leave the group, and come back with nothing missed and nothing doubled', SLOW, async () => {
  const agent = await world.as('agent');
  const { conversationId } = await customerWrites(world);
  await agent.ask(SEND, { input: { conversationId, text: 'Hello' } });
  const [slow, quick] = [await follow(), await follow()];
  await executions.settleAt(1, () => answered(conversationId, [slow, quick]));
  const start = framesOf(quick).length;
  for (let round = 0; round < 2; round += 1) {
    slow.ws.pause();
    // The quick one is alone in the end: the slow one is not given what it does not take.
    const count = await executions.during(() => writesMuch(conversationId, quick));
    expect(count).toBeLessThan(1.5 * MUCH);
    const { cursor } = framesOf(quick).at(-1)!;
    slow.ws.resume();
    await slow.until(isAt(cursor));
    // Both together again, or this event would be executed for each.
    await executions.settleAt(1, () => answered(conversationId, [slow, quick]));
  }
  const [ofSlow, ofQuick] = [slow, quick].map((socket) => sequences(framesOf(socket)).slice(-2 * MUCH));
  expect(ofSlow).toEqual(ofQuick);
  const all = sequences(framesOf(slow)).slice(start);
  expect(all).toEqual(all.map((_, index) => all[0]! + index));
  for (const socket of [slow, quick]) socket.ws.terminate();
});

it('executes once for sockets and server-sent events alike, with the same data', async () => {
  const { conversationId } = await customerWrites(world);
  await (await world.as('agent')).ask(SEND, { input: { conversationId, text: 'Hello' } });
  const socket = await follow();
  const streams = await Promise.all(
    [1, 2].map(async () => EventStream.open(world.withKey('all'), CHANGES, { afterEvent: await cursorNow() })),
  );
  const data = async (stream: EventStream, text: string) => {
    for (;;) {
      const frame = (await stream.next())!.data.data;
      if (frame.conversationChanges.conversation?.lastMessage.text === text) return frame;
    }
  };
  const both = async () => {
    await answered(conversationId, [socket]);
    const { payload } = socket.messages.at(-1)!;
    const text = `answer ${written}`;
    expect(await Promise.all(streams.map((stream) => data(stream, text)))).toEqual([payload.data, payload.data]);
  };
  await executions.settleAt(1, both);
  expect(await executions.during(both)).toBe(1);
  for (const stream of streams) stream.abort();
  await executions.settleAt(1, () => answered(conversationId, [socket]));
  socket.ws.terminate();
});

it('gives a reader of server-sent events who has stalled everything once, when it reads on', SLOW, async () => {
  const { conversationId } = await customerWrites(world);
  await (await world.as('agent')).ask(SEND, { input: { conversationId, text: 'Hello' } });
  const socket = await follow();
  const stream = await EventStream.open(world.withKey('all'), CHANGES, { afterEvent: await cursorNow() });
  const start = framesOf(socket).length;
  await writesMuch(conversationId, socket);
  const expected = framesOf(socket)
    .slice(start)
    .map(({ cursor }) => cursor);
  const cursors: string[] = [];
  while (cursors.at(-1) !== expected.at(-1)) {
    const { changeType, cursor } = (await stream.next())!.data.data.conversationChanges;
    if (changeType !== 'CURSOR') cursors.push(cursor);
  }
  expect(cursors).toEqual(expected);
  stream.abort();
  socket.ws.terminate();
});

it('sends nothing more of an operation that was completed, also under an id that is used again', async () => {
  const agent = await world.as('agent');
  const { conversationId } = await customerWrites(world);
  await agent.ask(SEND, { input: { conversationId, text: 'Hello' } });
  const [socket, witness] = [await follow(), await follow()];
  await executions.settleAt(1, () => answered(conversationId, [socket, witness]));
  socket.send({ type: 'complete', id: 'changes' });
  socket.subscribe('changes', 'subscription($a: String) { auditEvents(afterEvent: $a) { cursor event { action } } }', {
    a: await cursorNow(),
  });
  await socket.until(({ payload }) => payload?.data?.auditEvents?.event === null);
  const before = socket.messages.length;
  await answered(conversationId, [witness]);
  await socket.until(({ payload }) => payload?.data?.auditEvents?.event?.action === 'message.sent');
  expect(socket.messages.slice(before).filter(({ payload }) => payload?.data?.conversationChanges)).toEqual([]);
  for (const one of [socket, witness]) one.ws.terminate();
});

it('takes what is opened late for what it was, when its id stands for another operation by then', async () => {
  const agent = await world.as('agent');
  const { conversationId } = await customerWrites(world);
  await agent.ask(SEND, { input: { conversationId, text: 'Hello' } });
  const [socket, witness] = [await RawSocket.signedIn(server.url, world.keys.audit), await follow()];
  const { current } = server.app.principals;
  const gate = Promise.withResolvers<void>();
  const late = vi.spyOn(server.app.principals, 'current').mockImplementationOnce(async (principal) => {
    await gate.promise;
    return current.call(server.app.principals, principal);
  });
  const at = await cursorNow();
  const first = 'subscription($a: String) { first: auditEvents(afterEvent: $a) { event { action } } }';
  const second = 'subscription($a: String) { second: auditEvents(afterEvent: $a) { event { action } } }';
  socket.subscribe('1', first, { a: at });
  socket.send({ type: 'complete', id: '1' });
  socket.subscribe('1', second, { a: at });
  await socket.until(({ payload }) => payload?.data?.second?.event === null);
  const opened = vi.spyOn(server.app.tails, 'follow');
  gate.resolve();
  late.mockRestore();
  await vi.waitFor(() => expect(opened).toHaveBeenCalledOnce());
  opened.mockRestore();
  const sent = ({ payload }: Message) => payload?.data?.second?.event?.action === 'message.sent';
  await answered(conversationId, [witness]);
  await socket.until(sent);
  socket.send({ type: 'complete', id: '1' });
  socket.send({ type: 'ping' });
  await socket.until(({ type }) => type === 'pong');
  const before = socket.messages.length;
  await answered(conversationId, [witness]);
  socket.send({ type: 'ping' });
  await vi.waitFor(() => expect(socket.messages.filter(({ type }) => type === 'pong')).toHaveLength(2));
  expect(socket.messages.slice(before).filter(({ type }) => type !== 'pong')).toEqual([]);
  expect(socket.messages.filter(({ payload, type }) => type === 'complete' || payload?.data?.first)).toEqual([]);
  for (const one of [socket, witness]) one.ws.terminate();
  await vi.waitFor(() => expect(server.app.tails.size).toBe(0));
});

it('gives an event once to who joins while it is being made for those who are there', async () => {
  const agent = await world.as('agent');
  const { conversationId } = await customerWrites(world);
  await agent.ask(SEND, { input: { conversationId, text: 'Hello' } });
  const first = await follow();
  await executions.settleAt(1, () => answered(conversationId, [first]));
  const start = await cursorNow();
  const gate = Promise.withResolvers<void>();
  executions.delayNext(gate.promise);
  const text = `answer ${(written += 1)}`;
  await agent.ask(SEND, { input: { conversationId, text } });
  await vi.waitFor(() => expect(executions.delayed).toBe(true));
  // It reads the event for itself, is where the group will be, and joins it.
  const second = await RawSocket.signedIn(server.url, world.keys.all);
  second.subscribe('changes', CHANGES, { afterEvent: start });
  await second.until(({ payload }) => payload?.data?.conversationChanges.changeType === 'CURSOR');
  expect(framesOf(first).some(({ conversation }) => conversation?.lastMessage.text === text)).toBe(false);
  gate.resolve();
  await first.until(shows(text));
  await answered(conversationId, [first, second]);
  expect(sequences(framesOf(second).filter(({ changeType }) => changeType !== 'CURSOR'))).toEqual(
    sequences(framesOf(first)).slice(-2),
  );
  for (const one of [first, second]) one.ws.terminate();
});
