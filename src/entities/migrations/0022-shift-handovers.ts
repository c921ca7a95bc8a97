import { Migration } from '@mikro-orm/migrations';
import { handToDefiner } from './definer-functions.js';
import { secureTenantTables } from './tenant-tables.js';

/** All open work of an agent is handed over at once, in batches. */
export class Migration0022ShiftHandovers extends Migration {
  override up(): void {
    this.addSql(table);
    this.addSql(secureTenantTables(['shift_handover']));
    this.addSql(open);
    this.addSql(handToDefiner(['shift_handovers_open(timestamptz, int)'], 'verbatim_app, verbatim_read'));
  }
}

const table = `
create table "shift_handover" (
  "workspace_id" uuid not null, "id" uuid not null, "agent_id" uuid not null, "to_agent_id" uuid null,
  "to_team_id" uuid null, "by_kind" text not null, "by_id" uuid null, "comment" text null, "summary" text null,
  "expires_in_seconds" int null, "unattended" boolean not null, "pending" uuid[] not null,
  "conversations" int not null, "handed_over" int not null, "skipped" int not null,
  "started_at" timestamptz(3) not null, "completed_at" timestamptz(3) null,
  primary key ("workspace_id", "id")
);
create index "shift_handover_open" on "shift_handover" ("started_at") where "completed_at" is null;
create unique index "shift_handover_one_open_per_agent" on "shift_handover" ("workspace_id", "agent_id") where "completed_at" is null;
alter table "shift_handover" add constraint "shift_handover_workspace_id_agent_id_foreign" foreign key ("workspace_id", "agent_id") references "agent" ("workspace_id", "id") on update no action on delete no action;
alter table "shift_handover" add constraint "shift_handover_workspace_id_to_agent_id_foreign" foreign key ("workspace_id", "to_agent_id") references "agent" ("workspace_id", "id") on update no action on delete no action;
alter table "shift_handover" add constraint "shift_handover_workspace_id_to_team_id_foreign" foreign key ("workspace_id", "to_team_id") references "team" ("workspace_id", "id") on update no action on delete no action;
alter table "shift_handover" add constraint "shift_handover_by_kind_check" check ("by_kind" in ('AGENT', 'CONTACT', 'BOT', 'API_KEY', 'SYSTEM', 'ANONYMOUS'));

alter table "handover" add column "batch_id" uuid null;
create unique index "handover_one_per_batch" on "handover" ("workspace_id", "batch_id", "conversation_id") where "batch_id" is not null;
`;

const open = `
create function shift_handovers_open(p_before timestamptz, p_limit int) returns table (workspace_id uuid, id uuid)
language sql stable security definer set search_path = public, pg_temp
begin atomic
  select s.workspace_id, s.id from shift_handover s
    where s.completed_at is null and s.started_at <= p_before order by s.started_at limit p_limit;
end;

grant select on shift_handover to verbatim_definer;
`;
