import { Migration } from '@mikro-orm/migrations';
import { secureTenantTables } from './tenant-tables.js';

/** Filters of conversations that people keep, for themselves or for others. */
export class Migration0031SavedViews extends Migration {
  override up(): void {
    this.addSql(table);
    this.addSql(secureTenantTables(['saved_view']));
    this.addSql('grant delete on saved_view to verbatim_app');
  }
}

const table = `
create table "saved_view" (
  "workspace_id" uuid not null, "id" uuid not null, "name" text not null, "owner_id" uuid null, "sharing" text not null,
  "team_id" uuid null, "filter" jsonb not null, "order_by" text not null, "created_at" timestamptz(3) not null,
  "updated_at" timestamptz(3) not null,
  primary key ("workspace_id", "id")
);
create index "saved_view_workspace_id_owner_id_index" on "saved_view" ("workspace_id", "owner_id");
alter table "saved_view" add constraint "saved_view_workspace_id_owner_id_foreign" foreign key ("workspace_id", "owner_id") references "agent" ("workspace_id", "id") on update no action on delete no action;
alter table "saved_view" add constraint "saved_view_workspace_id_team_id_foreign" foreign key ("workspace_id", "team_id") references "team" ("workspace_id", "id") on update no action on delete no action;
alter table "saved_view" add constraint "saved_view_sharing_check" check ("sharing" in ('PRIVATE', 'TEAM', 'EVERYBODY'));
`;
