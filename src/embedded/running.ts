import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';

/**
 * Finds the embedded PostgreSQL that another process runs on `dataDir` now, for a command beside a running server.
 * @returns the connection string of a database of it, or null where none runs.
 */
export async function findRunningPostgres(dataDir: string): Promise<((database: string) => string) | null> {
  const directory = await homeOf(dataDir);
  const lines = (await readFile(join(directory, 'cluster', 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  // https://www.postgresql.org/docs/current/storage-file-layout.html: the fifth line is the socket's directory.
  const [, , , port, socket] = lines;
  if (!port || !socket) return null;
  const url = (database: string) =>
    `postgres://postgres@${encodeURIComponent(socket)}:${port}/${encodeURIComponent(database)}`;
  return (await answers(url('postgres'))) ? url : null;
}

/** Whether a cluster was ever made for `dataDir`. */
export async function hasCluster(dataDir: string): Promise<boolean> {
  const version = join(await homeOf(dataDir), 'cluster', 'PG_VERSION');
  return readFile(version).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );
}

async function homeOf(dataDir: string): Promise<string> {
  try {
    const record = JSON.parse(await readFile(join(dataDir, 'postgres.json'), 'utf8')) as { directory: string };
    return record.directory;
  } catch {
    return join(dataDir, 'postgres');
  }
}

/** The file of a server that was killed stays behind. */
async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => {});
  }
}
