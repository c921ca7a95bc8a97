const DONE: IteratorResult<never, void> = { value: undefined, done: true };

/**
 * A generator that yields nothing: what it is about goes another way. It begins when it is first asked, and ends when
 * that has ended, with its error if it has one.
 */
export abstract class Silent implements AsyncGenerator<never, void, void> {
  readonly #over = Promise.withResolvers<IteratorResult<never, void>>();
  #begun = false;
  #ended = false;

  /** Does what there is to do, and says with `end` when there is no more. */
  protected abstract begin(): void;
  /** Lets go of everything. Called once. */
  protected abstract release(): Promise<unknown>;

  get ended(): boolean {
    return this.#ended;
  }

  next(): Promise<IteratorResult<never, void>> {
    if (!this.#begun && !this.#ended) {
      this.#begun = true;
      this.begin();
    }
    return this.#over.promise;
  }

  async return(): Promise<IteratorResult<never, void>> {
    if (this.#ended) return DONE;
    this.#ended = true;
    this.#over.resolve(DONE);
    await this.release();
    return DONE;
  }

  /** Ends with this error; whoever has left is not told how. */
  fail(error: unknown): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#over.reject(error);
    void this.release();
  }

  /** Tells once that it has ended, however it did. */
  whenOver(told: () => void): void {
    void this.#over.promise.then(told, told);
  }

  async throw(error: unknown): Promise<IteratorResult<never, void>> {
    await this.return();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}
