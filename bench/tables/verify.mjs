// How fast a whole log is verified: events made in SQL, in batches, by the function that everything is appended by.
import { Database } from '../../dist/services/database.js';
import { newId } from '../../dist/services/ids.js';
import { migrateDatabase } from '../../dist/entities/migrate.js';
import { verifyWorkspace } from '../../dist/services/record/verify-workspace.js';
import { prepareEvent } from '../../dist/services/record/event.js';
import { systemPrincipal } from '../../dist/services/principal.js';
import pg from 'pg';
import { startPostgres } from '../measure/postgres.mjs';
import { Report, shown } from '../measure/report.mjs';
import { readOptions } from '../streams/options.mjs';

const BATCH = 1_000;
const options = readOptions({ events: 200_000, rounds: 3 });
const report = new Report('verify', 'How fast a log is verified');
const postgres = await startPostgres();
const url = await postgres.database('verify');
await migrateDatabase({ url });
const client = new pg.Client({ connectionString: url });
await client.connect();
const workspaceId = newId();
const began = performance.now();
for (let made = 0; made < options.events; made += BATCH) {
  const rows = Array.from({ length: Math.min(BATCH, options.events - made) }, (_, n) => eventOf(made + n).row);
  await client.query('begin');
  await client.query(`select set_config('verbatim.workspace', $1, true)`, [workspaceId]);
  await client.query('select count(*) from record_append($1, $2::jsonb)', [workspaceId, JSON.stringify(rows)]);
  await client.query('commit');
}
await client.query('vacuum analyze record_entry, record_body');
report.say(
  `${shown(options.events)} events of a message each, appended in ${shown((performance.now() - began) / 1000)} s.`,
);
const db = await Database.open({ url, poolSize: 2, statementTimeoutMs: 30_000, lockTimeoutMs: 5_000 });
const rounds = [];
for (let round = 0; round < options.rounds; round++) {
  const [cpu, start] = [process.cpuUsage(), performance.now()];
  const { valid, size } = await verifyWorkspace(db, workspaceId);
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  if (!valid || Number(size) !== options.events) throw new Error('the log is not as it was made');
  const ours = (user + system) / 1e6;
  rounds.push([round + 1, shown(options.events / seconds), shown(options.events / ours), shown(ours)]);
}
report.table(['round', 'events/s', 'events/s of our CPU', 'CPU s'], rounds);
await report.write();
await db.close();
await client.end();
await postgres.stop();

/** As a received message is recorded, audience and address included. */
function eventOf(n) {
  const [conversation, contact, inbox, team] = [newId(), newId(), newId(), newId()];
  return prepareEvent(
    {
      action: 'message.received',
      actor: { kind: 'CONTACT', id: contact, label: `Contact ${n}` },
      target: { type: 'message', id: newId(), label: `#${n}` },
      labels: { conversation: `#${n}` },
      content: [{ message: newId(), digest: 'A'.repeat(43) }],
      conversationId: conversation,
      contactId: contact,
      inboxId: inbox,
      teamId: team,
      audience: [`inbox:${inbox}`, `team:${team}`],
    },
    systemPrincipal(workspaceId),
    { id: newId(), ipAddress: '192.0.2.1', userAgent: 'bench' },
    new Date(),
  );
}
