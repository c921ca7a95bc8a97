import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Application } from '../application.js';
import type { ErrorCode } from '../error-codes.js';
import { OpenWork } from './open-work.js';
import { QUICK, StreamTallies } from './stream-tallies.js';

export interface MetricsSources {
  app: Application;
  /** How many WebSockets and event streams are open on this node. */
  liveConnections: () => number;
}

/**
 * What a node counts of itself, as Prometheus reads it: all that it does is defined in this room. Labels are of closed
 * lists: none is of a caller or a workspace.
 */
export class Metrics {
  readonly #registry = new Registry();
  /** Frames and readers of subscriptions. */
  readonly streams = new StreamTallies(this.#registry);

  readonly #operations = this.#counter(
    'verbatim_operations_total',
    'Operations by type, and by the code of their first error or OK; "refused" is before execution.',
    ['type', 'code'],
  );
  readonly #operationSeconds = this.#histogram(
    'verbatim_operation_seconds',
    'How long queries and mutations took to execute.',
    [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    ['type'],
  );
  readonly #appendEvents = this.#histogram(
    'verbatim_record_append_events',
    'Events that were appended to the record together; the count is how many appends there were.',
    [1, 2, 4, 8, 16, 32, 64, 128, 256],
  );
  readonly #appendSeconds = this.#histogram(
    'verbatim_record_append_seconds',
    'Appends: "waiting" for a place before BEGIN, "writing" the last statement and COMMIT, with the wait for the lock.',
    QUICK,
    ['phase'],
  );
  readonly #socketsClosed = this.#counter(
    'verbatim_sockets_closed_total',
    'WebSockets that have closed, by code; 1013 is a reader who took nothing, 1006 one who was cut off.',
    ['code'],
  );
  readonly #jobs = this.#counter('verbatim_job_runs_total', 'Runs of what happens by itself, by job and outcome.', [
    'job',
    'outcome',
  ]);
  readonly #sinkAttempts = this.#counter(
    'verbatim_sink_attempts_total',
    'Batches that were sent to sinks, by kind and outcome; one that failed is sent again.',
    ['kind', 'outcome'],
  );
  readonly #exportsEnded = this.#counter(
    'verbatim_exports_ended_total',
    'Exports that have ended, by format and outcome.',
    ['format', 'outcome'],
  );
  readonly #exportSeconds = this.#histogram(
    'verbatim_export_seconds',
    'From the request of an export until its file was there.',
    [1, 2.5, 5, 10, 30, 60, 300, 900, 3_600],
    ['format'],
  );

  /** A query or mutation was executed. */
  executed(type: string, code: ErrorCode | 'OK', seconds: number): void {
    this.#operations.inc({ type, code });
    this.#operationSeconds.observe({ type }, seconds);
  }

  /** An operation was refused before it was executed. */
  refused(code: ErrorCode): void {
    this.#operations.inc({ type: 'refused', code });
  }

  /** Events were appended together. Times in milliseconds. */
  appended(events: number, waitedMs: number, wroteMs: number): void {
    this.#appendEvents.observe(events);
    this.#appendSeconds.observe({ phase: 'waiting' }, waitedMs / 1_000);
    this.#appendSeconds.observe({ phase: 'writing' }, wroteMs / 1_000);
  }

  /** A socket has closed. What clients say as they like is "other". */
  socketClosed(code: number): void {
    this.#socketsClosed.inc({ code: KNOWN_CODES.has(code) ? String(code) : 'other' });
  }

  /** Something that happens by itself was done, or failed and is tried again. */
  ran(job: string, outcome: 'done' | 'failed'): void {
    this.#jobs.inc({ job, outcome });
  }

  /** A batch was sent to a sink. */
  pushed(kind: string, outcome: 'accepted' | 'failed'): void {
    this.#sinkAttempts.inc({ kind, outcome });
  }

  /** An export has ended. @param lastedMs since it was asked for. */
  exportEnded(format: string, outcome: 'completed' | 'failed', lastedMs: number): void {
    this.#exportsEnded.inc({ format, outcome });
    if (outcome === 'completed') this.#exportSeconds.observe({ format }, Math.max(0, lastedMs) / 1_000);
  }

  /** Looks at these whenever somebody asks. */
  watch({ app, liveConnections }: MetricsSources): void {
    collectDefaultMetrics({ register: this.#registry });
    this.#gauge('verbatim_live_connections', 'WebSockets and event streams that are open on this node.', (gauge) =>
      gauge.set(liveConnections()),
    );
    this.#gauge(
      'verbatim_database_connections',
      'Connections to PostgreSQL, by pool and state; "waiting" are statements that wait for one.',
      (gauge) => {
        for (const { pool, ...states } of app.db.load()) {
          for (const [state, count] of Object.entries(states)) gauge.set({ pool, state }, count);
        }
      },
      ['pool', 'state'],
    );
    this.#gauge(
      'verbatim_bus_healthy',
      '1 while the bus carries words between nodes, 0 while events are found by comparison.',
      (gauge) => gauge.set(app.bus.healthy() ? 1 : 0),
    );
    this.#gauge('verbatim_followed_workspaces', 'Logs that somebody on this node follows.', (gauge) =>
      gauge.set(app.tails.size),
    );
    this.#gauge('verbatim_files_reachable', '1 while the files of messages can be reached.', async (gauge) =>
      gauge.set((await app.attachments.files.reachable()) ? 1 : 0),
    );
    new OpenWork(app).tellTo(this.#registry);
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  #counter<L extends string>(name: string, help: string, labelNames: L[]): Counter<L> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  #histogram<L extends string = never>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: L[] = [],
  ): Histogram<L> {
    return new Histogram({ name, help, buckets, labelNames, registers: [this.#registry] });
  }

  #gauge<L extends string = never>(
    name: string,
    help: string,
    collect: (gauge: Gauge<L>) => void | Promise<void>,
    labelNames: L[] = [],
  ): void {
    const gauge: Gauge<L> = new Gauge<L>({
      name,
      help,
      labelNames,
      registers: [this.#registry],
      collect: () => collect(gauge),
    });
  }
}

/** How sockets end here, and how clients and networks end them. */
const KNOWN_CODES: ReadonlySet<number> = new Set([
  1000, 1001, 1005, 1006, 1008, 1009, 1012, 1013, 4400, 4401, 4403, 4408, 4409, 4429, 4500,
]);
