import { setTimeout as pause } from 'node:timers/promises';
import { Gauge, type Registry } from 'prom-client';
import type { Application } from '../application.js';
import { sql } from '../sql.js';

/** How old what is told may be, and how long whoever asks waits for what is newer, in milliseconds. */
const FRESH_MS = 5_000;
const WAIT_MS = 2_000;

interface Work {
  kind: 'export' | 'sink';
  state: string;
  count: number;
  events: number;
  seconds: number;
}

/**
 * What waits to be done in the whole installation: every node says the same. Of exports those that are open are read, by
 * their index, and of sinks the one event that each is to send next, so that it takes no longer as the record grows.
 */
export class OpenWork {
  #read: { at: number; done: Promise<void> } | null = null;
  #gauges: Record<'exports' | 'exportAge' | 'sinks' | 'sinkEvents' | 'sinkLag', Gauge> | null = null;

  constructor(private readonly app: Application) {}

  /** Tells it whenever somebody asks. */
  tellTo(registry: Registry): void {
    const gauge = (name: string, help: string, label: string) =>
      new Gauge({ name, help, labelNames: [label], registers: [registry], collect: () => this.#collect() });
    this.#gauges = {
      exports: gauge('verbatim_exports_open', 'Exports that are not done, in the installation.', 'state'),
      exportAge: gauge(
        'verbatim_exports_open_oldest_seconds',
        'How long the oldest of them has been asked for.',
        'state',
      ),
      sinks: gauge('verbatim_sinks', 'Sinks of the installation, by health.', 'health'),
      sinkEvents: gauge('verbatim_sink_backlog_events', 'Events that sinks have not been given.', 'health'),
      sinkLag: gauge('verbatim_sink_lag_seconds', 'Since when the oldest of them has been recorded.', 'health'),
    };
  }

  /** All of them are asked at once, and read together. What cannot be read in time stays as it was. */
  async #collect(): Promise<void> {
    const at = performance.now();
    if (this.#read === null || at - this.#read.at > FRESH_MS) this.#read = { at, done: this.#look() };
    const late = new AbortController();
    await Promise.race([this.#read.done, pause(WAIT_MS, null, { signal: late.signal }).catch(() => {})]);
    late.abort();
  }

  async #look(): Promise<void> {
    const { db, now, log } = this.app;
    try {
      const found = await db.rows<Work>(sql`
        select 'export' as kind, state, count(*)::int as count, 0 as events,
          extract(epoch from ${now()}::timestamptz - min(requested_at))::float8 as seconds
        from export_job where state in ('REQUESTED', 'RUNNING') group by state
        union all
        select 'sink', s.health, count(*)::int, sum(greatest(coalesce(h.size, 0) - s.next_sequence, 0))::float8,
          coalesce(extract(epoch from clock_timestamp() - min(e.recorded_at)), 0)::float8
        from audit_sink s
        left join record_head h on h.workspace_id = s.workspace_id
        left join record_entry e on e.workspace_id = s.workspace_id and e.sequence = s.next_sequence
        where s.deleted_at is null group by s.health`);
      this.#tell(found);
    } catch (error) {
      log.warn({ err: error }, 'what waits to be done could not be counted');
    }
  }

  #tell(found: readonly Work[]): void {
    const { exports, exportAge, sinks, sinkEvents, sinkLag } = this.#gauges!;
    const of = (kind: Work['kind'], state: string) =>
      found.find((one) => one.kind === kind && one.state === state) ?? { count: 0, events: 0, seconds: 0 };
    for (const state of ['REQUESTED', 'RUNNING']) {
      const { count, seconds } = of('export', state);
      exports.set({ state }, count);
      exportAge.set({ state }, Math.max(0, seconds));
    }
    for (const health of ['HEALTHY', 'FAILING', 'DISABLED']) {
      const { count, events, seconds } = of('sink', health);
      sinks.set({ health }, count);
      sinkEvents.set({ health }, Number(events));
      sinkLag.set({ health }, Math.max(0, seconds));
    }
  }
}
