import { randomUUID } from 'node:crypto';
import { expect, vi } from 'vitest';
import type { RunningServer } from '../../src/server.js';
import { ApiClient } from '../support/client.js';
import { customerWrites, SEND } from '../support/operations.js';
import { startTestServer, type TestServer } from '../support/server.js';
import { createWorld, PASSWORD, type World } from '../support/world.js';
import { Gateway } from './gateway.js';
import { Session, SIGN_IN } from './session.js';

// What an answer holds is what the operation asked for.
// oxlint-disable-next-line typescript/no-explicit-any
export type Anything = any;

/** One event of the feed; without an id only the cursor moves. */
export interface Event {
  cursor: string;
  id: string | null;
  message: { text: string } | null;
}

/** A client as its authors give it out, set up as docs/realtime.md says. */
export interface StockClient {
  ask(operation: string, variables: Record<string, unknown>): Promise<Anything>;
  /** Follows what is sent from a cursor on, through whatever happens to its connection. */
  follow(afterEvent: string, take: (event: Event) => void): void;
  close(): Promise<void>;
}

const SELECTION = 'cursor id message { text }';
export const FOLLOW = `subscription Follow($afterEvent: String) {
  workspaceEvents(afterEvent: $afterEvent, actions: ["message.sent"]) { ${SELECTION} } }`;
/** The same events, for who cannot subscribe. */
export const SYNC = `query Sync($afterEvent: String) {
  workspaceEvents(afterEvent: $afterEvent, actions: ["message.sent"]) { eventCursor nodes { ${SELECTION} } } }`;
const PAGE = `query Page($after: String) {
  conversations(first: 3, after: $after) { eventCursor nodes { id } pageInfo { hasNextPage endCursor } } }`;

/** Minutes after which every access token has ended. */
const LATER_MS = 11 * 60_000;
/** A restart, and a client that comes back in its own time. */
const PATIENCE_MS = 15_000;

/**
 * What an application does with a client, over a gateway behind which the node is restarted: signs in, pages, sends,
 * follows, goes on after the restart and after its token has ended. Nothing may be lost and nothing taken twice.
 */
export async function runScenario(make: (url: string, session: Session) => StockClient): Promise<void> {
  const clock = { ahead: 0 };
  const base = await startTestServer({ now: () => new Date(Date.now() + clock.ahead) });
  const gateway = await Gateway.open();
  const session = new Session(gateway.url);
  const client = make(gateway.url, session);
  const nodes = new Nodes(base, gateway);
  try {
    const world = await createWorld(base);
    await nodes.start();
    gateway.to(nodes.url);
    const conversationIds: string[] = [];
    for (let index = 0; index < 7; index += 1) conversationIds.unshift((await customerWrites(world)).conversationId);
    const said = sayer(world, conversationIds[0]!, nodes);

    const { signIn } = await client.ask(SIGN_IN, { input: { email: world.email('admin'), password: PASSWORD } });
    expect(signIn.viewer.actor.displayName).toBe('Ada');
    session.start(signIn);

    const { ids, eventCursor } = await pageThrough(client);
    expect(ids).toEqual(conversationIds);

    const input = { conversationId: conversationIds[0], text: 'own', idempotencyKey: randomUUID() };
    const { sendMessage } = await client.ask(SEND, { input });
    expect(sendMessage.message.text).toBe('own');

    const applied = new Map<string, string>();
    client.follow(eventCursor, ({ id, message }) => {
      if (id !== null) applied.set(id, message!.text);
    });
    const expected = ['own'];
    const arrived = () =>
      vi.waitFor(() => expect([...applied.values()]).toEqual(expected), { timeout: PATIENCE_MS, interval: 20 });
    expected.push(...(await said('live 1', 'live 2')));
    await arrived();

    gateway.to(null);
    await nodes.stop();
    await nodes.start();
    expected.push(...(await said('while it was away 1', 'while it was away 2')));
    gateway.to(nodes.url);
    await arrived();
    expected.push(...(await said('after the restart')));
    await arrived();
    // What may have been sent before the restart is sent again, and is there once.
    expect((await client.ask(SEND, { input })).sendMessage.message.id).toBe(sendMessage.message.id);
    expect(session.refreshes).toBe(0);

    clock.ahead += LATER_MS;
    gateway.cut();
    expected.push(...(await said('after the token')));
    await arrived();
    expect((await pageThrough(client)).ids.toSorted()).toEqual(conversationIds.toSorted());
    expect(session.refreshes).toBe(1);
    expected.push(...(await said('at last')));
    await arrived();
  } finally {
    await client.close();
    await gateway.close();
    await nodes.stop();
    await base.stop();
  }
}

/** One node after another, on one database. */
class Nodes {
  #running: RunningServer | null = null;

  constructor(
    private readonly base: TestServer,
    private readonly gateway: Gateway,
  ) {}

  get url(): string {
    return this.#running!.url;
  }

  async start(): Promise<void> {
    this.#running = await this.base.another();
  }

  async stop(): Promise<void> {
    this.gateway.to(null);
    const running = this.#running;
    this.#running = null;
    await running?.stop();
  }
}

/** Somebody else, who sends from beside the gateway. @returns a function that answers with what it has sent */
const sayer =
  (world: World, conversationId: string, nodes: Nodes) =>
  async (...texts: string[]): Promise<string[]> => {
    const other = new ApiClient(nodes.url, world.keys.all);
    for (const text of texts) await other.ask(SEND, { input: { conversationId, text } });
    return texts;
  };

async function pageThrough(client: StockClient): Promise<{ ids: string[]; eventCursor: string }> {
  const ids: string[] = [];
  let eventCursor: string | null = null;
  for (let after: string | null = null; ;) {
    const { conversations }: Anything = await client.ask(PAGE, { after });
    eventCursor ??= conversations.eventCursor as string;
    ids.push(...conversations.nodes.map(({ id }: { id: string }) => id));
    if (!conversations.pageInfo.hasNextPage) return { ids, eventCursor };
    after = conversations.pageInfo.endCursor;
  }
}
