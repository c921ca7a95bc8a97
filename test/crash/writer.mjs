import { pause } from './options.mjs';

const RECEIVE = `mutation($input: ReceiveMessageInput!) { receiveMessage(input: $input) {
  message { id } conversation { id contact { id } } } }`;
const SEND = 'mutation($input: SendMessageInput!) { sendMessage(input: $input) { message { id } } }';
const REQUEST = 'mutation($input: RequestHandoverInput!) { requestHandover(input: $input) { handover { id } } }';
const ACCEPT = 'mutation($input: AcceptHandoverInput!) { acceptHandover(input: $input) { handover { id } } }';
const ASSIGN =
  'mutation($input: AssignConversationInput!) { assignConversation(input: $input) { conversation { id } } }';
const RESOLVE =
  'mutation($input: SetConversationStatusInput!) { setConversationStatus(input: $input) { conversation { id } } }';

/** Refusals that may pass; any other answer to what these clients ask is a fault of the server. */
const PASSING = new Set(['UNAVAILABLE', 'RATE_LIMITED']);
const ANSWER_MS = 20_000;
/** Doubled from retry to retry, as good clients do. */
const FIRST_RETRY_MS = 20;
const LAST_RETRY_MS = 200;
/** Of so many requests one is sent twice at once, as channels and impatient callers do. */
const TWICE = 10;

/**
 * Writes until told to stop, one request after the other, each repeated under its key until it is acknowledged; keeps
 * a journal of what was.
 */
export class Writer {
  /** `{workspaceId, action, id, key}` of every event that an acknowledged write stands for. */
  acknowledged = [];
  /** Answers that should never be given. */
  untyped = [];
  writes = 0;
  retries = 0;
  #name;
  #space;
  #url;
  #random;
  #onAcknowledged;
  #count = 0;

  constructor({ name, space, url, random, onAcknowledged }) {
    this.#name = name;
    this.#space = space;
    this.#url = url;
    this.#random = random;
    this.#onAcknowledged = onAcknowledged;
  }

  /** @param until says when to stop; a request under way is still repeated until it is acknowledged. */
  async run(until) {
    while (!until()) await this.#story(until);
  }

  /** A customer writes, the bot answers and hands over, an agent takes it, answers, passes it on and resolves it. */
  async #story(until) {
    const { key, botKey, agentToken, inboxId, teamId, colleagueId } = this.#space;
    const visitor = `${this.#name}/${++this.#count}`;
    let conversationId, handoverId;
    const customer = async (externalId) => {
      const input = { inboxId, externalId, contact: { address: visitor, name: 'Asha' }, text: externalId };
      const { message, conversation } = (await this.#ask(key, RECEIVE, input)).receiveMessage;
      this.#journal('message.received', message.id, externalId);
      return conversation;
    };
    const answer = async (credential, idempotencyKey) => {
      const data = await this.#ask(credential, SEND, { conversationId, text: idempotencyKey, idempotencyKey });
      this.#journal('message.sent', data.sendMessage.message.id, idempotencyKey);
    };
    const steps = [
      async () => {
        const { id, contact } = await customer(`${visitor}/first`);
        conversationId = id;
        for (const action of ['contact.created', 'contact.identity_added']) this.#journal(action, contact.id);
        this.#journal('conversation.created', conversationId);
      },
      () => answer(botKey, `${visitor}/bot`),
      () => customer(`${visitor}/second`),
      async () => {
        const idempotencyKey = `${visitor}/offer`;
        const input = { conversationId, toTeamId: teamId, reason: 'NEEDS_EXPERTISE', expiresInSeconds: 86_400 };
        const data = await this.#ask(botKey, REQUEST, { ...input, comment: idempotencyKey, idempotencyKey });
        handoverId = data.requestHandover.handover.id;
        this.#journal('handover.requested', handoverId, idempotencyKey);
      },
      async () => {
        await this.#ask(agentToken, ACCEPT, { handoverId });
        this.#journal('handover.accepted', handoverId);
      },
      () => answer(agentToken, `${visitor}/agent`),
      async () => {
        await this.#ask(agentToken, ASSIGN, { conversationId, assigneeId: colleagueId });
        this.#journal('conversation.assigned', conversationId);
      },
      async () => {
        await this.#ask(agentToken, RESOLVE, { conversationId, status: 'RESOLVED' });
        this.#journal('conversation.resolved', conversationId);
      },
    ];
    for (const step of steps) {
      if (until()) return;
      await step();
    }
  }

  #journal(action, id, key = null) {
    this.acknowledged.push({ workspaceId: this.#space.id, action, id, key });
  }

  async #ask(credential, query, input) {
    const [data, again] = await Promise.all([
      this.#insist(credential, query, input),
      this.#random() * TWICE < 1 ? this.#insist(credential, query, input) : null,
    ]);
    if (again && JSON.stringify(again) !== JSON.stringify(data)) {
      this.untyped.push(`two answers to one key: ${JSON.stringify([data, again])}`);
    }
    this.writes += 1;
    return data;
  }

  /** Sends a request until it is acknowledged. */
  async #insist(credential, query, input) {
    for (let wait = FIRST_RETRY_MS; ; wait = Math.min(2 * wait, LAST_RETRY_MS)) {
      const sentAt = performance.now();
      const answer = await this.#send(credential, query, input);
      if (answer?.data && !answer.errors) {
        this.#onAcknowledged(sentAt);
        return answer.data;
      }
      const code = answer?.errors?.[0]?.extensions?.code;
      if (answer && !PASSING.has(code)) {
        this.untyped.push(JSON.stringify(answer));
        throw new Error(`a write was refused: ${JSON.stringify(answer)}`);
      }
      this.retries += 1;
      await pause(wait * (0.5 + this.#random()));
    }
  }

  /** Null when nothing answered, or the answer was cut off: the client knows nothing then, and asks again. */
  async #send(credential, query, input) {
    try {
      const response = await fetch(`${this.#url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${credential}` },
        body: JSON.stringify({ query, variables: { input } }),
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      return await response.json();
    } catch {
      return null;
    }
  }
}
