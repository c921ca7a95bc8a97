import { createSourceEventStream, type ExecutionResult } from 'graphql';
import type { StreamTallies, StreamTally } from '../../services/metrics/stream-tallies.js';
import { PullStream } from '../../services/streams/pull-stream.js';
import type { ApiContext } from '../context.js';
import { formatError } from '../errors.js';
import type { Execution, FormattedResult, Operation } from './execution.js';
import { Following } from './following.js';
import type { Frame, Outlet, Pushed } from './frame.js';
import { LiveGroups } from './live-groups.js';
import { Relaying } from './relaying.js';
import { rootFieldOf } from './root-field.js';

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

  constructor(
    private readonly execution: Execution,
    private readonly tallies: StreamTallies,
  ) {
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
    const tally = this.tallies.of(rootFieldOf(operation));
    if (!isGenerator(source)) {
      const { request, app } = context.open;
      const errors = ((source as ExecutionResult).errors ?? []).map((error) => formatError(error, request.id, app.log));
      if (errors.some(({ extensions }) => extensions?.['code'] === 'RESYNC_REQUIRED')) tally.resumed('resync');
      return { errors };
    }
    const counted = new CountedOutlet(outlet, tally);
    const opened =
      source instanceof PullStream
        ? new Following(source, operation, counted, this.execution, this.#groups, tally)
        : new Relaying(source, context.call, operation, counted, this.execution);
    if (source instanceof PullStream && source.resumed !== null) tally.resumed(source.resumed);
    const { kind } = context.call.principal;
    tally.counts(kind, 1);
    opened.whenOver(() => tally.counts(kind, -1));
    return opened;
  }
}

/** Counts what goes out by another. */
class CountedOutlet implements Outlet {
  constructor(
    private readonly outlet: Outlet,
    private readonly tally: StreamTally,
  ) {}

  send(frames: readonly Frame[]): Promise<void> {
    this.tally.frames += frames.length;
    return this.outlet.send(frames);
  }

  push(frames: readonly Frame[]): Pushed {
    const pushed = this.outlet.push(frames);
    this.tally.frames += pushed.sent;
    if (pushed.behind) this.tally.fellBehind += 1;
    return pushed;
  }

  drained(): Promise<void> {
    return this.outlet.drained();
  }
}

const isGenerator = (value: unknown): value is AsyncGenerator<unknown, void, void> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
