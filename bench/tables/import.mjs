// Past conversations brought in by the command, as an operator runs it, into a PostgreSQL of its own: how fast, in how much
// memory, and whether everything is there exactly once, also where it was killed in the middle and run again.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { loadConfig } from '../../dist/config.js';
import { openApplication } from '../../dist/application-wiring.js';
import { migrateDatabase } from '../../dist/entities/migrate.js';
import { createLogger } from '../../dist/log.js';
import { commit } from '../../dist/services/commit.js';
import { verifyWorkspace } from '../../dist/services/record/verify-workspace.js';
import { addBot } from '../../dist/services/workspaces/add-bot.js';
import { addInbox } from '../../dist/services/workspaces/add-inbox.js';
import { setUpCall, setUpWorkspace } from '../../dist/services/workspaces/create-workspace.js';
import { conversations } from '../import/conversations.mjs';
import { startPostgres } from '../measure/postgres.mjs';
import { cleanEnvironment } from '../measure/processes.mjs';
import { Report, shown } from '../measure/report.mjs';

const { values } = parseArgs({
  args: process.argv.slice(3),
  options: {
    data: { type: 'string', default: process.env.VERBATIM_DATA ?? '' },
    seed: { type: 'string', default: '7' },
  },
});
if (!values.data) throw new Error('--data or VERBATIM_DATA must name a file of dialogues: bench/README.md');
const AGENT = 'ada@bench.example';
const program = join(import.meta.dirname, '../../dist/cli/verbatim.js');

const report = new Report('import', 'How fast past conversations are imported');
const postgres = await startPostgres({ shared_buffers: '256MB', max_wal_size: '4GB' });
const url = await postgres.database('import');
await migrateDatabase({ url });
const owner = new pg.Pool({ connectionString: url, max: 1 });
const log = createLogger('silent', process.stderr);
const app = await openApplication({ config: loadConfig({ DATA_DIR: postgres.dataDir }), databaseUrl: url, log });

const file = join(postgres.dataDir, 'past.ndjson');
const expected = { conversations: 0, messages: 0, notes: 0 };
const out = createWriteStream(file);
for await (const conversation of conversations(values.data, { agents: [AGENT], seed: Number(values.seed) })) {
  expected.conversations += 1;
  expected.messages += conversation.messages.length;
  expected.notes += conversation.notes.length;
  if (!out.write(`${JSON.stringify(conversation)}\n`)) await once(out, 'drain');
}
out.end();
await finished(out);
const exact = JSON.stringify(expected);
report.say(
  `${shown(expected.conversations)} conversations, ${shown(expected.messages)} messages and ${shown(expected.notes)} notes in one file.`,
);

const whole = await newWorkspace('whole');
const twice = await newWorkspace('twice');
const rows = [];
await measured('a new workspace', whole, (summary) => summary.messages.created === expected.messages);
await measured('the same again', whole, ({ messages, conversations: made }) => {
  return messages.created === 0 && made.created === 0 && made.unchanged === expected.conversations;
});

const killed = run(twice);
let before = 0;
while (before < expected.messages / 3) {
  if (killed.exitCode !== null) throw new Error('the import ended before it was killed');
  before = (await countsOf(twice)).messages;
}
killed.kill('SIGKILL');
await once(killed, 'close');
const left = await countsOf(twice);
await mustBeValid(twice);
await measured(`after kill -9 at ${shown(left.messages)} messages`, twice, ({ messages }) => {
  return messages.created === expected.messages - left.messages && messages.unchanged === left.messages;
});

report.table(['', 'messages created', 'unchanged', 'seconds', 'messages/s', 'peak RSS MB', 'counts', 'verify'], rows);
await report.write();
await app.close();
await owner.end();
await postgres.stop();

/** Runs an import to its end, and holds what is there against what was in the file. */
async function measured(name, slug, holds) {
  const child = run(slug);
  const [summary, peakKb] = await Promise.all([textOf(child.stdout), peakOf(child)]);
  const figures = JSON.parse(summary);
  if (figures.rejected > 0 || !holds(figures)) throw new Error(`${name}: not what it should have done: ${summary}`);
  const there = JSON.stringify(await countsOf(slug));
  if (there !== exact) throw new Error(`${name}: there are ${there}, and should be ${exact}`);
  const size = await mustBeValid(slug);
  rows.push([
    name,
    shown(figures.messages.created),
    shown(figures.messages.unchanged),
    shown(figures.seconds),
    shown((figures.messages.created + figures.messages.unchanged) / figures.seconds),
    shown(peakKb / 1024),
    'exact',
    `valid, ${shown(size)} events`,
  ]);
}

function run(slug) {
  const args = [program, 'import', file, '--workspace', slug, '--inbox', 'Past', '--json'];
  return spawn(process.execPath, args, {
    env: { ...cleanEnvironment(), MALLOC_ARENA_MAX: '2', DATABASE_URL: url, DATA_DIR: postgres.dataDir },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function textOf(stream) {
  let text = '';
  for await (const chunk of stream) text += chunk;
  return text;
}

/** The most memory that a process had, as the kernel has counted it, in KB. */
async function peakOf(child) {
  let peak = 0;
  while (child.exitCode === null && child.signalCode === null) {
    try {
      peak = Math.max(
        peak,
        Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0),
      );
    } catch {
      // It has ended.
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return peak;
}

async function newWorkspace(slug) {
  await commit(setUpCall(app), async (tx) => {
    await setUpWorkspace(tx, { name: slug, slug, adminEmail: AGENT, logHost: 'bench.example' }, 'nobody signs in');
    const botId = await addBot(tx, { displayName: 'Robin' });
    await addInbox(tx, { name: 'Past', channel: 'WEB_CHAT', botId });
  });
  return slug;
}

async function countsOf(slug) {
  const { rows: counted } = await owner.query(
    `select (select count(*)::int from conversation where workspace_id = w.id) as conversations,
       (select count(*)::int from message where workspace_id = w.id) as messages,
       (select count(*)::int from note where workspace_id = w.id) as notes
     from workspace w where slug = $1`,
    [slug],
  );
  return counted[0];
}

async function mustBeValid(slug) {
  const { rows: found } = await owner.query('select id from workspace where slug = $1', [slug]);
  const { valid, size } = await verifyWorkspace(app.db, found[0].id);
  if (!valid) throw new Error('the record does not verify');
  return Number(size);
}
