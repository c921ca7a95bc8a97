import { sql, type Sql } from './sql.js';

/**
 * One statement that inserts many rows of a workspace, each column as one parameter.
 * @param types of the columns but `workspace_id`, as PostgreSQL calls them; an array is not among them
 */
export function insertRows<C extends string>(
  table: string,
  types: Readonly<Record<C, string>>,
  workspaceId: string,
  rows: readonly Readonly<Record<C, unknown>>[],
): Sql {
  const columns = Object.keys(types) as C[];
  const names = sql.raw(columns.map((column) => `"${column}"`).join(', '));
  const values = columns.map((column) => sql`${rows.map((row) => row[column])}::${sql.raw(types[column])}[]`);
  return sql`
    insert into ${sql.raw(table)} (workspace_id, ${names})
    select ${workspaceId}::uuid, r.* from unnest(${sql.join(values)}) as r(${names})`;
}
