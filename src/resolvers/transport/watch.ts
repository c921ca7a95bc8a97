/** What is looked at now and then. */
export interface Watched {
  /** @param now by the clock of `performance.now`, in milliseconds. */
  look(now: number): void;
}

/** Looks at everything of a kind with one timer: a node has thousands of sockets. */
export class Watch {
  readonly #watched = new Set<Watched>();
  readonly #timer: NodeJS.Timeout;

  constructor(everyMs: number) {
    this.#timer = setInterval(() => {
      const now = performance.now();
      for (const one of this.#watched) one.look(now);
    }, everyMs);
    this.#timer.unref();
  }

  add(one: Watched): void {
    this.#watched.add(one);
  }

  delete(one: Watched): void {
    this.#watched.delete(one);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
