import type { Application } from '../application.js';
import { sql } from '../database.js';
import type { RecordRow } from '../record/read.js';
import type { Tail } from '../streams/tail.js';
import { LOOK_EVERY_MS, push, type SinkKey } from './push.js';

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
      const arrivals = new Arrivals(tail);
      try {
        for (;;) {
          // Before the sink is looked at: what comes meanwhile is not missed.
          arrivals.begin();
          const { outcome, restMs, until } = await push(app, key, stopping);
          if (outcome === 'GONE' || stopping.aborted || tail.failed) return;
          if (restMs === 0) continue;
          const longest = AbortSignal.timeout(Math.min(restMs ?? LOOK_EVERY_MS, LOOK_EVERY_MS));
          await arrivals.next(until, AbortSignal.any([stopping, longest]));
        }
      } finally {
        arrivals.end();
        release();
      }
    } catch (error) {
      if (!stopping.aborted)
        app.log.warn({ err: error, sinkId: key.id }, 'a sink could not be looked after; it is tried again');
    }
  }
}

/** So many events that came while a sink was looked at are kept; more of them end its rest, whatever they are. */
const KEPT = 500;

/** What is recorded from a moment on, for one who waits for some of it; nothing of it is read again. */
class Arrivals {
  #kept: RecordRow[] = [];
  #ended = false;
  #tell: ((events: readonly RecordRow[]) => void) | null = null;
  readonly end: () => void;

  constructor(tail: Tail) {
    this.end = tail.listen((events) => {
      // The tail tells its end by none.
      if (events.length === 0) this.#ended = true;
      if (this.#tell) this.#tell(events);
      else if (this.#kept.length <= KEPT) this.#kept.push(...events);
    });
  }

  /** From now on. */
  begin(): void {
    this.#kept = [];
  }

  /** Resolves when one of these events has come, when the tail has ended, or when the signal says so. */
  async next(wanted: (event: RecordRow) => boolean, signal: AbortSignal): Promise<void> {
    const early = this.#kept;
    this.#kept = [];
    if (this.#ended || signal.aborted || early.length > KEPT || early.some(wanted)) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        this.#tell = null;
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#tell = (events) => {
        if (this.#ended || events.some(wanted)) done();
      };
      signal.addEventListener('abort', done);
    });
  }
}
