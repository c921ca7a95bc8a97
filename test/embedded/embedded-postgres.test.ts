import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createDatabaseIfMissing } from '../../src/embedded/create-database.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/embedded/postgres.js';

const settings = { fsync: 'off', shared_buffers: '16MB' };
const isRoot = process.getuid?.() === 0;
/** The build, so that a plain node can run it. */
const launcher = new URL('../../dist/embedded/postgres.js', import.meta.url).href;

let root: string;
let cleanUp: (() => Promise<unknown>)[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'verbatim-embedded-'));
  if (isRoot) await chmod(root, 0o711);
  cleanUp = [removeWhenServed];
});
afterEach(async () => {
  for (const step of cleanUp.toReversed()) await step();
});

/** The server of a killed node still writes its last checkpoint into the directory. */
async function removeWhenServed(): Promise<void> {
  const pidFile = join(root, 'postgres/cluster/postmaster.pid');
  await vi.waitFor(() => expect(existsSync(pidFile)).toBe(false), { timeout: 10_000 });
  await rm(root, { recursive: true, force: true });
}

async function start(dataDir: string): Promise<EmbeddedPostgres & { lines: string[] }> {
  const lines: string[] = [];
  const server = await startEmbeddedPostgres({ dataDir, settings, log: (line) => lines.push(line) });
  cleanUp.push(() => server.stop());
  return { ...server, lines };
}

async function query(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query({ text: statement, rowMode: 'array' })).rows;
  } finally {
    await client.end();
  }
}

/** Another node process that serves `dataDir`, and its output line by line. */
function startElsewhere(dataDir: string): { child: ChildProcess; lines: AsyncIterator<string> } {
  const script = `
    const { startEmbeddedPostgres } = await import(${JSON.stringify(launcher)});
    const options = { dataDir: ${JSON.stringify(dataDir)}, settings: ${JSON.stringify(settings)} };
    await startEmbeddedPostgres(options).then(
      (server) => console.log(server.url('postgres')),
      (error) => console.log(error.message),
    );`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  cleanUp.push(async () => child.kill('SIGKILL'));
  return { child, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

test('an empty directory becomes a UTF-8 cluster that keeps its databases over a restart', async () => {
  const dataDir = join(root, 'new/directory');
  const first = await start(dataDir);
  await createDatabaseIfMissing(first.url('verbatim'));
  await createDatabaseIfMissing(first.url('verbatim'));
  const locale =
    'select pg_encoding_to_char(encoding), datlocprovider, datlocale from pg_database where datname = $$verbatim$$';
  expect(await query(first.url('verbatim'), locale)).toEqual([['UTF8', 'b', 'C.UTF-8']]);
  await query(first.url('verbatim'), 'create table kept as select 42 as answer');
  await first.stop();

  const second = await start(dataDir);
  expect(await query(second.url('verbatim'), 'select answer from kept')).toEqual([[42]]);
});

test('it listens on a Unix socket alone', async () => {
  const { url } = await start(root);
  expect(await query(url('postgres'), 'show listen_addresses')).toEqual([['']]);
});

test('a path with a space, a comma, an apostrophe and a percent sign, and a path too long for a socket, both work', async () => {
  const odd = await start(join(root, "o'd, d%20 d"));
  expect(await query(odd.url('postgres'), 'select 1')).toEqual([[1]]);
  const long = await start(join(root, 'l'.repeat(100)));
  expect(await query(long.url('postgres'), 'select 1')).toEqual([[1]]);
});

test('a second process on the same directory is refused, and the first goes on', async () => {
  const { child, lines } = startElsewhere(root);
  const url: string = (await lines.next()).value;
  await expect(start(root)).rejects.toThrow(
    `Another process (pid ${child.pid}) already serves the database in ${root}/postgres. ` +
      'Stop it first, or give this one a DATA_DIR of its own.',
  );
  expect(await query(url, 'select 1')).toEqual([[1]]);
});

test('of two processes that start first at once, one serves and the other is refused', async () => {
  const outputs = [startElsewhere(root), startElsewhere(root)].map(async ({ lines }) => (await lines.next()).value);
  const [refused, url] = (await Promise.all(outputs)).toSorted();
  expect(refused).toMatch(/^Another process \(pid \d+\) already serves the database/);
  expect(await query(url, 'select 1')).toEqual([[1]]);
});

test('the server ends cleanly when its node is killed, and the next start takes over without recovery', async () => {
  const { child, lines } = startElsewhere(root);
  const url: string = (await lines.next()).value;
  await query(url, 'create table kept as select 42 as answer');
  child.kill('SIGKILL');
  await once(child, 'exit');

  const next = await start(root);
  expect(next.lines.filter((line) => line.includes('database system was'))).toEqual([
    expect.stringContaining('database system was shut down at'),
  ]);
  expect(await query(next.url('postgres'), 'select answer from kept')).toEqual([[42]]);
});

test('Ctrl-C in the terminal reaches node, not the server', async () => {
  const { host } = await start(root);
  const pid = (await readFile(join(host, '../cluster/postmaster.pid'), 'utf8')).split('\n')[0];
  const [, , processGroup, session] = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
  expect([processGroup, session]).toEqual([pid, pid]);
});

describe.runIf(isRoot)('as root, below a directory that only root may enter', () => {
  test('the cluster is outside, recorded, and found again by the second start', async () => {
    await chmod(root, 0o700);
    const first = await start(root);
    const record = JSON.parse(await readFile(join(root, 'postgres.json'), 'utf8')) as { directory: string };
    cleanUp.splice(1, 0, () => rm(record.directory, { recursive: true }));
    expect(record.directory).not.toContain(root);
    await query(first.url('postgres'), 'create table kept as select 42 as answer');
    await first.stop();

    const second = await start(root);
    expect(second.host).toBe(first.host);
    expect(await query(second.url('postgres'), 'select answer from kept')).toEqual([[42]]);
  });

  test('a recorded cluster that is gone is an error, not an empty database', async () => {
    await chmod(root, 0o700);
    const first = await start(root);
    await first.stop();
    const record = JSON.parse(await readFile(join(root, 'postgres.json'), 'utf8')) as { directory: string };
    await rm(record.directory, { recursive: true });
    await expect(start(root)).rejects.toThrow(`which does not exist. Restore that directory`);
  });
});
