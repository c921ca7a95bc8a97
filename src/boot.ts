import pg from 'pg';
import type { Logger } from 'pino';
import type { Config } from './config.js';
import { createDatabaseIfMissing } from './embedded/create-database.js';
import { startEmbeddedPostgres } from './embedded/postgres.js';
import { findRunningPostgres, hasCluster } from './embedded/running.js';
import { poolOptions } from './entities/connection.js';
import { migrateDatabase, newestMigration } from './entities/migrate.js';

/** The PostgreSQL of this process, ready to be worked with. */
export interface Store {
  /** The server's own connection: a login that owns nothing. */
  url: string;
  /** The names of the migrations that were applied to get here. */
  applied: string[];
  /** Ends what was started for this; to be called when no connection is open any more. */
  stop(): Promise<void>;
}

export interface StoreOptions {
  /**
   * `needed` brings the database to the newest migration; `never` takes it as it is and makes none, for what must
   * not change what it looks at.
   */
  migrate?: 'needed' | 'never';
  /** Also take an embedded PostgreSQL that another process runs on the same DATA_DIR. */
  share?: boolean;
}

/** Something outside is not as it must be; the message says what to do and is for the operator. */
export class BootError extends Error {
  override readonly name = 'BootError';
}

const database = 'verbatim';
/** The server's login in the embedded PostgreSQL; its superuser only migrates. */
const serverLogin = 'verbatim_server';
const insufficientPrivilege = '42501';
/** Statements with their values must not get into a log, and PostgreSQL would write them beside each error. */
const quiet = { log_min_error_statement: 'panic', log_error_verbosity: 'terse' };

/**
 * Opens the database that the configuration names, the embedded one where it names none, and migrates it.
 * @throws BootError when it cannot be reached, started or migrated.
 */
export async function openStore(config: Config, log: Logger, options: StoreOptions = {}): Promise<Store> {
  const migrate = options.migrate ?? 'needed';
  if (config.databaseUrl === null) return openEmbedded(config.dataDir, log, migrate, options.share ?? false);

  const { databaseUrl: url, databaseAdminUrl: adminUrl } = config;
  try {
    const applied = migrate === 'needed' ? await migrateIfNeeded(url, adminUrl ?? url) : [];
    return { url, applied, stop: async () => {} };
  } catch (error) {
    throw explained(error, adminUrl !== null);
  }
}

async function openEmbedded(dataDir: string, log: Logger, migrate: 'needed' | 'never', share: boolean): Promise<Store> {
  const running = share ? await findRunningPostgres(dataDir) : null;
  if (!running && migrate === 'never' && !(await hasCluster(dataDir))) {
    throw new BootError(`There is no database in ${dataDir}. Set DATA_DIR or DATABASE_URL to where it is.`);
  }
  const server = running
    ? { url: running, stop: async () => {} }
    : await startEmbeddedPostgres({ dataDir, settings: quiet, log: (line) => logServerLine(log, line) }).catch(
        (error: Error) => {
          throw new BootError(error.message, { cause: error });
        },
      );
  try {
    const ownerUrl = server.url(database);
    const url = new URL(ownerUrl);
    url.username = serverLogin;
    let applied: string[] = [];
    if (migrate === 'needed') {
      await createDatabaseIfMissing(ownerUrl);
      await createServerLogin(ownerUrl);
      applied = await migrateIfNeeded(url.href, ownerUrl);
    }
    return { url: url.href, applied, stop: () => server.stop() };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/**
 * Migrates unless the server's own login sees that there is nothing to do. A login that may not migrate can so start
 * on a database that somebody else has migrated.
 */
async function migrateIfNeeded(url: string, ownerUrl: string): Promise<string[]> {
  if (await isNewest(url)) return [];
  const [login, owner] = [loginOf(url), loginOf(ownerUrl)];
  return migrateDatabase({ url: ownerUrl, ...(login && login !== owner ? { appLogin: login } : {}) });
}

/** Whether the login can work on a database that has the newest migration; false also where that cannot be told. */
async function isNewest(url: string): Promise<boolean> {
  const client = new pg.Client(poolOptions(url, 'verbatim_read'));
  client.on('error', () => {});
  try {
    await client.connect();
    const found = await client.query('select from mikro_orm_migrations where name = $1', [newestMigration]);
    // The writing role is granted apart.
    const may = await client.query<{ may: boolean }>(
      "select pg_has_role(session_user, 'verbatim_app', 'member') as may",
    );
    return found.rowCount === 1 && may.rows[0]!.may;
  } catch (error) {
    // No such role or table yet, or not for this login; anything else would fail again when migrating.
    if (/^(22|42)/.test((error as { code?: string }).code ?? '')) return false;
    throw error;
  } finally {
    await client.end().catch(() => {});
  }
}

async function createServerLogin(ownerUrl: string): Promise<void> {
  const owner = new pg.Client(poolOptions(ownerUrl, 'owner'));
  await owner.connect();
  try {
    const found = await owner.query('select from pg_roles where rolname = $1', [serverLogin]);
    // Without inheritance: a connection that forgot to take one of its roles may do nothing.
    if (found.rowCount === 0) await owner.query(`create role ${serverLogin} login noinherit`);
  } finally {
    await owner.end();
  }
}

const loginOf = (url: string): string | undefined => poolOptions(url, 'owner').user;

/** What an operator can do about a database that does not let us in. */
function explained(error: unknown, hasAdminUrl: boolean): unknown {
  const { code, message } = error as { code?: string; message: string };
  const variable = hasAdminUrl ? 'DATABASE_ADMIN_URL' : 'DATABASE_URL';
  if (code === insufficientPrivilege) {
    return new BootError(
      `The database must be migrated, and the login of ${variable} may not do that (${message}). ` +
        'Set DATABASE_ADMIN_URL to a connection of its owner, who may create roles.',
      { cause: error },
    );
  }
  if (error instanceof Error && (code !== undefined || /connect|SSL|password/i.test(message))) {
    return new BootError(`The database of DATABASE_URL cannot be used: ${message || code}`, { cause: error });
  }
  return error;
}

/** PostgreSQL's own lines are of no interest unless something is wrong with all of it: FATAL ends one connection. */
function logServerLine(log: Logger, line: string): void {
  if (/\b(PANIC|WARNING):|ended unexpectedly/.test(line)) log.warn({ postgres: line });
  else if (line.startsWith("PostgreSQL's user")) log.info({ postgres: line });
  else log.debug({ postgres: line });
}
