import type { SearchHitKind } from '../../entities/enums.js';
import { scanEach, seenCondition, ways } from '../conversations/read-conversations.js';
import { sql, type Database, type Sql } from '../database.js';
import { keyset, limitOf, rowLimit, type Page } from '../paging.js';
import { conversationSight, type Sight } from '../policy.js';
import type { Principal } from '../principal.js';
import {
  askedKinds,
  entryConditions,
  ofConversation,
  placeConditions,
  type MessageSearchFilter,
} from './search-filter.js';
import { longRuns, markedQuery, type Query } from './words.js';

/** How it is decided which way leads to a page soonest. */
export interface Bounds {
  /** Where so few conversations come into question, their entries are looked through. */
  few: number;
  /** And their transcripts have so few lines, each of these is looked at; of more the index of words says which. */
  lines: number;
  /** So many of the newest entries are looked at one by one; what is rarer among them is collected by its words. */
  near: number;
}
const BOUNDS: Bounds = { few: 1_500, lines: 15_000, near: 20_000 };

/** What has been found, with the text that it was found in. */
export interface FoundRow {
  id: string;
  kind: SearchHitKind;
  conversationId: string;
  at: Date;
  /** The message, or that of the recording. */
  messageId: string | null;
  /** What the message or the note says or is said in the recording, or the conversation's subject. */
  text: string | null;
  /** What the conversation's contact is called, where that is searched. */
  name: string | null;
}

/**
 * A page of what the caller may find, newest first.
 *
 * What leads to it soonest depends on how common it is, and of several conditions together PostgreSQL cannot know that.
 * Who sees few conversations, or asks for few, has these looked through: all that is said in them, for of a common word
 * the index takes longer to say where it is than the few entries do. For all others the newest entries are walked,
 * which ends as soon as the page is full; where that is not enough the word is rare, and the index of words gives all
 * that have it. Each way is fenced, by OFFSET 0: else PostgreSQL may read through the index of words for a word that is
 * everywhere, or walk all that there is for one that is nowhere.
 *
 * Sight, tenant and filter stand inside each statement: what may not be seen takes no place in a page.
 */
export async function searchPage(
  db: Database,
  principal: Principal,
  query: Query,
  filter: MessageSearchFilter,
  page: Page,
  { few, lines, near }: Bounds = BOUNDS,
): Promise<FoundRow[]> {
  const { workspaceId } = principal;
  const sight = conversationSight(principal);
  const asked = ofConversation(filter, principal);
  const isNarrow = !sight.everything || asked.length > 0;
  // Who sees everything sees nothing of what was deleted.
  const isThere = sql`not exists (select from conversation_deletion d
    where d.workspace_id = e.workspace_id and d.conversation_id = e.conversation_id)`;
  const ofAll = sql.join([sql`c.workspace_id = ${workspaceId}`, ...asked], sql` and `);
  const ofOne = sql`${ofAll} and ${seenCondition(sight)}`;

  const { condition, order } = keyset(page, sql`e.at`, sql`e.id`, 'timestamptz', true);
  const place = sql.join([sql`e.workspace_id = ${workspaceId}`, condition, ...placeConditions(filter)], sql` and `);
  const matching = sql.join(
    [
      sql`e.words @@ ${markedQuery(workspaceId, query, askedKinds(filter, principal))}::tsquery`,
      ...entryConditions(filter, principal),
      ...longRuns(query).map((run) => sql`strpos(search_folded(${textOf}), ${run}) > 0`),
    ],
    sql` and `,
  );
  const read = (entries: Sql): Promise<FoundRow[]> => db.searchedRows<FoundRow>(withText(entries, order));

  if (isNarrow) {
    const of = await fewConversations(db, sight, ofAll, few);
    if (of.length === 0) return [];
    if (of.length <= few) {
      const ids = of.map(({ id }) => id);
      const entries = sql`select e.* from search_entry e where ${place} and e.conversation_id = any(${ids}::uuid[])`;
      const all = of.reduce((sum, one) => sum + one.lines, 0);
      return read(
        all <= lines
          ? sql`select e.* from (${entries} offset 0) e where ${matching} order by ${order} limit ${limitOf(page)}`
          : sql`select e.* from (${entries} and ${matching} offset 0) e order by ${order} limit ${limitOf(page)}`,
      );
    }
  }
  const walked = await read(sql`select e.* from (
      select e.* from search_entry e where ${place} order by ${order} limit ${rowLimit(near)} offset 0) e
    where ${matching} and ${isNarrow ? sql`(select true from conversation c where c.id = e.conversation_id and ${ofOne})` : isThere}
    order by ${order} limit ${limitOf(page)}`);
  if (walked.length > page.size) return walked;
  return read(sql`select e.* from (
      select e.* from search_entry e where ${place} and ${matching} offset 0) e
    where ${isNarrow ? sql`e.conversation_id in (${seenBy(sight, (...conditions) => sql`select c.id from conversation c where ${sql.join([...conditions, ofAll], sql` and `)}`)})` : isThere}
    order by ${order} limit ${limitOf(page)}`);
}

/**
 * The conversations that come into question, or one more than so few, each with how many lines its transcript has. Who
 * sees nothing but what they have is led there by the indexes that there are; for all others reading on until there are enough is sooner.
 */
function fewConversations(
  db: Database,
  sight: Sight,
  asked: Sql,
  few: number,
): Promise<{ id: string; lines: number }[]> {
  const scan = (...conditions: Sql[]): Sql => sql`
    select c.id, c.last_position as lines from conversation c
    where ${sql.join([asked, ...conditions], sql` and `)} limit ${rowLimit(few + 1)}`;
  const isOwnOnly = !sight.everything && !sight.keys.some((key) => /^(inbox|team):/.test(key));
  if (!isOwnOnly) return db.searchedRows(scan(seenCondition(sight)));
  return db.searchedRows(
    sql`select distinct found.id, found.lines from (${seenBy(sight, scan)}) found limit ${rowLimit(few + 1)}`,
  );
}

/** The conversations that somebody sees, by the indexes that lead to them; some more than once. */
function seenBy(sight: Sight, scan: (...conditions: Sql[]) => Sql): Sql {
  if (sight.everything) return scan();
  const arms = [
    ...ways(sight).map((way) => scanEach(way, (each) => scan(each, sql`c.merged_into_id is null`))),
    scan(seenCondition(sight), sql`c.merged_into_id is not null`),
  ];
  return sql.join(
    arms.map((arm) => sql`(${arm})`),
    sql` union all `,
  );
}

const ofMessage = sql`when 'MESSAGE' then (select m.text from message m where m.workspace_id = e.workspace_id and m.id = e.id)`;
const ofNote = sql`when 'NOTE' then (select n.text from note n where n.workspace_id = e.workspace_id and n.id = e.id)`;
const ofSpeech = sql`when 'SPEECH' then (select s.words from speech s
  where s.workspace_id = e.workspace_id and s.attachment_id = e.id and s.replaced_at is null)`;
/** A conversation's own, with its contact's. */
const itself = sql`from conversation c left join contact k on k.workspace_id = c.workspace_id and k.id = c.contact_id
  where c.workspace_id = e.workspace_id and c.id = e.id`;

/** What an entry's words are of. */
const textOf = sql`(case e.kind ${ofMessage} ${ofNote} ${ofSpeech} else (select concat_ws(' ', c.subject, k.name) ${itself}) end)`;

/**
 * The entries of a page with what they say, in one statement: of one moment. Row by row, for joined to so few rows a table
 * is soon read as a whole.
 */
const withText = (entries: Sql, order: Sql): Sql => sql`
  select e.id, e.kind, e.conversation_id as "conversationId", e.at,
    case e.kind when 'MESSAGE' then e.id when 'SPEECH' then (select a.message_id from attachment a
      where a.workspace_id = e.workspace_id and a.id = e.id) end as "messageId",
    case e.kind ${ofMessage} ${ofNote} ${ofSpeech} else (select c.subject ${itself}) end as text,
    case e.kind when 'CONVERSATION' then (select k.name ${itself}) end as name
  from (${entries}) e order by ${order}`;
