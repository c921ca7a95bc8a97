import { createPostgreSqlTypeParsers, type SqlEntityManager } from '@mikro-orm/postgresql';
import type { Socket } from 'node:net';
import pg from 'pg';
import { types, type Sql } from './sql.js';

/** A statement as a connection is given it; one with a name is kept prepared under it. */
export interface PreparedStatement {
  name?: string;
  text: string;
  values: unknown[];
}

export interface TransactionOptions {
  plansOnce?: boolean;
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
 * A transaction that is bound to one workspace: row-level security shows and takes no other.
 *
 * What is sent in one turn of the event loop goes out as one message, and nothing waits for an answer that it does not
 * need: BEGIN leaves with the first statement, COMMIT with the last. The lock that orders the record is so never held
 * while this process has other things to do. Of a statement that fails the ones behind it know: PostgreSQL refuses all
 * of them until the rollback.
 */
export class BoundTransaction {
  /** What was sent without being waited for. */
  readonly #sent: Promise<unknown>[] = [];
  #open = true;

  /**
   * Begins, and binds to a workspace; `null` = to none, for what belongs to the installation. With `plansOnce` what is
   * prepared is planned for any values, once: for statements whose values make no difference to how they are best run.
   */
  constructor(
    private readonly client: pg.PoolClient,
    readonly em: SqlEntityManager,
    workspaceId: string | null,
    private readonly prepare: (statement: Sql) => PreparedStatement,
    { plansOnce = false }: TransactionOptions = {},
  ) {
    const workspace = client.escapeLiteral(workspaceId ?? '');
    const plans = plansOnce ? `, set_config('plan_cache_mode', 'force_generic_plan', true)` : '';
    this.#ahead(
      `begin isolation level read committed; select set_config('verbatim.workspace', ${workspace}, true)${plans}`,
    );
    // All that MikroORM asks of the context of a transaction that others begin and end.
    em.setTransactionContext({
      executeQuery: async ({ sql: text, parameters }: { sql: string; parameters: unknown[] }) => {
        const { rows, rowCount } = await this.#answer({ text, values: parameters, types: ormTypes });
        return { rows, numAffectedRows: BigInt(rowCount ?? 0) };
      },
    });
  }

  /** Runs a statement, prepared where it comes again and again. */
  async rows<T extends object>(statement: Sql): Promise<T[]> {
    return (await this.#answer<T>({ ...this.prepare(statement), types })).rows;
  }

  /**
   * Runs a statement that is planned anew each time, by how much there is by then: a plan that was made while its tables
   * were nearly empty reads all of them, and is kept until they are analysed. Planning takes some tenths of a millisecond.
   */
  async rowsAnew<T extends object>(statement: Sql): Promise<T[]> {
    const { text, values } = this.prepare(statement);
    return (await this.#answer<T>({ text, values, types })).rows;
  }

  async commit(): Promise<void> {
    await this.#ended(await this.#answer('commit'));
  }

  /** Runs the last statement and commits, in one message. @returns its rows. */
  async commitAfter<T extends object>(statement: Sql): Promise<T[]> {
    const answer = this.#ahead<T>({ ...this.prepare(statement), types });
    await this.#ended(await this.#answer('commit'));
    return (await answer).rows;
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
      await this.#query('rollback');
      return true;
    } catch {
      return false;
    }
  }

  #ahead<T extends object>(query: string | pg.QueryConfig): Promise<pg.QueryResult<T>> {
    const sent = this.#query<T>(query);
    // Said when it is waited for, with the next statement or the last.
    sent.catch(() => {});
    this.#sent.push(sent);
    return sent;
  }

  /** The answer to a statement; the first failure of what was sent ahead says more than that of the one behind it. */
  async #answer<T extends object>(query: string | pg.QueryConfig): Promise<pg.QueryResult<T>> {
    const answer = this.#query<T>(query);
    try {
      return await answer;
    } catch (error) {
      await Promise.all(this.#sent);
      throw error;
    }
  }

  /** COMMIT of a transaction that has failed is answered, and is a rollback. */
  async #ended({ command }: pg.QueryResult): Promise<void> {
    this.#open = false;
    if (command === 'COMMIT') return;
    await Promise.all(this.#sent);
    throw new Error('the transaction had failed before it was committed');
  }

  #query<T extends object>(query: string | pg.QueryConfig): Promise<pg.QueryResult<T>> {
    const { stream } = (this.client as unknown as { connection: { stream: Socket } }).connection;
    stream.cork();
    process.nextTick(() => stream.uncork());
    return this.client.query<T>(query as pg.QueryConfig);
  }
}
