import { Migration } from '@mikro-orm/migrations';
import { handToDefiner } from './definer-functions.js';
import { secureTenantTables } from './tenant-tables.js';

/** Exports of the record to files, and the systems that it is pushed to. */
export class Migration0012Exports extends Migration {
  override up(): void {
    this.addSql(tables);
    this.addSql(secureTenantTables(['export_job', 'audit_sink']));
    this.addSql(secrets);
    this.addSql(functions);
    this.addSql(
      handToDefiner(
        [
          'exports_due(int)',
          'evidence_due(int)',
          'exports_expired(timestamptz, int)',
          'audit_sinks_active()',
          'audit_sinks_silent(timestamptz)',
        ],
        'verbatim_app',
      ),
    );
  }
}

const tables = `
create table "export_job" (
  "workspace_id" uuid not null, "id" uuid not null, "requested_by_kind" text not null, "requested_by_id" uuid not null,
  "format" text not null, "filter" jsonb not null, "conversation_id" uuid null, "contact_id" uuid null, "reason" text null, "gzip" boolean not null,
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
alter table "export_job" add constraint "export_job_format_check" check ("format" in ('JSONL', 'CSV', 'OCSF', 'ECS', 'CEF', 'SYSLOG', 'EVIDENCE'));
alter table "export_job" add constraint "export_job_state_check" check ("state" in ('REQUESTED', 'RUNNING', 'COMPLETED', 'FAILED', 'CANCELLED', 'EXPIRED'));

create table "audit_sink" (
  "workspace_id" uuid not null, "id" uuid not null, "name" text not null, "kind" text not null, "format" text not null,
  "filter" jsonb not null, "url" text null, "host" text null, "port" int null, "tls" boolean not null,
  "secret" text null, "previous_secret" text null, "previous_secret_until" timestamptz(3) null,
  "fingerprint" text null, "health" text not null, "next_sequence" bigint not null, "sent_epoch" int null, "sent_size" bigint null, "failures" int not null,
  "next_attempt_at" timestamptz(3) null, "last_success_at" timestamptz(3) null, "last_error" text null,
  "last_error_at" timestamptz(3) null, "created_at" timestamptz(3) not null, "deleted_at" timestamptz(3) null,
  primary key ("workspace_id", "id")
);
create index "audit_sink_active" on "audit_sink" ("workspace_id", "id") where "deleted_at" is null and "health" <> 'DISABLED';
alter table "audit_sink" add constraint "audit_sink_kind_check" check ("kind" in ('WEBHOOK', 'SYSLOG'));
alter table "audit_sink" add constraint "audit_sink_format_check" check ("format" in ('JSONL', 'CSV', 'OCSF', 'ECS', 'CEF', 'SYSLOG'));
alter table "audit_sink" add constraint "audit_sink_health_check" check ("health" in ('HEALTHY', 'FAILING', 'DISABLED'));
`;

/** Who serves queries never reads what webhooks are signed with. */
const secrets = `
revoke select on audit_sink from verbatim_read;
grant select (workspace_id, id, name, kind, format, filter, url, host, port, tls, previous_secret_until, fingerprint,
  health, next_sequence, sent_epoch, sent_size, failures, next_attempt_at, last_success_at, last_error, last_error_at, created_at, deleted_at)
  on audit_sink to verbatim_read;
`;

const functions = `
create function exports_due(p_limit int) returns table (workspace_id uuid, id uuid)
language sql stable security definer set search_path = public, pg_temp
begin atomic
  -- By turns: the first of every workspace, then the second. A failure costs a place, so that what cannot go on is
  -- behind what can.
  select q.workspace_id, q.id from
    (select j.workspace_id, j.id, j.requested_at,
       row_number() over (partition by j.workspace_id order by j.requested_at, j.id) + j.failures as place
     from export_job j where j.state in ('REQUESTED', 'RUNNING') and j.format <> 'EVIDENCE') q
    order by q.place, q.requested_at, q.id limit p_limit;
end;

-- The same of bundles of evidence, each of which is made at one go.
create function evidence_due(p_limit int) returns table (workspace_id uuid, id uuid)
language sql stable security definer set search_path = public, pg_temp
begin atomic
  select q.workspace_id, q.id from
    (select j.workspace_id, j.id, j.requested_at,
       row_number() over (partition by j.workspace_id order by j.requested_at, j.id) + j.failures as place
     from export_job j where j.state in ('REQUESTED', 'RUNNING') and j.format = 'EVIDENCE') q
    order by q.place, q.requested_at, q.id limit p_limit;
end;

create function exports_expired(p_at timestamptz, p_limit int) returns table (workspace_id uuid, id uuid)
language sql stable security definer set search_path = public, pg_temp
begin atomic
  select j.workspace_id, j.id from export_job j where j.state = 'COMPLETED' and j.expires_at <= p_at
    order by j.expires_at limit p_limit;
end;

create function audit_sinks_active() returns table (workspace_id uuid, id uuid)
language sql stable security definer set search_path = public, pg_temp
begin atomic
  select s.workspace_id, s.id from audit_sink s where s.deleted_at is null and s.health <> 'DISABLED';
end;

-- Sinks to which nothing was pushed since then, although something waits that is older.
create function audit_sinks_silent(p_before timestamptz) returns table (workspace_id uuid, id uuid, name text)
language sql stable security definer set search_path = public, pg_temp
begin atomic
  select s.workspace_id, s.id, s.name from audit_sink s
    join record_entry e on e.workspace_id = s.workspace_id and e.sequence = s.next_sequence
    where s.deleted_at is null and s.health = 'HEALTHY' and e.recorded_at <= p_before
      and coalesce(s.last_success_at, s.created_at) <= p_before;
end;

grant select on export_job, audit_sink to verbatim_definer;
`;
