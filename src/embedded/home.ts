import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Account, canWrite, chooseAccount, giveTo } from './account.js';

/** The directory that holds the cluster, its lock and its socket, and the account they belong to. */
export interface Home {
  directory: string;
  account: Account;
}

/** A longer one does not fit the kernel's socket address (108 bytes with the closing zero). */
const longestSocketPath = 106;

/**
 * Finds or makes the home of the cluster that belongs to `dataDir`: `dataDir/postgres`, or a directory outside,
 * recorded in `dataDir/postgres.json`, where PostgreSQL's account cannot reach `dataDir` (below a home of root).
 */
export async function prepareHome(dataDir: string, log: (line: string) => void): Promise<Home> {
  // Others may pass through (not list) when root makes it, because PostgreSQL runs as another user.
  await mkdir(dataDir, { recursive: true, mode: process.geteuid?.() === 0 ? 0o711 : 0o700 });
  const record = join(dataDir, 'postgres.json');
  const recorded = await readRecord(record);
  const directory = recorded ?? join(dataDir, 'postgres');
  if (recorded !== undefined && !existsSync(recorded)) {
    throw new Error(
      `${record} says that the database is in ${recorded}, which does not exist. ` +
        `Restore that directory, or delete ${record} to begin with an empty database.`,
    );
  }
  // One that a failed first start of root left behind counts as new.
  const found = await stat(directory).catch(() => undefined);
  const owner = found && found.uid !== 0 ? { uid: found.uid, gid: found.gid } : undefined;
  const account = await chooseAccount(owner);
  if (found && account.uid === undefined && found.uid !== process.geteuid?.()) {
    throw new Error(
      `The database in ${directory} belongs to another user (uid ${found.uid}): start as that user or as root.`,
    );
  }
  await mkdir(directory, { recursive: true });
  await chmod(directory, 0o700);
  // Also after a restore that root copied back.
  if (!owner) giveTo(account, directory);
  if (canWrite(account, directory)) return { directory, account };
  if (existsSync(join(directory, 'cluster'))) {
    throw new Error(
      `PostgreSQL's user (uid ${account.uid}) cannot reach its database in ${directory}: ` +
        `let it pass through the directories above (chmod o+x), or set DATABASE_URL instead.`,
    );
  }
  await rm(directory, { recursive: true, force: true });
  const outside = await makeReachable(account, ['/var/lib', '/var/tmp', tmpdir()]);
  try {
    await writeFile(record, `${JSON.stringify({ directory: outside })}\n`, { flag: 'wx', flush: true });
  } catch (error) {
    await rm(outside, { recursive: true });
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return prepareHome(dataDir, log);
  }
  log(`PostgreSQL's user cannot reach ${dataDir}; its files are in ${outside}, as ${record} records.`);
  return { directory: outside, account };
}

/** Makes the socket's directory: inside `home`, or a temporary one where that path is too long; 0700. */
export async function prepareSocketDirectory(home: Home): Promise<{ directory: string; temporary: boolean }> {
  const inside = join(home.directory, 'socket');
  if (fits(inside)) {
    await mkdir(inside, { recursive: true, mode: 0o700 });
    giveTo(home.account, inside);
    return { directory: inside, temporary: false };
  }
  const parents = [tmpdir(), '/tmp'].filter((parent) => fits(join(parent, 'verbatim-xxxxxx')));
  return { directory: await makeReachable(home.account, parents), temporary: true };
}

async function makeReachable(account: Account, parents: string[]): Promise<string> {
  for (const parent of parents) {
    const made = await mkdtemp(join(parent, 'verbatim-')).catch(() => undefined);
    if (made === undefined) continue;
    giveTo(account, made);
    if (canWrite(account, made)) return made;
    await rm(made, { recursive: true });
  }
  throw new Error(`PostgreSQL's user (uid ${account.uid}) can write in none of ${parents.join(', ')}.`);
}

function fits(directory: string): boolean {
  return Buffer.byteLength(join(directory, '.s.PGSQL.5432')) <= longestSocketPath;
}

async function readRecord(record: string): Promise<string | undefined> {
  try {
    return (JSON.parse(await readFile(record, 'utf8')) as { directory: string }).directory;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`${record} cannot be read; it names the directory of the database.`, { cause: error });
  }
}
