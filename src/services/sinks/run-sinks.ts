import { setTimeout as pause } from 'node:timers/promises';
import type { Application } from '../application.js';
import { sql } from '../database.js';
import { push, type SinkKey } from './push.js';

/** So often a sink is looked at when nothing rings, in milliseconds: its settings may have changed. */
const LOOK_EVERY_MS = 1_000;

/** Looks after every sink of the installation, each for itself, so that one that fails holds up no other. */
export class SinkRunner {
  readonly #workers = new Map<string, { stop: AbortController; ended: Promise<void> }>();

  constructor(private readonly app: Application) {}

  /** Begins to look after the sinks that there are and are not looked after yet. */
  async lookAfterAll(): Promise<void> {
    const active = await this.app.db.asApplication<SinkKey>(
      sql`select workspace_id as "workspaceId", id from audit_sinks_active()`,
    );
    for (const key of active) {
      if (this.#workers.has(key.id)) continue;
      const stop = new AbortController();
      const ended = this.#lookAfter(key, stop.signal).finally(() => this.#workers.delete(key.id));
      this.#workers.set(key.id, { stop, ended });
    }
  }

  /** Lets go of all of them: what is under way is broken off, and is sent again by whoever comes next. */
  async letGo(): Promise<void> {
    const workers = [...this.#workers.values()];
    for (const { stop } of workers) stop.abort();
    await Promise.all(workers.map(({ ended }) => ended));
  }

  async #lookAfter(key: SinkKey, stopping: AbortSignal): Promise<void> {
    const { app } = this;
    try {
      const { tail, release } = await app.tails.follow(key.workspaceId);
      try {
        for (;;) {
          // Before the sink is looked at: what comes meanwhile is not waited for.
          const seen = tail.head;
          const pushed = await push(app, key, stopping);
          if (pushed === 'GONE' || stopping.aborted || tail.failed) return;
          if (pushed === 'SENT') continue;
          const waiting = AbortSignal.any([stopping, AbortSignal.timeout(LOOK_EVERY_MS)]);
          // What waits for its time is looked at again then; a bell may bring what goes at once.
          await (pushed === 'FAILED'
            ? pause(LOOK_EVERY_MS, undefined, { signal: stopping })
            : tail.wait(seen, waiting));
        }
      } finally {
        release();
      }
    } catch (error) {
      if (!stopping.aborted)
        app.log.warn({ err: error, sinkId: key.id }, 'a sink could not be looked after; it is tried again');
    }
  }
}
