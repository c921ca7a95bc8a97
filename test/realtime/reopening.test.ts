import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { customerWrites, SEND } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { Executions } from './executions.js';
import { RawSocket } from './raw-socket.js';

const CHANGES = `subscription($afterEvent: String) { conversationChanges(afterEvent: $afterEvent) {
  changeType cursor conversation { lastMessage { text } } } }`;
const MANY = 40;

let server: TestServer;
let world: World;
beforeAll(async () => {
  server = await startTestServer({ env: { WS_MAX_SOCKETS_PER_PRINCIPAL: '100' } });
  world = await createWorld(server);
});
afterAll(() => server.stop());

const cursorNow = async (): Promise<string> =>
  (await world.withKey('all').ask('{ conversations(first: 1) { eventCursor } }')).conversations.eventCursor;

/** Opens many streams after these cursors and waits until each has caught up. */
async function reopen(cursors: readonly string[]): Promise<RawSocket[]> {
  return Promise.all(
    cursors.map(async (afterEvent) => {
      const socket = await RawSocket.signedIn(server.url, world.keys.all);
      socket.subscribe('1', CHANGES, { afterEvent });
      await socket.until(({ payload }) => payload?.data?.conversationChanges.changeType === 'CURSOR');
      return socket;
    }),
  );
}

async function close(sockets: readonly RawSocket[]): Promise<void> {
  for (const { ws } of sockets) ws.terminate();
  await Promise.all(sockets.map(({ closed }) => closed));
}

/** The statements about the log that an act sends; the comparison of heads aside. */
async function statementsAboutTheLog(act: () => Promise<unknown>): Promise<string[]> {
  const compare = vi.spyOn(server.app.tails, 'compare').mockResolvedValue();
  const query = vi.spyOn(server.app.db.reader, 'query');
  await act();
  const texts = query.mock.calls.map(([statement]) => (statement as unknown as { text: string }).text);
  query.mockRestore();
  compare.mockRestore();
  return texts.filter((text) => /record_(head|entry)/.test(text));
}

/** What was written, and a cursor before each. */
async function history(): Promise<string[]> {
  const agent = await world.as('agent');
  const { conversationId } = await customerWrites(world);
  const cursors: string[] = [];
  for (let event = 0; event < MANY; event += 1) {
    cursors.push(await cursorNow());
    await agent.ask(SEND, { input: { conversationId, text: `answer ${event}` } });
  }
  return cursors;
}

it('costs the log nothing to come back to what the node has read already', async () => {
  const witness = await reopen([await cursorNow()]);
  const cursors = await history();
  await witness[0]!.until(({ payload }) => {
    const change = payload?.data?.conversationChanges;
    return change?.conversation?.lastMessage.text === `answer ${MANY - 1}`;
  });
  let sockets: RawSocket[] = [];
  expect(
    await statementsAboutTheLog(async () => {
      sockets = await reopen(cursors);
    }),
  ).toEqual([]);
  await close([...witness, ...sockets]);
});

it('reads the head and a page once for all who come back to a node that had followed nothing', async () => {
  const cursors = await history();
  await vi.waitFor(() => expect(server.app.tails.size).toBe(0), 5_000);
  let sockets: RawSocket[] = [];
  const statements = await statementsAboutTheLog(async () => {
    sockets = await reopen(cursors);
  });
  // All of it lies on one page, or on two.
  expect(statements.filter((text) => text.includes('record_head'))).toHaveLength(1);
  const pages = statements.filter((text) => !text.includes('record_head'));
  expect(pages.length).toBeGreaterThan(0);
  expect(pages.length).toBeLessThan(MANY / 4);
  await close(sockets);
});

it('makes a frame once for all who come back to the same place in the same moment', async () => {
  const [first] = await history();
  const executions = new Executions();
  const sockets = await reopen(Array.from({ length: MANY }, () => first!));
  // One more for each says that it has caught up.
  const count = executions.count - MANY;
  executions.restore();
  const frames = sockets.map(({ messages }) =>
    messages.flatMap(({ payload }) => payload?.data?.conversationChanges ?? []),
  );
  for (const each of frames) expect(each).toEqual(frames[0]);
  expect(frames[0]!.length).toBeGreaterThan(1);
  expect(count).toBeGreaterThan(0);
  expect(count).toBeLessThan((MANY * (frames[0]!.length - 1)) / 2);
  await close(sockets);
});
