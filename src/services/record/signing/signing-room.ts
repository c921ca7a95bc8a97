import type { OwnCheckpoints } from './own-checkpoints.js';
import type { RecordKeys } from './record-keys.js';

/** What signing needs of this process: the keys, what was signed last, and that nobody signs the same log twice at once. */
export class SigningRoom {
  readonly #underWay = new Map<string, Promise<unknown>>();

  constructor(
    readonly keys: RecordKeys,
    readonly own: OwnCheckpoints,
  ) {}

  /** Joins what is under way for this log: many who ask for a checkpoint at once get the same one. */
  together<T>(workspaceId: string, work: () => Promise<T>): Promise<T> {
    const underWay = this.#underWay.get(workspaceId) as Promise<T> | undefined;
    if (underWay) return underWay;
    const started = work().finally(() => this.#underWay.delete(workspaceId));
    this.#underWay.set(workspaceId, started);
    return started;
  }
}
