import { Migration } from '@mikro-orm/migrations';
import { handToDefiner } from './definer-functions.js';

/** Which node does what one is enough for. */
export class Migration0005Turns extends Migration {
  override up(): void {
    this.addSql(table);
    this.addSql(functions);
    this.addSql(handToDefiner(['turn_take(text, uuid, int)', 'turn_pass_on(text, uuid)'], 'verbatim_app'));
  }
}

const table = `
create table "turn" (
  "duty" text not null, "node_id" uuid not null, "expires_at" timestamptz(3) not null,
  primary key ("duty")
);
revoke all on "turn" from public;
grant select, insert, update on "turn" to verbatim_definer;
`;

// By the database's clock: the nodes' own may differ by more than a turn lasts.
const functions = `
create function turn_take(p_duty text, p_node uuid, p_seconds int) returns boolean
language plpgsql security definer set search_path = public, pg_temp
as $function$
declare v_at timestamptz := clock_timestamp();
begin
  insert into turn as t (duty, node_id, expires_at)
    values (p_duty, p_node, v_at + make_interval(secs => p_seconds))
    on conflict (duty) do update set node_id = excluded.node_id, expires_at = excluded.expires_at
      where t.node_id = p_node or t.expires_at <= v_at;
  return found;
end
$function$;

create function turn_pass_on(p_duty text, p_node uuid) returns void
language sql security definer set search_path = public, pg_temp
begin atomic
  update turn set expires_at = clock_timestamp() where duty = p_duty and node_id = p_node;
end;
`;
