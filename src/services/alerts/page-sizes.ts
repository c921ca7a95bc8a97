/** Events that are evaluated in one transaction, where nothing is in the way. */
const PAGE = 200;

/**
 * How many events of each workspace are evaluated at once. Where that took too long it is half as many the next time, so
 * that a page which cannot be done as a whole is done in the end; each one that is done doubles it again.
 */
export class PageSizes {
  readonly #smaller = new Map<string, number>();

  of(workspaceId: string): number {
    return this.#smaller.get(workspaceId) ?? PAGE;
  }

  /** @returns false when there is no less than one event. */
  halve(workspaceId: string): boolean {
    const size = this.of(workspaceId);
    this.#smaller.set(workspaceId, Math.max(1, Math.floor(size / 2)));
    return size > 1;
  }

  /** After one that was done. */
  double(workspaceId: string): void {
    const size = this.of(workspaceId) * 2;
    if (size >= PAGE) this.#smaller.delete(workspaceId);
    else this.#smaller.set(workspaceId, size);
  }
}
