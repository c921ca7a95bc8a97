import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';

export interface TestDatabase {
  url: string;
  /** Another database of the same server, as a superuser: for what cannot be done from inside. */
  adminUrl: string;
  drop(): Promise<void>;
}

/** Makes a database of its own for a test file: a copy of the migrated template, without rows of others. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const adminUrl = inject('postgresUrl');
  const name = `test_${randomBytes(8).toString('hex')}`;
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  await execute(adminUrl, `create database ${name} template ${inject('templateDatabase')} strategy file_copy`);
  return {
    url: url.href,
    adminUrl,
    // With force: a pool that a failed test left open must not keep the database.
    drop: () => execute(adminUrl, `drop database ${name} with (force)`),
  };
}

async function execute(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}
