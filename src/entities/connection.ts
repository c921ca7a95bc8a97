import { parseIntoClientConfig } from 'pg-connection-string';

/** The role a connection takes at its start; `owner` takes none. See the isolation migration. */
export type ConnectionRole = 'verbatim_app' | 'verbatim_read' | 'owner';

/**
 * One way from a `postgres://` URL (a host, or `?host=/directory` of a Unix socket; `sslmode` and the rest of libpq's
 * parameters) to the settings of a pool. The role and the time limits travel in the start-up packet, so that no
 * statement can ever run without them.
 */
export function poolOptions(url: string, role: ConnectionRole, settings: Record<string, string> = {}) {
  const { options, ...parsed } = parseIntoClientConfig(url);
  // What is deleted is not there for who reads: views stand before the tables that have it.
  const path = role === 'verbatim_read' ? { search_path: 'reading,public' } : {};
  const parameters = { ...(role === 'owner' ? {} : { role }), ...path, ...settings };
  const flags = Object.entries(parameters).map(([name, value]) => `-c ${name}=${value.replace(/([\\ ])/g, '\\$1')}`);
  return { ...parsed, application_name: `verbatim ${role}`, options: [options, ...flags].filter(Boolean).join(' ') };
}

/** The same, in the words of MikroORM. */
export function ormConnection(url: string, role: ConnectionRole, settings: Record<string, string> = {}) {
  const { host, port, user, password, database, ...rest } = poolOptions(url, role, settings);
  if (!database) throw new TypeError('the database URL names no database');
  return {
    dbName: database,
    ...(host ? { host } : {}),
    ...(port ? { port: Number(port) } : {}),
    ...(user ? { user } : {}),
    ...(typeof password === 'string' ? { password } : {}),
    driverOptions: rest,
  };
}
