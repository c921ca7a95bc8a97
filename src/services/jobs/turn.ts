import { sql, type Database } from '../database.js';
import { newId } from '../ids.js';

/** How long a turn holds without being renewed, in seconds: the most that a duty rests after its node was killed. */
const TURN_SECONDS = 10;

/**
 * A duty that one of all nodes does at a time, so that the work of the installation does not grow with its nodes. It
 * saves work and is no lock: a node that was stopped for longer than its turn may still finish what it had begun, so
 * every duty must be safe to be done twice.
 */
export class Turn {
  readonly #nodeId = newId();
  #mine = false;

  constructor(
    private readonly db: Database,
    private readonly duty: string,
  ) {}

  /** Whether it was this node's turn when it was last taken. */
  get isMine(): boolean {
    return this.#mine;
  }

  /** Takes the turn when it is free, and renews it when it is this node's. @returns whether it is this node's now. */
  async take(): Promise<boolean> {
    const [row] = await this.db.asApplication<{ mine: boolean }>(
      sql`select turn_take(${this.duty}, ${this.#nodeId}, ${TURN_SECONDS}) as mine`,
    );
    return (this.#mine = row!.mine);
  }

  /** Lets the next node go on at once. */
  async passOn(): Promise<void> {
    if (!this.#mine) return;
    this.#mine = false;
    await this.db.asApplication(sql`select turn_pass_on(${this.duty}, ${this.#nodeId})`);
  }
}
