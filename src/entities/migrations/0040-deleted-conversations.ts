import { Migration } from '@mikro-orm/migrations';
import { handToDefiner } from './definer-functions.js';
import { secureTenantTables } from './tenant-tables.js';

/**
 * Conversations that were deleted are there for nobody, until they are restored or what they held is gone. The database
 * hides them, not each statement: the writing role by row-level security, unless its transaction asks to see them; the
 * reading one by a view in their place, since a policy would keep it from indexes whose operators might leak.
 */
export class Migration0040DeletedConversations extends Migration {
  override up(): void {
    this.addSql(tables);
    this.addSql(secureTenantTables(['conversation_deletion']));
    this.addSql(hidden);
    this.addSql(indexes);
    this.addSql(sweeps);
    this.addSql(
      handToDefiner(
        ['conversations_due(timestamptz, int)', 'routing_due(uuid, uuid, int)'],
        'verbatim_app, verbatim_read',
      ),
    );
    this.addSql(handToDefiner(['deletions_due(timestamptz, int)'], 'verbatim_app'));
  }
}

const tables = `
alter table "workspace" add column "restore_days" int not null default 30;
alter table "conversation" add column "deleted_at" timestamptz(3) null;

create table "conversation_deletion" (
  "workspace_id" uuid not null, "conversation_id" uuid not null, "number" int not null, "created_at" timestamptz(3) not null,
  "deleted_at" timestamptz(3) not null, "deleted_by_kind" text not null, "deleted_by_id" uuid null, "reason" text null,
  "external_id" text null, "restorable_until" timestamptz(3) not null, "successor_id" uuid null,
  "purge_run_id" uuid null, "purged_at" timestamptz(3) null,
  primary key ("workspace_id", "conversation_id")
);
alter table "conversation_deletion" add constraint "conversation_deletion_workspace_id_conversation_id_foreign"
  foreign key ("workspace_id", "conversation_id") references "conversation" ("workspace_id", "id");
alter table "conversation_deletion" add constraint "conversation_deletion_deleted_by_kind_check"
  check ("deleted_by_kind" in ('AGENT', 'CONTACT', 'BOT', 'API_KEY', 'SYSTEM', 'ANONYMOUS'));
create index "conversation_deletion_by_time" on "conversation_deletion" ("workspace_id", "deleted_at", "conversation_id");
create index "conversation_deletion_restorable" on "conversation_deletion" ("workspace_id", "deleted_at", "conversation_id") where "purge_run_id" is null;
create index "conversation_deletion_due" on "conversation_deletion" ("restorable_until") where "purge_run_id" is null;

alter table "removal_run" add column "conversation_id" uuid null;
alter table "removal_run" drop constraint "removal_run_kind_check";
alter table "removal_run" add constraint "removal_run_kind_check" check ("kind" in ('ERASURE', 'PRUNING', 'PURGE'));
`;

const hidden = `
-- What is restored is deleted no longer.
grant delete on conversation_deletion to verbatim_app;
grant select on conversation_deletion to verbatim_definer;

create policy there on conversation as restrictive to verbatim_app
  using (deleted_at is null or current_setting('verbatim.deleted', true) = 'shown');

-- The first schema that the reading role looks into: what it calls "conversation" is this.
create schema reading;
create view reading.conversation with (security_invoker = true) as select * from public.conversation where deleted_at is null;
grant usage on schema reading to verbatim_read;
revoke all on reading.conversation from public;
grant select on reading.conversation to verbatim_read;

-- The name of a contact is searched with all their conversations: also with those that may be restored.
create or replace function search_contact_changed() returns trigger language plpgsql set search_path = public, pg_temp as $function$
declare v_shown text := coalesce(current_setting('verbatim.deleted', true), '');
begin
  perform set_config('verbatim.deleted', 'shown', true);
  delete from search_entry e using conversation c
    where c.workspace_id = new.workspace_id and c.contact_id = new.id and e.workspace_id = c.workspace_id and e.id = c.id;
  insert into search_entry
    select t.workspace_id, t.id, 'CONVERSATION', t.id, null, null::uuid, t.created_at, v
    from conversation t cross join lateral search_vector(t.workspace_id, concat_ws(' ', t.subject, new.name), array['CONVERSATION']) v
    where t.workspace_id = new.workspace_id and t.contact_id = new.id and v is not null
      and not exists (select 1 from conversation_deletion d
        where d.workspace_id = t.workspace_id and d.conversation_id = t.id and d.purge_run_id is not null)
  on conflict (workspace_id, id) do update set conversation_id = excluded.conversation_id,
    actor_kind = excluded.actor_kind, actor_id = excluded.actor_id, words = excluded.words;
  perform set_config('verbatim.deleted', v_shown, true);
  return null;
end
$function$;
`;

/** Nobody's list is read past what was deleted, however much that is. */
const indexes = `
drop index "conversation_by_activity";
drop index "conversation_by_creation";
drop index "conversation_by_inbox";
drop index "conversation_by_team";
drop index "conversation_by_assignee";
drop index "conversation_due";
drop index "conversation_open";
drop index "conversation_queued";
drop index "conversation_unresolved";
create index "conversation_by_activity" on "conversation" ("workspace_id", "spam", "last_activity_at", "id") where "deleted_at" is null;
create index "conversation_by_creation" on "conversation" ("workspace_id", "spam", "created_at", "id") where "deleted_at" is null;
create index "conversation_by_inbox" on "conversation" ("workspace_id", "inbox_id", "spam", "last_activity_at", "id") where "deleted_at" is null;
create index "conversation_by_team" on "conversation" ("workspace_id", "team_id", "spam", "last_activity_at", "id") where "deleted_at" is null;
create index "conversation_by_assignee" on "conversation" ("workspace_id", "assignee_id", "spam", "last_activity_at", "id") where "deleted_at" is null;
create index "conversation_due" on "conversation" ("snoozed_until") where "snoozed_until" is not null and not "spam" and "deleted_at" is null;
create index "conversation_open" on "conversation" ("workspace_id", "assignee_id", "spam") where "assignee_id" is not null and "status" <> 'RESOLVED' and "deleted_at" is null;
create index "conversation_queued" on "conversation" ("workspace_id", "team_id", (coalesce("waiting_since", "created_at")), "id") where "assignee_id" is null and "status" in ('OPEN', 'IN_PROGRESS') and not "bot_active" and "open_handover_id" is null and not "spam" and "deleted_at" is null;
create index "conversation_unresolved" on "conversation" ("workspace_id", "spam", "status") where "status" <> 'RESOLVED' and "deleted_at" is null;
`;

const sweeps = `
drop function conversations_due(timestamptz, int);
-- What is spam, or deleted, wakes when it is so no more.
create function conversations_due(p_at timestamptz, p_limit int) returns table (workspace_id uuid, id uuid)
language sql stable security definer set search_path = public, pg_temp
begin atomic
  select c.workspace_id, c.id from conversation c where c.snoozed_until <= p_at and not c.spam and c.deleted_at is null
    order by c.snoozed_until limit p_limit;
end;

drop function routing_due(uuid, uuid, int);
-- Teams in which something waits and somebody is there with room for it; which exactly is decided under locks.
create function routing_due(p_workspace uuid, p_team uuid, p_limit int) returns table (workspace_id uuid, team_id uuid)
language sql stable security definer set search_path = public, pg_temp
begin atomic
  select p.workspace_id, p.team_id from routing_policy p
    join team t on t.workspace_id = p.workspace_id and t.id = p.team_id and t.deactivated_at is null
    where p.enabled and (p.workspace_id, p.team_id) > (p_workspace, p_team)
      and exists (
        select 1 from conversation c where c.workspace_id = p.workspace_id and c.team_id = p.team_id
          and c.assignee_id is null and c.status in ('OPEN', 'IN_PROGRESS') and not c.bot_active
          and c.open_handover_id is null and not c.spam and c.deleted_at is null
        union all
        select 1 from conversation c where c.workspace_id = p.workspace_id and c.offered_team_id = p.team_id)
      and exists (
        select 1 from team_member m
          join presence s on s.workspace_id = m.workspace_id and s.agent_id = m.agent_id and s.status = 'ONLINE'
          join agent a on a.workspace_id = m.workspace_id and a.id = m.agent_id and a.active and a.role <> 'AUDITOR'
        where m.workspace_id = p.workspace_id and m.team_id = p.team_id
          and (a.capacity is null or a.capacity > (
            select count(*) from conversation c where c.workspace_id = a.workspace_id and c.assignee_id = a.id
              and c.status <> 'RESOLVED' and c.status <> 'SNOOZED' and not c.spam and c.deleted_at is null)))
    order by p.workspace_id, p.team_id limit p_limit;
end;

-- What cannot be restored any more, and whose contents are to go.
create function deletions_due(p_at timestamptz, p_limit int) returns table (workspace_id uuid, id uuid)
language sql stable security definer set search_path = public, pg_temp
begin atomic
  select d.workspace_id, d.conversation_id from conversation_deletion d
    where d.restorable_until <= p_at and d.purge_run_id is null order by d.restorable_until limit p_limit;
end;
`;
