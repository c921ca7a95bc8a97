// Follows the conversations of a running demo: prints each as it is, and again whenever it has changed. It goes on where
// it stopped, whatever happens to its connection or to the server. From the directory in which the demo was started:
//
//   node examples/follow-conversations.mjs
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';

const { graphql, apiKey } = JSON.parse(readFileSync(join(process.env.DATA_DIR || '.verbatim', 'demo.json'), 'utf8'));
// Asked for at every connection: for people, refresh the access token here when it ends soon.
const authorization = () => `Bearer ${apiKey}`;

// Half of it is chance: clients that were cut off together do not come back together.
const backOff = (tries) => pause(Math.min(2 ** tries, 30) * 1000 * (0.5 + Math.random()));
let failures = 0;
let unanswered;

const client = createClient({
  url: graphql.replace(/^http/, 'ws'),
  webSocketImpl: WebSocket, // Browsers and Node 22 bring one.
  connectionParams: () => ({ authorization: authorization() }),
  retryAttempts: Infinity,
  retryWait: backOff,
  shouldRetry: () => true, // By default a connection that was refused is the end.
  keepAlive: 10_000,
  on: {
    // keepAlive only asks. A connection that was lost without a word is noticed by the answer that does not come.
    ping: (received) => {
      if (!received) unanswered = setTimeout(() => client.terminate(), 5_000);
    },
    pong: () => clearTimeout(unanswered),
    closed: () => clearTimeout(unanswered),
  },
});

const fields = 'id number status contact { displayName } lastMessage { text }';
const view = new Map();

const lineOf = (row) => `#${row.number} ${row.status} ${row.contact.displayName}: ${row.lastMessage?.text ?? ''}`;

/** Puts a conversation in place. A frame may come twice, or say what is known already: that is no news. */
function put(row) {
  const known = view.get(row.id);
  view.set(row.id, row);
  if (!known || lineOf(known) !== lineOf(row)) console.log(lineOf(row));
}

/** Reads the latest conversations. The cursor was read before them: what happens from here on comes as changes. */
async function query() {
  const response = await fetch(graphql, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: authorization() },
    body: JSON.stringify({ query: `{ conversations(first: 50) { eventCursor nodes { ${fields} } } }` }),
  });
  const { data, errors } = await response.json();
  if (errors) return { errors };
  view.clear();
  for (const row of data.conversations.nodes) put(row);
  return { afterEvent: data.conversations.eventCursor };
}

/** Follows the changes; resolves when that has ended, with the errors or the close event that say why. */
const follow = (operation) =>
  new Promise((resolve) => {
    let refused = null;
    const stop = client.subscribe(operation, {
      next({ data, errors }) {
        // Refused: it completes by itself. To stop it as well makes graphql-ws count it twice as ended, and reconnect no
        // more. A frame means that it was begun again, with a new connection.
        refused = data ? null : errors;
        if (refused) return;
        if (errors) {
          // Nothing after this frame may be applied: its cursor would skip what is missing here.
          resolve(errors);
          return stop();
        }
        const { changeType, cursor, conversationId, conversation } = data.conversationChanges;
        if (changeType === 'REMOVED') view.delete(conversationId);
        else if (changeType !== 'CURSOR') put(conversation);
        // Only now that it is applied. The client sends this very object again when it reconnects.
        operation.variables.afterEvent = cursor;
        failures = 0;
      },
      error: resolve, // Ended on the way, or a socket that was closed for good.
      complete: () => resolve(refused ?? []),
    });
  });

const subscription = `subscription ($afterEvent: String) { conversationChanges(afterEvent: $afterEvent) {
  changeType cursor conversationId conversation { ${fields} } } }`;
let operation = null;

for (;;) {
  let ended;
  if (!operation) {
    // An answer that does not come is like one that says so.
    const { afterEvent, errors } = await query().catch(() => ({ errors: [{ extensions: { code: 'UNAVAILABLE' } }] }));
    if (afterEvent) operation = { query: subscription, variables: { afterEvent } };
    ended = errors;
  }
  if (operation) ended = await follow(operation);

  const code = ended[0]?.extensions?.code;
  if (code === 'RESYNC_REQUIRED') {
    operation = null; // The server cannot go on from this cursor: what was missed is in the rows, queried afresh.
  } else if (code !== 'UNAVAILABLE' && code !== 'RATE_LIMITED') {
    console.error('the stream has ended:', ended);
    process.exit(1);
  }
  await backOff(failures++);
}
