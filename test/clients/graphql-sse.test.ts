import { createClient } from 'graphql-sse';
import { it } from 'vitest';
import { runScenario, type StockClient } from './scenario.js';
import { shortly, type Session } from './session.js';
import { subscriber } from './subscriber.js';

const make = (url: string, session: Session): StockClient =>
  subscriber(
    url,
    createClient({
      url: `${url}/graphql/stream`,
      fetchFn: session.fetch,
      retryAttempts: Infinity,
      retry: shortly,
    }),
  );

it('serves the client of graphql-sse through a restart and the end of its token', { timeout: 60_000 }, () =>
  runScenario(make),
);
