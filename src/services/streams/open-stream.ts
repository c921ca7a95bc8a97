import type { Call } from '../application.js';
import { accessCursor, decodeCursor, isSameEvent, resyncRequired, type EventCursor } from './cursor.js';
import { PullStream } from './pull-stream.js';
import { deliveryOf, type Delivery, type StreamDefinition } from './stream-definition.js';
import type { Tail } from './tail.js';

/** Further behind than this, a fresh query is cheaper than the replay. */
const MAX_BEHIND = 100_000;

/** Opens a stream that can be shared, see `openStream`. */
export const openSharedStream = <T, L>(
  call: Call,
  afterEvent: string | null | undefined,
  definition: StreamDefinition<T, L>,
  admit?: () => Promise<void>,
): Promise<PullStream<T>> => openStream(call, afterEvent, deliveryOf(call, definition), admit);

/**
 * Opens a stream over the record for a caller: from a cursor, or from now. Nothing is pushed: the reader's own pace
 * moves it, so one that stalls costs no memory. Every event is decided with the caller's rights as they are then.
 * @param admit refuses who may not follow. It looks once the stream has its place: what ends the right to it later is in the
 *   stream, what did so before is seen
 * @throws AppError VALIDATION_FAILED, RESYNC_REQUIRED for a cursor that cannot be gone on from.
 */
export async function openStream<T>(
  call: Call,
  afterEvent: string | null | undefined,
  delivery: Delivery<T>,
  admit: () => Promise<void> = async () => {},
): Promise<PullStream<T>> {
  const { app, principal } = call;
  // Live first, then the replay, never the other way round: nothing falls between the two.
  const { tail, release } = await app.tails.follow(principal.workspaceId);
  try {
    const now = tail.cursor;
    await admit();
    const asked = afterEvent ? decodeCursor(afterEvent) : null;
    const start = asked ? await access(call, tail, asked) : now;
    return new PullStream(call, tail, release, start, delivery, asked !== null);
  } catch (error) {
    release();
    throw error;
  }
}

/** Whoever comes back is mostly found in what this node has read already, and costs the database nothing. */
async function access(call: Call, tail: Tail, asked: EventCursor): Promise<EventCursor> {
  const { app, principal } = call;
  const known = await isKnown(call, tail, asked);
  const head = known ? tail.cursor : await accessCursor(app.db, principal.workspaceId, asked);
  tail.heard(head.sequence);
  if (head.sequence - asked.sequence > MAX_BEHIND) {
    throw resyncRequired(`The cursor is more than ${MAX_BEHIND} events behind.`, head);
  }
  return asked;
}

async function isKnown({ app }: Call, tail: Tail, asked: EventCursor): Promise<boolean> {
  if (tail.holds(asked)) return true;
  const behind = tail.head - asked.sequence;
  if (asked.epoch !== tail.epoch || asked.sequence < 0 || behind <= 0 || behind > MAX_BEHIND) return false;
  // The page that it stands on is the one that is replayed first.
  const [event] = await tail.pages.after(asked.sequence - 1, () => app.replays.take('all'));
  return event !== undefined && isSameEvent(event.leafHash, asked.tag);
}
