import { it } from 'vitest';
import { runScenario, type StockClient } from './scenario.js';
import type { Session } from './session.js';
import { openSocket } from './socket.js';
import { subscriber } from './subscriber.js';

const make = (url: string, session: Session): StockClient => subscriber(url, openSocket(url, session));

it('serves the client of graphql-ws through a restart and the end of its token', { timeout: 60_000 }, () =>
  runScenario(make),
);
