// The second half of the table `streams`, ours alone: a long replay to one client, and many clients who come back at
// once.
import { join } from 'node:path';
import pg from 'pg';
import { pause } from '../measure/clock.mjs';
import { startFile } from '../measure/processes.mjs';
import { shown } from '../measure/report.mjs';
import { percentile, spread } from '../measure/statistics.mjs';
import { usageOf } from '../measure/usage.mjs';
import { CHANGE } from './crowds.mjs';
import { fillRecord } from './fill-record.mjs';
import { startPinger } from './pinger.mjs';
import { cursorNow } from './record.mjs';
import { startOurs } from './servers.mjs';
import { Writer } from './writer.mjs';

const CONVERSATIONS = 10;
const PER_KEY = 20;
const TIMEOUT_MS = 180_000;
const QUIET_MS = 3_000;
const EVENTS = `subscription ($afterEvent: String) { workspaceEvents(afterEvent: $afterEvent) {
  cursor id action occurredAt } }`;

/** @returns how many clients did not get what they should. */
export async function reportReplays(report, postgres, options) {
  const keys = Math.ceil(options.reconnecting / PER_KEY) + 1;
  const server = { ...(await startOurs({ postgres, keys })), dataDir: postgres.dataDir };
  const writer = new Writer(server);
  for (let index = 0; index < CONVERSATIONS; index += 1) await writer.write(index, 20, index);
  let faults = await replay(report, server, writer, options.replay);
  faults += await reconnect(report, server, writer, options);
  for (const fault of server.errors.slice(0, 5)) console.log(fault);
  writer.close();
  await server.stop();
  return faults;
}

async function replay(report, server, writer, count) {
  const start = await cursorNow(writer);
  await fillRecord(server, count);
  const [reader, other] = server.space.keys;
  const idle = await startPinger(server.url, other, writer);
  await pause(QUIET_MS);
  const before = await idle.stop();

  const crowd = await startFile(join(import.meta.dirname, 'crowd.mjs'));
  const pinger = await startPinger(server.url, other, writer);
  const used = await usageOf(server.pid);
  const result = await crowd.ask('comeBack', {
    url: server.url,
    count: 1,
    credentials: [reader],
    query: EVENTS,
    variables: { afterEvent: start },
    caughtUp: '"id":null',
    timeoutMs: TIMEOUT_MS,
  });
  const cpuMs = (await usageOf(server.pid)).cpuMs - used.cpuMs;
  const during = await pinger.stop();
  await crowd.stop();
  report.head(`A replay of ${shown(count)} events to one client`);
  const [tookMs] = result.times;
  report.say(
    `${shown(result.frames)} frames in ${shown(tookMs / 1000)} s (${shown(Math.round((1000 * result.frames) / tookMs))}/s, ` +
      `${shown((1000 * cpuMs) / result.frames)} µs of CPU each). What another client of the same process notices: WebSocket pings ` +
      'one after the other, 5 ms apart, and a small query every 100 ms.',
  );
  const row = (name, { pings, answers }) => [
    name,
    ...[spread(pings), spread(answers)].flatMap(({ p50, p99, max }) => [p50, p99, max].map(shown)),
  ];
  report.table(
    ['', 'ping p50 ms', 'ping p99 ms', 'longest ms', 'query p50 ms', 'query p99 ms', 'longest query ms'],
    [row('nothing else', before), row('during the replay', during)],
  );
  return result.frames === count && result.faults.length === 0 ? 0 : 1;
}

async function reconnect(report, server, writer, { reconnecting, behind }) {
  const rows = [];
  let faults = 0;
  const crowd = await startFile(join(import.meta.dirname, 'crowd.mjs'));
  for (const followed of [false, true]) {
    // Somebody who follows keeps the newest events of the workspace in the memory of the process.
    const watcher = followed ? await startFile(join(import.meta.dirname, 'crowd.mjs')) : null;
    await watcher?.ask('connect', {
      url: server.url,
      count: 1,
      credentials: [server.space.key],
      query: CHANGE,
      variables: {},
    });
    const start = await cursorNow(writer);
    await fillRecord(server, behind);
    await pause(QUIET_MS);
    const counting = await countStatements(server.databaseUrl);
    const used = await usageOf(server.pid);
    const result = await crowd.ask('comeBack', {
      url: server.url,
      count: reconnecting,
      credentials: server.space.keys,
      query: CHANGE,
      variables: { afterEvent: start },
      caughtUp: '"changeType":"CURSOR"',
      timeoutMs: TIMEOUT_MS,
    });
    const cpuMs = (await usageOf(server.pid)).cpuMs - used.cpuMs;
    const statements = await counting.stop();
    for (const line of statements.most) console.log(line);
    await crowd.ask('end');
    await watcher?.stop();
    await pause(QUIET_MS);
    if (result.fewest < CONVERSATIONS || result.faults.length > 0) faults += 1;
    rows.push([
      followed ? 'one follows all the time' : 'nobody followed meanwhile',
      shown(result.connectedMs),
      shown(percentile(result.times, 0.5)),
      shown(Math.max(...result.times)),
      result.frames,
      statements.count,
      shown(statements.count / reconnecting),
      shown(cpuMs / 1000),
    ]);
  }
  await crowd.stop();
  report.head(`${shown(reconnecting)} clients reconnect at once, ${shown(behind)} events behind`);
  report.say(
    `All connect in the same moment with \`conversationChanges\` from the same old cursor; the events are of ${CONVERSATIONS} conversations. ` +
      'Until each has been told that it has caught up; SQL statements by pg_stat_statements.',
  );
  report.table(
    ['', 'all connected ms', 'caught up p50 ms', 'all caught up ms', 'frames', 'SQL statements', 'a client', 'CPU s'],
    rows,
  );
  return faults;
}

/** Counts what is executed in a database from now on. */
async function countStatements(databaseUrl) {
  const owner = new pg.Client({ connectionString: databaseUrl });
  await owner.connect();
  await owner.query('create extension if not exists pg_stat_statements');
  await owner.query('select pg_stat_statements_reset()');
  return {
    async stop() {
      const { rows } = await owner.query(
        `select calls::int as calls, left(regexp_replace(query, '\\s+', ' ', 'g'), 100) as text from pg_stat_statements
          where dbid = (select oid from pg_database where datname = current_database())
            and query not like '%pg_stat_statements%' order by calls desc`,
      );
      await owner.end();
      return {
        count: rows.reduce((sum, { calls }) => sum + calls, 0),
        most: rows.slice(0, 5).map(({ calls, text }) => `  ${calls} × ${text}`),
      };
    },
  };
}
