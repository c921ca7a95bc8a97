import { createHash } from 'node:crypto';
import type { EntityClass } from '@mikro-orm/core';
import { MikroORM } from '@mikro-orm/postgresql';
import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql,
  type RawBuilder,
} from 'kysely';
import pg from 'pg';
import { allEntities } from '../entities/all-entities.js';
import { ormConnection, poolOptions } from '../entities/connection.js';
import type { RowOf } from '../entities/row.js';
import { translateDatabaseError } from './database-errors.js';
import { giveBackLostConnections } from './lost-connections.js';

export { sql, type RawBuilder };
export type Sql = RawBuilder<unknown>;

/** How long a statement waits for a free connection before it is answered UNAVAILABLE, in milliseconds. */
const CONNECTION_TIMEOUT_MS = 5_000;

export interface DatabaseOptions {
  url: string;
  /** Connections of each of the two pools, the writing and the reading one. */
  poolSize: number;
  statementTimeoutMs: number;
  lockTimeoutMs: number;
}

/** Compiles tagged SQL and never runs it: the pools do. */
const compiler = new Kysely<never>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});

const INT8 = 20;
const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    // Sequences and sizes: below 2^53 by far, so plain numbers.
    oid === INT8 ? Number : (pg.types.getTypeParser(oid, format as 'text') as (value: string) => unknown),
};

const entityTable = new WeakMap<object, { table: string; columns: { property: string; column: string }[] }>();
const statementNames = new Map<string, string>();

/**
 * PostgreSQL as the services see it: `orm` writes, bound to one workspace by its transaction; `rows` reads plain rows
 * through a role that can only select. Reading statements carry the tenant and the policy themselves.
 */
export class Database {
  private constructor(
    readonly orm: MikroORM,
    readonly reader: pg.Pool,
  ) {}

  /** Opens both pools. Nothing is connected to until the first statement. */
  static async open(options: DatabaseOptions): Promise<Database> {
    const limits = {
      statement_timeout: String(options.statementTimeoutMs),
      lock_timeout: String(options.lockTimeoutMs),
      idle_in_transaction_session_timeout: '10000',
    };
    const { driverOptions, ...connection } = ormConnection(options.url, 'verbatim_app', limits);
    const orm = await MikroORM.init({
      entities: allEntities,
      ...connection,
      driverOptions: {
        ...driverOptions,
        connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
        onPoolCreated: giveBackLostConnections,
      },
      pool: { max: options.poolSize, idleTimeoutMillis: 30_000 },
      debug: false,
      logger: () => {},
    });
    const reader = new pg.Pool({
      ...poolOptions(options.url, 'verbatim_read', { ...limits, default_transaction_read_only: 'on' }),
      max: options.poolSize,
      connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
      types,
    });
    // A connection that the server drops while idle must not end the process; the next statement takes a new one.
    reader.on('error', () => {});
    return new Database(orm, reader);
  }

  async close(): Promise<void> {
    await Promise.all([this.orm.close(true), this.reader.end()]);
  }

  /**
   * Runs one reading statement as a named prepared one.
   * @throws AppError UNAVAILABLE when the database is out of reach or too slow.
   */
  async rows<T extends object>(statement: Sql): Promise<T[]> {
    const { sql: text, parameters } = statement.compile(compiler);
    let name = statementNames.get(text);
    if (name === undefined) {
      name = createHash('sha256').update(text).digest('base64url').slice(0, 32);
      statementNames.set(text, name);
    }
    try {
      const result = await this.reader.query<T>({ name, text, values: parameters as unknown[] });
      return result.rows;
    } catch (error) {
      throw translateDatabaseError(error);
    }
  }

  /**
   * Runs one statement through the writing role, outside any workspace: for the functions of the database that only
   * that role may call.
   */
  async asApplication<T extends object>(statement: Sql): Promise<T[]> {
    const { sql: text, parameters } = statement.compile(compiler);
    try {
      const pool = (await this.orm.em.getConnection().getNativeClient()) as pg.Pool;
      return (await pool.query<T>({ text, values: parameters as unknown[], types })).rows;
    } catch (error) {
      throw translateDatabaseError(error);
    }
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

  private describe(entity: EntityClass<object>) {
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
          })),
      };
      entityTable.set(entity, known);
    }
    return known;
  }
}

/** Never read back by the role that serves queries, which has no right to them either. */
const SECRET_COLUMNS = new Set(['api_key.secretHash', 'account.passwordHash']);
