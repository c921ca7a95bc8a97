import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';

/** The operating system's user that runs PostgreSQL; empty = the user of this process. */
export type Account = { uid: number; gid: number } | Record<string, never>;

/**
 * The whole environment of PostgreSQL's programs. Nothing is inherited: PGPORT, PGDATA, PGOPTIONS, LC_* or
 * LD_LIBRARY_PATH of the operator's shell would change where the server listens or what it loads.
 */
export const childEnvironment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
};

/** Chooses who runs PostgreSQL, which refuses to run as root: the owner of the existing files, or a system's user. */
export async function chooseAccount(owner: Account | undefined): Promise<Account> {
  if (process.geteuid?.() !== 0) return {};
  if (owner) return owner;
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  const chosen = users.find(([name]) => name === 'postgres') ?? users.find(([name]) => name === 'nobody');
  if (!chosen) {
    throw new Error(
      'PostgreSQL cannot run as root, and this system has neither a user "postgres" nor "nobody": ' +
        'start as another user, or set DATABASE_URL instead.',
    );
  }
  return { uid: Number(chosen[2]), gid: Number(chosen[3]) };
}

/** Whether the account reaches `directory` through all its parents and may write in it. */
export function canWrite(account: Account, directory: string): boolean {
  return spawnSync('test', ['-w', directory], { ...account, cwd: '/', env: childEnvironment }).status === 0;
}

/** Makes the account the owner of `directory` and everything in it. */
export function giveTo(account: Account, directory: string): void {
  if (account.uid === undefined) return;
  const result = spawnSync('chown', ['-R', '-h', `${account.uid}:${account.gid}`, directory], {
    env: childEnvironment,
    encoding: 'utf8',
  });
  if (result.status !== 0) throw new Error(`Cannot change the owner of ${directory}: ${result.stderr}`);
}

/** Whether a program is installed where `childEnvironment` looks. */
export function isInstalled(program: string): boolean {
  return spawnSync(program, ['--version'], { env: childEnvironment }).status === 0;
}
