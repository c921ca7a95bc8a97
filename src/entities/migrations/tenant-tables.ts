/**
 * The isolation of tables that a migration adds, as the first ones have it: forced row-level security, one workspace for
 * the writing role, everything for the reading one, whose statements carry the tenant themselves.
 */
export const secureTenantTables = (tables: readonly string[]): string =>
  tables
    .map(
      (table) => `
alter table ${table} enable row level security;
alter table ${table} force row level security;
create policy tenant on ${table} to verbatim_app
  using (workspace_id = nullif(current_setting('verbatim.workspace', true), '')::uuid);
create policy read on ${table} for select to verbatim_read using (true);
create policy definer on ${table} to verbatim_definer using (true);
revoke all on ${table} from public;
grant select, insert, update on ${table} to verbatim_app;
grant select on ${table} to verbatim_read;
`,
    )
    .join('');
