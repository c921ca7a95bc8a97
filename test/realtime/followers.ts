import type { ApiClient } from '../support/client.js';
import { customerWrites, SEND } from '../support/operations.js';
import type { World } from '../support/world.js';
import { RawSocket, type Message } from './raw-socket.js';

export const CHANGES = `subscription($filter: ConversationFilter, $afterEvent: String) {
  conversationChanges(filter: $filter, afterEvent: $afterEvent) {
    changeType cursor conversationId conversation { id status lastMessage { text } } } }`;

export interface Frame {
  changeType: string;
  cursor: string;
  conversationId: string | null;
  conversation: { status: string; lastMessage: { text: string }; viewerState?: { starred: boolean } } | null;
}

export const framesOf = ({ messages }: RawSocket): Frame[] =>
  messages.flatMap((message) => message.payload?.data?.conversationChanges ?? []);
export const shows = (text: string) => (message: Message) =>
  message.payload?.data?.conversationChanges?.conversation?.lastMessage.text === text;

/** The sockets of a test that follow conversations, each with one subscription. */
export class Followers {
  readonly #opened: RawSocket[] = [];
  #written = 0;

  /** Connects without following anything. */
  async connect({ url, credential }: ApiClient): Promise<RawSocket> {
    const socket = await RawSocket.signedIn(url, credential!);
    this.#opened.push(socket);
    return socket;
  }

  /** Subscribes over a socket of its own and waits until the replay has caught up. */
  async follow(client: ApiClient, query = CHANGES, filter: object = {}): Promise<RawSocket> {
    const socket = await this.connect(client);
    const { conversations } = await client.ask('{ conversations(first: 1) { eventCursor } }');
    socket.subscribe('1', query, { filter, afterEvent: conversations.eventCursor });
    await socket.until(({ payload }) => payload?.data?.conversationChanges.changeType === 'CURSOR');
    return socket;
  }

  /** One event: somebody answers, and all of these get it. */
  async answered(by: ApiClient, conversationId: string, sockets: readonly RawSocket[]): Promise<string> {
    const text = `answer ${(this.#written += 1)}`;
    await by.ask(SEND, { input: { conversationId, text } });
    await Promise.all(sockets.map((socket) => socket.until(shows(text))));
    return text;
  }

  async close(): Promise<void> {
    const sockets = this.#opened.splice(0);
    for (const { ws } of sockets) ws.terminate();
    await Promise.all(sockets.map(({ closed }) => closed));
  }
}

/** A conversation of Support, in progress, so that one more answer is one event. */
export async function conversationOfSupport(world: World, by: ApiClient): Promise<string> {
  const { conversationId } = await customerWrites(world);
  await by.ask(SEND, { input: { conversationId, text: 'Hello' } });
  return conversationId;
}
