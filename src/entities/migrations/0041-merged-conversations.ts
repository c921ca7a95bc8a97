import { Migration } from '@mikro-orm/migrations';
import { secureTenantTables } from './tenant-tables.js';

/** Conversations that go on in another one, with all that it takes to take them apart again. */
export class Migration0041MergedConversations extends Migration {
  override up(): void {
    this.addSql(tables);
    this.addSql(secureTenantTables(['conversation_merge']));
  }
}

const tables = `
alter table "conversation" add column "merged_into_id" uuid null;
-- What is read has the columns that were there when it was made.
create or replace view reading.conversation with (security_invoker = true) as select * from public.conversation where deleted_at is null;
drop index "conversation_by_activity";
drop index "conversation_by_creation";
drop index "conversation_by_inbox";
drop index "conversation_by_team";
drop index "conversation_by_assignee";
create index "conversation_by_activity" on "conversation" ("workspace_id", "spam", "last_activity_at", "id") where "deleted_at" is null and "merged_into_id" is null;
create index "conversation_by_creation" on "conversation" ("workspace_id", "spam", "created_at", "id") where "deleted_at" is null and "merged_into_id" is null;
create index "conversation_by_inbox" on "conversation" ("workspace_id", "inbox_id", "spam", "last_activity_at", "id") where "deleted_at" is null and "merged_into_id" is null;
create index "conversation_by_team" on "conversation" ("workspace_id", "team_id", "spam", "last_activity_at", "id") where "deleted_at" is null and "merged_into_id" is null;
create index "conversation_by_assignee" on "conversation" ("workspace_id", "assignee_id", "spam", "last_activity_at", "id") where "deleted_at" is null and "merged_into_id" is null;
create index "conversation_merged" on "conversation" ("workspace_id", "merged_into_id") where "merged_into_id" is not null;
create table "conversation_merge" (
  "workspace_id" uuid not null, "id" uuid not null, "conversation_id" uuid not null, "into_id" uuid not null,
  "status" text not null, "snoozed_until" timestamptz(3) null, "resolved_at" timestamptz(3) null, "waited" boolean not null,
  "label_ids" uuid[] not null, "fields" text[] not null, "kept" text[] not null,
  "merged_at" timestamptz(3) not null, "merged_event_id" uuid not null,
  "undone_at" timestamptz(3) null, "undone_event_id" uuid null,
  primary key ("workspace_id", "id"),
  constraint "conversation_merge_status_check" check ("status" in ('OPEN', 'IN_PROGRESS', 'PENDING', 'SNOOZED', 'RESOLVED'))
);
create index "conversation_merge_workspace_id_into_id_index" on "conversation_merge" ("workspace_id", "into_id");
create unique index "conversation_merge_standing" on "conversation_merge" ("workspace_id", "conversation_id") where "undone_at" is null;
alter table "conversation_merge" add constraint "conversation_merge_workspace_id_conversation_id_foreign" foreign key ("workspace_id", "conversation_id") references "conversation" ("workspace_id", "id") on update no action on delete no action;
alter table "conversation_merge" add constraint "conversation_merge_workspace_id_into_id_foreign" foreign key ("workspace_id", "into_id") references "conversation" ("workspace_id", "id") on update no action on delete no action;
`;
