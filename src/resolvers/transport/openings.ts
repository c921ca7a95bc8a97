/**
 * What the ids of a socket's operations stand for while they are being opened. A client may give up an operation that is
 * not open yet and use its id again; what was begun first may be there last, and must not be taken for the other.
 */
export class Openings {
  #newest: Map<string, object> | null = null;

  begin(id: string, operation: object): void {
    this.#newest ??= new Map();
    this.#newest.set(id, operation);
  }

  /** Whether the id still stands for this operation, now that it is there; to be asked once. */
  isCurrent(id: string, operation: object): boolean {
    if (this.#newest?.get(id) !== operation) return false;
    this.#newest.delete(id);
    if (this.#newest.size === 0) this.#newest = null;
    return true;
  }
}
