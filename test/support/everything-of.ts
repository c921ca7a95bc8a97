import type pg from 'pg';

/** Everything that any table of a workspace holds, the decoded disclosures included. */
export async function everythingOf(owner: pg.Client, workspaceId: string): Promise<string> {
  const { rows } = await owner.query<{ name: string }>(
    `select c.table_name as name from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
     where c.table_schema = 'public' and c.column_name = 'workspace_id' and t.table_type = 'BASE TABLE'`,
  );
  const texts: string[] = [];
  for (const { name } of rows) {
    const all = await owner.query<{ row: string; disclosures: string[] | null }>(
      `select to_jsonb(t)::text as row, to_jsonb(t) -> 'disclosures' as disclosures from "${name}" t where workspace_id = $1`,
      [workspaceId],
    );
    for (const { row, disclosures } of all.rows) {
      texts.push(row, ...(disclosures ?? []).map((text) => Buffer.from(text, 'base64url').toString()));
    }
  }
  return texts.join('\n');
}
