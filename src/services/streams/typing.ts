import { ActorKind } from '../../entities/enums.js';
import { TypingActivity } from '../../entities/stream-enums.js';
import { typingTopic } from '../../pubsub/topics.js';
import type { Call } from '../application.js';
import { audienceOf } from '../audience.js';
import { readConversation } from '../conversations/read-conversations.js';
import { forbidden, notFound } from '../errors.js';
import { lookups } from '../lookups.js';
import { canReadNotes, conversationSight, covers } from '../policy.js';

/** How long a word about typing holds, in milliseconds. */
const HOLDS_MS = 10_000;
/** Words kept for a reader who is slow; more than that are old anyway. */
const MAX_KEPT = 16;

/** What somebody is doing in a conversation right now. */
export interface TypingState {
  conversationId: string;
  actor: { kind: ActorKind; id: string };
  activity: TypingActivity;
  expiresAt: Date;
}

/**
 * Tells who has the conversation open what the caller does in it. Over the bus only: nothing is written, nothing is
 * recorded.
 * @throws AppError NOT_FOUND; FORBIDDEN for bots and keys, who do not type.
 */
export async function setTyping(
  call: Call,
  input: { conversationId: string; activity: TypingActivity },
): Promise<Date> {
  const { app, principal } = call;
  await readConversation(call, input.conversationId);
  if (principal.kind !== 'AGENT') throw forbidden('Only people type.');
  const expiresAt = new Date(app.now().getTime() + HOLDS_MS);
  const topic = typingTopic(principal.workspaceId, input.conversationId);
  app.bus.tell(topic, [principal.kind, principal.id!, input.activity, expiresAt.getTime()]);
  return expiresAt;
}

/**
 * Who views or types in a conversation, as it is told: state, not history. Ends with NOT_FOUND when the caller may no
 * longer see the conversation.
 * @throws AppError NOT_FOUND; FORBIDDEN for who is not staff.
 */
export async function typingIn(call: Call, conversationId: string): Promise<AsyncGenerator<TypingState, void, void>> {
  await readConversation(call, conversationId);
  if (!canReadNotes(call.principal)) throw forbidden('You may not see who types.');
  return new TypingStream(call, conversationId).open();
}

class TypingStream {
  readonly #kept: TypingState[] = [];
  #wake: () => void = () => {};
  #ended = false;
  #stop: () => Promise<void> = async () => {};

  constructor(
    private readonly call: Call,
    private readonly conversationId: string,
  ) {}

  async open(): Promise<AsyncGenerator<TypingState, void, void>> {
    const { app, principal } = this.call;
    this.#stop = await app.bus.listen(typingTopic(principal.workspaceId, this.conversationId), (words) => {
      const state = this.#read(words);
      if (!state) return;
      // Who reads slowly loses the oldest first.
      if (this.#kept.length === MAX_KEPT) this.#kept.shift();
      this.#kept.push(state);
      this.#wake();
    });
    const states = this.#run();
    return Object.assign(states, {
      return: async () => {
        await this.#end();
        return { value: undefined, done: true as const };
      },
    });
  }

  async *#run(): AsyncGenerator<TypingState, void, void> {
    try {
      while (!this.#ended) {
        const state = this.#kept.shift();
        if (!state) {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
          continue;
        }
        await this.#refuseStrangers();
        // One's own typing is no news.
        if (state.actor.id !== this.call.principal.id) yield state;
      }
    } finally {
      await this.#end();
    }
  }

  async #refuseStrangers(): Promise<void> {
    const { app } = this.call;
    const principal = await app.principals.current(this.call.principal);
    const [row] = await lookups.conversations({ ...this.call, principal }, [this.conversationId]);
    if (!row || !covers(conversationSight(principal), audienceOf(row))) throw notFound('conversation');
  }

  async #end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#wake();
    await this.#stop();
  }

  #read([kind, id, activity, expiresAt]: readonly (string | number)[]): TypingState | null {
    if (!(String(kind) in ActorKind) || !(String(activity) in TypingActivity) || typeof expiresAt !== 'number')
      return null;
    return {
      conversationId: this.conversationId,
      actor: { kind: kind as ActorKind, id: String(id) },
      activity: activity as TypingActivity,
      expiresAt: new Date(expiresAt),
    };
  }
}
