import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import { loadConfig } from '../../src/config.js';
import { startServer, type RunningServer } from '../../src/server.js';
import { createTestDatabase, type TestDatabase } from './database.js';

export interface TestServer extends RunningServer {
  database: TestDatabase;
  /** Starts another node on the same database, with the same keys. */
  another(env?: Record<string, string>, wiring?: { compilesOperations?: boolean }): Promise<RunningServer>;
}

export interface TestServerOptions {
  /** Environment variables on top of the defaults. */
  env?: Record<string, string>;
  now?: () => Date;
  /** Evaluate the record for alerts, as nodes do: what that writes comes at any time, so only tests of it want it. */
  evaluatesAlerts?: boolean;
}

/** For how long one event of reading speaks, in all workspaces; a node hears of it within five seconds. */
export async function setViewWindow(server: TestServer, seconds: number): Promise<void> {
  const owner = new pg.Client({ connectionString: server.database.url });
  await owner.connect();
  await owner.query('update workspace set view_window_seconds = $1', [seconds]);
  await owner.end();
}

/**
 * Starts a node in this process, on a database and a free port of its own. `stop` also drops the database.
 * `TEST_COMPILES=no` runs any test with operations that are executed in the ordinary way.
 */
export async function startTestServer({
  env = {},
  now,
  evaluatesAlerts = false,
}: TestServerOptions = {}): Promise<TestServer> {
  const database = await createTestDatabase();
  const dataDir = mkdtempSync(join(tmpdir(), 'verbatim-node-'));
  chmodSync(dataDir, 0o711);
  const open = (more: Record<string, string>, wiring: { compilesOperations?: boolean } = {}) =>
    startServer({
      compilesOperations: process.env['TEST_COMPILES'] !== 'no',
      evaluatesAlerts,
      ...wiring,
      config: loadConfig({
        DATA_DIR: dataDir,
        PORT: '0',
        DATABASE_POOL_SIZE: '8',
        DRAIN_SECONDS: '0',
        // Signed when a test says so: an event that comes by itself would be in the way of those it counts.
        CHECKPOINT_SECONDS: '0',
        // A test asks more in a second than a caller may; cost-bucket.test.ts has the limit.
        COST_BUCKET_POINTS: '100000000',
        COST_REFILL_PER_SECOND: '100000000',
        ...env,
        ...more,
      }),
      databaseUrl: database.url,
      log: pino({ level: process.env['TEST_LOG'] ?? 'silent' }),
      ...(now ? { now } : {}),
    });
  const server = await open({});
  return {
    ...server,
    database,
    another: (more = {}, wiring = {}) => open(more, wiring),
    stop: async () => {
      await server.stop();
      await database.drop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
