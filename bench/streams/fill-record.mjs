// A long record in a short time: real events of messages that are there, appended by the function that appends all
// events, many a transaction.
import pg from 'pg';
import { commit } from '../../dist/services/commit.js';
import { newId } from '../../dist/services/ids.js';
import { systemPrincipal } from '../../dist/services/principal.js';
import { openBeside } from '../measure/space.mjs';

const A_TRANSACTION = 500;

/** Appends `count` events of the newest messages of the workspace's conversations, one after the other in turns. */
export async function fillRecord({ dataDir, databaseUrl, space }, count) {
  const owner = new pg.Client({ connectionString: databaseUrl });
  await owner.connect();
  const { rows } = await owner.query(
    `select id, number, contact_id, inbox_id, last_message_id from conversation where workspace_id = $1 order by number`,
    [space.id],
  );
  await owner.end();
  const app = await openBeside({ dataDir, url: databaseUrl });
  const request = { id: newId(), ipAddress: null, userAgent: null };
  try {
    for (let done = 0; done < count;) {
      const end = Math.min(done + A_TRANSACTION, count);
      await commit({ app, principal: systemPrincipal(space.id), request }, async (tx) => {
        for (; done < end; done += 1) tx.record(eventOf(rows[done % rows.length]));
      });
    }
  } finally {
    await app.close();
  }
}

const eventOf = (row) => ({
  action: 'message.received',
  actor: { kind: 'CONTACT', id: row.contact_id, label: 'Asha' },
  target: { type: 'message', id: row.last_message_id, label: `#${row.number}` },
  labels: { conversation: `#${row.number}` },
  conversationId: row.id,
  contactId: row.contact_id,
  inboxId: row.inbox_id,
  audience: [`inbox:${row.inbox_id}`],
});
