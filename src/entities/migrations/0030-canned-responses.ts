import { Migration } from '@mikro-orm/migrations';
import { secureTenantTables } from './tenant-tables.js';

/** Answers that are kept to be sent again, and which messages were sent with them. */
export class Migration0030CannedResponses extends Migration {
  override up(): void {
    this.addSql(table);
    this.addSql(secureTenantTables(['canned_response']));
    // No foreign key: its check would lock the row of what many send with, in every one of their transactions.
    this.addSql('alter table "message" add column "canned_response_id" uuid null');
  }
}

const table = `
create table "canned_response" (
  "workspace_id" uuid not null, "id" uuid not null, "shortcut" text not null, "text" text not null,
  "use_count" int not null, "created_at" timestamptz(3) not null, "deactivated_at" timestamptz(3) null,
  primary key ("workspace_id", "id")
);
create unique index "canned_response_in_use" on "canned_response" ("workspace_id", "shortcut") where "deactivated_at" is null;
alter table "canned_response" add constraint "canned_response_workspace_id_foreign" foreign key ("workspace_id") references "workspace" ("id") on update no action on delete no action;
`;
