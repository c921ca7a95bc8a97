import { recordTopic } from '../../pubsub/topics.js';
import type { Application, Call } from '../application.js';
import { unavailable } from '../errors.js';
import { appendAndCommit } from './append.js';
import { prepareEvent, type NewEvent, type PreparedEvent } from './event.js';
import { ViewWindows } from './view-windows.js';

/** Events of one append at the most. */
const BATCH = 64;
/** Readings of one workspace that may wait before more are refused. */
const MAX_WAITING = 10_000;

interface Waiting {
  prepared: PreparedEvent;
  done: () => void;
  failed: (error: unknown) => void;
}

/**
 * Records who reads what, before they get it. Readings come in crowds and change nothing, so those of one workspace go
 * onto the record together: whatever has come in while the previous append was under way is the next one.
 */
export class AccessLog {
  readonly #waiting = new Map<string, Waiting[]>();
  readonly #windows: ViewWindows;

  constructor(private readonly app: Pick<Application, 'db' | 'bus' | 'slots' | 'now' | 'metrics'>) {
    this.#windows = new ViewWindows(app.db);
  }

  /**
   * Resolves when these events, or those that speak for them, are durable: only then may the answer leave.
   * @throws AppError UNAVAILABLE when they cannot be recorded; then nothing may be shown.
   */
  async record({ principal, request }: Call, events: readonly NewEvent[]): Promise<void> {
    const now = this.app.now();
    await this.#windows.tell(principal, events, now.getTime(), (event) =>
      this.#enqueue(principal.workspaceId, prepareEvent(event, principal, request, now)),
    );
  }

  #enqueue(workspaceId: string, prepared: PreparedEvent): Promise<void> {
    return new Promise((done, failed) => {
      const queue = this.#waiting.get(workspaceId);
      if (queue && queue.length >= MAX_WAITING) return failed(unavailable('Too many readings are waiting. Try again.'));
      if (queue) {
        queue.push({ prepared, done, failed });
      } else {
        const started = [{ prepared, done, failed }];
        this.#waiting.set(workspaceId, started);
        void this.#drain(workspaceId, started);
      }
    });
  }

  async #drain(workspaceId: string, queue: Waiting[]): Promise<void> {
    // One turn later: what one answer reveals, and what came in together, is one append.
    await Promise.resolve();
    while (queue.length > 0) {
      const batch = queue.splice(0, BATCH);
      try {
        await this.#append(
          workspaceId,
          batch.map(({ prepared }) => prepared),
        );
        for (const { done } of batch) done();
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
    }
    this.#waiting.delete(workspaceId);
  }

  async #append(workspaceId: string, events: readonly PreparedEvent[]): Promise<void> {
    const asked = performance.now();
    const giveBack = await this.app.slots.take(workspaceId);
    const began = performance.now();
    try {
      const { appended } = await this.app.db.inWorkspace(workspaceId, (transaction) =>
        appendAndCommit(transaction, workspaceId, events),
      );
      this.app.metrics.appended(events.length, began - asked, performance.now() - began);
      this.app.bus.ring(recordTopic(workspaceId), appended);
    } finally {
      giveBack();
    }
  }
}
