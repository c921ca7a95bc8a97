import { Migration } from '@mikro-orm/migrations';
import { KIND_MARK, LONGEST_WORD, MARK_LENGTH, MOST_WORDS, separating, unspaced } from '../search-classes.js';
import { inBrackets } from './0026-message-search.js';

/** The words of most texts are told apart by one replacement instead of a row for each: a third of what a message cost. */
export class Migration0043WordsAtOnce extends Migration {
  override up(): void {
    this.addSql(vector);
  }
}

const vector = `
create or replace function search_vector(p_workspace uuid, p_text text, p_of text[]) returns tsvector
language plpgsql immutable strict parallel safe
as $function$
declare
  v_mark text := right(p_workspace::text, ${MARK_LENGTH});
  v_is_ascii boolean := octet_length(p_text) = length(p_text);
  v_folded text := case when v_is_ascii then lower(p_text collate "C") else search_folded(p_text) end;
  v_of text[] := array(select v_mark || chr(${KIND_MARK.codePointAt(0)}) || o from unnest(p_of) o);
  v_words text;
begin
  -- Written with something between the words, and not so many that only the first ones are kept.
  if length(v_folded) <= ${MOST_WORDS} and (v_is_ascii or v_folded !~ '[${inBrackets(unspaced)}]') then
    v_words := btrim(regexp_replace(v_folded, '[${inBrackets(separating)}]+', ' ', 'g'), ' ');
    if v_words = '' then return null; end if;
    if length(v_words) <= ${LONGEST_WORD} or v_words !~ '[^ ]{${LONGEST_WORD + 1}}' then
      return array_to_tsvector(string_to_array(v_mark || replace(v_words, ' ', ' ' || v_mark), ' ') || v_of);
    end if;
  end if;
  return (
    select array_to_tsvector(array(select v_mark || w from unnest(t.words) w) || v_of)
    from (select search_words(p_text) as words offset 0) t where t.words <> '{}');
end
$function$;
`;
