import { Migration } from '@mikro-orm/migrations';
import { handToDefiner } from './definer-functions.js';
import { secureTenantTables } from './tenant-tables.js';

/**
 * What may go from the record, and how: only what an event on the record has announced. The announcement is read from
 * the body that the log's hashes cover, inside the function that removes, so no caller can remove anything else.
 */
export class Migration0010ErasureAndRetention extends Migration {
  override up(): void {
    this.addSql(tables);
    this.addSql(secureTenantTables(['retention_rule', 'removal_run']));
    this.addSql(grants);
    this.addSql(guard);
    this.addSql(functions);
    this.addSql(
      handToDefiner(
        [
          'record_prune(uuid, uuid)',
          'record_erase(uuid, uuid)',
          'removal_runs_open(timestamptz, int)',
          'retention_workspaces()',
        ],
        'verbatim_app',
      ),
    );
  }
}

const tables = `
create table "retention_rule" (
  "workspace_id" uuid not null, "category" text not null, "days" int null, "changed_at" timestamptz(3) not null,
  primary key ("workspace_id", "category")
);
alter table "retention_rule" add constraint "retention_rule_category_check" check ("category" in (
  'CONVERSATION', 'MESSAGE', 'NOTE', 'HANDOVER', 'CONTACT', 'PRIVACY', 'ACCESS', 'AUTH', 'PRESENCE', 'PEOPLE', 'CONFIG',
  'BOT', 'INTEGRATION', 'QUALITY', 'ALERT', 'AUDIT', 'SYSTEM', 'CUSTOM'));

create table "removal_run" (
  "workspace_id" uuid not null, "id" uuid not null, "kind" text not null, "contact_id" uuid null, "filters" bigint[] null,
  "cutoffs" jsonb null,
  "position" bigint not null, "pending" uuid[] not null, "announced" int not null, "messages" int not null,
  "notes" int not null, "started_at" timestamptz(3) not null, "finished_at" timestamptz(3) null,
  primary key ("workspace_id", "id")
);
alter table "removal_run" add constraint "removal_run_kind_check" check ("kind" in ('ERASURE', 'PRUNING'));
create index "removal_run_open" on "removal_run" ("started_at") where "finished_at" is null;

alter table "contact" add "erased_at" timestamptz(3) null;
alter table "transcript_entry" add "removal_id" uuid null;
`;

const grants = `
revoke all on retention_rule, removal_run from public;
grant select, insert, update on retention_rule, removal_run to verbatim_app;
grant select on retention_rule, removal_run to verbatim_read;
grant select on retention_rule, removal_run to verbatim_definer;
grant update, delete on record_body to verbatim_definer;
`;

const guard = `
-- What repeats the body, or is its key: erasing leaves these alone, and clears every other column there is or will be.
create function record_body_lasting() returns text[] language sql immutable parallel safe
return array['workspace_id', 'sequence', 'body', 'event_id', 'action', 'category', 'severity', 'outcome', 'actor_kind',
  'actor_id', 'obo_kind', 'obo_id', 'target_type', 'target_id', 'conversation_id', 'contact_id', 'team_id', 'inbox_id',
  'request_id', 'causation_id', 'session_id', 'occurred_at', 'audience', 'other_team_ids'];

create function record_body_guard() returns trigger language plpgsql as $function$
begin
  -- Only inside the functions below is anybody the definer.
  if current_user = 'verbatim_definer' then
    if tg_op = 'DELETE' then return old; end if;
    if new.disclosures <@ old.disclosures and not exists (
      select from jsonb_each(to_jsonb(new)) n join jsonb_each(to_jsonb(old)) o using (key)
      where n.value is distinct from o.value and key = any(record_body_lasting()))
    then return new; end if;
  end if;
  raise exception 'the record is append-only: % on % is refused', tg_op, tg_table_name using errcode = 'VB001';
end
$function$;

drop trigger record_body_refuses on record_body;
create trigger record_body_refuses before update or delete on record_body
  for each row execute function record_body_guard();
`;

const functions = `
-- The announcement behind an event's id: of this workspace, this action, and as the log's hashes cover it.
create function record_announcement(p_workspace uuid, p_event uuid, p_action text)
returns table (sequence bigint, metadata jsonb)
language plpgsql stable set search_path = public, pg_temp
as $function$
begin
  if p_workspace is distinct from nullif(current_setting('verbatim.workspace', true), '')::uuid then
    raise exception 'not the workspace of this transaction' using errcode = 'insufficient_privilege';
  end if;
  return query
    select b.sequence, b.body::jsonb -> 'metadata'
    from record_body b join record_entry e on e.workspace_id = b.workspace_id and e.sequence = b.sequence
    where b.workspace_id = p_workspace and b.event_id = p_event and sha256(convert_to(b.body, 'UTF8')) = e.body_hash
      and b.body::jsonb ->> 'action' = p_action and b.body::jsonb ->> 'outcome' = 'SUCCESS';
  if not found then
    raise exception 'no event on the record announces this' using errcode = 'VB002';
  end if;
end
$function$;

create function record_prune(p_workspace uuid, p_announcement uuid) returns bigint
language plpgsql security definer set search_path = public, pg_temp
as $function$
declare v_at bigint; v_ranges text; v_removed bigint;
begin
  select a.sequence, a.metadata ->> 'sequences' into v_at, v_ranges
    from record_announcement(p_workspace, p_announcement, 'audit.pruned') a;
  -- What tells of removals is what the log is verified with, and stays.
  delete from record_body b using (
    select split_part(r, '-', 1)::bigint as first,
      coalesce(nullif(split_part(r, '-', 2), ''), split_part(r, '-', 1))::bigint as last
    from unnest(string_to_array(v_ranges, ',')) r) g
  where b.workspace_id = p_workspace and b.sequence between g.first and g.last and b.sequence < v_at
    and b.category not in ('AUDIT', 'PRIVACY');
  get diagnostics v_removed = row_count;
  return v_removed;
end
$function$;

create function record_erase(p_workspace uuid, p_announcement uuid) returns bigint
language plpgsql security definer set search_path = public, pg_temp
as $function$
declare v_at bigint; v_items text; v_item text; v_sequence bigint; v_others text; v_removed bigint := 0; v_count bigint;
begin
  select a.sequence, a.metadata ->> 'disclosures' into v_at, v_items
    from record_announcement(p_workspace, p_announcement, 'audit.erased') a;
  select coalesce(string_agg(format(', %I = %s', c.attname, case when c.attnotnull then 'default' else 'null' end), ''), '')
    into v_others from pg_attribute c
    where c.attrelid = 'record_body'::regclass and c.attnum > 0 and not c.attisdropped and c.attgenerated = ''
      and c.attname <> 'disclosures' and not c.attname = any(record_body_lasting());
  foreach v_item in array string_to_array(v_items, ' ') loop
    v_sequence := split_part(v_item, ':', 1)::bigint;
    continue when v_sequence >= v_at;
    execute format($sql$
      update record_body b set disclosures = coalesce((
        select array_agg(d order by n) from unnest(b.disclosures) with ordinality x(d, n)
        where record_base64url(sha256(convert_to(d, 'UTF8'))) not in (
          select named from unnest(string_to_array($3, '.')) i, lateral (select b.body::jsonb -> '_sd' ->> i::int as named) s
          where named is not null)), '{}') %s
      where b.workspace_id = $1 and b.sequence = $2 and b.action not in ('audit.erased', 'audit.pruned')$sql$, v_others)
      using p_workspace, v_sequence, split_part(v_item, ':', 2);
    get diagnostics v_count = row_count;
    v_removed := v_removed + v_count;
  end loop;
  return v_removed;
end
$function$;

create function removal_runs_open(p_started_before timestamptz, p_limit int) returns table (workspace_id uuid, id uuid)
language sql stable security definer set search_path = public, pg_temp
begin atomic
  select r.workspace_id, r.id from removal_run r where r.finished_at is null and r.started_at <= p_started_before order by r.started_at limit p_limit;
end;

create function retention_workspaces() returns table (workspace_id uuid)
language sql stable security definer set search_path = public, pg_temp
begin atomic
  select distinct r.workspace_id from retention_rule r where r.days is not null;
end;
`;
