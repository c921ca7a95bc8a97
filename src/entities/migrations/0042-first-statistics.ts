import { Migration } from '@mikro-orm/migrations';

/**
 * Says of every table that PostgreSQL knows nothing of yet what is true of a new installation: all of it is of one
 * workspace, and no other row has its key. Else the plans that it makes while a table is nearly empty, and keeps, look a
 * key up in whatever index begins with the workspace: an import read all conversations there were for each message. What
 * is found out later replaces this.
 */
export class Migration0042FirstStatistics extends Migration {
  override up(): void {
    this.addSql(statistics);
  }
}

/** PostgreSQL 18 is the first that can be told; one that cannot finds out by itself in a minute or two of work. */
const statistics = `
do $statistics$
declare v_column record;
begin
  if current_setting('server_version_num')::int < 180000 then return; end if;
  for v_column in
    -- Of a key of two columns the second is the row's own; -1 says as many values as rows.
    select c.relname::text as "table", a.attname::text as name, case a.attname when 'workspace_id' then 1 else -1 end as kinds,
      case a.atttypid when 'uuid'::regtype then 16 else 24 end as width
    from pg_class c
    join pg_attribute w on w.attrelid = c.oid and w.attname = 'workspace_id' and not w.attisdropped
    join pg_attribute a on a.attrelid = c.oid and (a.attnum = w.attnum or exists (
      select from pg_index i where i.indrelid = c.oid and i.indisunique and i.indnkeyatts = 2
        and i.indkey[0] = w.attnum and i.indkey[1] = a.attnum and i.indpred is null))
    where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
      -- It has never been analysed. What is known of a table is read by superusers alone, and they need not be the owner.
      and c.reltuples < 0
  loop
    perform pg_restore_attribute_stats('schemaname', 'public', 'relname', v_column."table", 'attname', v_column.name,
      'inherited', false, 'version', 180000, 'null_frac', 0::real, 'avg_width', v_column.width,
      'n_distinct', v_column.kinds::real);
  end loop;
end
$statistics$;
`;
