import type { EntityClass } from '@mikro-orm/core';
import { MikroORM, type SqlEntityManager } from '@mikro-orm/postgresql';
import pg from 'pg';
import { allEntities } from '../entities/all-entities.js';
import { ormConnection, poolOptions } from '../entities/connection.js';
import type { RowOf } from '../entities/row.js';
import { translateDatabaseError } from './database-errors.js';
import { BoundTransaction, type PreparedStatement, type TransactionOptions } from './bound-transaction.js';
import { compile, sql, types, type Sql } from './sql.js';
import { StatementNames } from './statement-names.js';
import { UnderWay } from './under-way.js';

export { sql, type RawBuilder, type Sql } from './sql.js';

/** How long a statement waits for a free connection before it is answered UNAVAILABLE, in milliseconds. */
const CONNECTION_TIMEOUT_MS = 5_000;

export interface DatabaseOptions {
  url: string;
  /** Connections of the writing and of the reading pool; a quarter as many search. */
  poolSize: number;
  statementTimeoutMs: number;
  lockTimeoutMs: number;
}

export interface TableDescription {
  table: string;
  columns: { property: string; column: string; isTime: boolean }[];
}

const entityTable = new WeakMap<object, TableDescription>();
/**
 * PostgreSQL as the services see it: `inWorkspace` writes, bound to one workspace by its transaction; `rows` reads plain
 * rows through a role that can only select. Reading statements carry the tenant and the policy themselves.
 */
export class Database {
  readonly #underWay = new UnderWay();
  readonly #names = new StatementNames();
  #closed: Promise<void> | null = null;

  private constructor(
    private readonly orm: MikroORM,
    private readonly writer: pg.Pool,
    readonly reader: pg.Pool,
    private readonly searcher: pg.Pool,
  ) {}

  /** Opens the pools. Nothing is connected to until the first statement. */
  static async open(options: DatabaseOptions): Promise<Database> {
    const limits = {
      statement_timeout: String(options.statementTimeoutMs),
      lock_timeout: String(options.lockTimeoutMs),
      idle_in_transaction_session_timeout: '10000',
      timezone: 'UTC',
    };
    // MikroORM has no connection of its own: it works inside the transactions that are begun here.
    const orm = await MikroORM.init({
      entities: allEntities,
      ...ormConnection(options.url, 'verbatim_app', limits),
      debug: false,
      logger: () => {},
    });
    const size = { max: options.poolSize, connectionTimeoutMillis: CONNECTION_TIMEOUT_MS };
    const writer = new pg.Pool({ ...poolOptions(options.url, 'verbatim_app', limits), ...size, pipeline: true });
    const readOnly = (planCacheMode: string) =>
      poolOptions(options.url, 'verbatim_read', {
        ...limits,
        default_transaction_read_only: 'on',
        plan_cache_mode: planCacheMode,
      });
    const reader = new pg.Pool({ ...readOnly('force_generic_plan'), ...size, types });
    const searcher = new pg.Pool({
      ...readOnly('force_custom_plan'),
      ...size,
      max: Math.ceil(options.poolSize / 4),
      types,
    });
    // A connection that the server drops must not end the process: idle, the next statement takes a new one; in a
    // transaction, its next statement fails.
    for (const pool of [writer, reader, searcher]) {
      pool.on('error', () => {});
      pool.on('connect', (client) => client.on('error', () => {}));
    }
    return new Database(orm, writer, reader, searcher);
  }

  /** How busy the pools are: connections in use and idle, and statements that wait for one. */
  load(): { pool: 'write' | 'read' | 'search'; used: number; idle: number; waiting: number }[] {
    const pools = [
      ['write', this.writer],
      ['read', this.reader],
      ['search', this.searcher],
    ] as const;
    return pools.map(([pool, { totalCount, idleCount, waitingCount }]) => ({
      pool,
      used: totalCount - idleCount,
      idle: idleCount,
      waiting: waitingCount,
    }));
  }

  /** Lets end what is under way, and takes nothing new: a pool closed under a statement would wait for it for ever. */
  close(): Promise<void> {
    this.#closed ??= this.#underWay.end().then(async () => {
      await Promise.all([this.orm.close(true), this.writer.end(), this.reader.end(), this.searcher.end()]);
    });
    return this.#closed;
  }

  /**
   * One transaction that is bound to a workspace: row-level security shows and takes no other.
   * @throws whatever the work throws, rolled back; AppError UNAVAILABLE when the database is out of reach or too busy.
   */
  inWorkspace<T>(
    workspaceId: string,
    work: (transaction: BoundTransaction) => Promise<T>,
    options?: TransactionOptions,
  ): Promise<T> {
    return this.#translated(() => this.#transaction(workspaceId, work, options));
  }

  /** One transaction outside any workspace, for the few tables that belong to the installation. */
  outsideWorkspaces<T>(work: (em: SqlEntityManager) => Promise<T>): Promise<T> {
    return this.#translated(() =>
      this.#transaction(null, async ({ em }) => {
        const result = await work(em);
        await em.flush();
        return result;
      }),
    );
  }

  /**
   * Runs one reading statement, prepared where it comes again and again.
   * @throws AppError UNAVAILABLE when the database is out of reach or too slow.
   */
  async rows<T extends object>(statement: Sql): Promise<T[]> {
    const query = this.#prepared(statement);
    return this.#translated(async () => (await this.reader.query<T>(query)).rows);
  }

  /**
   * Runs one reading statement that is planned anew each time, by how common the values are that it asks for: a search in
   * a large table takes quite another way for a rare word than for a common one. Planning costs about a millisecond.
   * @throws AppError UNAVAILABLE when the database is out of reach or too slow.
   */
  async searchedRows<T extends object>(statement: Sql): Promise<T[]> {
    const query = this.#prepared(statement);
    return this.#translated(async () => (await this.searcher.query<T>(query)).rows);
  }

  /** Runs one reading statement, each row as the list of its values. */
  async arrays(statement: Sql): Promise<unknown[][]> {
    const query = { ...this.#prepared(statement), rowMode: 'array' as const };
    return this.#translated(async () => (await this.reader.query<unknown[]>(query)).rows);
  }

  /**
   * Runs one statement through the writing role, outside any workspace: for the functions of the database that only
   * that role may call.
   */
  async asApplication<T extends object>(statement: Sql): Promise<T[]> {
    const query = { ...this.#prepared(statement), types };
    return this.#translated(async () => (await this.writer.query<T>(query)).rows);
  }

  /** The columns of an entity as a SELECT list under a table alias, named like `RowOf` names them. */
  columns<E extends object>(entity: EntityClass<E>, alias: string): Sql {
    const { columns } = this.describe(entity);
    return sql.raw(columns.map(({ property, column }) => `${alias}."${column}" as "${property}"`).join(', '));
  }

  /** The entity's table name, as SQL. */
  table<E extends object>(entity: EntityClass<E>): Sql {
    return sql.raw(`"${this.describe(entity).table}"`);
  }

  /** The rows of one workspace with these ids, in no order; those that do not exist are left out. */
  async byIds<E extends object>(
    entity: EntityClass<E>,
    workspaceId: string,
    ids: readonly string[],
  ): Promise<RowOf<E>[]> {
    return this.rows<RowOf<E>>(
      sql`select ${this.columns(entity, 't')} from ${this.table(entity)} t where t.workspace_id = ${workspaceId} and t.id = any(${ids}::uuid[])`,
    );
  }

  /** A statement's text with its parameters, and a name for each connection to keep it prepared under. */
  #prepared(statement: Sql): PreparedStatement {
    const { sql: text, parameters } = compile(statement);
    const name = this.#names.of(text);
    return { ...(name ? { name } : {}), text, values: parameters as unknown[] };
  }

  async #transaction<T>(
    workspaceId: string | null,
    work: (transaction: BoundTransaction) => Promise<T>,
    options?: TransactionOptions,
  ): Promise<T> {
    const client = await this.writer.connect();
    // Until it is known how its transaction has ended, nobody else may be given this connection.
    let unsettled = true;
    try {
      const em = this.orm.em.fork() as SqlEntityManager;
      const transaction = new BoundTransaction(
        client,
        em,
        workspaceId,
        (statement) => this.#prepared(statement),
        options,
      );
      try {
        const result = await work(transaction);
        if (transaction.isOpen) await transaction.commit();
        unsettled = false;
        return result;
      } catch (error) {
        // The connection may be gone, and the transaction with it; what happened first is what the caller hears.
        unsettled = !(await transaction.rollback());
        throw error;
      }
    } finally {
      client.release(unsettled);
    }
  }

  /** Counts a use of the database as under way, and says in the services' words what went wrong with it. */
  async #translated<T>(use: () => Promise<T>): Promise<T> {
    try {
      return await this.#underWay.run(use);
    } catch (error) {
      throw translateDatabaseError(error);
    }
  }

  /** The table of an entity, and its columns as rows name them; secrets are not among them. */
  describe(entity: EntityClass<object>): TableDescription {
    let known = entityTable.get(entity);
    if (!known) {
      const meta = this.orm.getMetadata().get(entity);
      known = {
        table: meta.tableName,
        columns: meta.props
          .filter((prop) => prop.fieldNames)
          .filter((prop) => !SECRET_COLUMNS.has(`${meta.tableName}.${prop.name}`))
          .map((prop) => ({
            // A relation is read as its id; its own column is the last of the composite key.
            property: prop.kind === 'scalar' || prop.mapToPk ? prop.name : `${prop.name}Id`,
            column: prop.fieldNames.at(-1)!,
            isTime: prop.columnTypes.at(-1)!.startsWith('timestamp'),
          })),
      };
      entityTable.set(entity, known);
    }
    return known;
  }
}

/** Never read back by the role that serves queries, which has no right to them either. */
const SECRET_COLUMNS = new Set([
  'api_key.secretHash',
  'api_key.previousSecretHash',
  'account.passwordHash',
  'invitation.tokenHash',
  'audit_sink.secret',
  'audit_sink.previousSecret',
  'alert_destination.secret',
]);
