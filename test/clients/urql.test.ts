import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { it } from 'vitest';
import { FOLLOW, runScenario, type Event, type StockClient } from './scenario.js';
import type { Session } from './session.js';
import { openSocket } from './socket.js';

interface Followed {
  workspaceEvents: Event;
}

function make(url: string, session: Session): StockClient {
  const socket = openSocket(url, session);
  const client = new Client({
    url: `${url}/graphql`,
    fetch: session.fetch,
    preferGetMethod: false,
    exchanges: [
      subscriptionExchange({
        forwardSubscription: ({ query = '', variables }) => ({
          subscribe(sink) {
            // Sent again when the socket comes back: by then it must be of the last frame.
            const operation = { query, variables: { ...variables } };
            const unsubscribe = socket.subscribe<Followed>(operation, {
              ...sink,
              next(result) {
                if (result.data) operation.variables['afterEvent'] = result.data.workspaceEvents.cursor;
                sink.next(result as Parameters<typeof sink.next>[0]);
              },
            });
            return { unsubscribe };
          },
        }),
      }),
      fetchExchange,
    ],
  });
  return {
    async ask(operation, variables) {
      const asked = operation.startsWith('mutation')
        ? client.mutation(operation, variables)
        : client.query(operation, variables, { requestPolicy: 'network-only' });
      const { data, error } = await asked.toPromise();
      if (error) throw error;
      return data;
    },
    follow(afterEvent, take) {
      client.subscription<Followed>(FOLLOW, { afterEvent }).subscribe(({ data }) => {
        if (data) take(data.workspaceEvents);
      });
    },
    close: async () => socket.dispose(),
  };
}

it('serves urql through a restart and the end of its token', { timeout: 60_000 }, () => runScenario(make));
