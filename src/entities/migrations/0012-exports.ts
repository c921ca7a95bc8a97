import { Migration } from '@mikro-orm/migrations';
import { handToDefiner } from './definer-functions.js';
import { secureTenantTables } from './tenant-tables.js';

/** Exports of the record to files. */
export class Migration0012Exports extends Migration {
  override up(): void {
    this.addSql(tables);
    this.addSql(secureTenantTables(['export_job']));
    this.addSql(functions);
    this.addSql(handToDefiner(['exports_due(int)', 'exports_expired(timestamptz, int)'], 'verbatim_app'));
  }
}

const tables = `
create table "export_job" (
  "workspace_id" uuid not null, "id" uuid not null, "requested_by_kind" text not null, "requested_by_id" uuid not null,
  "format" text not null, "filter" jsonb not null, "reason" text null, "gzip" boolean not null,
  "unmasked" boolean not null, "from_sequence" bigint not null, "to_sequence" bigint not null, "state" text not null,
  "next_sequence" bigint not null, "parts" int not null, "parts_digest" text not null, "rows" bigint not null,
  "failures" int not null, "fault" text null, "bytes" bigint null, "sha256" text null,
  "requested_at" timestamptz(3) not null, "completed_at" timestamptz(3) null, "expires_at" timestamptz(3) null,
  primary key ("workspace_id", "id")
);
create index "export_job_workspace_id_requested_at_id_index" on "export_job" ("workspace_id", "requested_at", "id");
create index "export_job_due" on "export_job" ("requested_at") where "state" in ('REQUESTED', 'RUNNING');
create index "export_job_expiry" on "export_job" ("expires_at") where "state" = 'COMPLETED';
alter table "export_job" add constraint "export_job_requested_by_kind_check" check ("requested_by_kind" in ('AGENT', 'CONTACT', 'BOT', 'API_KEY', 'SYSTEM', 'ANONYMOUS'));
alter table "export_job" add constraint "export_job_format_check" check ("format" in ('JSONL', 'CSV', 'OCSF', 'ECS', 'CEF', 'SYSLOG'));
alter table "export_job" add constraint "export_job_state_check" check ("state" in ('REQUESTED', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED', 'EXPIRED'));
`;

const functions = `
create function exports_due(p_limit int) returns table (workspace_id uuid, id uuid)
language sql stable security definer set search_path = public, pg_temp
begin atomic
  select j.workspace_id, j.id from export_job j where j.state in ('REQUESTED', 'RUNNING')
    order by j.requested_at limit p_limit;
end;

create function exports_expired(p_at timestamptz, p_limit int) returns table (workspace_id uuid, id uuid)
language sql stable security definer set search_path = public, pg_temp
begin atomic
  select j.workspace_id, j.id from export_job j where j.state = 'COMPLETED' and j.expires_at <= p_at
    order by j.expires_at limit p_limit;
end;

grant select on export_job to verbatim_definer;
`;
