import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Call } from '../../services/application.js';
import { isUnavailable } from '../../services/errors.js';
import { newId } from '../../services/ids.js';
import type { StreamTally } from '../../services/metrics/stream-tallies.js';
import type { Principal } from '../../services/principal.js';
import type { RecordRow } from '../../services/record/read.js';
import { cursorAfter } from '../../services/streams/cursor.js';
import { patiently } from '../../services/streams/patiently.js';
import { CURSOR_EVERY_MS, MAX_DECISION_AGE_MS } from '../../services/streams/pull-stream.js';
import { nameless } from '../../services/streams/reader.js';
import { rightsChanged, rightsOf } from '../../services/streams/rights.js';
import { refusePruned, type Delivered, type StreamDefinition } from '../../services/streams/stream-definition.js';
import type { Tail } from '../../services/streams/tail.js';
import { createContext, type ApiContext } from '../context.js';
import { Audiences, type Audience, type Caller } from './audiences.js';
import type { Execution, Operation } from './execution.js';
import type { Following } from './following.js';
import { AT_ONCE, makeFrame, MAX_MAKING_MS, together, type Frame } from './frame.js';
import type { ShareFrame } from './shared-replays.js';
import { restOf, stepsOf, type Step } from './steps.js';

/** Events that are loaded and decided together. */
const RUN = 32;
/** Everything else is let through after so many members were given frames. */
const YIELD_EVERY = 500;
/** Quiet members are looked for so often at the most, in milliseconds. */
const LOOK_EVERY_MS = 1_000;

/**
 * Those who follow alike and have caught up: each event is read, loaded, executed and made text once for all of them.
 * Who gets it is decided for each, by what they see now.
 */
export class LiveGroup {
  readonly #audiences = new Audiences();
  readonly #tail: Tail;
  readonly #definition: StreamDefinition<unknown, unknown>;
  readonly #operation: Operation;
  readonly #perViewer: boolean;
  readonly #shareFrame: ShareFrame;
  readonly #tally: StreamTally | undefined;
  readonly #call: Call;
  readonly #abort = new AbortController();
  /** Everything up to this event is delivered, and the cursor after it. */
  #at: number;
  #cursor: string;
  /** Everything up to this event is being delivered. */
  #until: number;
  /** When quiet members are looked for next, and when everybody's rights were looked at. */
  #quietAt = 0;
  #lookedAt = 0;
  #sent = 0;

  constructor(
    first: Following,
    private readonly execution: Execution,
    private readonly forget: () => void,
  ) {
    const { stream, operation, perViewer, shareFrame, tally } = first;
    this.#shareFrame = shareFrame;
    this.#tally = tally;
    this.#tail = stream.tail;
    this.#definition = stream.delivery.definition!;
    this.#operation = operation;
    this.#perViewer = perViewer;
    const { app, principal } = stream.call;
    // What it asks for is asked by no one of them, and from nowhere.
    const request = { id: newId(), ipAddress: null, userAgent: null };
    this.#call = { app, principal: this.#shared(principal), request };
    this.#at = stream.at;
    this.#cursor = stream.cursor;
    this.#until = stream.at;
  }

  /** False while events are being delivered that this one has not had: it can join a moment later. */
  join(member: Following): boolean {
    if (member.stream.at < this.#until) return false;
    member.joinedAt = member.stream.at;
    const begins = this.#audiences.size === 0;
    this.#audiences.add(member, this.#perViewer);
    if (begins) void this.#follow();
    return true;
  }

  leave(member: Following): void {
    if (!this.#audiences.remove(member) || this.#audiences.size > 0) return;
    this.forget();
    this.#abort.abort();
  }

  async #follow(): Promise<void> {
    try {
      // Whoever began this has joined by then.
      await nextTurn();
      while (this.#audiences.size > 0) {
        const events = this.#tail.after(this.#at, RUN) ?? (await this.#page());
        if (events.length === 0) {
          await this.#tail.wait(this.#at, this.#abort.signal);
          continue;
        }
        this.#until = events.at(-1)!.sequence;
        const row = await this.#patiently(() => this.#deliver(events));
        if (row) this.#cursor = cursorAfter(row, this.#tail.epoch);
        this.#at = this.#until = row?.sequence ?? this.#at;
      }
    } catch (error) {
      for (const caller of this.#audiences.callers()) end(caller, error);
    }
  }

  /** Gives a run of events to everybody. @returns the last of which everybody has been given everything. */
  async #deliver(events: readonly RecordRow[]): Promise<RecordRow | undefined> {
    const { now } = this.#call.app;
    const decidedAt = now().getTime();
    refusePruned(this.#definition, events, this.#tail.cursor);
    const loaded = await this.#definition.load(this.#call, events, { replaying: false });
    await this.#lookAtRights();
    const cursorOf = (row: RecordRow) => cursorAfter(row, this.#tail.epoch);
    const decided = [...this.#audiences].map((audience) => [audience, this.#decideFor(audience, loaded)] as const);
    const steps = stepsOf(decided, events, { before: this.#cursor, after: cursorOf });
    for (let index = 0; index < steps.length;) {
      const { row } = steps[index]!;
      // An event that some have begun to get is given to the end, however old the decision.
      const isNext = index > 0 && steps[index - 1]!.row !== row;
      if (isNext && now().getTime() - decidedAt > MAX_DECISION_AGE_MS) return events[events.indexOf(row) - 1];
      const chunk = steps.slice(index, index + AT_ONCE);
      const contextOf = together(() => this.#context(chunk.flatMap(({ audiences }) => audiences)));
      const frames = await Promise.all(chunk.map(({ event }) => this.#make(event(), contextOf())));
      await this.#send(frames, steps, index);
      index += chunk.length;
    }
    await this.#tellQuiet(events.at(-1)!);
    return events.at(-1);
  }

  /** Ends the streams of callers who see other things than when they joined, or may see nothing any more. */
  async #lookAtRights(): Promise<void> {
    this.#lookedAt = this.#call.app.now().getTime();
    const asked: Promise<void>[] = [];
    for (const caller of this.#audiences.callers()) {
      const known = this.#call.app.principals.known(caller.principal);
      if (known === null) asked.push(this.#ask(caller).then(() => {}));
      else if (known !== caller.seen) this.#look(caller, known);
    }
    if (asked.length > 0) await Promise.all(asked);
  }

  /** The caller as they are now; null when that has ended their streams. @throws AppError UNAVAILABLE */
  async #ask(caller: Caller): Promise<Principal | null> {
    try {
      const current = await this.#call.app.principals.current(caller.principal);
      return this.#look(caller, current) ? current : null;
    } catch (error) {
      if (isUnavailable(error)) throw error;
      end(caller, error);
      return null;
    }
  }

  #look(caller: Caller, current: Principal): boolean {
    caller.seen = current;
    if (rightsOf(current) === caller.rights) return true;
    end(caller, rightsChanged(this.#tail.cursor));
    return false;
  }

  #decideFor(audience: Audience, loaded: unknown): readonly Delivered<unknown>[] {
    try {
      return this.#definition.decide(loaded, audience.reader);
    } catch (error) {
      for (const caller of audience.callers.values()) end(caller, error);
      return [];
    }
  }

  #make(event: unknown, context: () => Promise<ApiContext | null>): Promise<Frame | null> {
    return this.#shareFrame(event as object, () => makeFrame(this.execution, this.#operation, event, context));
  }

  /** For one of these callers, as they are now, in place of all; null when none is left. */
  async #context(audiences: Iterable<Audience>): Promise<ApiContext | null> {
    for (const { callers } of audiences) {
      for (const caller of callers.values()) {
        const principal = await this.#ask(caller);
        if (principal) {
          return createContext(this.#call.app, this.#call.request, { principal: this.#shared(principal) });
        }
      }
    }
    return null;
  }

  /**
   * Sends the frames of the steps from `from` on, to each member all that are theirs at once. Members may come and go
   * meanwhile; those who come have had these events.
   */
  async #send(frames: readonly (Frame | null)[], steps: readonly Step[], from: number): Promise<void> {
    const made = frames.flatMap((frame, index) =>
      frame ? [{ frame, at: from + index, step: steps[from + index]! }] : [],
    );
    await this.#lookAgain();
    const audiences = new Set(made.flatMap(({ step }) => step.audiences));
    for (const audience of audiences) {
      const theirs = made.filter(({ step }) => step.audiences.includes(audience));
      const all = theirs.map(({ frame }) => frame);
      const first = theirs[0]!.step.row.sequence;
      for (const { members } of audience.callers.values()) {
        for (const member of members) {
          const isWhole = member.joinedAt < first;
          const own = isWhole ? theirs : theirs.filter(({ step }) => member.joinedAt < step.row.sequence);
          if (own.length === 0) continue;
          const { sent, behind } = member.push(isWhole ? all : own.map(({ frame }) => frame), this.#lookedAt);
          if (behind) {
            const { at, step } = own[sent - 1]!;
            this.#letBehind(member, step.row, restOf(steps, at, audience));
          }
          if ((this.#sent += 1) % YIELD_EVERY === 0) await this.#breathe();
        }
      }
    }
    const now = this.#call.app.now().getTime();
    for (const { step } of made) this.#tally?.delivered(now - step.row.recordedAt.getTime());
  }

  /** Lets everything else through. */
  async #breathe(): Promise<void> {
    await nextTurn();
    await this.#lookAgain();
  }

  /** While frames were being made, and others were sent, somebody may have lost the right to them. */
  async #lookAgain(): Promise<void> {
    if (this.#call.app.now().getTime() - this.#lookedAt > MAX_MAKING_MS)
      await this.#patiently(() => this.#lookAtRights());
  }

  #letBehind(member: Following, row: RecordRow, rest: readonly unknown[]): void {
    this.leave(member);
    member.fallBehind(row, rest);
  }

  /** Those for whom there was nothing for long are told at least where they are. */
  async #tellQuiet(row: RecordRow): Promise<void> {
    const { cursorFrame } = this.#definition;
    const now = this.#call.app.now().getTime();
    if (!cursorFrame || now < this.#quietAt) return;
    this.#quietAt = now + LOOK_EVERY_MS;
    let frame: Frame | null = null;
    for (const { members } of this.#audiences.callers()) {
      for (const member of members) {
        if (member.joinedAt >= row.sequence || now - member.stream.sentAt < CURSOR_EVERY_MS) continue;
        frame ??= await this.#make(cursorFrame(cursorAfter(row, this.#tail.epoch)), () =>
          this.#context(this.#audiences),
        );
        if (frame && member.push([frame], now).behind) this.#letBehind(member, row, []);
        if ((this.#sent += 1) % YIELD_EVERY === 0) await this.#breathe();
      }
    }
  }

  #shared(principal: Principal): Principal {
    return this.#perViewer ? principal : nameless(principal);
  }

  #page(): Promise<readonly RecordRow[]> {
    return this.#patiently(() => this.#tail.pages.after(this.#at, () => this.#call.app.replays.take('all')));
  }

  /** Waits no longer than somebody waits for it. */
  #patiently<R>(work: () => Promise<R>): Promise<R> {
    return patiently(work, () => this.#abort.signal);
  }
}

function end({ members }: Caller, error: unknown): void {
  for (const member of members) member.fail(error);
}
