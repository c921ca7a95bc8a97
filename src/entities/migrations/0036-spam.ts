import { Migration } from '@mikro-orm/migrations';
import { handToDefiner } from './definer-functions.js';

/** Conversations that are spam are out of the inbox, and of everything that looks for what waits. */
export class Migration0036Spam extends Migration {
  override up(): void {
    this.addSql(`alter table "conversation" add column "spam" boolean not null default false`);
    this.addSql(indexes);
    this.addSql(sweeps);
    this.addSql(
      handToDefiner(
        ['conversations_due(timestamptz, int)', 'routing_due(uuid, uuid, int)'],
        'verbatim_app, verbatim_read',
      ),
    );
  }
}

const indexes = `
drop index "conversation_workspace_id_last_activity_at_id_index";
drop index "conversation_workspace_id_created_at_id_index";
drop index "conversation_workspace_id_inbox_id_last_activity_at_id_index";
drop index "conversation_workspace_id_team_id_last_activity_at_id_index";
drop index "conversation_workspace_id_assignee_id_last_activity_at_id_index";
drop index "conversation_due";
drop index "conversation_open";
drop index "conversation_queued";
drop index "conversation_unresolved";
create index "conversation_by_activity" on "conversation" ("workspace_id", "spam", "last_activity_at", "id");
create index "conversation_by_creation" on "conversation" ("workspace_id", "spam", "created_at", "id");
create index "conversation_by_inbox" on "conversation" ("workspace_id", "inbox_id", "spam", "last_activity_at", "id");
create index "conversation_by_team" on "conversation" ("workspace_id", "team_id", "spam", "last_activity_at", "id");
create index "conversation_by_assignee" on "conversation" ("workspace_id", "assignee_id", "spam", "last_activity_at", "id");
create index "conversation_due" on "conversation" ("snoozed_until") where "snoozed_until" is not null and not "spam";
create index "conversation_open" on "conversation" ("workspace_id", "assignee_id", "spam") where "assignee_id" is not null and "status" <> 'RESOLVED';
create index "conversation_queued" on "conversation" ("workspace_id", "team_id", (coalesce("waiting_since", "created_at")), "id") where "assignee_id" is null and "status" in ('OPEN', 'IN_PROGRESS') and not "bot_active" and "open_handover_id" is null and not "spam";
create index "conversation_unresolved" on "conversation" ("workspace_id", "spam", "status") where "status" <> 'RESOLVED';
`;

const sweeps = `
drop function conversations_due(timestamptz, int);
-- What is spam wakes when it is none any more.
create function conversations_due(p_at timestamptz, p_limit int) returns table (workspace_id uuid, id uuid)
language sql stable security definer set search_path = public, pg_temp
begin atomic
  select c.workspace_id, c.id from conversation c where c.snoozed_until <= p_at and not c.spam
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
          and c.open_handover_id is null and not c.spam
        union all
        select 1 from conversation c where c.workspace_id = p.workspace_id and c.offered_team_id = p.team_id)
      and exists (
        select 1 from team_member m
          join presence s on s.workspace_id = m.workspace_id and s.agent_id = m.agent_id and s.status = 'ONLINE'
          join agent a on a.workspace_id = m.workspace_id and a.id = m.agent_id and a.active and a.role <> 'AUDITOR'
        where m.workspace_id = p.workspace_id and m.team_id = p.team_id
          and (a.capacity is null or a.capacity > (
            select count(*) from conversation c where c.workspace_id = a.workspace_id and c.assignee_id = a.id
              and c.status <> 'RESOLVED' and c.status <> 'SNOOZED' and not c.spam)))
    order by p.workspace_id, p.team_id limit p_limit;
end;
`;
