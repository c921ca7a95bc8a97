import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../src/embedded/postgres.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Connects to the `postgres` database of the server of this run, as a superuser. */
    postgresUrl: string;
    /** The migrated database that every test database is a copy of. */
    templateDatabase: string;
  }
}

const noDurability = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };

/** Starts the run's PostgreSQL and migrates the template once; returns what ends them. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startServer();
  const template = server.shared ? `verbatim_template_${process.pid}` : 'verbatim_template';
  try {
    await execute(server.url, `create database ${template}`);
    const templateUrl = new URL(server.url);
    templateUrl.pathname = `/${template}`;
    const { migrateDatabase } = await import('../../src/entities/migrate.js');
    await migrateDatabase({ url: templateUrl.href });
  } catch (error) {
    await server.stop();
    throw error;
  }
  project.provide('postgresUrl', server.url);
  project.provide('templateDatabase', template);
  return async () => {
    if (server.shared) await execute(server.url, `drop database ${template}`);
    await server.stop();
  };
}

async function startServer(): Promise<{ url: string; shared: boolean; stop(): Promise<void> }> {
  const url = process.env['TEST_DATABASE_URL'];
  if (url) return { url, shared: true, stop: async () => {} };

  const directory = mkdtempSync(join(tmpdir(), 'verbatim-test-'));
  // PostgreSQL's user must pass through it when the tests run as root.
  chmodSync(directory, 0o711);
  const lines: string[] = [];
  const server = await startEmbeddedPostgres({
    dataDir: directory,
    settings: { ...noDurability, max_connections: '300' },
    log: (line) => lines.push(line),
  }).catch((error: unknown) => {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  });
  // An interrupted run exits without teardown: the server has its own end then, and only the files are left to remove.
  const removeAfterInterrupt = () => {
    const ended = 'i=0; while [ -e "$1" ] && [ $i -lt 100 ]; do sleep 0.05; i=$((i+1)); done';
    spawnSync('sh', ['-c', ended, 'sh', join(directory, 'postgres', 'cluster', 'postmaster.pid')]);
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  };
  process.once('exit', removeAfterInterrupt);
  return {
    url: server.url('postgres'),
    shared: false,
    async stop() {
      await server.stop();
      process.off('exit', removeAfterInterrupt);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}
