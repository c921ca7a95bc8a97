import { createClient } from 'graphql-sse';
import { it } from 'vitest';
import { ApiClient } from '../support/client.js';
import { FOLLOW, runScenario, type Anything, type Event, type StockClient } from './scenario.js';
import { shortly, SIGN_IN, type Session } from './session.js';

function make(url: string, session: Session): StockClient {
  const client = createClient({
    url: `${url}/graphql/stream`,
    fetchFn: session.fetch,
    retryAttempts: Infinity,
    retry: shortly,
  });
  return {
    async ask(query, variables) {
      // An event stream is of somebody: signing in is the one request before it.
      if (query === SIGN_IN) return new ApiClient(url, null).ask(query, variables);
      for await (const { data, errors } of client.iterate<Anything>({ query, variables })) {
        if (errors) throw new Error(JSON.stringify(errors));
        return data;
      }
      throw new Error('no answer');
    },
    follow(afterEvent, take) {
      const operation = { query: FOLLOW, variables: { afterEvent } };
      client.subscribe<{ workspaceEvents: Event }>(operation, {
        next({ data }) {
          take(data!.workspaceEvents);
          operation.variables.afterEvent = data!.workspaceEvents.cursor;
        },
        error: () => {},
        complete: () => {},
      });
    },
    close: async () => client.dispose(),
  };
}

it('serves the client of graphql-sse through a restart and the end of its token', { timeout: 60_000 }, () =>
  runScenario(make),
);
