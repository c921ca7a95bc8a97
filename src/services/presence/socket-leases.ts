import type { Application } from '../application.js';
import { sql } from '../database.js';
import { newId } from '../ids.js';
import type { Principal } from '../principal.js';
import { socketsChanged } from './presence.js';

/** A node that has not renewed its leases for so long is dead, and its agents have no sockets there. */
const LEASE_MS = 45_000;
/** How often a node renews, and looks for agents whose node has died. */
export const RENEW_MS = 15_000;

/**
 * The sockets that agents have open on this node, kept where every node sees them. From the first one on an agent is
 * there; some seconds after the last one, on all nodes, gone.
 */
export class SocketLeases {
  readonly #nodeId = newId();
  readonly #counts = new Map<string, number>();
  /** Changes of one agent one after the other: the last word in the database must be the last one here. */
  readonly #queue = new Map<string, Promise<void>>();

  constructor(private readonly app: Application) {}

  opened(principal: Principal): void {
    this.#count(principal, 1);
  }

  closed(principal: Principal): void {
    this.#count(principal, -1);
  }

  /** Renews this node's leases. */
  async renew(): Promise<void> {
    await this.app.db.asApplication(sql`select socket_leases_renew(${this.#nodeId}, ${this.#expiry()})`);
  }

  /** Waits for what is under way. */
  async settle(): Promise<void> {
    await Promise.all(this.#queue.values());
  }

  #count(principal: Principal, by: 1 | -1): void {
    if (principal.kind !== 'AGENT' || principal.id === null) return;
    const { workspaceId, id } = principal;
    const key = `${workspaceId}/${id}`;
    const before = this.#counts.get(key) ?? 0;
    const count = before + by;
    if (count === 0) this.#counts.delete(key);
    else this.#counts.set(key, count);
    if (before > 0 && count > 0) return;
    const work = (this.#queue.get(key) ?? Promise.resolve()).then(() => this.#write(workspaceId, id, key));
    this.#queue.set(key, work);
    void work.then(() => {
      if (this.#queue.get(key) === work) this.#queue.delete(key);
    });
  }

  async #write(workspaceId: string, agentId: string, key: string): Promise<void> {
    const count = this.#counts.get(key) ?? 0;
    try {
      await this.app.db.asApplication(
        sql`select socket_lease_set(${workspaceId}, ${agentId}, ${this.#nodeId}, ${count}, ${this.#expiry()})`,
      );
      // Going waits for the sweep: who only reloads a page does not go and come.
      if (count > 0) await socketsChanged(this.app, workspaceId, agentId);
    } catch (error) {
      this.app.log.warn({ err: error }, 'a change of presence could not be recorded; the sweep makes up for it');
    }
  }

  #expiry(): Date {
    return new Date(this.app.now().getTime() + LEASE_MS);
  }
}
