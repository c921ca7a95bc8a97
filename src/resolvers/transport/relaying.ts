import type { Call } from '../../services/application.js';
import { patiently } from '../../services/streams/patiently.js';
import { refuseChanged, rightsOf } from '../../services/streams/rights.js';
import { createContext } from '../context.js';
import type { Execution, Operation } from './execution.js';
import { makeFrame, MAX_MAKING_MS, type Outlet } from './frame.js';
import { Silent } from './silent.js';

/** Passes on, to one subscriber, what is true only now: each event is executed when the frame before has left. */
export class Relaying extends Silent {
  constructor(
    private readonly source: AsyncGenerator<unknown, void, void>,
    private readonly call: Call,
    private readonly operation: Operation,
    private readonly outlet: Outlet,
    private readonly execution: Execution,
  ) {
    super();
  }

  protected override begin(): void {
    void this.#run();
  }

  protected override release(): Promise<unknown> {
    return this.source.return();
  }

  async #run(): Promise<void> {
    const { app, principal, request } = this.call;
    const rights = rightsOf(principal);
    const caller = async () => {
      const current = await app.principals.current(principal);
      await refuseChanged(app, rights, current);
      return current;
    };
    let began = 0;
    const context = async () => {
      if (this.ended) return null;
      const current = await caller();
      began = app.now().getTime();
      return createContext(app, request, { principal: current });
    };
    try {
      for (;;) {
        const { value, done } = await this.source.next();
        if (done) break;
        const frame = await makeFrame(this.execution, this.operation, value, context);
        // While it was being made its reader may have lost the right to it.
        if (frame && !this.ended && app.now().getTime() - began > MAX_MAKING_MS) await patiently(caller);
        if (!frame || this.ended) return;
        await this.outlet.send([frame]);
      }
      await this.return();
    } catch (error) {
      this.fail(error);
    }
  }
}
