import { createPostgreSqlTypeParsers, type SqlEntityManager } from '@mikro-orm/postgresql';
import pg from 'pg';
import { types, type Sql } from './sql.js';

/** A statement as a connection is given it; one with a name is kept prepared under it. */
export interface PreparedStatement {
  name?: string;
  text: string;
  values: unknown[];
}

const ormParsers = createPostgreSqlTypeParsers((value) => value as never) as Record<
  number,
  ((value: string) => unknown) | undefined
>;
/** MikroORM reads moments from text itself. */
const ormTypes = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    ormParsers[oid] ?? (pg.types.getTypeParser(oid, format as 'text') as (value: string) => unknown),
};

/**
 * A transaction that is bound to one workspace: row-level security shows and takes no other. Its first and its last
 * message carry two statements each, so that the record's lock is never held while this process has other things to do.
 */
export class BoundTransaction {
  #open = true;

  private constructor(
    private readonly client: pg.PoolClient,
    readonly em: SqlEntityManager,
    private readonly prepare: (statement: Sql) => PreparedStatement,
  ) {
    // All that MikroORM asks of the context of a transaction that others begin and end.
    em.setTransactionContext({
      executeQuery: async ({ sql: text, parameters }: { sql: string; parameters: unknown[] }) => {
        const { rows, rowCount } = await client.query({ text, values: parameters, types: ormTypes });
        return { rows, numAffectedRows: BigInt(rowCount ?? 0) };
      },
    });
  }

  /** Begins, and binds to a workspace; `null` = to none, for what belongs to the installation. */
  static async begin(
    client: pg.PoolClient,
    em: SqlEntityManager,
    workspaceId: string | null,
    prepare: (statement: Sql) => PreparedStatement,
  ): Promise<BoundTransaction> {
    const workspace = client.escapeLiteral(workspaceId ?? '');
    await client.query(
      `begin isolation level read committed; select set_config('verbatim.workspace', ${workspace}, true)`,
    );
    return new BoundTransaction(client, em, prepare);
  }

  /** Runs a statement, prepared where it comes again and again. */
  async rows<T extends object>(statement: Sql): Promise<T[]> {
    return (await this.client.query<T>({ ...this.prepare(statement), types })).rows;
  }

  async commit(): Promise<void> {
    await this.client.query('commit');
    this.#open = false;
  }

  /** Calls a function of the database as the last statement and commits, in one message. @returns its rows. */
  async commitAfter<T extends object>(select: string, values: readonly string[]): Promise<T[]> {
    const literals = values.map((value) => this.client.escapeLiteral(value));
    const text = select.replaceAll(/\$(\d)/g, (_, index: string) => literals[Number(index) - 1]!);
    const [answer] = (await this.client.query(`${text}; commit`)) as unknown as pg.QueryResult<T>[];
    this.#open = false;
    return answer!.rows;
  }

  /** Whether it has been neither committed nor rolled back. */
  get isOpen(): boolean {
    return this.#open;
  }

  /** Takes back what is not committed. @returns whether the connection can be used again. */
  async rollback(): Promise<boolean> {
    if (!this.#open) return true;
    this.#open = false;
    try {
      await this.client.query('rollback');
      return true;
    } catch {
      return false;
    }
  }
}
