// Somebody else at the same server, who notices when it does not answer: WebSocket pings, which cost it nothing but its
// attention, and small queries.
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { now, pause } from '../measure/clock.mjs';

const PING_EVERY_MS = 5;
const ASK_EVERY_MS = 100;

/** Pings and asks until stopped. @param {import('./writer.mjs').Writer} writer of the same server */
export async function startPinger(url, credential, writer) {
  const ws = new WebSocket(`${url.replace(/^http/, 'ws')}/graphql`, 'graphql-transport-ws');
  await once(ws, 'open');
  ws.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${credential}` } }));
  await once(ws, 'message');
  const pings = [];
  const answers = [];
  let stopped = false;
  const pinging = (async () => {
    while (!stopped) {
      const sentAt = now();
      const pong = once(ws, 'pong');
      ws.ping();
      await pong;
      pings.push(now() - sentAt);
      await pause(PING_EVERY_MS);
    }
  })();
  const asking = (async () => {
    while (!stopped) {
      const sentAt = now();
      const { errors } = await writer.ask({ query: '{ viewer { __typename } }' });
      if (errors) throw new Error(JSON.stringify(errors));
      answers.push(now() - sentAt);
      await pause(ASK_EVERY_MS);
    }
  })();
  return {
    async stop() {
      stopped = true;
      await Promise.all([pinging, asking]);
      ws.close();
      return { pings, answers };
    },
  };
}
