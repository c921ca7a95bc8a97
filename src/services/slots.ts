import { unavailable } from './errors.js';

interface Queue {
  inFlight: number;
  waiting: (() => void)[];
}

/**
 * At most so many transactions of one workspace under way in this process. All of them end at the same row of the
 * record; more of them would not be faster, only hold more connections and row locks while they wait. The place is
 * taken before BEGIN, so whoever waits holds nothing.
 */
export class Slots {
  readonly #queues = new Map<string, Queue>();

  constructor(
    readonly perWorkspace: number,
    readonly maxWaiting: number,
  ) {}

  /**
   * Waits for a place, first come first served.
   * @returns the function that gives it back; to be called exactly once.
   * @throws AppError UNAVAILABLE when too many are waiting already.
   */
  async take(workspaceId: string): Promise<() => void> {
    let queue = this.#queues.get(workspaceId);
    if (!queue) this.#queues.set(workspaceId, (queue = { inFlight: 0, waiting: [] }));
    if (queue.inFlight < this.perWorkspace) {
      queue.inFlight += 1;
    } else {
      if (queue.waiting.length >= this.maxWaiting) throw unavailable('Too many writes are waiting. Try again.');
      const { waiting } = queue;
      await new Promise<void>((resolve) => waiting.push(resolve));
    }
    return () => this.#release(workspaceId, queue);
  }

  #release(workspaceId: string, queue: Queue): void {
    const next = queue.waiting.shift();
    // The place is passed on, not freed and taken again: nobody can slip in between.
    if (next) return next();
    queue.inFlight -= 1;
    if (queue.inFlight === 0) this.#queues.delete(workspaceId);
  }
}
