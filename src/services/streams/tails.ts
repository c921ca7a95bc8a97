import type { Logger } from 'pino';
import type { Bus } from '../../pubsub/bus.js';
import { recordTopic } from '../../pubsub/topics.js';
import type { Database } from '../database.js';
import { readAfter, readHeads, type RecordHeadRow } from '../record/read.js';
import { headCursor, isSameEvent, resyncRequired, type EventCursor } from './cursor.js';
import { Tail } from './tail.js';

/** How often the heads are compared with PostgreSQL: the most that a lost bell costs, in milliseconds. */
const COMPARE_MS = 1_000;

interface Followed {
  tail: Promise<Tail>;
  /** The same, once it is there. */
  opened: Tail | null;
  followers: number;
  stop: () => Promise<void>;
}

/**
 * Whether a log cannot be the one that was followed to this event. Where it has grown past that, reading on says whether
 * the event is still in it.
 */
const isOther = ({ epoch, size, lastLeafHash }: RecordHeadRow, known: EventCursor): boolean =>
  epoch !== known.epoch ||
  size <= known.sequence ||
  (size - 1 === known.sequence && lastLeafHash !== null && !isSameEvent(lastLeafHash, known.tag));

/** The tails that this node follows: one per workspace with subscribers here, and none longer than it has any. */
export class Tails {
  readonly #followed = new Map<string, Followed>();
  readonly #timer: NodeJS.Timeout;
  #comparing = false;

  constructor(
    private readonly db: Database,
    private readonly bus: Bus,
    private readonly log: Logger,
  ) {
    this.#timer = setInterval(() => void this.compare(), COMPARE_MS);
    this.#timer.unref();
    // What was rung while the bus was away is found at once, not with the next comparison.
    bus.onGap(() => void this.compare());
  }

  /** How many workspaces are followed. */
  get size(): number {
    return this.#followed.size;
  }

  /**
   * The tail of a workspace, following from now on.
   * @returns it, and the function that lets go of it; to be called exactly once.
   */
  async follow(workspaceId: string): Promise<{ tail: Tail; release: () => void }> {
    let followed = this.#followed.get(workspaceId);
    // One that has ended goes on being released by those it had.
    if (followed?.opened?.failed) followed = undefined;
    if (!followed) this.#followed.set(workspaceId, (followed = this.#start(workspaceId)));
    followed.followers += 1;
    const mine = followed;
    const release = () => {
      mine.followers -= 1;
      if (mine.followers > 0) return;
      if (this.#followed.get(workspaceId) === mine) this.#followed.delete(workspaceId);
      void mine.stop();
    };
    try {
      return { tail: await mine.tail, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** Asks PostgreSQL where the followed logs stand, in one statement. */
  async compare(): Promise<void> {
    if (this.#comparing || this.#followed.size === 0) return;
    this.#comparing = true;
    try {
      // What was read before the heads are asked for must be in them; what is read meanwhile need not be.
      const asked = new Map<string, { followed: Followed; tail: Tail; known: EventCursor }>();
      for (const [workspaceId, followed] of this.#followed) {
        const { opened: tail } = followed;
        if (tail) asked.set(workspaceId, { followed, tail, known: tail.cursor });
      }
      if (asked.size === 0) return;
      for (const head of await readHeads(this.db, [...asked.keys()])) {
        const { followed, tail, known } = asked.get(head.workspaceId)!;
        if (isOther(head, known)) await this.#restored(head.workspaceId, followed, tail);
        else tail.heard(head.size - 1);
      }
    } catch (error) {
      this.log.warn({ err: error }, 'the heads of the followed logs could not be compared');
    } finally {
      this.#comparing = false;
    }
  }

  /** Ends everybody who follows a history that is no longer there. */
  async #restored(workspaceId: string, followed: Followed, tail: Tail): Promise<void> {
    const fresh = await headCursor(this.db, workspaceId);
    if (this.#followed.get(workspaceId) === followed) this.#followed.delete(workspaceId);
    tail.fail(resyncRequired('The history of this workspace was restored from a backup.', fresh));
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all([...this.#followed.values()].map((followed) => followed.stop()));
    this.#followed.clear();
  }

  #start(workspaceId: string): Followed {
    let unfollow: (() => Promise<void>) | undefined;
    const following = (async () => {
      // Live first, then the head: what happens in between is heard, and read if it is newer than the head.
      let early = -1;
      let hear = (sequence: number): void => {
        early = Math.max(early, sequence);
      };
      unfollow = await this.bus.follow(recordTopic(workspaceId), ({ sequence }) => hear(sequence));
      const head = await headCursor(this.db, workspaceId);
      const tail: Tail = new Tail(
        head.epoch,
        head.sequence,
        (after, limit) => readAfter(this.db, workspaceId, after, limit),
        (error) => this.log.warn({ err: error }, 'the newest events could not be read; trying again'),
        head.tag,
        () => this.#restored(workspaceId, followed, tail),
      );
      hear = (sequence) => tail.heard(sequence);
      tail.heard(early);
      return tail;
    })();
    const followed: Followed = {
      tail: following,
      opened: null,
      followers: 0,
      stop: async () => {
        await following.catch(() => {});
        await unfollow?.();
      },
    };
    following.then(
      (tail) => {
        followed.opened = tail;
      },
      () => {
        if (this.#followed.get(workspaceId) === followed) this.#followed.delete(workspaceId);
      },
    );
    return followed;
  }
}
