import { Migration } from '@mikro-orm/migrations';
import { handToDefiner } from './definer-functions.js';
import { secureTenantTables } from './tenant-tables.js';

/** Rules over the record, what they raise, and how far they have read. */
export class Migration0011Alerts extends Migration {
  override up(): void {
    this.addSql(tables);
    this.addSql(cursors);
    this.addSql(
      secureTenantTables(['alert_rule', 'alert', 'alert_mute', 'alert_cursor', 'alert_state', 'alert_destination']),
    );
    this.addSql(grants);
    this.addSql(functions);
    this.addSql(
      handToDefiner(
        [
          'alerts_behind(int)',
          'alert_states_due(timestamptz, int)',
          'alert_rules_missing(text[], int)',
          'alert_destinations_due(timestamptz, int)',
        ],
        'verbatim_app, verbatim_read',
      ),
    );
  }
}

const tables = `
create table "alert_rule" (
  "workspace_id" uuid not null, "id" uuid not null, "key" text null, "name" text not null, "description" text null,
  "enabled" boolean not null, "filter" jsonb not null, "condition" text null, "parameters" jsonb not null,
  "threshold" int not null, "window_seconds" int not null, "group_by" text not null, "severity" text not null,
  "quiet_seconds" int not null, "version" int not null, "created_at" timestamptz(3) not null,
  "updated_at" timestamptz(3) not null, "deleted_at" timestamptz(3) null,
  primary key ("workspace_id", "id")
);
alter table "alert_rule" add constraint "alert_rule_workspace_id_key_unique" unique ("workspace_id", "key");

create table "alert" (
  "workspace_id" uuid not null, "id" uuid not null, "rule_id" uuid not null, "severity" text not null,
  "status" text not null, "group_by" text not null, "group_key" text not null, "actor_ids" uuid[] not null,
  "actor_kinds" text[] not null, "others_acted" boolean not null, "count" int not null, "first_at" timestamptz(3) not null,
  "last_at" timestamptz(3) not null, "sequences" jsonb not null, "raised_at" timestamptz(3) not null,
  "acknowledged_by_kind" text null, "acknowledged_by_id" uuid null, "acknowledged_at" timestamptz(3) null,
  "acknowledge_reason" text null, "resolved_by_kind" text null, "resolved_by_id" uuid null,
  "resolved_at" timestamptz(3) null, "resolve_reason" text null,
  primary key ("workspace_id", "id")
);
create index "alert_workspace_id_raised_at_id_index" on "alert" ("workspace_id", "raised_at", "id");

create table "alert_mute" (
  "workspace_id" uuid not null, "rule_id" uuid not null, "group_key" text not null,
  "muted_at" timestamptz(3) not null, "until" timestamptz(3) not null, "muted_by_kind" text not null,
  "muted_by_id" uuid null, "reason" text null,
  primary key ("workspace_id", "rule_id", "group_key")
);

create table "alert_cursor" ("workspace_id" uuid not null, "sequence" bigint not null, primary key ("workspace_id"));

create table "alert_state" (
  "workspace_id" uuid not null, "rule_id" uuid not null, "key" text not null, "version" int not null,
  "state" jsonb not null, "expires_at" timestamptz(3) not null, "due_at" timestamptz(3) null,
  primary key ("workspace_id", "rule_id", "key")
);
create index "alert_state_due" on "alert_state" ("due_at") where "due_at" is not null;
create index "alert_state_workspace_id_expires_at_index" on "alert_state" ("workspace_id", "expires_at");

create table "alert_destination" (
  "workspace_id" uuid not null, "id" uuid not null, "name" text not null, "kind" text not null, "url" text null,
  "secret" text null, "secret_fingerprint" text null, "addresses" text[] not null, "min_severity" text not null,
  "enabled" boolean not null, "sequence" bigint not null, "attempts" int not null,
  "next_attempt_at" timestamptz(3) not null, "last_error" text null, "delivered_at" timestamptz(3) null,
  "created_at" timestamptz(3) not null, "deleted_at" timestamptz(3) null,
  primary key ("workspace_id", "id")
);

alter table "alert_destination" add constraint "alert_destination_workspace_id_foreign" foreign key ("workspace_id") references "workspace" ("id") on update no action on delete no action;
alter table "alert_destination" add constraint "alert_destination_kind_check" check ("kind" in ('WEBHOOK', 'EMAIL'));
alter table "alert_destination" add constraint "alert_destination_min_severity_check" check ("min_severity" in ('INFO', 'NOTICE', 'WARNING', 'CRITICAL'));
alter table "alert_rule" add constraint "alert_rule_workspace_id_foreign" foreign key ("workspace_id") references "workspace" ("id") on update no action on delete no action;
alter table "alert_rule" add constraint "alert_rule_condition_check" check ("condition" in ('AFTER_FAILED_SIGN_INS', 'DECREASED', 'FIRST_EXPORT_AFTER_GRANT', 'METADATA_IS', 'OFF_HOURS', 'SELF_GRANT', 'SILENT', 'UNUSUAL_VOLUME', 'VIEW_WITHOUT_CONNECTION'));
alter table "alert_rule" add constraint "alert_rule_group_by_check" check ("group_by" in ('NONE', 'ACTOR', 'ADDRESS', 'TARGET', 'CONVERSATION'));
alter table "alert_rule" add constraint "alert_rule_severity_check" check ("severity" in ('INFO', 'NOTICE', 'WARNING', 'CRITICAL'));
alter table "alert" add constraint "alert_severity_check" check ("severity" in ('INFO', 'NOTICE', 'WARNING', 'CRITICAL'));
alter table "alert" add constraint "alert_status_check" check ("status" in ('RAISED', 'ACKNOWLEDGED', 'RESOLVED'));
alter table "alert" add constraint "alert_group_by_check" check ("group_by" in ('NONE', 'ACTOR', 'ADDRESS', 'TARGET', 'CONVERSATION'));
alter table "alert" add constraint "alert_acknowledged_by_kind_check" check ("acknowledged_by_kind" in ('AGENT', 'CONTACT', 'BOT', 'API_KEY', 'SYSTEM', 'ANONYMOUS'));
alter table "alert" add constraint "alert_resolved_by_kind_check" check ("resolved_by_kind" in ('AGENT', 'CONTACT', 'BOT', 'API_KEY', 'SYSTEM', 'ANONYMOUS'));
alter table "alert_mute" add constraint "alert_mute_muted_by_kind_check" check ("muted_by_kind" in ('AGENT', 'CONTACT', 'BOT', 'API_KEY', 'SYSTEM', 'ANONYMOUS'));
`;

/**
 * What happened before there were rules is not evaluated: an upgrade would raise years of old alerts at once. The owner
 * of the tables sees no heads while row-level security is forced, so for this one statement it is not.
 */
const cursors = `
alter table record_head no force row level security;
insert into alert_cursor (workspace_id, sequence) select h.workspace_id, h.size - 1 from record_head h;
alter table record_head force row level security;
`;

const grants = `
-- What a rule remembers is made of events, which stay on the record; it is removed when it says nothing any more.
grant delete on alert_state to verbatim_app;
-- The secret is for signing alone.
revoke select on alert_destination from verbatim_read;
grant select (workspace_id, id, name, kind, url, secret_fingerprint, addresses, min_severity, enabled, sequence, attempts,
  next_attempt_at, last_error, delivered_at, created_at, deleted_at) on alert_destination to verbatim_read;
`;

const functions = `
create function alerts_behind(p_limit int) returns table (workspace_id uuid)
language sql stable security definer set search_path = public, pg_temp
begin atomic
  select h.workspace_id from record_head h left join alert_cursor c on c.workspace_id = h.workspace_id
    where h.size - 1 > coalesce(c.sequence, -1)
    order by h.size - coalesce(c.sequence, -1) limit p_limit;
end;

create function alert_states_due(p_at timestamptz, p_limit int) returns table (workspace_id uuid)
language sql stable security definer set search_path = public, pg_temp
begin atomic
  select distinct d.workspace_id from
    (select s.workspace_id from alert_state s where s.due_at <= p_at order by s.due_at limit p_limit) d;
end;

-- Workspaces without some of the rules that every workspace has.
create function alert_rules_missing(p_keys text[], p_limit int) returns table (workspace_id uuid)
language sql stable security definer set search_path = public, pg_temp
begin atomic
  select w.id from workspace w
    where (select count(*) from alert_rule r where r.workspace_id = w.id and r.key = any(p_keys)) < cardinality(p_keys)
    limit p_limit;
end;

create function alert_destinations_due(p_at timestamptz, p_limit int) returns table (workspace_id uuid, id uuid)
language sql stable security definer set search_path = public, pg_temp
begin atomic
  select d.workspace_id, d.id from alert_destination d join record_head h on h.workspace_id = d.workspace_id
    where d.enabled and d.deleted_at is null and d.next_attempt_at <= p_at and h.size - 1 > d.sequence
    order by d.next_attempt_at limit p_limit;
end;
grant select on alert_rule, alert_cursor, alert_state, alert_destination to verbatim_definer;
`;
