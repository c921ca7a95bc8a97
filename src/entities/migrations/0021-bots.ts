import { Migration } from '@mikro-orm/migrations';
import { secureTenantTables } from './tenant-tables.js';

/** Every version of a bot's settings is kept, and a message says by which of them its bot wrote it. */
export class Migration0021Bots extends Migration {
  override up(): void {
    this.addSql(revisions);
    this.addSql(firstRevisions);
    this.addSql(secureTenantTables(['bot_revision']));
    this.addSql('alter table "message" add column "bot_version" int null');
  }
}

const revisions = `
create table "bot_revision" (
  "workspace_id" uuid not null, "bot_id" uuid not null, "version" int not null, "settings" jsonb not null,
  "changes" jsonb not null, "reverted_to" int null, "author_kind" text not null, "author_id" uuid null,
  "created_at" timestamptz(3) not null, "reason" text null,
  primary key ("workspace_id", "bot_id", "version")
);
alter table "bot_revision" add constraint "bot_revision_workspace_id_bot_id_foreign" foreign key ("workspace_id", "bot_id") references "bot" ("workspace_id", "id") on update no action on delete no action;
alter table "bot_revision" add constraint "bot_revision_author_kind_check" check ("author_kind" in ('AGENT', 'CONTACT', 'BOT', 'API_KEY', 'SYSTEM', 'ANONYMOUS'));
`;

/** Of the bots that are there, which have had no way to get settings. An owner passes forced policies only this way. */
const firstRevisions = `
alter table bot no force row level security;
insert into bot_revision (workspace_id, bot_id, version, settings, changes, author_kind, created_at)
select workspace_id, id, version, '{"flows": [], "commands": [], "autoReplies": [], "prompt": null, "model": null}', '[]', 'SYSTEM', created_at
from bot;
alter table bot force row level security;
alter table "bot" drop column "settings";
`;
