import {
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql,
  type CompiledQuery,
  type RawBuilder,
} from 'kysely';
import pg from 'pg';

export { sql, type RawBuilder };
export type Sql = RawBuilder<unknown>;

/** Compiles tagged SQL and never runs it: the pools do. */
const compiler = new Kysely<never>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
});

/** The text and parameters of tagged SQL. */
export const compile = (statement: Sql): CompiledQuery => statement.compile(compiler);

const INT8 = 20;
/** How values come out of rows. */
export const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    // Sequences and sizes: below 2^53 by far, so plain numbers.
    oid === INT8 ? Number : (pg.types.getTypeParser(oid, format as 'text') as (value: string) => unknown),
};
