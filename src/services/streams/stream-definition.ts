import type { Call } from '../application.js';
import type { Principal } from '../principal.js';
import type { RecordRow } from '../record/read.js';
import { resyncRequired, type EventCursor } from './cursor.js';
import { readerOf, type Reader } from './reader.js';

/** Something that is delivered for an event. The same object is the same frame, whoever gets it. */
export interface Delivered<T> {
  readonly sequence: number;
  readonly frame: (cursor: string) => T;
}

const laid = new WeakMap<Delivered<unknown>, { cursor: string; frame: unknown }>();

/** The frame of what is delivered: the same for everybody to whom the same is delivered with the same cursor. */
export function laidOut<T>(delivered: Delivered<T>, cursor: string): T {
  const known = laid.get(delivered);
  if (known?.cursor === cursor) return known.frame as T;
  const frame = delivered.frame(cursor);
  laid.set(delivered, { cursor, frame });
  return frame;
}

/** What is delivered of events as they were recorded: the same for everybody who is shown the same of them. */
export class Recorded<T> {
  readonly #made = new WeakMap<RecordRow, Map<string, Delivered<T>>>();

  /** @param shown what decides, beside the event, what the frame contains. */
  of(row: RecordRow, shown: string, frame: (cursor: string) => T): Delivered<T> {
    let made = this.#made.get(row);
    if (!made) this.#made.set(row, (made = new Map()));
    let delivered = made.get(shown);
    if (!delivered) made.set(shown, (delivered = { sequence: row.sequence, frame }));
    return delivered;
  }
}

export interface Situation {
  /** The reader is catching up: of what changed several times the last is enough. */
  replaying: boolean;
}

/** What a stream makes of a run of events, for one caller as they are now. */
export interface Delivery<T> {
  /** Decides and loads, in order. Called with every event after the cursor exactly once. */
  deliver: (
    events: readonly RecordRow[],
    principal: Principal,
    situation: Situation,
  ) => Promise<readonly Delivered<T>[]>;
  /** The frame that carries nothing but the cursor; null for streams without one. */
  cursorFrame: ((cursor: string) => T) | null;
  /** The same in two steps, of which the first is done once for all who follow alike. */
  definition?: StreamDefinition<T, unknown>;
}

/** A stream in two steps: what a run of events needs is loaded once, and then decided for each who reads. */
export interface StreamDefinition<T, L> {
  /** What is delivered depends on who the viewer is, beyond what they see. */
  perViewer: boolean;
  /**
   * Which objects an event changed must be known: over one that has been pruned the stream cannot go on. Streams of
   * events can, which deliver what is left of it.
   */
  needsContent: boolean;
  /** Reads all that deciding needs. The caller has no name, unless it is `perViewer`. */
  load: (call: Call, events: readonly RecordRow[], situation: Situation) => Promise<L>;
  /** What this reader gets, in order. Pure and cheap. @throws AppError to end the streams of those who read so. */
  decide: (loaded: L, reader: Reader) => readonly Delivered<T>[];
  cursorFrame: ((cursor: string) => T) | null;
}

/** @throws AppError RESYNC_REQUIRED where a stream of state cannot know what these events changed. */
export function refusePruned(
  { needsContent }: Pick<StreamDefinition<unknown, unknown>, 'needsContent'>,
  events: readonly RecordRow[],
  head: EventCursor,
): void {
  if (needsContent && events.some(({ body }) => body === null))
    throw resyncRequired('Some of what happened since the cursor has been pruned.', head);
}

/**
 * The delivery to one caller.
 * @param shared does the loading, or knows what was loaded for somebody who follows alike.
 */
export function deliveryOf<T, L>(
  call: Call,
  definition: StreamDefinition<T, L>,
  shared: (events: readonly RecordRow[], situation: Situation, load: () => Promise<L>) => Promise<L> = (
    _events,
    _situation,
    load,
  ) => load(),
): Delivery<T> {
  const { perViewer, load, decide, cursorFrame } = definition;
  return {
    deliver: async (events, principal, situation) => {
      const reader = readerOf(principal, perViewer);
      const caller = { ...call, principal: reader.principal };
      return decide(await shared(events, situation, () => load(caller, events, situation)), reader);
    },
    cursorFrame,
    definition: definition as StreamDefinition<T, unknown>,
  };
}
