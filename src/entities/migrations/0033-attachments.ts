import { Migration } from '@mikro-orm/migrations';
import { handToDefiner } from './definer-functions.js';
import { secureTenantTables } from './tenant-tables.js';

/** Files that are sent with messages. */
export class Migration0033Attachments extends Migration {
  override up(): void {
    this.addSql(tables);
    this.addSql(secureTenantTables(['attachment']));
    this.addSql(functions);
    this.addSql(
      handToDefiner(
        ['attachments_unsent(timestamptz, timestamptz, int)', 'attachments_removing(timestamptz, int)'],
        'verbatim_app',
      ),
    );
  }
}

const tables = `
create table "attachment" (
  "workspace_id" uuid not null, "id" uuid not null, "uploaded_by_kind" text not null, "uploaded_by_id" uuid not null,
  "conversation_id" uuid null, "message_id" uuid null, "position" int null, "state" text not null, "kind" text not null,
  "file_name" text not null, "content_type" text not null, "byte_size" bigint not null, "sha256" text not null,
  "salt" text not null, "duration_seconds" double precision null, "created_at" timestamptz(3) not null,
  "uploaded_at" timestamptz(3) null, "removed_at" timestamptz(3) null, "file_removed_at" timestamptz(3) null,
  primary key ("workspace_id", "id")
);
create index "attachment_workspace_id_message_id_index" on "attachment" ("workspace_id", "message_id");
create index "attachment_workspace_id_conversation_id_index" on "attachment" ("workspace_id", "conversation_id");
create index "attachment_unsent" on "attachment" ("created_at") where "message_id" is null and "state" <> 'REMOVED';
create index "attachment_unsent_of" on "attachment" ("workspace_id", "uploaded_by_id") where "message_id" is null and "state" <> 'REMOVED';
create index "attachment_removing" on "attachment" ("removed_at") where "state" = 'REMOVED' and "file_removed_at" is null;
alter table "attachment" add constraint "attachment_uploaded_by_kind_check" check ("uploaded_by_kind" in ('AGENT', 'CONTACT', 'BOT', 'API_KEY', 'SYSTEM', 'ANONYMOUS'));
alter table "attachment" add constraint "attachment_state_check" check ("state" in ('AWAITED', 'UPLOADED', 'REMOVED'));
alter table "attachment" add constraint "attachment_kind_check" check ("kind" in ('IMAGE', 'AUDIO', 'VIDEO', 'FILE', 'RECORDING'));
alter table "attachment" add constraint "attachment_workspace_id_conversation_id_foreign" foreign key ("workspace_id", "conversation_id") references "conversation" ("workspace_id", "id") on update no action on delete no action;
alter table "attachment" add constraint "attachment_workspace_id_message_id_foreign" foreign key ("workspace_id", "message_id") references "message" ("workspace_id", "id") on update no action on delete no action;
`;

const functions = `
-- Uploads that did not come, or were not sent with anything, in time.
create function attachments_unsent(p_awaited timestamptz, p_uploaded timestamptz, p_limit int)
  returns table (workspace_id uuid, id uuid)
language sql stable security definer set search_path = public, pg_temp
begin atomic
  select a.workspace_id, a.id from attachment a
    where a.message_id is null and a.state <> 'REMOVED' and a.created_at <= p_awaited
      and (a.state = 'AWAITED' or a.created_at <= p_uploaded)
    order by a.created_at limit p_limit;
end;

-- Files whose removal was recorded, and which may still be there.
create function attachments_removing(p_before timestamptz, p_limit int) returns table (workspace_id uuid, id uuid)
language sql stable security definer set search_path = public, pg_temp
begin atomic
  select a.workspace_id, a.id from attachment a
    where a.state = 'REMOVED' and a.file_removed_at is null and a.removed_at <= p_before
    order by a.removed_at limit p_limit;
end;

grant select on attachment to verbatim_definer;
`;
