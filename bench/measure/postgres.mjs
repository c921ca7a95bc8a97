// The PostgreSQL of a run: the one that comes with npm, durable as an installation has it (fsync and synchronous_commit
// stay on), in a directory of its own that is removed at the end, or in one that is kept.
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDatabaseIfMissing } from '../../dist/embedded/create-database.js';
import { startEmbeddedPostgres } from '../../dist/embedded/postgres.js';

/**
 * Starts it; every server of a table writes to this one, each to a database of its own.
 * @param {Record<string, string>} [settings] as in postgresql.conf, for example `{ max_connections: '300' }`
 * @param {string} [kept] the directory, where it is not to be removed
 */
export async function startPostgres(settings = {}, kept) {
  const dataDir = kept ?? mkdtempSync(join(tmpdir(), 'verbatim-bench-'));
  if (kept) mkdirSync(kept, { recursive: true });
  else process.once('exit', () => rmSync(dataDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));
  // PostgreSQL's user must pass through it when this runs as root.
  chmodSync(dataDir, 0o711);
  const server = await startEmbeddedPostgres({ dataDir, settings });
  const pidFile = await readFile(join(server.host, '../cluster/postmaster.pid'), 'utf8');
  return {
    dataDir,
    /** For `usageOfTree`: the postmaster, whose children serve the connections. */
    pid: Number(pidFile.split('\n')[0]),
    /** The address of a database, which is made if it is missing. @param {string} name */
    async database(name) {
      const url = server.url(name);
      await createDatabaseIfMissing(url);
      return url;
    },
    stop: () => server.stop(),
  };
}
