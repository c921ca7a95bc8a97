import { Migration } from '@mikro-orm/migrations';
import { handToDefiner } from './definer-functions.js';

/** A key gets another secret, and the one before is good for some time yet. */
export class Migration0013ApiKeyRotation extends Migration {
  override up(): void {
    this.addSql(columns);
    this.addSql(byHash);
    this.addSql(handToDefiner(['api_key_by_hash(text)'], 'verbatim_app, verbatim_read'));
  }
}

const columns = `
alter table "api_key" add column "secret_version" int not null default 1, add column "previous_secret_hash" text null,
  add column "previous_secret_until" timestamptz(3) null;
alter table "api_key" add constraint "api_key_previous_secret_hash_unique" unique ("previous_secret_hash");
grant select (secret_version, previous_secret_until) on api_key to verbatim_read;
`;

/** Which secret of the key it is, which stays true; whether that one is still good is asked with the key itself. */
const byHash = `
drop function api_key_by_hash(text);
create function api_key_by_hash(p_hash text) returns table (workspace_id uuid, id uuid, version int)
language sql stable security definer set search_path = public, pg_temp
begin atomic
  select k.workspace_id, k.id, k.secret_version from api_key k where k.secret_hash = p_hash
  union all
  select k.workspace_id, k.id, k.secret_version - 1 from api_key k where k.previous_secret_hash = p_hash;
end;
`;
