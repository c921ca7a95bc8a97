import { Migration } from '@mikro-orm/migrations';
import { handToDefiner } from './definer-functions.js';
import { secureTenantTables } from './tenant-tables.js';

/**
 * What proofs of the record are made of. As with the record itself, functions write and nobody changes: the writing
 * role may neither make up a tile nor put a checkpoint where none was due.
 */
export class Migration0008Proofs extends Migration {
  override up(): void {
    this.addSql(tables);
    this.addSql(secureTenantTables(['record_tile', 'record_checkpoint', 'record_key']));
    this.addSql(grants);
    this.addSql(functions);
    this.addSql(
      handToDefiner(
        [
          'record_refuse_other(uuid)',
          'record_tiles_fill(uuid, int)',
          'record_checkpoint_add(uuid, int, bigint, bytea, text, timestamptz)',
          'record_key_add(uuid, text, int, bigint, timestamptz)',
          'record_epoch_open(uuid, int)',
          'checkpoints_due(uuid, int)',
        ],
        'verbatim_app',
      ),
    );
    this.addSql(appendOnly);
  }
}

const tables = `
create table "record_tile" (
  "workspace_id" uuid not null, "level" smallint not null, "index" bigint not null,
  "hashes" bytea not null, "root" bytea not null,
  primary key ("workspace_id", "level", "index")
);
-- Hashes cannot be compressed: not tried.
alter table "record_tile" alter column "hashes" set storage external;
create table "record_checkpoint" (
  "workspace_id" uuid not null, "epoch" int not null, "size" bigint not null,
  "root" bytea not null, "note" text not null, "issued_at" timestamptz(3) not null,
  primary key ("workspace_id", "epoch", "size")
);
create table "record_key" (
  "workspace_id" uuid not null, "vkey" text not null, "epoch" int not null, "from_size" bigint not null,
  "created_at" timestamptz(3) not null,
  primary key ("workspace_id", "vkey")
);
`;

const grants = `
revoke insert, update on record_tile, record_checkpoint, record_key from verbatim_app;
grant select, insert on record_tile, record_checkpoint, record_key to verbatim_definer;
`;

const functions = `
create function record_refuse_other(p_workspace uuid) returns void
language plpgsql security definer set search_path = public, pg_temp
as $function$
begin
  if p_workspace is distinct from nullif(current_setting('verbatim.workspace', true), '')::uuid then
    raise exception 'not the workspace of this transaction' using errcode = 'insufficient_privilege';
  end if;
end
$function$;

-- Makes full tiles of what is on the record, at most so many; fewer = there are no more to make.
create function record_tiles_fill(p_workspace uuid, p_limit int) returns int
language plpgsql security definer set search_path = public, pg_temp
as $function$
declare
  v_level smallint := 0;
  -- Hashes that there are for a level: of leaves first, then one for each tile below.
  v_hashes bigint;
  v_next bigint;
  v_nodes bytea[];
  v_tile bytea;
  v_made int := 0;
begin
  perform record_refuse_other(p_workspace);
  select h.size into v_hashes from record_head h where h.workspace_id = p_workspace;
  loop
    select coalesce(max(t.index) + 1, 0) into v_next from record_tile t
      where t.workspace_id = p_workspace and t.level = v_level;
    while v_made < p_limit and v_next < v_hashes / 256 loop
      if v_level = 0 then
        select array_agg(e.leaf_hash order by e.sequence) into v_nodes from record_entry e
          where e.workspace_id = p_workspace and e.sequence between v_next * 256 and v_next * 256 + 255;
      else
        select array_agg(t.root order by t.index) into v_nodes from record_tile t
          where t.workspace_id = p_workspace and t.level = v_level - 1
            and t.index between v_next * 256 and v_next * 256 + 255;
      end if;
      if cardinality(v_nodes) is distinct from 256 then
        raise exception 'the record has a gap under tile %/%', v_level, v_next using errcode = 'VB002';
      end if;
      select string_agg(n.hash, ''::bytea order by n.place) into v_tile
        from unnest(v_nodes) with ordinality n(hash, place);
      while cardinality(v_nodes) > 1 loop
        select array_agg(sha256('\\x01'::bytea || v_nodes[2 * i - 1] || v_nodes[2 * i]) order by i) into v_nodes
          from generate_series(1, cardinality(v_nodes) / 2) i;
      end loop;
      insert into record_tile (workspace_id, level, index, hashes, root)
        values (p_workspace, v_level, v_next, v_tile, v_nodes[1]) on conflict do nothing;
      v_next := v_next + 1;
      v_made := v_made + 1;
    end loop;
    exit when v_next = 0 or v_made >= p_limit;
    v_hashes := v_next;
    v_level := v_level + 1;
  end loop;
  return v_made;
end
$function$;

create function record_checkpoint_add(
  p_workspace uuid, p_epoch int, p_size bigint, p_root bytea, p_note text, p_issued_at timestamptz) returns void
language plpgsql security definer set search_path = public, pg_temp
as $function$
begin
  perform record_refuse_other(p_workspace);
  if not exists (select from record_head h
      where h.workspace_id = p_workspace and h.epoch = p_epoch and h.size >= p_size)
    or exists (select from record_checkpoint c
      where c.workspace_id = p_workspace and c.epoch = p_epoch and c.size >= p_size)
  then
    raise exception 'a checkpoint of % entries does not come next', p_size using errcode = 'VB002';
  end if;
  insert into record_checkpoint (workspace_id, epoch, size, root, note, issued_at)
    values (p_workspace, p_epoch, p_size, p_root, p_note, p_issued_at);
end
$function$;

create function record_key_add(p_workspace uuid, p_vkey text, p_epoch int, p_from_size bigint, p_at timestamptz)
returns void
language plpgsql security definer set search_path = public, pg_temp
as $function$
begin
  perform record_refuse_other(p_workspace);
  insert into record_key (workspace_id, vkey, epoch, from_size, created_at)
    values (p_workspace, p_vkey, p_epoch, p_from_size, p_at);
end
$function$;

create function record_epoch_open(p_workspace uuid, p_epoch int) returns void
language plpgsql security definer set search_path = public, pg_temp
as $function$
begin
  perform record_refuse_other(p_workspace);
  update record_head h set epoch = p_epoch where h.workspace_id = p_workspace and h.epoch < p_epoch;
  if not found then
    raise exception 'epoch % does not come next', p_epoch using errcode = 'VB002';
  end if;
end
$function$;

-- Logs in which something happened since they were signed; that they were signed is nothing new.
create function checkpoints_due(p_after uuid, p_limit int) returns table (workspace_id uuid)
language sql stable security definer set search_path = public, pg_temp
begin atomic
  select h.workspace_id from record_head h
    cross join lateral (select coalesce(max(c.size), 0) as size from record_checkpoint c
      where c.workspace_id = h.workspace_id and c.epoch = h.epoch) signed
    where h.workspace_id > p_after and h.size > signed.size
      and exists (select from record_body b where b.workspace_id = h.workspace_id and b.sequence >= signed.size
        and b.action <> 'audit.checkpoint_signed')
    order by h.workspace_id limit p_limit;
end;
`;

const appendOnly = ['record_tile', 'record_checkpoint', 'record_key']
  .map(
    (table) => `
create trigger ${table}_refuses before update or delete on ${table}
  for each row execute function record_refuse();
create trigger ${table}_refuses_truncate before truncate on ${table}
  for each statement execute function record_refuse();
`,
  )
  .join('');
