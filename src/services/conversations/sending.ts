import type { Call } from '../application.js';
import { commit } from '../commit.js';
import { isUniqueViolation } from '../database-errors.js';
import { AppError, isUnavailable, unavailable } from '../errors.js';
import { resultOfKey } from '../idempotency.js';
import { recordDenial } from '../record-denial.js';
import { sql } from '../sql.js';
import type { MessageRow } from './read-transcript.js';
import { sendTogether, type Answer, type Outcome } from './send-together.js';

/** Answers of one transaction at the most. */
const TOGETHER = 16;
/** Answers of one workspace that may wait before more are refused. */
const MAX_WAITING = 1_000;

/** The message, or the id of the one that the first request with this key sent. */
export type Sent = { row: MessageRow } | { known: string };

interface Waiting {
  call: Call;
  answer: Answer;
  /** It was in a batch that failed, perhaps after it was stored. */
  isAgain?: boolean;
  done: (sent: Sent) => void;
  failed: (error: unknown) => void;
}

/**
 * Sends answers. Each by itself costs five exchanges with the database and a write to its disk, of which most is the same
 * for all: those of one workspace that come in while others are under way are sent in one transaction. None waits for
 * more to come, none for a conversation that somebody else has locked, and none fails for another's sake.
 */
export class Sending {
  /** What waits, by workspace, while something of it is under way. */
  readonly #waiting = new Map<string, Waiting[]>();

  /** @throws AppError as `sendMessage`, for this answer alone. */
  send(call: Call, answer: Answer): Promise<Sent> {
    const { workspaceId } = call.principal;
    return new Promise((done, failed) => {
      const queue = this.#waiting.get(workspaceId);
      if (queue && queue.length >= MAX_WAITING) return failed(unavailable('Too many writes are waiting. Try again.'));
      if (queue) {
        queue.push({ call, answer, done, failed });
      } else {
        const started = [{ call, answer, done, failed }];
        this.#waiting.set(workspaceId, started);
        void this.#drain(workspaceId, started);
      }
    });
  }

  async #drain(workspaceId: string, queue: Waiting[]): Promise<void> {
    while (queue.length > 0) {
      for (const left of await send(takeBatch(queue), { wait: false })) void alone(left);
    }
    this.#waiting.delete(workspaceId);
  }
}

/** The first of each conversation: the second needs the place after it, which is known once the first is stored. */
function takeBatch(waiting: Waiting[]): Waiting[] {
  const batch: Waiting[] = [];
  const conversations = new Set<string>();
  for (let at = 0; at < waiting.length && batch.length < TOGETHER;) {
    const next = waiting[at]!;
    if (conversations.has(next.answer.conversationId)) {
      at += 1;
      continue;
    }
    conversations.add(next.answer.conversationId);
    batch.push(next);
    waiting.splice(at, 1);
  }
  return batch;
}

/**
 * Sends a batch; who was sent, or refused, hears so.
 * @returns those who have to be sent by themselves. Never fails.
 */
async function send(batch: readonly Waiting[], how: { wait: boolean }): Promise<Waiting[]> {
  const ready = (await Promise.all(batch.map(asOfNow))).filter((waiting) => waiting !== null);
  if (ready.length === 0) return [];
  const { app, principal } = ready[0]!.call;
  let outcomes: Outcome[];
  try {
    outcomes = await sendTogether(app, principal.workspaceId, ready, how);
  } catch (error) {
    // What fails all of them is one's fault, or nobody's: by themselves each hears their own.
    if (!how.wait) return ready.map((waiting) => ({ ...waiting, isAgain: true }));
    await settle(ready[0]!, error);
    return [];
  }
  return ready.filter((waiting, index) => {
    const outcome = outcomes[index]!;
    if ('row' in outcome) waiting.done(outcome);
    if ('error' in outcome) void settle(waiting, outcome.error);
    return 'later' in outcome;
  });
}

/** Sends an answer that waits for its conversation's lock, and for whoever has the same key. */
async function alone(waiting: Waiting): Promise<void> {
  await send([waiting], { wait: true });
}

/** With the rights that the caller has now; somebody who has none any more hears so. */
async function asOfNow(waiting: Waiting): Promise<Waiting | null> {
  const { call } = waiting;
  try {
    return { ...waiting, call: { ...call, principal: await call.app.principals.fresh(call.principal) } };
  } catch (error) {
    waiting.failed(error);
    return null;
  }
}

/** Says why an answer was not sent, unless it was before: that is answered again, whatever became of the conversation. */
async function settle(waiting: Waiting, refusal: unknown): Promise<void> {
  const { call, done, failed } = waiting;
  try {
    if (isUniqueViolation(refusal) || (refusal instanceof AppError && !isUnavailable(refusal))) {
      const known = await sentBefore(waiting, refusal);
      if (known !== null) return done({ known });
      if (isUniqueViolation(refusal)) throw unavailable('This idempotencyKey has just expired. Try again.', refusal);
    }
    if (refusal instanceof AppError && refusal.denial) await recordDenial(call, refusal.denial);
    failed(refusal);
  } catch (error) {
    failed(error);
  }
}

/** The id of what was sent by this answer, or by the first with its key. */
async function sentBefore({ call, answer, isAgain }: Waiting, refusal: unknown): Promise<string | null> {
  const { key, id } = answer;
  const wasPerhapsStored = isAgain || isUniqueViolation(refusal);
  if (!key && !wasPerhapsStored) return null;
  return commit(call, async (tx) => {
    if (wasPerhapsStored) {
      const own = await tx.rows(
        sql`select 1 as there from message where workspace_id = ${tx.principal.workspaceId} and id = ${id}`,
      );
      if (own.length > 0) return id;
    }
    return key ? resultOfKey(tx, key) : null;
  });
}
