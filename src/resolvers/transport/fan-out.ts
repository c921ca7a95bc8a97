import { setTimeout as pause } from 'node:timers/promises';
import { createSourceEventStream, type ExecutionResult } from 'graphql';
import { AppError } from '../../services/errors.js';
import { refuseChanged, rightsOf } from '../../services/streams/rights.js';
import type { ApiContext } from '../context.js';
import { formatError } from '../errors.js';
import type { Execution, FormattedResult, Operation } from './execution.js';

/** A subscription that somebody opens. */
export interface Subscription {
  operation: Operation;
  /** For opening the stream. */
  context: ApiContext;
  /** For one delivery: fresh loaders, and the caller as they are now. @throws AppError UNAUTHENTICATED */
  freshContext: () => Promise<ApiContext>;
}

/** Turns the events of streams into frames for their subscribers. */
export interface FanOut {
  /** @returns the frames, or the one result that says why there are none. */
  open(subscription: Subscription): Promise<AsyncGenerator<FormattedResult, void, void> | FormattedResult>;
}

/** The plain way: every event is executed once for every subscriber. */
export class ExecutionPerSubscriber implements FanOut {
  constructor(private readonly execution: Execution) {}

  async open({ operation, context, freshContext }: Subscription) {
    const source = await createSourceEventStream({
      schema: this.execution.schema,
      document: operation.document,
      operationName: operation.operationName,
      variableValues: operation.variables,
      contextValue: context,
    });
    if (!isGenerator(source)) {
      const { request, app } = context.open;
      return {
        errors: ((source as ExecutionResult).errors ?? []).map((error) => formatError(error, request.id, app.log)),
      };
    }
    const rights = rightsOf(context.call.principal);
    const readerNow = async () => {
      const now = await freshContext();
      await refuseChanged(now.open.app, rights, now.call.principal);
      return now;
    };
    return new Frames(source, async (event, signal) => {
      for (;;) {
        const result = await this.#frame(operation, readerNow, event);
        if (!isUnavailable(result) || signal.aborted) return result;
        // A frame without its data would lose the event for its reader: it is made again when the database is back.
        await pause(RETRY_MS, undefined, { signal }).catch(() => {});
      }
    });
  }

  /** @throws AppError UNAUTHENTICATED when the reader's rights have ended, RESYNC_REQUIRED when they are others now. */
  async #frame(
    operation: Operation,
    readerNow: Subscription['freshContext'],
    event: unknown,
  ): Promise<FormattedResult> {
    try {
      const context = await readerNow();
      const { app } = context.open;
      const began = app.now().getTime();
      const result = await this.execution.run(operation, context, event);
      // While it was being made its reader may have lost the right to it.
      if (app.now().getTime() - began > MAX_MAKING_MS) await readerNow();
      return result;
    } catch (error) {
      if (error instanceof AppError && error.code === 'UNAVAILABLE')
        return { errors: [{ message: error.message, extensions: { code: error.code } }] };
      throw error;
    }
  }
}

/** How long after a frame could not be made it is tried again, in milliseconds. */
const RETRY_MS = 500;
/** A frame that took longer to be made is sent only after its reader's rights were looked at again, in milliseconds. */
const MAX_MAKING_MS = 50;

const isUnavailable = ({ errors }: FormattedResult): boolean =>
  errors?.some((error) => error.extensions?.['code'] === 'UNAVAILABLE') ?? false;

const isGenerator = (value: unknown): value is AsyncGenerator<unknown, void, void> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;

/**
 * The frames of a source, one at a time as they are asked for. Not a generator function: its `return` would wait for
 * the event that is being waited for, while the source's own breaks the wait off.
 */
class Frames implements AsyncGenerator<FormattedResult, void, void> {
  readonly #abort = new AbortController();

  constructor(
    private readonly source: AsyncGenerator<unknown, void, void>,
    private readonly frame: (event: unknown, signal: AbortSignal) => Promise<FormattedResult>,
  ) {}

  async next(): Promise<IteratorResult<FormattedResult, void>> {
    const { value, done } = await this.source.next();
    if (done) return { value: undefined, done: true };
    try {
      return { value: await this.frame(value, this.#abort.signal), done: false };
    } catch (error) {
      // Whoever reads asks no more after this, and does not say that they have left either.
      await this.return();
      throw error;
    }
  }

  async return(): Promise<IteratorResult<FormattedResult, void>> {
    this.#abort.abort();
    await this.source.return();
    return { value: undefined, done: true };
  }

  async throw(error: unknown): Promise<IteratorResult<FormattedResult, void>> {
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
