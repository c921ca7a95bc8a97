import { Migration } from '@mikro-orm/migrations';
import {
  dropped,
  KIND_MARK,
  likened,
  LONGEST_WORD,
  MARK_LENGTH,
  MOST_WORDS,
  separating,
  unspaced,
  type Range,
} from '../search-classes.js';
import { MOST_MARKS, ordered } from '../search-marks.js';
import { searchIndexes } from '../search-entry.js';
import { secureTenantTables } from './tenant-tables.js';

/** What messages, notes and conversations are found by, kept in step by triggers and filled in for what is there. */
export class Migration0026MessageSearch extends Migration {
  override up(): void {
    this.addSql(table);
    this.addSql(words);
    this.addSql(filled);
    for (const { name, on } of searchIndexes) this.addSql(`create index "${name}" on "search_entry" ${on}`);
    this.addSql(triggers);
    this.addSql(secureTenantTables(['search_entry']));
    this.addSql('grant delete on search_entry to verbatim_app');
  }
}

const table = `
create table "search_entry" (
  "workspace_id" uuid not null, "id" uuid not null, "kind" text not null, "conversation_id" uuid not null,
  "actor_kind" text null, "actor_id" uuid null, "at" timestamptz(3) not null, "words" tsvector not null,
  primary key ("workspace_id", "id")
);
alter table "search_entry" add constraint "search_entry_kind_check" check ("kind" in ('MESSAGE', 'NOTE', 'CONVERSATION'));
alter table "search_entry" add constraint "search_entry_actor_kind_check" check ("actor_kind" in ('AGENT', 'CONTACT', 'BOT', 'API_KEY', 'SYSTEM', 'ANONYMOUS'));
`;

const escaped = (codePoint: number): string => `\\U${codePoint.toString(16).padStart(8, '0')}`;
/** Ranges as a class of a regular expression of PostgreSQL. */
export const inBrackets = (...classes: (readonly Range[])[]): string =>
  classes
    .flat()
    .map(([first, last]) => (first === last ? escaped(first) : `${escaped(first)}-${escaped(last)}`))
    .join('');
const [short, long] = [1, 2].map((length) => Object.entries(likened).filter(([, to]) => to.length === length));
/** Text that is normalized in a time that grows with its length and no faster. */
const bounded = `regexp_replace(regexp_replace(p_text, '[${inBrackets(dropped)}]+', '', 'g'),
  '([${inBrackets(ordered)}]{${MOST_MARKS}})[${inBrackets(ordered)}]+', '\\1', 'g')`;
const translated = `translate(regexp_replace(lower(normalize(${bounded}, NFKD) collate "pg_c_utf8"), '[${inBrackets(dropped)}]+', '', 'g'),
  '${short!.map(([from]) => from).join('')}', '${short!.map(([, to]) => to).join('')}')`;

const words = `
-- Alike: what differs in case, accents or compatible forms. The same in every locale.
create function search_folded(p_text text) returns text language sql immutable strict parallel safe
return normalize(${long!.reduce((inner, [from, to]) => `replace(${inner}, '${from}', '${to}')`, translated)}, NFKC);

-- Each word once, in the order in which they come, up to a bound. Of what is written without spaces, every two characters
-- that follow each other, and the last one.
create function search_words(p_text text) returns text[] language plpgsql immutable strict parallel safe
as $function$
declare v_folded text := search_folded(p_text);
begin
  if v_folded !~ '[${inBrackets(unspaced)}]' then
    return array(
      select left(m[1], ${LONGEST_WORD}) as w
      from regexp_matches(v_folded, '[^${inBrackets(separating, unspaced)}]+', 'g') with ordinality r(m, n)
      group by w order by min(n) limit ${MOST_WORDS});
  end if;
  return array(
    select w from (
      select coalesce(word, c || coalesce(lead(c) over (partition by n order by k), '')) as w, (n << 32) + coalesce(k, 0) as place
      -- By itself: else a long run is carried along with each of its characters.
      from (
        select left(m[1], ${LONGEST_WORD}) as word, m[2] as run, n
        from regexp_matches(v_folded, '([^${inBrackets(separating, unspaced)}]+)|([${inBrackets(unspaced)}]+)', 'g') with ordinality r(m, n)
        offset 0) r
      left join lateral string_to_table(run, null) with ordinality x(c, k) on true) t
    group by w order by min(place) limit ${MOST_WORDS});
end
$function$;

-- Marked, so that one index holds the words of every workspace by itself: how common a word is elsewhere costs nothing here.
-- What it is of are words too, so that the index leads to what is rare of a common word. Null where a text has no words.
create function search_vector(p_workspace uuid, p_text text, p_of text[]) returns tsvector language sql immutable strict parallel safe
return (
  select array_to_tsvector(array(
    select right(p_workspace::text, ${MARK_LENGTH}) || w from unnest(t.words || array(select chr(${KIND_MARK.codePointAt(0)}) || o from unnest(p_of) o)) w))
  from (select search_words(p_text) as words offset 0) t where t.words <> '{}');
`;

const message = (from: string): string => `
  select t.workspace_id, t.id, 'MESSAGE', t.conversation_id, t.actor_kind, t.actor_id, t.occurred_at, v
  from ${from} t cross join lateral search_vector(t.workspace_id, t.text, array['MESSAGE', t.actor_kind]) v where v is not null`;
// A note without a salt has been erased: what stands in it is nobody's word.
const note = (from: string): string => `
  select t.workspace_id, t.id, 'NOTE', t.conversation_id, t.actor_kind, t.actor_id, t.created_at, v
  from ${from} t cross join lateral search_vector(t.workspace_id, t.text, array['NOTE', t.actor_kind]) v where t.salt <> '' and v is not null`;
const conversation = (from: string): string => `
  select t.workspace_id, t.id, 'CONVERSATION', t.id, null, null::uuid, t.created_at, v
  from ${from} t left join contact k on k.workspace_id = t.workspace_id and k.id = t.contact_id
  cross join lateral search_vector(t.workspace_id, concat_ws(' ', t.subject, k.name), array['CONVERSATION']) v where v is not null`;

/** What the entries of these rows are, each of its table: for who writes past the triggers. */
export const entriesOf = { message, note, conversation } as const;

/** The owner of the tables sees none of their rows while row-level security is forced: for this it is not. */
export const filled = `
alter table message no force row level security;
alter table note no force row level security;
alter table conversation no force row level security;
alter table contact no force row level security;
insert into search_entry ${message('message')};
insert into search_entry ${note('note')};
insert into search_entry ${conversation('conversation')};
alter table message force row level security;
alter table note force row level security;
alter table conversation force row level security;
alter table contact force row level security;
`;

/** Somebody else may have made the entry anew since it was taken away: of a conversation by its contact's name, or its subject. */
const replacing = `
  on conflict (workspace_id, id) do update set conversation_id = excluded.conversation_id,
    actor_kind = excluded.actor_kind, actor_id = excluded.actor_id, words = excluded.words`;

/** On a table: what is added is looked at together, what is changed row by row and only where it makes a difference. */
const kept = (name: string, columns: readonly string[], select: (from: string) => string): string => `
create function search_${name}_added() returns trigger language plpgsql set search_path = public, pg_temp as $function$
begin
  insert into search_entry ${select('added')};
  return null;
end
$function$;
create trigger search_added after insert on "${name}" referencing new table as added
  for each statement execute function search_${name}_added();

create function search_${name}_changed() returns trigger language plpgsql set search_path = public, pg_temp as $function$
begin
  delete from search_entry e where e.workspace_id = new.workspace_id and e.id = new.id;
  insert into search_entry ${select('(select new.*)')} ${replacing};
  return null;
end
$function$;
create trigger search_changed after update of ${columns.map((column) => `"${column}"`).join(', ')} on "${name}" for each row
  when (${columns.map((column) => `old."${column}" is distinct from new."${column}"`).join(' or ')})
  execute function search_${name}_changed();
`;

const triggers = `
${kept('message', ['text', 'conversation_id', 'actor_kind', 'actor_id'], message)}
${kept('note', ['text', 'salt', 'conversation_id', 'actor_kind', 'actor_id'], note)}
${kept('conversation', ['subject', 'contact_id'], conversation)}
-- A conversation that is being opened meanwhile is not seen here, and has the former name until the next change; but not
-- where the contact is erased, which locks it against the key of the new conversation.
create function search_contact_changed() returns trigger language plpgsql set search_path = public, pg_temp as $function$
begin
  delete from search_entry e using conversation c
    where c.workspace_id = new.workspace_id and c.contact_id = new.id and e.workspace_id = c.workspace_id and e.id = c.id;
  insert into search_entry ${conversation('(select c.* from conversation c where c.workspace_id = new.workspace_id and c.contact_id = new.id)')} ${replacing};
  return null;
end
$function$;
create trigger search_changed after update of "name" on contact for each row
  when (old."name" is distinct from new."name") execute function search_contact_changed();
`;
