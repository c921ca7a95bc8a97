import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startEmbeddedPostgres } from '../../src/embedded/postgres.js';
import { commit } from '../../src/services/commit.js';
import { newId } from '../../src/services/ids.js';
import { systemPrincipal } from '../../src/services/principal.js';
import { customerWrites } from '../support/operations.js';
import { startTestServer } from '../support/server.js';
import { createWorld } from '../support/world.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'verbatim-killed-'));
  await chmod(root, 0o711);
});
afterEach(() => rm(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 }));

async function answer(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  return (await client.query({ text: statement, rowMode: 'array' }).finally(() => client.end())).rows;
}

test('the embedded PostgreSQL is started again when it is killed, and has what was committed', async () => {
  const lines: string[] = [];
  const server = await startEmbeddedPostgres({ dataDir: root, log: (line) => lines.push(line) });
  try {
    const url = server.url('postgres');
    await answer(url, 'create table kept as select 42 as answer');
    const file = join(server.host, '../cluster/postmaster.pid');
    const pid = Number((await readFile(file, 'utf8')).split('\n')[0]);
    process.kill(pid, 'SIGKILL');
    await vi.waitFor(async () => expect(await answer(url, 'select answer from kept')).toEqual([[42]]), 10_000);
    expect(Number((await readFile(file, 'utf8')).split('\n')[0])).not.toBe(pid);
    expect(lines.filter((line) => line.includes('ended unexpectedly'))).toHaveLength(1);
  } finally {
    await server.stop();
  }
  // A stop is not answered with a start.
  await expect(readFile(join(server.host, '../cluster/postmaster.pid'))).rejects.toThrow('ENOENT');
}, 30_000);

test('transactions that lose their connection give their places in the pool back, and the server still ends', async () => {
  const server = await startTestServer({ env: { DATABASE_POOL_SIZE: '4' } });
  try {
    const world = await createWorld(server);
    let reached = 0;
    let goOn = (): void => {};
    const cut = new Promise<void>((resolve) => (goOn = resolve));
    const interrupted = Array.from({ length: 4 }, () =>
      commit(
        {
          app: server.app,
          principal: systemPrincipal(world.ids.workspace),
          request: { id: newId(), ipAddress: null, userAgent: null },
        },
        async ({ em }) => {
          await em.execute('select 1');
          reached += 1;
          await cut;
          await em.execute('select 1');
        },
      ),
    );
    await vi.waitFor(() => expect(reached).toBe(4));
    await answer(
      server.database.adminUrl,
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${new URL(server.database.url).pathname.slice(1)}'`,
    );
    goOn();
    for (const result of await Promise.allSettled(interrupted)) {
      expect(result).toMatchObject({ status: 'rejected', reason: { code: 'UNAVAILABLE' } });
    }
    const { conversationId } = await customerWrites(world);
    expect(conversationId).toMatch(/^[0-9a-f-]{36}$/);
  } finally {
    await server.stop();
  }
});
