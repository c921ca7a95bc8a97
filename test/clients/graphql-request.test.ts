import { GraphQLClient } from 'graphql-request';
import { it } from 'vitest';
import { runScenario, SYNC, type Event, type StockClient } from './scenario.js';
import { shortly, type Session } from './session.js';

interface Page {
  workspaceEvents: { eventCursor: string; nodes: Event[] };
}

function make(url: string, session: Session): StockClient {
  const client = new GraphQLClient(`${url}/graphql`, { fetch: session.fetch });
  const closed = new AbortController();
  return {
    ask: (query, variables) => client.request(query, variables),
    // It has no subscriptions: it asks for the next page of the feed again and again.
    follow(afterEvent, take) {
      const sync = async () => {
        for (let after = afterEvent; !closed.signal.aborted; await shortly()) {
          const page = await client.request<Page>(SYNC, { afterEvent: after }).catch(() => null);
          for (const event of page?.workspaceEvents.nodes ?? []) {
            take(event);
            after = event.cursor;
          }
        }
      };
      void sync();
    },
    close: async () => closed.abort(),
  };
}

it('serves graphql-request through a restart and the end of its token', { timeout: 60_000 }, () => runScenario(make));
