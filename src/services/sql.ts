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
import { parseInstant } from './instants.js';

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

function unpooled(bytes: Buffer): Buffer {
  const own = Buffer.allocUnsafeSlow(bytes.length);
  bytes.copy(own);
  return own;
}

const parsers: Readonly<Record<number, ((value: string) => unknown) | undefined>> = {
  // int8: sequences and sizes, below 2^53 by far, so plain numbers.
  20: Number,
  1184: parseInstant,
  // bytea: hashes, which tails keep. Out of Node's pool each would hold 64 KB for as long as it is kept.
  17: (text) => unpooled(pg.types.getTypeParser(17, 'text')(text) as Buffer),
};
/** How values come out of rows. */
export const types = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    parsers[oid] ?? (pg.types.getTypeParser(oid, format as 'text') as (value: string) => unknown),
};
