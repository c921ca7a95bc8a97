// The stage of the tables that compare servers over the same data: PostgreSQL, the seeded database, all servers, the load.
import { join } from 'node:path';
import pg from 'pg';
import { peerUrl, prepareForPeers } from '../peers/database.mjs';
import { ours, postgraphile, raw, sdlFirst } from '../peers/operations.mjs';
import { startPostgres } from '../measure/postgres.mjs';
import { startApi, startFile } from '../measure/processes.mjs';
import { machineCpu, usageOf, usageOfTree } from '../measure/usage.mjs';
import { DISTURBED } from './rounds.mjs';
import { seedDatabase, signIn } from '../seed/seed.mjs';

const bench = join(import.meta.dirname, '..');
/** As an installation for this much data has it; durable like every other. */
export const settings = {
  shared_buffers: '1GB',
  max_wal_size: '4GB',
  max_connections: '300',
  shared_preload_libraries: 'pg_stat_statements',
};
/** How long a calm moment is waited for. */
const CALM_MS = 5_000;

export const PEERS = ['raw', 'PostGraphile', 'PostGraphile, RLS', 'Mercurius', 'Yoga'];

/** @param {{ scale?: number, small?: number, seed?: number }} options as of `seedDatabase` */
export async function setStage(options) {
  const postgres = await startPostgres(settings);
  const url = await postgres.database('bench');
  const owner = new pg.Pool({ connectionString: url, max: 2 });
  owner.on('error', () => {});
  const counting = statementCounter(owner);
  await counting.off();
  const { app, large, small, tookMs } = await seedDatabase({ ...options, dataDir: postgres.dataDir, url });
  await prepareForPeers(url);
  const load = await startFile(join(bench, 'load/client.mjs'));
  const stops = [];

  const peer = async (file, operations, env = {}) => {
    const server = await startFile(join(bench, 'peers', file), {
      env: {
        DATABASE_URL: peerUrl(url),
        WORKSPACE_ID: large.id,
        VIEWER_ID: large.adminId,
        GRAPHILE_ENV: 'production',
        ...env,
      },
    });
    stops.push(server.stop);
    return { url: server.ready.url, pid: server.pid, operations };
  };

  let answered = () => {};
  const meter = meterOf(postgres, load);
  const measure = async (server, options) => {
    const figures = await meter(server, options);
    answered(server, figures.latencies.length);
    return figures;
  };

  return {
    url,
    dataDir: postgres.dataDir,
    app,
    large,
    small,
    owner,
    seededMs: tookMs,
    counting,
    load,
    /** All peers by their names. */
    startPeers: async () => ({
      raw: await peer('raw.mjs', raw),
      PostGraphile: await peer('postgraphile.mjs', postgraphile(large)),
      'PostGraphile, RLS': await peer('postgraphile.mjs', postgraphile(large), { ROW_LEVEL_SECURITY: 'on' }),
      Mercurius: await peer('mercurius.mjs', sdlFirst),
      Yoga: await peer('yoga.mjs', sdlFirst),
    }),
    /** Ours as `npm start` has it. @param {object} [options] as of `startApi` */
    startOurs: async (more = {}) => {
      const server = await startApi({ dataDir: postgres.dataDir, databaseUrl: url, ...more });
      stops.push(server.stop);
      return server;
    },
    /** Tokens live ten minutes. @param {object} space @param {string} agentId */
    token: (space, agentId) => signIn(app, space, agentId),
    /** Sends requests for a while and says what that took of the server and of PostgreSQL. */
    measure,
    /** @param {(server: object, count: number) => void} listener is told of every answer */
    onAnswers: (listener) => (answered = listener),
    calm,
    /** Ends the servers, does what is left to do with the database, and ends that. */
    strikeAfter: async (work) => {
      await load.stop();
      for (const stop of stops) await stop();
      const result = await work();
      await owner.end();
      await app.close();
      await postgres.stop();
      return result;
    },
  };
}

export { ours };

/** Sends requests for a while and says what that took of the server, of PostgreSQL and of others. */
export const meterOf =
  (postgres, load) =>
  async (server, { requests, connections, ms, unique }) => {
    const pids = [server.pid, load.pid, process.pid];
    const usage = () => Promise.all([usageOfTree(postgres.pid), machineCpu(), ...pids.map((pid) => usageOf(pid))]);
    const before = await usage();
    const {
      tookMs: took,
      latencies,
      bytes,
    } = await load.ask('load', { url: server.url, requests, connections, ms, unique });
    const after = await usage();
    const spent = (index) => after[index].cpuMs - before[index].cpuMs;
    const passed = (what) => after[1][what] - before[1][what];
    const own = spent(0) + spent(2) + spent(3) + spent(4);
    return {
      latencies,
      perSecond: (1000 * latencies.length) / took,
      serverCpuMs: spent(2) / latencies.length,
      postgresCpuMs: spent(0) / latencies.length,
      rssMb: after[2].rssKb / 1024,
      bytes,
      /** The share of the machine that others had meanwhile. */
      others:
        Math.max(0, passed('busyMs') + passed('stolenMs') - own) /
        (passed('busyMs') + passed('stolenMs') + passed('idleMs')),
    };
  };

/** Waits for a moment in which the machine has little to do, up to a bound. */
export async function calm() {
  for (const until = performance.now() + CALM_MS; performance.now() < until;) {
    const before = await machineCpu();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const after = await machineCpu();
    const busy = after.busyMs + after.stolenMs - before.busyMs - before.stolenMs;
    if (busy / (busy + after.idleMs - before.idleMs) <= DISTURBED) return;
  }
}

/** Counts the statements of one database by pg_stat_statements, which is on only while it counts. */
export function statementCounter(owner) {
  const track = async (what) => {
    await owner.query(`alter system set pg_stat_statements.track = '${what}'`);
    await owner.query('select pg_reload_conf()');
    // Connections take it over when they come to their next statement.
    await owner.query('select pg_sleep(0.2)');
  };
  return {
    off: async () => {
      await owner.query('create extension if not exists pg_stat_statements');
      await track('none');
    },
    /** @param {() => Promise<number>} work answers how many requests it made @returns {Promise<number>} statements for each */
    during: async (work) => {
      await track('top');
      await owner.query('select pg_stat_statements_reset()');
      const requests = await work();
      const { rows } = await owner.query(
        `select coalesce(sum(calls), 0)::int as calls from pg_stat_statements
         where query not ilike '%pg_stat_statements%' and dbid = (select oid from pg_database where datname = current_database())`,
      );
      await track('none');
      return rows[0].calls / requests;
    },
  };
}
