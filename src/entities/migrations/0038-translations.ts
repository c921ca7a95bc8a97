import { Migration } from '@mikro-orm/migrations';
import { secureTenantTables } from './tenant-tables.js';

/** What messages say in other languages. */
export class Migration0038Translations extends Migration {
  override up(): void {
    this.addSql(table);
    this.addSql(secureTenantTables(['translation']));
  }
}

const table = `
create table "translation" (
  "workspace_id" uuid not null, "id" uuid not null, "message_id" uuid not null, "language" text not null,
  "text" text not null, "salt" text not null, "actor_kind" text not null, "actor_id" uuid not null,
  "created_at" timestamptz(3) not null, "withdrawn_at" timestamptz(3) null,
  primary key ("workspace_id", "id")
);
create index "translation_workspace_id_message_id_index" on "translation" ("workspace_id", "message_id");
create unique index "translation_current" on "translation" ("workspace_id", "message_id", "language") where "withdrawn_at" is null;
alter table "translation" add constraint "translation_actor_kind_check" check ("actor_kind" in ('AGENT', 'CONTACT', 'BOT', 'API_KEY', 'SYSTEM', 'ANONYMOUS'));
alter table "translation" add constraint "translation_workspace_id_message_id_foreign" foreign key ("workspace_id", "message_id") references "message" ("workspace_id", "id") on update no action on delete no action;
`;
