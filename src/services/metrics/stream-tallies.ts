import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** What came of a cursor that a stream was asked to go on from. */
export type CursorOutcome = 'caught_up' | 'replayed' | 'resync';

/** Buckets of what takes milliseconds where all is well, in seconds. */
export const QUICK = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What is counted of the subscriptions of one root field: numbers, so that a frame costs no more than an addition. */
export class StreamTally {
  /** Counted for each who gets one. */
  frames = 0;
  /** Times that a reader did not keep up, and went on at their own pace. */
  fellBehind = 0;
  /** Those who read now, by the kind of caller. */
  readonly readers = new Map<string, number>();

  constructor(
    readonly stream: string,
    private readonly lag: Histogram,
    private readonly cursors: Counter,
  ) {}

  /** One who reads has come, or gone. */
  counts(kind: string, more: 1 | -1): void {
    this.readers.set(kind, (this.readers.get(kind) ?? 0) + more);
  }

  /** The frame of an event was given to those who follow live, so long after it was recorded. */
  delivered(lagMs: number): void {
    // Clocks of two nodes differ.
    this.lag.observe({ stream: this.stream }, Math.max(0, lagMs) / 1_000);
  }

  /** It was asked to go on from a cursor. */
  resumed(outcome: CursorOutcome): void {
    this.cursors.inc({ stream: this.stream, outcome });
  }
}

/** Counts what subscriptions are given, by their root field; the registry is told when it is asked. */
export class StreamTallies {
  readonly #tallies = new Map<string, StreamTally>();
  readonly #lag: Histogram;
  readonly #cursors: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#lag = new Histogram({
      name: 'verbatim_stream_lag_seconds',
      help: 'From the recording of an event until its frame was given to those who follow live.',
      buckets: QUICK,
      labelNames: ['stream'],
      registers,
    });
    this.#cursors = new Counter({
      name: 'verbatim_stream_cursors_total',
      help: 'Cursors that streams were asked to go on from, by what came of them.',
      labelNames: ['stream', 'outcome'],
      registers,
    });
    const frames: Counter = new Counter({
      name: 'verbatim_stream_frames_total',
      help: 'Frames that were given to subscribers.',
      labelNames: ['stream'],
      registers,
      collect: () => this.#tell(frames, (tally) => tally.frames),
    });
    const behind: Counter = new Counter({
      name: 'verbatim_stream_readers_behind_total',
      help: 'Times that a reader did not keep up and went on at their own pace; nothing is dropped.',
      labelNames: ['stream'],
      registers,
      collect: () => this.#tell(behind, ({ fellBehind }) => fellBehind),
    });
    const readers: Gauge = new Gauge({
      name: 'verbatim_stream_readers',
      help: 'Subscriptions that are open, by the kind of their caller.',
      labelNames: ['stream', 'kind'],
      registers,
      collect: () => {
        for (const { stream, readers: kinds } of this.#tallies.values()) {
          for (const [kind, count] of kinds) readers.set({ stream, kind }, count);
        }
      },
    });
  }

  /** What is counted of subscriptions of this root field, which the schema must have. */
  of(stream: string): StreamTally {
    let tally = this.#tallies.get(stream);
    if (!tally) this.#tallies.set(stream, (tally = new StreamTally(stream, this.#lag, this.#cursors)));
    return tally;
  }

  #tell(counter: Counter, valueOf: (tally: StreamTally) => number): void {
    counter.reset();
    for (const tally of this.#tallies.values()) counter.inc({ stream: tally.stream }, valueOf(tally));
  }
}
