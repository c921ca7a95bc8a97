import { Migration } from '@mikro-orm/migrations';
import { historyIndexes } from '../history-indexes.js';

/**
 * What the audit history is searched and filtered by. The append writes it from here on; of older events it is filled in
 * from what they disclose: addresses, and the words of names and reasons as PostgreSQL tells words apart. Not the fixed
 * words of their sentences, which only the catalogue knows, and no words of languages without spaces. Nothing hashed is
 * touched.
 */
export class Migration0009History extends Migration {
  override up(): void {
    this.addSql(
      'alter table "record_body" add column "other_team_ids" uuid[], add column "search" tsvector, add column "ip_address" text',
    );
    this.addSql(append);
    this.addSql(older);
    for (const { name, on } of historyIndexes) this.addSql(`create index "${name}" on "record_body" ${on}`);
  }
}

const append = `
create or replace function record_append(p_workspace uuid, p_events jsonb)
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
      causation_id, session_id, occurred_at, audience, other_team_ids, search, ip_address)
    select
      p_workspace, record_append.sequence, r.body, r.disclosures, r.event_id, r.action, r.category, r.severity,
      r.outcome, r.actor_kind, r.actor_id, r.obo_kind, r.obo_id, r.target_type, r.target_id, r.conversation_id,
      r.contact_id, r.team_id, r.inbox_id, r.request_id, r.causation_id, r.session_id, r.occurred_at, r.audience,
      r.other_team_ids, array_to_tsvector(r.search), r.ip_address
    from jsonb_to_record(v_event) as r(
      body text, disclosures text[], event_id uuid, action text, category text, severity smallint, outcome text,
      actor_kind text, actor_id uuid, obo_kind text, obo_id uuid, target_type text, target_id text,
      conversation_id uuid, contact_id uuid, team_id uuid, inbox_id uuid, request_id text, causation_id uuid,
      session_id uuid, occurred_at timestamptz, audience text[], other_team_ids uuid[], search text[], ip_address text);

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
`;

/** Fills in what older events lack. */
export const older = `
create function pg_temp.disclosed(p_encoded text) returns jsonb language sql immutable as $function$
  select convert_from(decode(rpad(translate(p_encoded, '-_', '+/'), (length(p_encoded) + 3) / 4 * 4, '='), 'base64'), 'UTF8')::jsonb
$function$;
create function pg_temp.address(p_text text) returns text language plpgsql immutable as $function$
begin
  return host(regexp_replace(p_text, '^::ffff:(?=[0-9.]+$)', '', 'i')::inet);
exception when others then
  return null;
end
$function$;
-- The owner of the table has no policy and what is recorded is never changed: both are lifted for these columns alone.
alter table record_body no force row level security;
alter table record_body disable trigger record_body_refuses;
update record_body b set
  other_team_ids = (select array_agg(substr(k, 6)::uuid order by k) from unnest(b.audience) k
    where k like 'team:%' and k is distinct from 'team:' || b.team_id),
  search = (select array_to_tsvector(array_agg(distinct w.word)) from unnest(b.disclosures) d
    cross join lateral pg_temp.disclosed(d) as v
    cross join lateral regexp_split_to_table(lower(normalize(v ->> 2, NFKC)), '[^[:alnum:]]+') as w(word)
    where w.word <> '' and length(w.word) <= 100
      and (v ->> 1 in ('actor.label', 'target.label', 'reason') or v ->> 1 like 'labels.%')),
  ip_address = (select pg_temp.address(v ->> 2) from unnest(b.disclosures) d
    cross join lateral pg_temp.disclosed(d) as v where v ->> 1 = 'net.ip');
alter table record_body enable trigger record_body_refuses;
alter table record_body force row level security;
drop function pg_temp.disclosed(text);
drop function pg_temp.address(text);
`;
