import { Migration } from '@mikro-orm/migrations';
import { handToDefiner } from './definer-functions.js';
import { secureTenantTables } from './tenant-tables.js';

/** Notes, revisions, labels, reading and presence, and what conversations need of them. */
export class Migration0004NotesLabelsPresence extends Migration {
  override up(): void {
    this.addSql(tables);
    this.addSql(figures);
    this.addSql(secureTenantTables(added));
    this.addSql(grants);
    this.addSql(sweeps);
    this.addSql(handToDefiner(swept, 'verbatim_app, verbatim_read'));
  }
}

const added = [
  'note',
  'note_mention',
  'text_revision',
  'label',
  'conversation_label',
  'contact_label',
  'conversation_viewer',
  'presence',
  'socket_lease',
];

const swept = [
  'conversations_due(timestamptz, int)',
  'socket_lease_set(uuid, uuid, uuid, int, timestamptz)',
  'socket_leases_renew(uuid, timestamptz)',
  'presences_due(timestamptz, int)',
];

const tables = `
create table "text_revision" (
  "workspace_id" uuid not null, "entry_id" uuid not null, "number" int not null, "text" text not null,
  "salt" text not null, "edited_by_kind" text not null, "edited_by_id" uuid null,
  "edited_at" timestamptz(3) not null, "reason" text null,
  primary key ("workspace_id", "entry_id", "number")
);

create table "label" (
  "workspace_id" uuid not null, "id" uuid not null, "name" text not null, "color" text not null,
  "description" text null, "created_at" timestamptz(3) not null,
  primary key ("workspace_id", "id")
);
alter table "label" add constraint "label_workspace_id_name_unique" unique ("workspace_id", "name");

create table "contact_label" (
  "workspace_id" uuid not null, "contact_id" uuid not null, "label_id" uuid not null,
  primary key ("workspace_id", "contact_id", "label_id")
);
create index "contact_label_workspace_id_label_id_index" on "contact_label" ("workspace_id", "label_id");

create table "socket_lease" (
  "workspace_id" uuid not null, "agent_id" uuid not null, "node_id" uuid not null, "sockets" int not null,
  "expires_at" timestamptz(3) not null,
  primary key ("workspace_id", "agent_id", "node_id")
);
create index "socket_lease_expires_at_index" on "socket_lease" ("expires_at");

create table "presence" (
  "workspace_id" uuid not null, "agent_id" uuid not null, "status" text not null,
  "since" timestamptz(3) not null, "reason" text null, "automatic" boolean not null,
  primary key ("workspace_id", "agent_id")
);

create table "note" (
  "workspace_id" uuid not null, "id" uuid not null, "conversation_id" uuid not null,
  "position" int not null, "actor_kind" text not null, "actor_id" uuid not null, "text" text not null,
  "salt" text not null, "created_at" timestamptz(3) not null, "edited_at" timestamptz(3) null,
  primary key ("workspace_id", "id")
);
alter table "note" add constraint "note_workspace_id_conversation_id_position_unique" unique ("workspace_id", "conversation_id", "position");

create table "note_mention" (
  "workspace_id" uuid not null, "note_id" uuid not null, "agent_id" uuid not null,
  primary key ("workspace_id", "note_id", "agent_id")
);
create index "note_mention_workspace_id_agent_id_index" on "note_mention" ("workspace_id", "agent_id");

create table "conversation_viewer" (
  "workspace_id" uuid not null, "conversation_id" uuid not null, "agent_id" uuid not null,
  "seen_count" int not null, "last_read_position" int null, "starred" boolean not null,
  primary key ("workspace_id", "conversation_id", "agent_id")
);

create table "conversation_label" (
  "workspace_id" uuid not null, "conversation_id" uuid not null, "label_id" uuid not null,
  primary key ("workspace_id", "conversation_id", "label_id")
);
create index "conversation_label_workspace_id_label_id_index" on "conversation_label" ("workspace_id", "label_id");

alter table "conversation" drop constraint "conversation_status_check";
alter table "conversation"
  add "priority" text not null default 'NONE',
  add "pinned" boolean not null default false,
  add "inbound_count" int not null default 0,
  add "handover_count" int not null default 0,
  add "waiting_since" timestamptz(3) null,
  add "first_response_at" timestamptz(3) null,
  add "snoozed_until" timestamptz(3) null;
alter table "conversation" alter "priority" drop default, alter "pinned" drop default,
  alter "inbound_count" drop default, alter "handover_count" drop default;
create index "conversation_due" on "conversation" ("snoozed_until") where "snoozed_until" is not null;
create index "conversation_waiting" on "conversation" ("workspace_id", "waiting_since", "id") where "waiting_since" is not null;
alter table "conversation" add constraint "conversation_priority_check" check ("priority" in ('NONE', 'LOW', 'MEDIUM', 'HIGH', 'URGENT'));
alter table "conversation" add constraint "conversation_status_check" check ("status" in ('OPEN', 'IN_PROGRESS', 'PENDING', 'SNOOZED', 'RESOLVED'));

alter table "transcript_entry" drop constraint "transcript_entry_kind_check";
alter table "transcript_entry" add constraint "transcript_entry_kind_check" check ("kind" in ('MESSAGE', 'NOTE', 'EVENT'));

alter table "message" add "edited_at" timestamptz(3) null, add "deleted_at" timestamptz(3) null;
alter table "message" alter column "text" drop not null;

alter table "handover" add "unattended" boolean not null default false;
alter table "handover" alter "unattended" drop default;

alter table "text_revision" add constraint "text_revision_edited_by_kind_check" check ("edited_by_kind" in ('AGENT', 'CONTACT', 'BOT', 'API_KEY', 'SYSTEM', 'ANONYMOUS'));
alter table "label" add constraint "label_workspace_id_foreign" foreign key ("workspace_id") references "workspace" ("id") on update no action on delete no action;
alter table "contact_label" add constraint "contact_label_workspace_id_contact_id_foreign" foreign key ("workspace_id", "contact_id") references "contact" ("workspace_id", "id") on update no action on delete no action;
alter table "contact_label" add constraint "contact_label_workspace_id_label_id_foreign" foreign key ("workspace_id", "label_id") references "label" ("workspace_id", "id") on update no action on delete no action;
alter table "socket_lease" add constraint "socket_lease_workspace_id_agent_id_foreign" foreign key ("workspace_id", "agent_id") references "agent" ("workspace_id", "id") on update no action on delete no action;
alter table "presence" add constraint "presence_workspace_id_agent_id_foreign" foreign key ("workspace_id", "agent_id") references "agent" ("workspace_id", "id") on update no action on delete no action;
alter table "presence" add constraint "presence_status_check" check ("status" in ('ONLINE', 'AWAY', 'BUSY', 'OFFLINE'));
alter table "note" add constraint "note_workspace_id_conversation_id_foreign" foreign key ("workspace_id", "conversation_id") references "conversation" ("workspace_id", "id") on update no action on delete no action;
alter table "note" add constraint "note_actor_kind_check" check ("actor_kind" in ('AGENT', 'CONTACT', 'BOT', 'API_KEY', 'SYSTEM', 'ANONYMOUS'));
alter table "note_mention" add constraint "note_mention_workspace_id_note_id_foreign" foreign key ("workspace_id", "note_id") references "note" ("workspace_id", "id") on update no action on delete no action;
alter table "note_mention" add constraint "note_mention_workspace_id_agent_id_foreign" foreign key ("workspace_id", "agent_id") references "agent" ("workspace_id", "id") on update no action on delete no action;
alter table "conversation_viewer" add constraint "conversation_viewer_workspace_id_conversation_id_foreign" foreign key ("workspace_id", "conversation_id") references "conversation" ("workspace_id", "id") on update no action on delete no action;
alter table "conversation_viewer" add constraint "conversation_viewer_workspace_id_agent_id_foreign" foreign key ("workspace_id", "agent_id") references "agent" ("workspace_id", "id") on update no action on delete no action;
alter table "conversation_label" add constraint "conversation_label_workspace_id_conversation_id_foreign" foreign key ("workspace_id", "conversation_id") references "conversation" ("workspace_id", "id") on update no action on delete no action;
alter table "conversation_label" add constraint "conversation_label_workspace_id_label_id_foreign" foreign key ("workspace_id", "label_id") references "label" ("workspace_id", "id") on update no action on delete no action;
`;

/**
 * What can be known of the conversations that are there already. The owner of the tables sees none of their rows while
 * row-level security is forced, so for this one statement it is not.
 */
const figures = `
alter table conversation no force row level security;
alter table message no force row level security;
alter table handover no force row level security;
update "conversation" c set
  "inbound_count" = (select count(*) from "message" m
    where m.workspace_id = c.workspace_id and m.conversation_id = c.id and m.direction = 'INBOUND'),
  "handover_count" = (select count(*) from "handover" h
    where h.workspace_id = c.workspace_id and h.conversation_id = c.id),
  "first_response_at" = (select min(m.created_at) from "message" m
    where m.workspace_id = c.workspace_id and m.conversation_id = c.id and m.actor_kind = 'AGENT');
alter table conversation force row level security;
alter table message force row level security;
alter table handover force row level security;
`;

const grants = `
-- What is only a tie between two things may be removed: that it was there is on the record.
grant delete on note_mention, conversation_label, contact_label to verbatim_app;
`;

const sweeps = `
create function conversations_due(p_at timestamptz, p_limit int) returns table (workspace_id uuid, id uuid)
language sql stable security definer set search_path = public, pg_temp
begin atomic
  select c.workspace_id, c.id from conversation c where c.snoozed_until <= p_at order by c.snoozed_until limit p_limit;
end;

create function socket_lease_set(p_workspace uuid, p_agent uuid, p_node uuid, p_sockets int, p_expires timestamptz)
returns void
language sql security definer set search_path = public, pg_temp
begin atomic
  insert into socket_lease (workspace_id, agent_id, node_id, sockets, expires_at)
    values (p_workspace, p_agent, p_node, p_sockets, p_expires)
    on conflict (workspace_id, agent_id, node_id)
    do update set sockets = excluded.sockets, expires_at = excluded.expires_at;
end;

create function socket_leases_renew(p_node uuid, p_expires timestamptz) returns void
language sql security definer set search_path = public, pg_temp
begin atomic
  update socket_lease set expires_at = p_expires where node_id = p_node and sockets > 0;
end;

-- Agents whose presence and sockets disagree: present without a live socket, or the other way round.
create function presences_due(p_at timestamptz, p_limit int) returns table (workspace_id uuid, id uuid)
language sql stable security definer set search_path = public, pg_temp
begin atomic
  select p.workspace_id, p.agent_id from presence p
    where p.status <> 'OFFLINE' and not exists (
      select 1 from socket_lease l where l.workspace_id = p.workspace_id and l.agent_id = p.agent_id
        and l.sockets > 0 and l.expires_at > p_at)
    limit p_limit;
end;

grant select on conversation, presence to verbatim_definer;
grant select, insert, update on socket_lease to verbatim_definer;
`;
