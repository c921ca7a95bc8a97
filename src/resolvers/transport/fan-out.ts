import { createSourceEventStream, type ExecutionResult } from 'graphql';
import { PullStream } from '../../services/streams/pull-stream.js';
import type { ApiContext } from '../context.js';
import { formatError } from '../errors.js';
import type { Execution, FormattedResult, Operation } from './execution.js';
import { Following } from './following.js';
import type { Outlet } from './frame.js';
import { LiveGroups } from './live-groups.js';
import { Relaying } from './relaying.js';

/** A subscription that somebody opens. */
export interface Subscription {
  operation: Operation;
  /** Where its frames go. */
  outlet: Outlet;
}

/**
 * Turns the events of streams into frames for their subscribers. Frames go out by the subscription's outlet; the
 * generator only begins, and says by its end how the stream has ended.
 */
export class FanOut {
  readonly #groups: LiveGroups;

  constructor(private readonly execution: Execution) {
    this.#groups = new LiveGroups(execution);
  }

  /** @returns the stream, or the one result that says why there is none. */
  async open(
    { operation, outlet }: Subscription,
    context: ApiContext,
  ): Promise<AsyncGenerator<never, void, void> | FormattedResult> {
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
    return source instanceof PullStream
      ? new Following(source, operation, outlet, this.execution, this.#groups)
      : new Relaying(source, context.call, operation, outlet, this.execution);
  }
}

const isGenerator = (value: unknown): value is AsyncGenerator<unknown, void, void> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
