import type { Logger } from 'pino';
import type { Database } from '../database.js';
import { readQueues, type TeamQueueRow } from '../routing/read-queues.js';
import type { Tail } from './tail.js';
import type { Tails } from './tails.js';

/** How often the queues of a workspace are read at the most, and so told. */
export const PACE_MS = 1_000;

/** The queues of one workspace as they were read last, for all who follow them on this node. */
export class QueueBoard {
  /** The newest reading. */
  queues: readonly TeamQueueRow[] = [];
  /** How often they were read. */
  version = 0;
  readonly #stopping = new AbortController();
  readonly #waiting = new Set<() => void>();
  #failure: unknown = null;

  constructor(
    private readonly db: Database,
    private readonly workspaceId: string,
    private readonly tail: Tail,
    private readonly log: Logger,
  ) {
    void this.#run();
  }

  /** Waits for a reading after this one, or until the signal says so. @throws what has ended the log's tail. */
  async after(version: number, signal: AbortSignal): Promise<void> {
    while (this.version <= version && !signal.aborted) {
      if (this.#failure) throw this.#failure;
      await new Promise<void>((resolve) => {
        const done = () => {
          this.#waiting.delete(done);
          signal.removeEventListener('abort', done);
          resolve();
        };
        this.#waiting.add(done);
        signal.addEventListener('abort', done);
      });
    }
  }

  stop(): void {
    this.#stopping.abort();
  }

  /** Reads whenever something was recorded since, and then rests: what comes meanwhile is in the next reading. */
  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const { head } = this.tail;
      try {
        this.queues = await readQueues(this.db, this.workspaceId, null);
        this.version += 1;
        this.#wake();
        await rest(signal);
        await this.tail.wait(head, signal);
        // It throws where the tail has ended.
        this.tail.after(this.tail.head, 0);
      } catch (error) {
        if (this.tail.failed) {
          this.#failure = error;
          return this.#wake();
        }
        this.log.warn({ err: error, workspaceId: this.workspaceId }, 'queues could not be read; it is tried again');
        await rest(signal);
      }
    }
  }

  #wake(): void {
    for (const done of this.#waiting) done();
  }
}

interface OpenBoard {
  board: QueueBoard;
  close: () => void;
}

/** The boards that somebody on this node follows. */
export class QueueBoards {
  readonly #open = new Map<string, { opening: Promise<OpenBoard>; followers: number }>();

  constructor(
    private readonly db: Database,
    private readonly tails: Tails,
    private readonly log: Logger,
  ) {}

  /** Follows the queues of a workspace; they are read as long as anybody does. */
  async follow(workspaceId: string): Promise<{ board: QueueBoard; release: () => void }> {
    const known = this.#open.get(workspaceId) ?? { opening: this.#begin(workspaceId), followers: 0 };
    this.#open.set(workspaceId, known);
    // Before anything is waited for: the last one who goes must see who comes.
    known.followers += 1;
    let released = false;
    const release = (): void => {
      if (released) return;
      released = true;
      known.followers -= 1;
      if (known.followers > 0) return;
      this.#open.delete(workspaceId);
      known.opening.then(
        ({ close }) => close(),
        () => {},
      );
    };
    try {
      return { board: (await known.opening).board, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  async #begin(workspaceId: string): Promise<OpenBoard> {
    const { tail, release } = await this.tails.follow(workspaceId);
    const board = new QueueBoard(this.db, workspaceId, tail, this.log);
    return {
      board,
      close: () => {
        board.stop();
        release();
      },
    };
  }
}

function rest(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(done, PACE_MS);
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
  });
}
