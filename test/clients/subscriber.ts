import { ApiClient } from '../support/client.js';
import { FOLLOW, type Anything, type StockClient } from './scenario.js';
import { SIGN_IN } from './session.js';

interface Operation {
  query: string;
  variables: Record<string, unknown>;
}

interface Result {
  data?: Anything;
  errors?: unknown;
}

/** What the clients of graphql-ws and graphql-sse have in common. */
interface Subscribing {
  iterate(operation: Operation): AsyncIterable<Result>;
  subscribe(
    operation: Operation,
    sink: { next(result: Result): void; error(error: unknown): void; complete(): void },
  ): unknown;
  dispose(): unknown;
}

/** A client by whose connection everything goes, which is of somebody: signing in is the one request before it. */
export const subscriber = (url: string, client: Subscribing): StockClient => ({
  async ask(query, variables) {
    if (query === SIGN_IN) return new ApiClient(url, null).ask(query, variables);
    for await (const { data, errors } of client.iterate({ query, variables })) {
      if (errors) throw new Error(JSON.stringify(errors));
      return data;
    }
    throw new Error('no answer');
  },
  follow(afterEvent, take) {
    const operation = { query: FOLLOW, variables: { afterEvent } };
    client.subscribe(operation, {
      next({ data: { workspaceEvents } }) {
        take(workspaceEvents);
        operation.variables.afterEvent = workspaceEvents.cursor;
      },
      error: () => {},
      complete: () => {},
    });
  },
  async close() {
    await client.dispose();
  },
});
