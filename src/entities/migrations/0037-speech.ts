import { Migration } from '@mikro-orm/migrations';
import { secureTenantTables } from './tenant-tables.js';

/** What is said in recordings, and that it is found by the search of messages. */
export class Migration0037Speech extends Migration {
  override up(): void {
    this.addSql(table);
    this.addSql(found);
    this.addSql(secureTenantTables(['speech']));
  }
}

const table = `
create table "speech" (
  "workspace_id" uuid not null, "id" uuid not null, "attachment_id" uuid not null, "segments" text not null,
  "words" text not null, "salt" text not null, "actor_kind" text not null, "actor_id" uuid not null,
  "created_at" timestamptz(3) not null, "replaced_at" timestamptz(3) null,
  primary key ("workspace_id", "id")
);
create index "speech_workspace_id_attachment_id_index" on "speech" ("workspace_id", "attachment_id");
create unique index "speech_current" on "speech" ("workspace_id", "attachment_id") where "replaced_at" is null;
alter table "speech" add constraint "speech_actor_kind_check" check ("actor_kind" in ('AGENT', 'CONTACT', 'BOT', 'API_KEY', 'SYSTEM', 'ANONYMOUS'));
alter table "speech" add constraint "speech_workspace_id_attachment_id_foreign" foreign key ("workspace_id", "attachment_id") references "attachment" ("workspace_id", "id") on update no action on delete no action;
`;

const found = `
alter table "search_entry" drop constraint "search_entry_kind_check";
alter table "search_entry" add constraint "search_entry_kind_check" check ("kind" in ('MESSAGE', 'NOTE', 'CONVERSATION', 'SPEECH'));

-- Makes the entry of a recording anew, of what is written down of it now and while its message is not taken back. It has
-- the recording's id, and is as old and by whom as the message.
create function search_speech(p_workspace uuid, p_attachment uuid) returns void language sql set search_path = public, pg_temp
begin atomic
  delete from search_entry e where e.workspace_id = p_workspace and e.id = p_attachment;
  insert into search_entry
    select a.workspace_id, a.id, 'SPEECH', m.conversation_id, m.actor_kind, m.actor_id, m.occurred_at, v
    from attachment a join message m on m.workspace_id = a.workspace_id and m.id = a.message_id
    join speech s on s.workspace_id = a.workspace_id and s.attachment_id = a.id and s.replaced_at is null
    cross join lateral search_vector(s.workspace_id, s.words, array['SPEECH', m.actor_kind]) v
    where a.workspace_id = p_workspace and a.id = p_attachment and m.deleted_at is null and v is not null;
end;

create function search_speech_changed() returns trigger language plpgsql set search_path = public, pg_temp as $function$
begin
  perform search_speech(new.workspace_id, new.attachment_id);
  return null;
end
$function$;
create trigger search_changed after insert or update on speech for each row execute function search_speech_changed();

create function search_message_heard() returns trigger language plpgsql set search_path = public, pg_temp as $function$
begin
  perform search_speech(a.workspace_id, a.id) from attachment a
    where a.workspace_id = new.workspace_id and a.message_id = new.id;
  return null;
end
$function$;
create trigger search_heard after update of "deleted_at", "conversation_id", "actor_kind", "actor_id" on message for each row
  when (old."deleted_at" is distinct from new."deleted_at" or old."conversation_id" is distinct from new."conversation_id"
    or old."actor_kind" is distinct from new."actor_kind" or old."actor_id" is distinct from new."actor_id")
  execute function search_message_heard();
`;
