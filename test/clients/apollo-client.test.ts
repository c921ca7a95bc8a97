import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { getMainDefinition } from '@apollo/client/utilities';
import { tap } from 'rxjs';
import { it } from 'vitest';
import { FOLLOW, runScenario, type Event, type StockClient } from './scenario.js';
import type { Session } from './session.js';
import { openSocket } from './socket.js';

interface Followed {
  workspaceEvents: Event;
}

/** The socket sends the variables of the operation again when it comes back: by then they must be of the last frame. */
const resuming = new ApolloLink((operation, forward) =>
  forward(operation).pipe(
    tap(({ data }) => {
      if (data) operation.variables['afterEvent'] = (data as unknown as Followed).workspaceEvents.cursor;
    }),
  ),
);

function make(url: string, session: Session): StockClient {
  const socket = openSocket(url, session);
  const http = new HttpLink({ uri: `${url}/graphql`, fetch: session.fetch });
  const client = new ApolloClient({
    cache: new InMemoryCache(),
    link: ApolloLink.split(
      ({ query }) => {
        const definition = getMainDefinition(query);
        return definition.kind === 'OperationDefinition' && definition.operation === 'subscription';
      },
      resuming.concat(new GraphQLWsLink(socket)),
      http,
    ),
  });
  return {
    async ask(operation, variables) {
      const document = gql(operation);
      const { data, error } = operation.startsWith('mutation')
        ? await client.mutate({ mutation: document, variables })
        : await client.query({ query: document, variables, fetchPolicy: 'network-only' });
      if (error) throw error;
      return data;
    },
    follow(afterEvent, take) {
      client
        .subscribe<Followed>({ query: gql(FOLLOW), variables: { afterEvent }, fetchPolicy: 'no-cache' })
        .subscribe(({ data }) => {
          if (data) take(data.workspaceEvents);
        });
    },
    async close() {
      client.stop();
      await socket.dispose();
    },
  };
}

it('serves Apollo Client through a restart and the end of its token', { timeout: 60_000 }, () => runScenario(make));
