import { Migration } from '@mikro-orm/migrations';
import { secureTenantTables } from './tenant-tables.js';

/** Workspaces say which attributes of their own conversations and contacts have. */
export class Migration0027AttributeDefinitions extends Migration {
  override up(): void {
    this.addSql(table);
    this.addSql(secureTenantTables(['attribute_definition']));
  }
}

const table = `
create table "attribute_definition" (
  "workspace_id" uuid not null, "id" uuid not null, "noun" text not null, "key" text not null, "name" text not null,
  "description" text null, "type" text not null, "choices" text[] not null, "created_at" timestamptz(3) not null,
  "deactivated_at" timestamptz(3) null,
  primary key ("workspace_id", "id")
);
create unique index "attribute_definition_in_use" on "attribute_definition" ("workspace_id", "noun", "key") where "deactivated_at" is null;
alter table "attribute_definition" add constraint "attribute_definition_workspace_id_foreign" foreign key ("workspace_id") references "workspace" ("id") on update no action on delete no action;
alter table "attribute_definition" add constraint "attribute_definition_noun_check" check ("noun" in ('CONVERSATION', 'CONTACT'));
alter table "attribute_definition" add constraint "attribute_definition_type_check" check ("type" in ('TEXT', 'NUMBER', 'BOOLEAN', 'DATE', 'LIST', 'URL'));
`;
