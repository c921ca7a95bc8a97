import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';
import { shortly, type Session } from './session.js';

/** The access token ended: what the server closes a socket with then. */
const EXPIRED = 4403;

/** graphql-ws as docs/realtime.md says, for whichever library uses it: it comes back, with a fresh token where it must. */
export function openSocket(url: string, session: Session): Client {
  let used: string | undefined;
  let hasEnded = false;
  return createClient({
    url: `${url.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    retryAttempts: Infinity,
    retryWait: shortly,
    shouldRetry: () => true,
    connectionParams: async () => {
      if (hasEnded) await session.refresh(used);
      hasEnded = false;
      used = session.headers['authorization'];
      return session.headers;
    },
    on: {
      closed: (event) => {
        hasEnded ||= (event as { code?: number }).code === EXPIRED;
      },
    },
  });
}
