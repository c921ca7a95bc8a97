import { Migration } from '@mikro-orm/migrations';

/**
 * Who may touch what. Three roles that own nothing and cannot sign in:
 * - verbatim_app writes, inside the one workspace its transaction is bound to (forced row-level security);
 * - verbatim_read only selects, and no secret; its statements carry tenant and policy themselves;
 * - verbatim_definer owns the few functions that must look across workspaces or write the record.
 * The owner of the tables has no policy, so a connection that forgot to take a role sees nothing.
 */
export class Migration0003Isolation extends Migration {
  override up(): void {
    this.addSql(roles);
    this.addSql(policies);
    this.addSql(grants);
    this.addSql(functions);
    this.addSql(ownership);
  }
}

const roles = `
do $block$
declare v_role text;
begin
  foreach v_role in array array['verbatim_app', 'verbatim_read', 'verbatim_definer'] loop
    -- Roles belong to the whole server: another database of it may have made them, or be making them now.
    begin
      execute format('create role %I nologin', v_role);
    exception when duplicate_object or unique_violation then null;
    end;
    begin
      execute format('grant %I to current_user', v_role);
    exception when others then
      if not pg_has_role(current_user, v_role, 'member') then raise; end if;
    end;
  end loop;
end
$block$;
grant usage on schema public to verbatim_app, verbatim_read, verbatim_definer;
`;

const policies = `
do $block$
declare v_table text;
begin
  for v_table in
    select c.table_name from information_schema.columns c
    join information_schema.tables t using (table_schema, table_name)
    where c.table_schema = 'public' and c.column_name = 'workspace_id' and t.table_type = 'BASE TABLE'
  loop
    execute format('alter table %I enable row level security', v_table);
    execute format('alter table %I force row level security', v_table);
    -- A transaction bound to no workspace compares with null: no row passes.
    execute format($sql$create policy tenant on %I to verbatim_app
      using (workspace_id = nullif(current_setting('verbatim.workspace', true), '')::uuid)$sql$, v_table);
    execute format('create policy read on %I for select to verbatim_read using (true)', v_table);
    execute format('create policy definer on %I to verbatim_definer using (true)', v_table);
  end loop;
end
$block$;
alter table workspace enable row level security;
alter table workspace force row level security;
create policy tenant on workspace to verbatim_app
  using (id = nullif(current_setting('verbatim.workspace', true), '')::uuid);
create policy read on workspace for select to verbatim_read using (true);
create policy definer on workspace to verbatim_definer using (true);
`;

const grants = `
revoke all on all tables in schema public from public;
grant select, insert, update on
  workspace, workspace_counter, agent, team, team_member, team_supervisor, bot, inbox, inbox_member, contact,
  contact_identity, conversation, transcript_entry, message, handover, session, refresh_token, api_key,
  idempotency_key to verbatim_app;
grant select on record_head, record_entry, record_body to verbatim_app;
grant select, insert on signing_key to verbatim_app;

grant select on
  workspace, agent, team, team_member, team_supervisor, bot, inbox, inbox_member, contact, contact_identity,
  conversation, transcript_entry, message, handover, session, record_head, record_entry, record_body, signing_key
  to verbatim_read;
-- For readiness: whether the newest migration is in.
grant select on mikro_orm_migrations to verbatim_read;
grant select (workspace_id, id, display_name, bot_id, scopes, prefix, created_at, last_used_at, expires_at, revoked_at)
  on api_key to verbatim_read;

grant select, insert, update on record_head to verbatim_definer;
grant select, insert on record_entry, record_body to verbatim_definer;
grant select, insert, update on account to verbatim_definer;
grant select on workspace, agent, handover, refresh_token to verbatim_definer;
grant select, update on api_key, workspace_counter to verbatim_definer;
grant select, delete on idempotency_key to verbatim_definer;
`;

const functions = `
create function account_create(p_id uuid, p_email text, p_password_hash text, p_at timestamptz) returns void
language sql security definer set search_path = public, pg_temp
begin atomic
  insert into account (id, email, password_hash, created_at) values (p_id, p_email, p_password_hash, p_at);
end;

create function account_for_sign_in(p_email text)
returns table (account_id uuid, password_hash text, memberships jsonb)
language sql stable security definer set search_path = public, pg_temp
begin atomic
  select a.id, a.password_hash, coalesce((
      select jsonb_agg(jsonb_build_object('workspaceId', w.id, 'slug', w.slug, 'agentId', g.id, 'active', g.active,
        'displayName', g.display_name) order by w.slug)
      from agent g join workspace w on w.id = g.workspace_id where g.account_id = a.id), '[]'::jsonb)
  from account a where a.email = p_email;
end;

create function account_set_password_hash(p_id uuid, p_password_hash text) returns void
language sql security definer set search_path = public, pg_temp
begin atomic
  update account set password_hash = p_password_hash where id = p_id;
end;

create function api_key_by_hash(p_hash text) returns table (workspace_id uuid, id uuid)
language sql stable security definer set search_path = public, pg_temp
begin atomic
  select k.workspace_id, k.id from api_key k where k.secret_hash = p_hash;
end;

create function api_key_used(p_workspace uuid, p_id uuid, p_at timestamptz) returns void
language sql security definer set search_path = public, pg_temp
begin atomic
  update api_key set last_used_at = p_at
    where workspace_id = p_workspace and id = p_id
      and (last_used_at is null or last_used_at < p_at - interval '1 minute');
end;

create function refresh_token_by_hash(p_hash text) returns table (workspace_id uuid, session_id uuid)
language sql stable security definer set search_path = public, pg_temp
begin atomic
  select t.workspace_id, t.session_id from refresh_token t where t.hash = p_hash;
end;

create function next_conversation_number(p_workspace uuid) returns int
language sql security definer set search_path = public, pg_temp
begin atomic
  update workspace_counter set conversations = conversations + 1 where workspace_id = p_workspace
    returning conversations;
end;

create function handovers_due(p_at timestamptz, p_limit int) returns table (workspace_id uuid, id uuid)
language sql stable security definer set search_path = public, pg_temp
begin atomic
  select h.workspace_id, h.id from handover h
    where h.status = 'REQUESTED' and h.expires_at <= p_at order by h.expires_at limit p_limit;
end;

create function idempotency_keys_purge(p_at timestamptz, p_limit int) returns bigint
language sql security definer set search_path = public, pg_temp
begin atomic
  with gone as (
    delete from idempotency_key k where (k.workspace_id, k.owner, k.mutation, k.key) in (
      select e.workspace_id, e.owner, e.mutation, e.key from idempotency_key e where e.expires_at <= p_at limit p_limit)
    returning 1)
  select count(*) from gone;
end;
`;

const ownership = `
-- A function's new owner needs CREATE on its schema for the moment it takes it over.
grant create on schema public to verbatim_definer;
do $block$
declare v_function regprocedure;
begin
  for v_function in
    select p.oid::regprocedure from pg_proc p join pg_namespace n on n.oid = p.pronamespace
    where n.nspname = 'public' and p.prosecdef
  loop
    execute format('alter function %s owner to verbatim_definer', v_function);
    execute format('revoke all on function %s from public', v_function);
    execute format('grant execute on function %s to verbatim_app', v_function);
  end loop;
end
$block$;
revoke create on schema public from verbatim_definer;
grant execute on function api_key_by_hash(text), handovers_due(timestamptz, int) to verbatim_read;
`;
