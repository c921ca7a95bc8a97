import { setImmediate as nextTurn } from 'node:timers/promises';
import type { StreamTally } from '../../services/metrics/stream-tallies.js';
import type { RecordRow } from '../../services/record/read.js';
import { patiently } from '../../services/streams/patiently.js';
import { MAX_DECISION_AGE_MS, type PullStream } from '../../services/streams/pull-stream.js';
import { nameless } from '../../services/streams/reader.js';
import { createContext, type ApiContext } from '../context.js';
import { asksPerViewer } from '../per-viewer.js';
import type { Caller } from './audiences.js';
import type { Execution, Operation } from './execution.js';
import { AT_ONCE, makeFrame, MAX_MAKING_MS, partsOf, together, type Frame, type Outlet, type Pushed } from './frame.js';
import type { LiveGroup } from './live-group.js';
import type { LiveGroups } from './live-groups.js';
import type { ShareFrame } from './shared-replays.js';
import { Silent } from './silent.js';

/**
 * One subscription of a stream of the record. It pulls at its reader's pace until it has caught up; then it is a member
 * of the group of all who follow alike, which is given each event at once, until its reader falls behind.
 */
export class Following extends Silent {
  /** Up to this event it had everything when it joined its group. */
  joinedAt = -1;
  /** Whose it is in its group. */
  caller: Caller | null = null;
  /** Makes a frame together with those who follow alike. */
  readonly shareFrame: ShareFrame;
  #group: LiveGroup | null = null;

  constructor(
    readonly stream: PullStream<unknown>,
    readonly operation: Operation,
    private readonly outlet: Outlet,
    private readonly execution: Execution,
    private readonly groups: LiveGroups,
    /** Where what it gives is counted. */
    readonly tally?: StreamTally,
  ) {
    super();
    this.shareFrame = groups.shareReplays(this);
  }

  /** What it gets depends on who the viewer is. */
  get perViewer(): boolean {
    const { definition } = this.stream.delivery;
    return (definition?.perViewer ?? true) || asksPerViewer(this.execution.schema, this.operation.document);
  }

  /** Gives it frames of its group, up to the one with which its reader has fallen behind. */
  push(frames: readonly Frame[], now: number): Pushed {
    this.stream.sentAt = now;
    return this.outlet.push(frames);
  }

  /** Goes on alone after this event, and with what it has not been given of it. */
  fallBehind(row: RecordRow, rest: readonly unknown[]): void {
    this.#group = null;
    this.stream.goOnAfter(row);
    this.stream.decidedAt = this.stream.call.app.now().getTime();
    void this.#catchUp(row, rest);
  }

  protected override begin(): void {
    void this.#pull();
  }

  protected override release(): Promise<unknown> {
    this.#group?.leave(this);
    this.#group = null;
    return this.stream.return();
  }

  async #catchUp(row: RecordRow, rest: readonly unknown[]): Promise<void> {
    try {
      await this.outlet.drained();
      let left = rest;
      while (left.length > 0 && !this.ended) {
        // An event that was decided long ago is decided again, and what they have of it comes once more.
        if (this.#isOld && this.stream.goBackBefore(row)) break;
        left = left.slice(await this.#give(left));
      }
    } catch (error) {
      this.fail(error);
    }
    await this.#pull();
  }

  /** Runs only while it is behind: who follows live costs no more than a place in a group. */
  async #pull(): Promise<void> {
    try {
      while (!this.ended) {
        const events = await this.stream.pull(AT_ONCE);
        const given = await this.#give(events);
        if (given < events.length) this.stream.giveAgainAfter(given);
        if (events.length > 0) continue;
        if (this.ended) return;
        // There may be more by now, which the group is giving its members already.
        this.#group = this.groups.join(this);
        if (this.#group) return;
        // The group may be ahead of what this node has read, by a reader who came with a newer cursor: without a turn for
        // others nothing would ever be read again.
        await nextTurn();
      }
    } catch (error) {
      this.fail(error);
    }
  }

  /** Whether the decision over who sees what was pulled has grown old: the object may have left their sight since. */
  get #isOld(): boolean {
    return this.stream.call.app.now().getTime() - this.stream.decidedAt > MAX_DECISION_AGE_MS;
  }

  /** @returns how many it has given: not all when its reader takes too long. */
  async #give(events: readonly unknown[]): Promise<number> {
    if (events.length === 0) return 0;
    const { now } = this.stream.call.app;
    let lookedAt = now().getTime();
    await patiently(() => this.stream.caller());
    const contextOf = together(() => this.#context());
    const made = await Promise.all(
      events.map((event) =>
        this.shareFrame(event as object, () => makeFrame(this.execution, this.operation, event as object, contextOf())),
      ),
    );
    let given = 0;
    for (const frames of partsOf(made.filter((frame) => frame !== null))) {
      if (given > 0 && this.#isOld) return given;
      // While they were being made, and others left, its reader may have lost the right to them.
      if (!this.ended && now().getTime() - lookedAt > MAX_MAKING_MS) {
        lookedAt = now().getTime();
        await patiently(() => this.stream.caller());
      }
      if (this.ended) break;
      await this.outlet.send(frames);
      given += frames.length;
    }
    return events.length;
  }

  async #context(): Promise<ApiContext | null> {
    if (this.ended) return null;
    const { app, request } = this.stream.call;
    const caller = await this.stream.caller();
    return createContext(app, request, { principal: this.perViewer ? caller : nameless(caller) });
  }
}
