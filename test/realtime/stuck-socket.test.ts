import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { customerWrites } from '../support/operations.js';
import { valuesOf } from '../support/metrics.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, type World } from '../support/world.js';
import { RawSocket, type Message } from './raw-socket.js';

const CHANGES = `subscription($afterEvent: String) { conversationChanges(afterEvent: $afterEvent) {
  changeType cursor conversation { id lastMessage { text } } } }`;
const STUCK_MS = 300;

let server: TestServer;
let world: World;
beforeAll(async () => {
  server = await startTestServer({ env: { WS_STUCK_MS: String(STUCK_MS), MAX_BODY_BYTES: '1000000' } });
  world = await createWorld(server);
});
afterAll(() => server.stop());

const changeOf = (message: Message) => message.payload?.data?.conversationChanges;
const framesOf = (socket: RawSocket) => socket.messages.map(changeOf).filter((change) => change !== undefined);
const shows = (conversationId: string) => (message: Message) => changeOf(message)?.conversation?.id === conversationId;

async function watching(afterEvent: string): Promise<RawSocket> {
  const socket = await RawSocket.signedIn(server.url, world.keys.all);
  socket.subscribe('changes', CHANGES, { afterEvent });
  await socket.until((message) => changeOf(message) !== undefined);
  return socket;
}

const cursorNow = async (): Promise<string> =>
  (await world.withKey('all').ask('{ conversations(first: 1) { eventCursor } }')).conversations.eventCursor;

/** More than the kernel takes for a reader who does not read. */
async function writeMuch(): Promise<string[]> {
  const text = '€'.repeat(48_000);
  const ids: string[] = [];
  for (let batch = 0; batch < 10; batch += 1) {
    const written = await Promise.all(Array.from({ length: 8 }, () => customerWrites(world, { text })));
    ids.push(...written.map(({ conversationId }) => conversationId));
  }
  ids.push((await customerWrites(world)).conversationId);
  return ids;
}

it.each([
  { stalls: 'until it is given up', until: 'close' as const, said: [1013, 'Slow consumer'], code: 1013 },
  { stalls: 'for good', until: 'terminate' as const, said: [], code: 1006 },
])(
  'closes a socket that stalls $stalls with $code; it goes on from its cursor, others hear no difference',
  async ({ until, said, code }) => {
    // The server’s sockets are of this class too. It cuts off what it has closed, also where that is gone by then.
    const { [until]: original } = WebSocket.prototype as unknown as Record<string, (...args: unknown[]) => void>;
    const given = vi.fn<(...args: unknown[]) => void>();
    const hand = vi.spyOn(WebSocket.prototype, until).mockImplementation(function (
      this: WebSocket,
      ...args: unknown[]
    ) {
      if (this.readyState !== WebSocket.CLOSED) given(...args);
      original!.apply(this, args);
    });
    const counted = [
      'verbatim_sockets_closed_total{code="1013"}',
      'verbatim_stream_readers_behind_total{stream="conversationChanges"}',
    ];
    const [closed, behind] = await valuesOf(server, counted);
    const start = await cursorNow();
    const [slow, quick] = await Promise.all([watching(start), watching(start)]);
    slow.ws.pause();
    const [written] = await Promise.all([
      writeMuch(),
      vi.waitFor(() => expect(given).toHaveBeenCalledWith(...said), 30_000).then(() => slow.ws.resume()),
    ]);
    expect((await slow.closed).code).toBe(code);
    // Also where it did not answer the close.
    await vi.waitFor(async () => expect((await valuesOf(server, counted))[0]).toBe(closed! + 1));
    expect((await valuesOf(server, counted))[1]).toBeGreaterThan(behind!);
    hand.mockRestore();
    await quick.until(shows(written.at(-1)!));
    const taken = framesOf(slow);
    expect(taken.length).toBeLessThan(framesOf(quick).length);

    const again = await watching(taken.at(-1).cursor);
    if (!again.messages.some(shows(written.at(-1)!))) await again.until(shows(written.at(-1)!));
    const seen = new Set([...taken, ...framesOf(again)].map((change) => change.conversation?.id));
    expect(written.filter((id) => !seen.has(id))).toEqual([]);

    // The one that reads was never held up, and is still there.
    const { conversationId } = await customerWrites(world);
    await quick.until(shows(conversationId));
    const all = new Set(framesOf(quick).map((change) => change.conversation?.id));
    expect(written.filter((id) => !all.has(id))).toEqual([]);
    for (const socket of [again, quick]) {
      socket.ws.close();
      await socket.closed;
    }
  },
  60_000,
);
