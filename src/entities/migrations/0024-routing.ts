import { Migration } from '@mikro-orm/migrations';
import { handToDefiner } from './definer-functions.js';
import { secureTenantTables } from './tenant-tables.js';

/** Conversations that wait for a team are given to its members automatically. */
export class Migration0024Routing extends Migration {
  override up(): void {
    this.addSql(tables);
    this.addSql(secureTenantTables(['routing_policy', 'routing_assignment']));
    this.addSql(due);
    this.addSql(handToDefiner(functions, 'verbatim_app, verbatim_read'));
  }
}

const functions = ['routing_due(uuid, uuid, int)', 'routing_checks_due(timestamptz, int)'];

const tables = `
create table "routing_policy" (
  "workspace_id" uuid not null, "team_id" uuid not null, "enabled" boolean not null, "strategy" text not null,
  "requeue_after_seconds" int null, "last_agent_id" uuid null, "changed_at" timestamptz(3) not null,
  primary key ("workspace_id", "team_id")
);
alter table "routing_policy" add constraint "routing_policy_workspace_id_team_id_foreign" foreign key ("workspace_id", "team_id") references "team" ("workspace_id", "id") on update no action on delete no action;
alter table "routing_policy" add constraint "routing_policy_strategy_check" check ("strategy" in ('ROUND_ROBIN', 'LEAST_BUSY'));

create table "routing_assignment" (
  "workspace_id" uuid not null, "conversation_id" uuid not null, "team_id" uuid not null, "agent_id" uuid not null,
  "position" int not null, "assigned_at" timestamptz(3) not null, "check_at" timestamptz(3) null,
  "passed_agent_id" uuid null,
  primary key ("workspace_id", "conversation_id")
);
create index "routing_assignment_due" on "routing_assignment" ("check_at") where "check_at" is not null;
alter table "routing_assignment" add constraint "routing_assignment_workspace_id_conversation_id_foreign" foreign key ("workspace_id", "conversation_id") references "conversation" ("workspace_id", "id") on update no action on delete no action;
alter table "routing_assignment" add constraint "routing_assignment_workspace_id_team_id_foreign" foreign key ("workspace_id", "team_id") references "team" ("workspace_id", "id") on update no action on delete no action;
alter table "routing_assignment" add constraint "routing_assignment_workspace_id_agent_id_foreign" foreign key ("workspace_id", "agent_id") references "agent" ("workspace_id", "id") on update no action on delete no action;

create index "conversation_queued" on "conversation" ("workspace_id", "team_id", (coalesce("waiting_since", "created_at")), "id") where "assignee_id" is null and "status" in ('OPEN', 'IN_PROGRESS') and not "bot_active" and "open_handover_id" is null;
`;

const due = `
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
          and c.open_handover_id is null
        union all
        select 1 from conversation c where c.workspace_id = p.workspace_id and c.offered_team_id = p.team_id)
      and exists (
        select 1 from team_member m
          join presence s on s.workspace_id = m.workspace_id and s.agent_id = m.agent_id and s.status = 'ONLINE'
          join agent a on a.workspace_id = m.workspace_id and a.id = m.agent_id and a.active and a.role <> 'AUDITOR'
        where m.workspace_id = p.workspace_id and m.team_id = p.team_id
          and (a.capacity is null or a.capacity > (
            select count(*) from conversation c where c.workspace_id = a.workspace_id and c.assignee_id = a.id
              and c.status <> 'RESOLVED' and c.status <> 'SNOOZED')))
    order by p.workspace_id, p.team_id limit p_limit;
end;

create function routing_checks_due(p_at timestamptz, p_limit int) returns table (workspace_id uuid, id uuid)
language sql stable security definer set search_path = public, pg_temp
begin atomic
  select r.workspace_id, r.conversation_id from routing_assignment r where r.check_at <= p_at
    order by r.check_at limit p_limit;
end;

grant select on routing_policy, routing_assignment, team, team_member, agent, presence, conversation to verbatim_definer;
`;
