import type pg from 'pg';

/** The SQLSTATE that a statement fails with, inside a transaction that is rolled back. */
export async function refusal(client: pg.Client, statement: string, workspace?: string): Promise<string> {
  await client.query('begin');
  try {
    if (workspace) await client.query("select set_config('verbatim.workspace', $1, true)", [workspace]);
    const { rowCount } = await client.query(statement);
    return `done with ${rowCount ?? 0} rows`;
  } catch (error) {
    return (error as { code: string }).code;
  } finally {
    await client.query('rollback');
  }
}
