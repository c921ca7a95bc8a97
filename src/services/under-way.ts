import { unavailable } from './errors.js';

/** Counts what is under way, so that what it needs is taken away only when the last of it has ended. */
export class UnderWay {
  readonly #ended = Promise.withResolvers<void>();
  #count = 0;
  #ending = false;

  /**
   * Runs a piece of work, counted.
   * @throws AppError UNAVAILABLE once the end has begun; the work is not begun then.
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#ending) throw unavailable('The server is stopping. Try again.');
    this.#count += 1;
    try {
      return await work();
    } finally {
      this.#count -= 1;
      this.#settle();
    }
  }

  /** Takes nothing new, and resolves when the last has ended. */
  end(): Promise<void> {
    this.#ending = true;
    this.#settle();
    return this.#ended.promise;
  }

  #settle(): void {
    if (this.#ending && this.#count === 0) this.#ended.resolve();
  }
}
