import type pg from 'pg';
import type { TestServer } from './server.js';

/** A statement as it was sent. */
export interface SentStatement {
  text: string;
  values: readonly unknown[];
}

/** What the role that writes is sent while something is done. */
export async function writtenBy<T>(
  { app }: TestServer,
  work: () => Promise<T>,
): Promise<{ result: T; statements: SentStatement[] }> {
  const { writer: pool } = app.db as unknown as { writer: pg.Pool };
  const { connect } = pool;
  const statements: SentStatement[] = [];
  const queries = new Map<pg.PoolClient, pg.PoolClient['query']>();
  const listening = async () => {
    const client = await (connect as () => Promise<pg.PoolClient>).call(pool);
    if (!queries.has(client)) {
      const { query } = client;
      queries.set(client, query);
      client.query = ((...args: [string | SentStatement]) => {
        const [asked] = args;
        statements.push(typeof asked === 'string' ? { text: asked, values: [] } : asked);
        return (query as (...all: unknown[]) => unknown).apply(client, args);
      }) as typeof query;
    }
    return client;
  };
  // What the pool sends by itself takes its connection by a callback.
  pool.connect = ((...args: never[]) =>
    args.length > 0 ? (connect as (...all: never[]) => unknown).apply(pool, args) : listening()) as typeof connect;
  try {
    return { result: await work(), statements };
  } finally {
    pool.connect = connect;
    for (const [client, query] of queries) client.query = query;
  }
}

/** How each statement begins. */
export const beginnings = (statements: readonly SentStatement[]): string[] =>
  statements.map(({ text }) =>
    text
      .trim()
      .split(/[\s(,]+/)
      .slice(0, 2)
      .join(' '),
  );
