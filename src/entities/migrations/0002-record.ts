import { Migration } from '@mikro-orm/migrations';

/**
 * The log's own rules, kept by the database: one function appends, nothing changes or removes. The hashed format is
 * final; `src/services/record` recomputes the same hashes from the outside, and a committed log proves it.
 */
export class Migration0002Record extends Migration {
  override up(): void {
    this.addSql(append);
    this.addSql(appendOnly);
  }
}

const append = `
create function record_base64url(p_bytes bytea) returns text
language sql immutable strict parallel safe
return translate(rtrim(encode(p_bytes, 'base64'), '='), '+/', '-_');

create function record_append(p_workspace uuid, p_events jsonb)
returns table (sequence bigint, recorded_at timestamptz, leaf_hash bytea)
language plpgsql
security definer
set search_path = public, pg_temp
as $function$
declare
  v_size bigint;
  v_frontier bytea[];
  v_last timestamptz;
  v_event jsonb;
  v_body_hash bytea;
  v_node bytea;
  v_rest bigint;
  v_depth int;
begin
  -- The caller may only append to the workspace its transaction is bound to.
  if p_workspace is distinct from nullif(current_setting('verbatim.workspace', true), '')::uuid then
    raise exception 'not the workspace of this transaction' using errcode = 'insufficient_privilege';
  end if;

  -- The one lock that orders the log. FOR NO KEY UPDATE is what an UPDATE would take; it is held until commit, so
  -- sequences become visible in their own order and a rolled-back transaction leaves no hole.
  select h.size, h.frontier, h.last_recorded_at into v_size, v_frontier, v_last
    from record_head h where h.workspace_id = p_workspace for no key update;
  if not found then
    insert into record_head (workspace_id, epoch, size, frontier) values (p_workspace, 1, 0, '{}')
      on conflict do nothing;
    select h.size, h.frontier, h.last_recorded_at into v_size, v_frontier, v_last
      from record_head h where h.workspace_id = p_workspace for no key update;
  end if;

  for v_event in select e.value from jsonb_array_elements(p_events) with ordinality e order by e.ordinality loop
    sequence := v_size;
    -- Never equal and never backwards, whatever the clock does.
    recorded_at := greatest(clock_timestamp(), v_last + interval '1 microsecond');
    v_body_hash := sha256(convert_to(v_event ->> 'body', 'UTF8'));
    -- RFC 6962 section 2.1: a leaf is hashed behind 0x00. The entry is RFC 8785 JSON, its keys already in order.
    leaf_hash := sha256('\\x00'::bytea || convert_to(
      '{"b":"' || record_base64url(v_body_hash) || '","seq":' || sequence || ',"t":"'
      || to_char(recorded_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
      || '","ws":"' || p_workspace || '"}', 'UTF8'));

    insert into record_entry (workspace_id, sequence, recorded_at, body_hash, leaf_hash)
      values (p_workspace, sequence, recorded_at, v_body_hash, leaf_hash);
    insert into record_body (
      workspace_id, sequence, body, disclosures, event_id, action, category, severity, outcome, actor_kind, actor_id,
      obo_kind, obo_id, target_type, target_id, conversation_id, contact_id, team_id, inbox_id, request_id,
      causation_id, session_id, occurred_at, audience)
    select
      p_workspace, record_append.sequence, r.body, r.disclosures, r.event_id, r.action, r.category, r.severity,
      r.outcome, r.actor_kind, r.actor_id, r.obo_kind, r.obo_id, r.target_type, r.target_id, r.conversation_id,
      r.contact_id, r.team_id, r.inbox_id, r.request_id, r.causation_id, r.session_id, r.occurred_at, r.audience
    from jsonb_to_record(v_event) as r(
      body text, disclosures text[], event_id uuid, action text, category text, severity smallint, outcome text,
      actor_kind text, actor_id uuid, obo_kind text, obo_id uuid, target_type text, target_id text,
      conversation_id uuid, contact_id uuid, team_id uuid, inbox_id uuid, request_id text, causation_id uuid,
      session_id uuid, occurred_at timestamptz, audience text[]);

    -- The compact range: while the size so far is odd, the last subtree has a sibling and both become their parent.
    v_node := leaf_hash;
    v_rest := v_size;
    v_depth := cardinality(v_frontier);
    while v_rest % 2 = 1 loop
      v_node := sha256('\\x01'::bytea || v_frontier[v_depth] || v_node);
      v_depth := v_depth - 1;
      v_rest := v_rest / 2;
    end loop;
    v_frontier := v_frontier[1:v_depth] || v_node;

    v_size := v_size + 1;
    v_last := recorded_at;
    return next;
  end loop;

  update record_head h set size = v_size, frontier = v_frontier, last_recorded_at = v_last
    where h.workspace_id = p_workspace;
end
$function$;

alter table record_head set (fillfactor = 10);
`;

const appendOnly = `
create function record_refuse() returns trigger language plpgsql as $function$
begin
  raise exception 'the record is append-only: % on % is refused', tg_op, tg_table_name using errcode = 'VB001';
end
$function$;

create trigger record_entry_refuses before update or delete on record_entry
  for each row execute function record_refuse();
create trigger record_entry_refuses_truncate before truncate on record_entry
  for each statement execute function record_refuse();
create trigger record_body_refuses before update or delete on record_body
  for each row execute function record_refuse();
create trigger record_body_refuses_truncate before truncate on record_body
  for each statement execute function record_refuse();
create trigger record_head_refuses before delete on record_head
  for each row execute function record_refuse();
create trigger record_head_refuses_truncate before truncate on record_head
  for each statement execute function record_refuse();
`;
