import { Migration } from '@mikro-orm/migrations';

/** The tables of the first nouns, as the entities describe them; a test holds both against each other. */
export class Migration0001Tables extends Migration {
  override up(): void {
    this.addSql(tables);
  }
}

const tables = `
create table "account" (
  "id" uuid not null, "email" text not null, "password_hash" text not null,
  "created_at" timestamptz(3) not null,
  primary key ("id")
);
alter table "account" add constraint "account_email_unique" unique ("email");

create table "contact" (
  "workspace_id" uuid not null, "id" uuid not null, "name" text null, "email" text null, "phone" text null,
  "external_id" text null, "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null,
  primary key ("workspace_id", "id")
);
alter table "contact" add constraint "contact_workspace_id_external_id_unique" unique ("workspace_id", "external_id");

create table "contact_identity" (
  "workspace_id" uuid not null, "id" uuid not null, "contact_id" uuid not null, "channel" text not null,
  "address" text not null, "verified" boolean not null, "created_at" timestamptz(3) not null,
  primary key ("workspace_id", "id")
);
create index "contact_identity_workspace_id_contact_id_index" on "contact_identity" ("workspace_id", "contact_id");
alter table "contact_identity" add constraint "contact_identity_workspace_id_channel_address_unique" unique ("workspace_id", "channel", "address");
alter table "contact_identity" add constraint "contact_identity_channel_check" check ("channel" in ('WEB_CHAT', 'EMAIL', 'TELEGRAM', 'WHATSAPP', 'SMS', 'VOICE', 'API'));

create table "idempotency_key" (
  "workspace_id" uuid not null, "owner" text not null, "mutation" text not null, "key" text not null,
  "request_hash" text null, "result_id" uuid not null, "created_at" timestamptz(3) not null,
  "expires_at" timestamptz(3) null,
  primary key ("workspace_id", "owner", "mutation", "key")
);
create index "idempotency_key_expiry" on "idempotency_key" ("expires_at") where "expires_at" is not null;

create table "record_body" (
  "workspace_id" uuid not null, "sequence" bigint not null, "body" text not null,
  "disclosures" text[] not null, "event_id" uuid not null, "action" text not null, "category" text not null,
  "severity" smallint not null, "outcome" text not null, "actor_kind" text not null, "actor_id" uuid null,
  "obo_kind" text null, "obo_id" uuid null, "target_type" text null, "target_id" text null,
  "conversation_id" uuid null, "contact_id" uuid null, "team_id" uuid null, "inbox_id" uuid null,
  "request_id" text null, "causation_id" uuid null, "session_id" uuid null,
  "occurred_at" timestamptz(3) not null, "audience" text[] null,
  primary key ("workspace_id", "sequence")
);
create index "record_body_action" on "record_body" ("workspace_id", "action" text_pattern_ops, "sequence");
create index "record_body_workspace_id_actor_id_sequence_index" on "record_body" ("workspace_id", "actor_id", "sequence");
create index "record_body_workspace_id_team_id_sequence_index" on "record_body" ("workspace_id", "team_id", "sequence");
create index "record_body_workspace_id_conversation_id_sequence_index" on "record_body" ("workspace_id", "conversation_id", "sequence");
alter table "record_body" add constraint "record_body_workspace_id_event_id_unique" unique ("workspace_id", "event_id");

create table "record_entry" (
  "workspace_id" uuid not null, "sequence" bigint not null, "recorded_at" timestamptz(6) not null,
  "body_hash" bytea not null, "leaf_hash" bytea not null,
  primary key ("workspace_id", "sequence")
);
create index "record_entry_workspace_id_recorded_at_index" on "record_entry" ("workspace_id", "recorded_at");

create table "record_head" (
  "workspace_id" uuid not null, "epoch" int not null, "size" bigint not null, "frontier" bytea[] not null,
  "last_recorded_at" timestamptz(6) null,
  primary key ("workspace_id")
);

create table "signing_key" (
  "kid" text not null, "public_jwk" jsonb not null, "created_at" timestamptz(3) not null,
  primary key ("kid")
);

create table "workspace" (
  "id" uuid not null, "name" text not null, "slug" text not null, "log_origin" text not null,
  "time_zone" text not null, "handover_expiry_seconds" int not null,
  "agents_see_own_events" boolean not null, "created_at" timestamptz(3) not null,
  primary key ("id")
);
alter table "workspace" add constraint "workspace_slug_unique" unique ("slug");

create table "team" (
  "workspace_id" uuid not null, "id" uuid not null, "name" text not null,
  "created_at" timestamptz(3) not null,
  primary key ("workspace_id", "id")
);

create table "bot" (
  "workspace_id" uuid not null, "id" uuid not null, "display_name" text not null,
  "enabled" boolean not null, "version" int not null, "settings" jsonb not null,
  "created_at" timestamptz(3) not null,
  primary key ("workspace_id", "id")
);

create table "inbox" (
  "workspace_id" uuid not null, "id" uuid not null, "name" text not null, "channel" text not null,
  "default_team_id" uuid null, "bot_id" uuid null, "created_at" timestamptz(3) not null,
  primary key ("workspace_id", "id")
);
alter table "inbox" add constraint "inbox_channel_check" check ("channel" in ('WEB_CHAT', 'EMAIL', 'TELEGRAM', 'WHATSAPP', 'SMS', 'VOICE', 'API'));

create table "api_key" (
  "workspace_id" uuid not null, "id" uuid not null, "display_name" text not null, "bot_id" uuid null,
  "scopes" text[] not null, "prefix" text not null, "secret_hash" text not null,
  "created_at" timestamptz(3) not null, "last_used_at" timestamptz(3) null,
  "expires_at" timestamptz(3) null, "revoked_at" timestamptz(3) null,
  primary key ("workspace_id", "id")
);
alter table "api_key" add constraint "api_key_secret_hash_unique" unique ("secret_hash");

create table "agent" (
  "workspace_id" uuid not null, "id" uuid not null, "account_id" uuid not null,
  "display_name" text not null, "email" text not null, "role" text not null, "active" boolean not null,
  "created_at" timestamptz(3) not null,
  primary key ("workspace_id", "id")
);
alter table "agent" add constraint "agent_workspace_id_account_id_unique" unique ("workspace_id", "account_id");
alter table "agent" add constraint "agent_role_check" check ("role" in ('AGENT', 'SUPERVISOR', 'ADMIN', 'AUDITOR'));

create table "team_supervisor" (
  "workspace_id" uuid not null, "team_id" uuid not null, "agent_id" uuid not null,
  primary key ("workspace_id", "team_id", "agent_id")
);
create index "team_supervisor_workspace_id_agent_id_index" on "team_supervisor" ("workspace_id", "agent_id");

create table "team_member" (
  "workspace_id" uuid not null, "team_id" uuid not null, "agent_id" uuid not null,
  primary key ("workspace_id", "team_id", "agent_id")
);
create index "team_member_workspace_id_agent_id_index" on "team_member" ("workspace_id", "agent_id");

create table "session" (
  "workspace_id" uuid not null, "id" uuid not null, "agent_id" uuid not null,
  "created_at" timestamptz(3) not null, "last_seen_at" timestamptz(3) not null,
  "expires_at" timestamptz(3) not null, "revoked_at" timestamptz(3) null, "ip_address" text null,
  "user_agent" text null,
  primary key ("workspace_id", "id")
);
create index "session_workspace_id_agent_id_index" on "session" ("workspace_id", "agent_id");

create table "refresh_token" (
  "workspace_id" uuid not null, "hash" text not null, "session_id" uuid not null,
  "created_at" timestamptz(3) not null, "expires_at" timestamptz(3) not null, "used_at" timestamptz(3) null,
  "successor_hash" text null,
  primary key ("workspace_id", "hash")
);
create index "refresh_token_workspace_id_session_id_index" on "refresh_token" ("workspace_id", "session_id");
alter table "refresh_token" add constraint "refresh_token_hash_unique" unique ("hash");

create table "inbox_member" (
  "workspace_id" uuid not null, "inbox_id" uuid not null, "agent_id" uuid not null,
  primary key ("workspace_id", "inbox_id", "agent_id")
);
create index "inbox_member_workspace_id_agent_id_index" on "inbox_member" ("workspace_id", "agent_id");

create table "conversation" (
  "workspace_id" uuid not null, "id" uuid not null, "number" int not null, "subject" text null,
  "status" text not null, "channel" text not null, "inbox_id" uuid not null, "contact_id" uuid not null,
  "assignee_id" uuid null, "team_id" uuid null, "bot_id" uuid null, "bot_active" boolean not null,
  "external_id" text null, "open_handover_id" uuid null, "offered_agent_id" uuid null,
  "offered_team_id" uuid null, "last_position" int not null, "last_message_id" uuid null,
  "created_at" timestamptz(3) not null, "updated_at" timestamptz(3) not null,
  "last_activity_at" timestamptz(3) not null, "resolved_at" timestamptz(3) null,
  primary key ("workspace_id", "id")
);
create index "conversation_workspace_id_last_activity_at_id_index" on "conversation" ("workspace_id", "last_activity_at", "id");
create index "conversation_workspace_id_created_at_id_index" on "conversation" ("workspace_id", "created_at", "id");
create index "conversation_workspace_id_inbox_id_last_activity_at_id_index" on "conversation" ("workspace_id", "inbox_id", "last_activity_at", "id");
create index "conversation_workspace_id_team_id_last_activity_at_id_index" on "conversation" ("workspace_id", "team_id", "last_activity_at", "id");
create index "conversation_workspace_id_assignee_id_last_activity_at_id_index" on "conversation" ("workspace_id", "assignee_id", "last_activity_at", "id");
create index "conversation_workspace_id_contact_id_inbox_id_last_0159d_index" on "conversation" ("workspace_id", "contact_id", "inbox_id", "last_activity_at");
create index "conversation_offered_agent" on "conversation" ("workspace_id", "offered_agent_id") where "offered_agent_id" is not null;
create index "conversation_offered_team" on "conversation" ("workspace_id", "offered_team_id") where "offered_team_id" is not null;
alter table "conversation" add constraint "conversation_workspace_id_number_unique" unique ("workspace_id", "number");
alter table "conversation" add constraint "conversation_workspace_id_external_id_unique" unique ("workspace_id", "external_id");
alter table "conversation" add constraint "conversation_status_check" check ("status" in ('OPEN', 'IN_PROGRESS', 'PENDING', 'RESOLVED'));
alter table "conversation" add constraint "conversation_channel_check" check ("channel" in ('WEB_CHAT', 'EMAIL', 'TELEGRAM', 'WHATSAPP', 'SMS', 'VOICE', 'API'));

create table "transcript_entry" (
  "workspace_id" uuid not null, "id" uuid not null, "conversation_id" uuid not null,
  "position" int not null, "kind" text not null, "actor_kind" text not null, "actor_id" uuid null,
  "action" text null, "changes" jsonb null, "handover_id" uuid null, "occurred_at" timestamptz(3) not null,
  primary key ("workspace_id", "id")
);
alter table "transcript_entry" add constraint "transcript_entry_workspace_id_conversation_id_position_unique" unique ("workspace_id", "conversation_id", "position");
alter table "transcript_entry" add constraint "transcript_entry_kind_check" check ("kind" in ('MESSAGE', 'EVENT'));
alter table "transcript_entry" add constraint "transcript_entry_actor_kind_check" check ("actor_kind" in ('AGENT', 'CONTACT', 'BOT', 'API_KEY', 'SYSTEM', 'ANONYMOUS'));

create table "message" (
  "workspace_id" uuid not null, "id" uuid not null, "conversation_id" uuid not null,
  "position" int not null, "direction" text not null, "actor_kind" text not null, "actor_id" uuid not null,
  "text" text not null, "salt" text not null, "external_id" text null,
  "occurred_at" timestamptz(3) not null, "created_at" timestamptz(3) not null,
  primary key ("workspace_id", "id")
);
alter table "message" add constraint "message_workspace_id_conversation_id_position_unique" unique ("workspace_id", "conversation_id", "position");
alter table "message" add constraint "message_direction_check" check ("direction" in ('INBOUND', 'OUTBOUND'));
alter table "message" add constraint "message_actor_kind_check" check ("actor_kind" in ('AGENT', 'CONTACT', 'BOT', 'API_KEY', 'SYSTEM', 'ANONYMOUS'));

create table "handover" (
  "workspace_id" uuid not null, "id" uuid not null, "conversation_id" uuid not null, "kind" text not null,
  "status" text not null, "reason" text not null, "comment" text null, "summary" text null,
  "from_kind" text not null, "from_id" uuid null, "to_agent_id" uuid null, "to_team_id" uuid null,
  "to_bot_id" uuid null, "settled_by_kind" text null, "settled_by_id" uuid null,
  "settlement_reason" text null, "requested_at" timestamptz(3) not null,
  "expires_at" timestamptz(3) not null, "settled_at" timestamptz(3) null,
  primary key ("workspace_id", "id")
);
create index "handover_workspace_id_conversation_id_requested_at_index" on "handover" ("workspace_id", "conversation_id", "requested_at");
create index "handover_workspace_id_requested_at_id_index" on "handover" ("workspace_id", "requested_at", "id");
create unique index "handover_one_open_per_conversation" on "handover" ("workspace_id", "conversation_id") where "status" = 'REQUESTED';
create index "handover_due" on "handover" ("expires_at") where "status" = 'REQUESTED';
alter table "handover" add constraint "handover_kind_check" check ("kind" in ('TO_AGENT', 'TO_TEAM', 'TO_BOT'));
alter table "handover" add constraint "handover_status_check" check ("status" in ('REQUESTED', 'ACCEPTED', 'DECLINED', 'EXPIRED', 'CANCELLED'));
alter table "handover" add constraint "handover_reason_check" check ("reason" in ('CUSTOMER_REQUESTED', 'BOT_CANNOT_ANSWER', 'NEGATIVE_SENTIMENT', 'NEEDS_EXPERTISE', 'LANGUAGE', 'SHIFT_END', 'WORKLOAD', 'ESCALATION', 'OTHER'));
alter table "handover" add constraint "handover_from_kind_check" check ("from_kind" in ('AGENT', 'CONTACT', 'BOT', 'API_KEY', 'SYSTEM', 'ANONYMOUS'));
alter table "handover" add constraint "handover_settled_by_kind_check" check ("settled_by_kind" in ('AGENT', 'CONTACT', 'BOT', 'API_KEY', 'SYSTEM', 'ANONYMOUS'));

create table "workspace_counter" (
  "workspace_id" uuid not null, "conversations" int not null,
  primary key ("workspace_id")
);
alter table "contact_identity" add constraint "contact_identity_workspace_id_contact_id_foreign" foreign key ("workspace_id", "contact_id") references "contact" ("workspace_id", "id") on update no action on delete no action;
alter table "team" add constraint "team_workspace_id_foreign" foreign key ("workspace_id") references "workspace" ("id") on update no action on delete no action;
alter table "bot" add constraint "bot_workspace_id_foreign" foreign key ("workspace_id") references "workspace" ("id") on update no action on delete no action;
alter table "inbox" add constraint "inbox_workspace_id_foreign" foreign key ("workspace_id") references "workspace" ("id") on update no action on delete no action;
alter table "inbox" add constraint "inbox_workspace_id_default_team_id_foreign" foreign key ("workspace_id", "default_team_id") references "team" ("workspace_id", "id") on update no action on delete no action;
alter table "inbox" add constraint "inbox_workspace_id_bot_id_foreign" foreign key ("workspace_id", "bot_id") references "bot" ("workspace_id", "id") on update no action on delete no action;
alter table "api_key" add constraint "api_key_workspace_id_foreign" foreign key ("workspace_id") references "workspace" ("id") on update no action on delete no action;
alter table "api_key" add constraint "api_key_workspace_id_bot_id_foreign" foreign key ("workspace_id", "bot_id") references "bot" ("workspace_id", "id") on update no action on delete no action;
alter table "agent" add constraint "agent_workspace_id_foreign" foreign key ("workspace_id") references "workspace" ("id") on update no action on delete no action;
alter table "agent" add constraint "agent_account_id_foreign" foreign key ("account_id") references "account" ("id") on update no action on delete no action;
alter table "team_supervisor" add constraint "team_supervisor_workspace_id_team_id_foreign" foreign key ("workspace_id", "team_id") references "team" ("workspace_id", "id") on update no action on delete no action;
alter table "team_supervisor" add constraint "team_supervisor_workspace_id_agent_id_foreign" foreign key ("workspace_id", "agent_id") references "agent" ("workspace_id", "id") on update no action on delete no action;
alter table "team_member" add constraint "team_member_workspace_id_team_id_foreign" foreign key ("workspace_id", "team_id") references "team" ("workspace_id", "id") on update no action on delete no action;
alter table "team_member" add constraint "team_member_workspace_id_agent_id_foreign" foreign key ("workspace_id", "agent_id") references "agent" ("workspace_id", "id") on update no action on delete no action;
alter table "session" add constraint "session_workspace_id_agent_id_foreign" foreign key ("workspace_id", "agent_id") references "agent" ("workspace_id", "id") on update no action on delete no action;
alter table "refresh_token" add constraint "refresh_token_workspace_id_session_id_foreign" foreign key ("workspace_id", "session_id") references "session" ("workspace_id", "id") on update no action on delete no action;
alter table "inbox_member" add constraint "inbox_member_workspace_id_inbox_id_foreign" foreign key ("workspace_id", "inbox_id") references "inbox" ("workspace_id", "id") on update no action on delete no action;
alter table "inbox_member" add constraint "inbox_member_workspace_id_agent_id_foreign" foreign key ("workspace_id", "agent_id") references "agent" ("workspace_id", "id") on update no action on delete no action;
alter table "conversation" add constraint "conversation_workspace_id_inbox_id_foreign" foreign key ("workspace_id", "inbox_id") references "inbox" ("workspace_id", "id") on update no action on delete no action;
alter table "conversation" add constraint "conversation_workspace_id_contact_id_foreign" foreign key ("workspace_id", "contact_id") references "contact" ("workspace_id", "id") on update no action on delete no action;
alter table "conversation" add constraint "conversation_workspace_id_assignee_id_foreign" foreign key ("workspace_id", "assignee_id") references "agent" ("workspace_id", "id") on update no action on delete no action;
alter table "conversation" add constraint "conversation_workspace_id_team_id_foreign" foreign key ("workspace_id", "team_id") references "team" ("workspace_id", "id") on update no action on delete no action;
alter table "conversation" add constraint "conversation_workspace_id_bot_id_foreign" foreign key ("workspace_id", "bot_id") references "bot" ("workspace_id", "id") on update no action on delete no action;
alter table "conversation" add constraint "conversation_workspace_id_offered_agent_id_foreign" foreign key ("workspace_id", "offered_agent_id") references "agent" ("workspace_id", "id") on update no action on delete no action;
alter table "conversation" add constraint "conversation_workspace_id_offered_team_id_foreign" foreign key ("workspace_id", "offered_team_id") references "team" ("workspace_id", "id") on update no action on delete no action;
alter table "transcript_entry" add constraint "transcript_entry_workspace_id_conversation_id_foreign" foreign key ("workspace_id", "conversation_id") references "conversation" ("workspace_id", "id") on update no action on delete no action;
alter table "message" add constraint "message_workspace_id_conversation_id_foreign" foreign key ("workspace_id", "conversation_id") references "conversation" ("workspace_id", "id") on update no action on delete no action;
alter table "handover" add constraint "handover_workspace_id_conversation_id_foreign" foreign key ("workspace_id", "conversation_id") references "conversation" ("workspace_id", "id") on update no action on delete no action;
alter table "handover" add constraint "handover_workspace_id_to_agent_id_foreign" foreign key ("workspace_id", "to_agent_id") references "agent" ("workspace_id", "id") on update no action on delete no action;
alter table "handover" add constraint "handover_workspace_id_to_team_id_foreign" foreign key ("workspace_id", "to_team_id") references "team" ("workspace_id", "id") on update no action on delete no action;
alter table "handover" add constraint "handover_workspace_id_to_bot_id_foreign" foreign key ("workspace_id", "to_bot_id") references "bot" ("workspace_id", "id") on update no action on delete no action;
alter table "workspace_counter" add constraint "workspace_counter_workspace_id_foreign" foreign key ("workspace_id") references "workspace" ("id") on update no action on delete no action;
`;
