import type { RecordRow } from '../../services/record/read.js';
import type { PullStream } from '../../services/streams/pull-stream.js';
import { nameless } from '../../services/streams/reader.js';
import { createContext, type ApiContext } from '../context.js';
import { asksPerViewer } from '../per-viewer.js';
import type { Caller } from './audiences.js';
import type { Execution, Operation } from './execution.js';
import {
  AT_ONCE,
  makeFrame,
  MAX_MAKING_MS,
  partsOf,
  patiently,
  together,
  type Frame,
  type Outlet,
  type Pushed,
} from './frame.js';
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
    void this.#catchUp(rest);
  }

  protected override begin(): void {
    void this.#pull();
  }

  protected override release(): Promise<unknown> {
    this.#group?.leave(this);
    this.#group = null;
    return this.stream.return();
  }

  async #catchUp(rest: readonly unknown[]): Promise<void> {
    try {
      await this.outlet.drained();
      await this.#give(rest);
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
        await this.#give(events);
        if (events.length > 0) continue;
        if (this.ended) return;
        // There may be more by now, which the group is giving its members already.
        this.#group = this.groups.join(this);
        if (this.#group) return;
      }
    } catch (error) {
      this.fail(error);
    }
  }

  async #give(events: readonly unknown[]): Promise<void> {
    if (events.length === 0) return;
    const { now } = this.stream.call.app;
    let lookedAt = now().getTime();
    await patiently(() => this.stream.caller());
    const contextOf = together(() => this.#context());
    const made = await Promise.all(
      events.map((event) =>
        this.shareFrame(event as object, () => makeFrame(this.execution, this.operation, event as object, contextOf())),
      ),
    );
    for (const frames of partsOf(made.filter((frame) => frame !== null))) {
      // While they were being made, and others left, its reader may have lost the right to them.
      if (!this.ended && now().getTime() - lookedAt > MAX_MAKING_MS) {
        lookedAt = now().getTime();
        await patiently(() => this.stream.caller());
      }
      if (this.ended) return;
      await this.outlet.send(frames);
    }
  }

  async #context(): Promise<ApiContext | null> {
    if (this.ended) return null;
    const { app, request } = this.stream.call;
    const caller = await this.stream.caller();
    return createContext(app, request, { principal: this.perViewer ? caller : nameless(caller) });
  }
}
