import { expect, vi } from 'vitest';
import { Execution } from '../../src/resolvers/transport/execution.js';

// Bound again to whichever executor is called.
// oxlint-disable-next-line typescript/unbound-method
const { run } = Execution.prototype;

/** Counts the executions of events for frames; those of operations aside. */
export class Executions {
  readonly #run = vi.spyOn(Execution.prototype, 'run');
  /** Whether one is waiting that was told to. */
  delayed = false;

  get count(): number {
    return this.#run.mock.calls.filter(([, , event]) => event !== undefined).length;
  }

  /** How many an act takes, once it is over. */
  async during(act: () => Promise<unknown>): Promise<number> {
    const before = this.count;
    await act();
    return this.count - before;
  }

  /** Acts until one act takes so many: from then on all who follow alike have caught up. */
  async settleAt(count: number, act: () => Promise<unknown>): Promise<void> {
    await vi.waitFor(async () => expect(await this.during(act)).toBe(count), { timeout: 10_000, interval: 1 });
  }

  /** Lets the next execution of an event wait. */
  delayNext(until: Promise<void>): void {
    const delay = async () => {
      this.delayed = true;
      await until;
      this.delayed = false;
    };
    const spy = this.#run;
    spy.mockImplementation(async function (this: Execution, ...args) {
      if (args[2] !== undefined) {
        spy.mockImplementation(run);
        await delay();
      }
      return run.apply(this, args);
    });
  }

  restore(): void {
    this.#run.mockRestore();
  }
}
