/** Batches that are written at the same time, but for those of the same conversation, whose order is that of its messages. */
export class Writing {
  readonly #underWay = new Map<Promise<void>, readonly string[]>();
  readonly #failures: unknown[] = [];

  constructor(private readonly most: number) {}

  /** Waits for a place and starts. @throws what a batch before failed with. */
  async start(conversations: readonly string[], write: () => Promise<void>): Promise<void> {
    const wanted = new Set(conversations);
    for (;;) {
      this.#refuse();
      const others = [...this.#underWay].filter(([, names]) => names.some((name) => wanted.has(name)));
      const waitFor = others.length > 0 ? others.map(([promise]) => promise) : [...this.#underWay.keys()];
      if (others.length === 0 && this.#underWay.size < this.most) break;
      await Promise.race(waitFor);
    }
    const written = write().catch((error: unknown) => void this.#failures.push(error));
    const done = written.finally(() => this.#underWay.delete(done));
    this.#underWay.set(done, conversations);
  }

  /** Waits for all of them. @throws what the first of them failed with. */
  async end(): Promise<void> {
    await Promise.all(this.#underWay.keys());
    this.#refuse();
  }

  #refuse(): void {
    if (this.#failures.length > 0) throw this.#failures[0];
  }
}
