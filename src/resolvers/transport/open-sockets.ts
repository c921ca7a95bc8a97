import type { SocketLeases } from '../../services/presence/socket-leases.js';
import type { Principal } from '../../services/principal.js';

/** The live connections of this node, WebSockets and event streams alike, by caller. */
export class OpenSockets {
  readonly #perPrincipal = new Map<string, number>();

  constructor(
    private readonly leases: SocketLeases,
    private readonly perPrincipal: number,
  ) {}

  /** How many are open. */
  get size(): number {
    let size = 0;
    for (const count of this.#perPrincipal.values()) size += count;
    return size;
  }

  /** Counts one more connection of a caller; false = they have too many, and this one is not counted. */
  enter(principal: Principal): boolean {
    const key = keyOf(principal);
    const count = this.#perPrincipal.get(key) ?? 0;
    if (count >= this.perPrincipal) return false;
    this.#perPrincipal.set(key, count + 1);
    this.leases.opened(principal);
    return true;
  }

  /** One connection fewer; exactly once for each that was let in. */
  leave(principal: Principal): void {
    const key = keyOf(principal);
    const count = (this.#perPrincipal.get(key) ?? 0) - 1;
    if (count > 0) this.#perPrincipal.set(key, count);
    else this.#perPrincipal.delete(key);
    this.leases.closed(principal);
  }
}

const keyOf = ({ workspaceId, kind, id }: Principal): string => `${workspaceId}/${kind}/${id}`;
