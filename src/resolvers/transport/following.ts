import type { RecordRow } from '../../services/record/read.js';
import { CAUGHT_UP, type PullStream } from '../../services/streams/pull-stream.js';
import { nameless } from '../../services/streams/reader.js';
import { createContext } from '../context.js';
import { asksPerViewer } from '../per-viewer.js';
import type { Caller } from './audiences.js';
import type { Execution, Operation } from './execution.js';
import { makeFrame, MAX_MAKING_MS, patiently, type Frame, type Outlet } from './frame.js';
import type { LiveGroup } from './live-group.js';
import type { LiveGroups } from './live-groups.js';
import type { SharedReplays } from './shared-replays.js';
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
  #group: LiveGroup | null = null;
  readonly #replays: SharedReplays;

  constructor(
    readonly stream: PullStream<unknown>,
    readonly operation: Operation,
    private readonly outlet: Outlet,
    private readonly execution: Execution,
    private readonly groups: LiveGroups,
  ) {
    super();
    this.#replays = groups.shareReplays(this);
  }

  /** What it gets depends on who the viewer is. */
  get perViewer(): boolean {
    const { definition } = this.stream.delivery;
    return (definition?.perViewer ?? true) || asksPerViewer(this.execution.schema, this.operation.document);
  }

  /** Gives it a frame of its group; false = its reader has fallen behind. */
  push(frame: Frame, now: number): boolean {
    this.stream.sentAt = now;
    return this.outlet.push(frame);
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
      for (const event of rest) await this.#give(event);
    } catch (error) {
      this.fail(error);
    }
    await this.#pull();
  }

  /** Runs only while it is behind: who follows live costs no more than a place in a group. */
  async #pull(): Promise<void> {
    try {
      while (!this.ended) {
        const event = await this.stream.pull();
        if (event === CAUGHT_UP) {
          if (this.ended) return;
          // There may be more by now, which the group is giving its members already.
          this.#group = this.groups.join(this);
          if (this.#group) return;
        } else {
          await this.#give(event);
        }
      }
    } catch (error) {
      this.fail(error);
    }
  }

  async #give(event: unknown): Promise<void> {
    const { now } = this.stream.call.app;
    const began = now().getTime();
    await patiently(() => this.stream.caller());
    const frame = await this.#replays.frame(event as object, () => this.#make(event as object));
    // While it was being made its reader may have lost the right to it.
    if (frame && !this.ended && now().getTime() - began > MAX_MAKING_MS) await patiently(() => this.stream.caller());
    if (frame && !this.ended) await this.outlet.send(frame);
  }

  #make(event: object): Promise<Frame | null> {
    const { app, request } = this.stream.call;
    return makeFrame(this.execution, this.operation, event, async () => {
      if (this.ended) return null;
      const caller = await this.stream.caller();
      return createContext(app, request, { principal: this.perViewer ? caller : nameless(caller) });
    });
  }
}
