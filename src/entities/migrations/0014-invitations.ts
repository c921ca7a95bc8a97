import { Migration } from '@mikro-orm/migrations';
import { handToDefiner } from './definer-functions.js';
import { secureTenantTables } from './tenant-tables.js';

/** People are asked to become agents, and come in by a token. */
export class Migration0014Invitations extends Migration {
  override up(): void {
    this.addSql(table);
    this.addSql(secureTenantTables(['invitation']));
    this.addSql(secrets);
    this.addSql(byHash);
    this.addSql(handToDefiner(['invitation_by_hash(text)'], 'verbatim_app'));
  }
}

const table = `
create table "invitation" (
  "workspace_id" uuid not null, "id" uuid not null, "email" text not null, "role" text not null,
  "team_ids" uuid[] not null, "inbox_ids" uuid[] not null, "token_hash" text not null,
  "invited_by_kind" text not null, "invited_by_id" uuid null, "created_at" timestamptz(3) not null,
  "expires_at" timestamptz(3) not null, "accepted_at" timestamptz(3) null, "cancelled_at" timestamptz(3) null,
  primary key ("workspace_id", "id")
);
alter table "invitation" add constraint "invitation_token_hash_unique" unique ("token_hash");
create unique index "invitation_open" on "invitation" ("workspace_id", "email") where "accepted_at" is null and "cancelled_at" is null;
alter table "invitation" add constraint "invitation_workspace_id_foreign" foreign key ("workspace_id") references "workspace" ("id") on update no action on delete no action;
alter table "invitation" add constraint "invitation_role_check" check ("role" in ('AGENT', 'SUPERVISOR', 'ADMIN', 'AUDITOR'));
alter table "invitation" add constraint "invitation_invited_by_kind_check" check ("invited_by_kind" in ('AGENT', 'CONTACT', 'BOT', 'API_KEY', 'SYSTEM', 'ANONYMOUS'));
`;

/** Who serves queries never reads what tokens are compared with. */
const secrets = `
revoke select on invitation from verbatim_read;
grant select (workspace_id, id, email, role, team_ids, inbox_ids, invited_by_kind, invited_by_id, created_at, expires_at,
  accepted_at, cancelled_at) on invitation to verbatim_read;
grant select on invitation to verbatim_definer;
`;

const byHash = `
create function invitation_by_hash(p_hash text) returns table (workspace_id uuid, id uuid)
language sql stable security definer set search_path = public, pg_temp
begin atomic
  select i.workspace_id, i.id from invitation i where i.token_hash = p_hash;
end;
`;
