import { sql, type Database } from '../database.js';
import { isId } from '../ids.js';
import { readQuery, searchedWords, soughtWords } from '../message-search/words.js';
import { actionsCommitting } from '../record/actions.js';
import { readDisclosure } from '../record/disclosure.js';
import type { RecordBody } from '../record/envelope.js';

type Rows = Pick<Database, 'rows'>;

/** Shorter texts are in too many others to name anybody. */
const SHORTEST = 3;

/** Fields of a filter that hold words of the product, or moments, and nobody's name. */
const OF_THE_PRODUCT = new Set([
  'actions',
  'categories',
  'minSeverity',
  'outcomes',
  'actorKinds',
  'targetTypes',
  'kinds',
  'senderKinds',
  'channels',
  'from',
  'to',
]);

/** The texts by which a contact is known. */
export interface Terms {
  /** Their words, in lower case and in order, each between spaces. */
  whole: ReadonlySet<string>;
  /** Words of their names, in lower case. */
  words: ReadonlySet<string>;
  /** What messages of them and with their name are found by: words of their names, and of how they can be reached. */
  searched: ReadonlySet<string>;
}

/** Of whom nothing is known. */
export const NO_TERMS: Terms = { whole: new Set(), words: new Set(), searched: new Set() };

/** Whether the first know the contact by all that the second do. */
export const covers = (terms: Terms, others: Terms): boolean =>
  (['whole', 'words', 'searched'] as const).every((kind) => [...others[kind]].every((text) => terms[kind].has(text)));

interface Term {
  term: string;
  /** Null of where they wrote from, and of free text. */
  kind: 'name' | 'address' | null;
}

/** What the contact is called and was called, how they can be reached, and where they wrote from. */
export async function termsOf(db: Rows, workspaceId: string, contactIds: readonly string[]): Promise<Terms> {
  const rows = await db.rows<Term>(sql`
    select c.name as "term", 'name' as "kind" from contact c
      where c.workspace_id = ${workspaceId} and c.id = any(${contactIds}::uuid[]) and c.name is not null
    union select k.term, 'address' from contact c cross join lateral unnest(array[c.email, c.phone, c.external_id]) k(term)
      where c.workspace_id = ${workspaceId} and c.id = any(${contactIds}::uuid[]) and k.term is not null
    union select i.address, 'address' from contact_identity i
      where i.workspace_id = ${workspaceId} and i.contact_id = any(${contactIds}::uuid[])
    union select b.ip_address, null from record_body b
      where b.workspace_id = ${workspaceId} and b.actor_id = any(${contactIds}::uuid[]) and b.ip_address is not null`);
  const before = await db.rows<{ body: string; disclosures: string[] }>(sql`
    select b.body, b.disclosures from record_body b
    where b.workspace_id = ${workspaceId} and b.target_type = 'contact' and b.target_id = any(${contactIds}::text[])
      and b.action = any(${[...actionsCommitting('name'), ...actionsCommitting('address')]}::text[])`);
  const all = [...rows, ...before.flatMap(formerTerms)];
  return {
    whole: new Set(
      all.map(({ term }) => phraseOf(term.toLowerCase())).filter((phrase) => phrase.trim().length >= SHORTEST),
    ),
    words: new Set(all.flatMap(({ term, kind }) => (kind === 'name' ? wordsOf(term.toLowerCase()) : []))),
    searched: new Set(all.flatMap(searchedTerms)),
  };
}

const ADDRESSES: readonly (string | undefined)[] = ['email', 'phone', 'externalId', 'address'];

/** What an event says that the contact's profile held before it or after it. */
function formerTerms({ body, disclosures }: { body: string; disclosures: string[] }): Term[] {
  const { changes = [] } = JSON.parse(body) as RecordBody;
  return disclosures.flatMap((encoded): Term[] => {
    const { name, value } = readDisclosure(encoded);
    const [part, index] = name.split('.');
    if (part !== 'changes' || typeof value !== 'string') return [];
    const field = changes[Number(index)]?.field;
    return [{ term: value, kind: field === 'name' ? 'name' : ADDRESSES.includes(field) ? 'address' : null }];
  });
}

/** Whoever provides a mailbox does not name whose it is. */
function searchedTerms({ term, kind }: Term): string[] {
  if (kind === null) return [];
  if (kind === 'name') return searchedWords(term);
  return searchedWords(term.replace(/@[^@]*$/, '')).filter((word) => word.length >= SHORTEST);
}

/** Whether what somebody filtered by names the contact. An id alone names nobody. */
export function isNaming(filter: unknown, terms: Terms): boolean {
  if (typeof filter === 'object' && filter !== null) {
    return Object.entries(filter).some(([field, value]) => !OF_THE_PRODUCT.has(field) && isNaming(value, terms));
  }
  if (typeof filter !== 'string' || isId(filter)) return false;
  const text = filter.toLowerCase();
  const phrase = phraseOf(text);
  if ([...terms.whole].some((term) => phrase.includes(term))) return true;
  const words = wordsOf(text);
  return words.length > 0 && words.every((word) => terms.words.has(word));
}

/**
 * Whether somebody who searched messages for this may have looked for the contact: one word of theirs is among what was
 * looked for, however it is written, or begins with it. Of what others searched for no more is kept than that they did.
 */
export function isLookingFor(text: string, { searched }: Terms): boolean {
  const query = readQuery(text);
  if (!query) return false;
  const { whole, beginnings } = soughtWords(query);
  return (
    whole.some((word) => searched.has(word)) ||
    (beginnings.length > 0 && [...searched].some((word) => beginnings.some((beginning) => word.startsWith(beginning))))
  );
}

const wordsOf = (text: string): string[] => text.match(/[\p{L}\p{N}]+/gu) ?? [];
const phraseOf = (text: string): string => ` ${wordsOf(text).join(' ')} `;
