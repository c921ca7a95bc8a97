import { Migration } from '@mikro-orm/migrations';
import { secureTenantTables } from './tenant-tables.js';

/** Contacts who turn out to be one, with all that it takes to take them apart again. */
export class Migration0034MergedContacts extends Migration {
  override up(): void {
    this.addSql(tables);
    this.addSql(secureTenantTables(['contact_merge']));
  }
}

const tables = `
alter table "contact" add column "merged_into_id" uuid null;
create table "contact_merge" (
  "workspace_id" uuid not null, "id" uuid not null, "contact_id" uuid not null, "into_id" uuid not null,
  "identity_ids" uuid[] not null, "conversation_ids" uuid[] not null, "label_ids" uuid[] not null, "fields" text[] not null,
  "merged_at" timestamptz(3) not null, "merged_event_id" uuid not null,
  "undone_at" timestamptz(3) null, "undone_event_id" uuid null,
  primary key ("workspace_id", "id")
);
create index "contact_merge_workspace_id_into_id_index" on "contact_merge" ("workspace_id", "into_id");
create unique index "contact_merge_standing" on "contact_merge" ("workspace_id", "contact_id") where "undone_at" is null;
alter table "contact_merge" add constraint "contact_merge_workspace_id_contact_id_foreign" foreign key ("workspace_id", "contact_id") references "contact" ("workspace_id", "id") on update no action on delete no action;
alter table "contact_merge" add constraint "contact_merge_workspace_id_into_id_foreign" foreign key ("workspace_id", "into_id") references "contact" ("workspace_id", "id") on update no action on delete no action;
`;
