import { sql, type Database } from '../database.js';
import { isId } from '../ids.js';
import { rowLimit } from '../paging.js';
import { actionsCommitting } from '../record/actions.js';
import { readDisclosure } from '../record/disclosure.js';
import type { RecordBody } from '../record/envelope.js';

type Rows = Pick<Database, 'rows'>;

/** Events that are read together. */
const PAGE = 500;
/** Shorter texts are in too many others to name anybody. */
const SHORTEST = 3;

/** What others filtered the record by that names a contact. */
export interface NamingFilters {
  /** Of the events that repeat it, ascending. */
  sequences: number[];
  /** The exports among what these events are about. */
  exportIds: string[];
}

/** Fields of a filter that hold words of the product, or moments, and nobody's name. */
const OF_THE_PRODUCT = new Set([
  'actions',
  'categories',
  'minSeverity',
  'outcomes',
  'actorKinds',
  'targetTypes',
  'from',
  'to',
]);

/** The texts by which a contact is known, in lower case. */
interface Terms {
  /** Their words, in order, each between spaces. */
  whole: ReadonlySet<string>;
  /** Words of their names. */
  words: ReadonlySet<string>;
}

/**
 * The events that repeat what a caller filtered by, such as exports and sinks, where that names the contact: by a name,
 * by how they can be reached, or by where they wrote from. An id alone names nobody.
 */
export async function filtersNaming(
  db: Rows,
  workspaceId: string,
  contactIds: readonly string[],
): Promise<NamingFilters> {
  const terms = await termsOf(db, workspaceId, contactIds);
  const found: NamingFilters = { sequences: [], exportIds: [] };
  for (let after = -1; ;) {
    const rows = await db.rows<{ sequence: number; body: string; disclosures: string[]; targetId: string | null }>(sql`
      select b.sequence, b.body, b.disclosures, b.target_id as "targetId" from record_body b
      where b.workspace_id = ${workspaceId} and b.action = any(${actionsCommitting('filter')}::text[])
        and b.sequence > ${after} order by b.sequence limit ${rowLimit(PAGE)}`);
    for (const row of rows) {
      if (!filtersOf(row).some((filter) => isNaming(filter, terms))) continue;
      found.sequences.push(row.sequence);
      if (row.targetId !== null) found.exportIds.push(row.targetId);
    }
    if (rows.length < PAGE) return found;
    after = rows.at(-1)!.sequence;
  }
}

/** Empties the filters of exports that have ended: of one under way it says what is still to be written. */
export const emptyExportFilters = (db: Rows, workspaceId: string, { exportIds }: NamingFilters): Promise<unknown> =>
  db.rows(sql`
    update export_job set filter = '{"erased": true}' where workspace_id = ${workspaceId}
      and id::text = any(${exportIds}::text[]) and state not in ('REQUESTED', 'RUNNING')`);

/** What the contact is called and was called, and where they wrote from. */
async function termsOf(db: Rows, workspaceId: string, contactIds: readonly string[]): Promise<Terms> {
  const rows = await db.rows<{ term: string; isName: boolean }>(sql`
    select c.name as "term", true as "isName" from contact c
      where c.workspace_id = ${workspaceId} and c.id = any(${contactIds}::uuid[]) and c.name is not null
    union select k.term, false from contact c cross join lateral unnest(array[c.email, c.phone, c.external_id]) k(term)
      where c.workspace_id = ${workspaceId} and c.id = any(${contactIds}::uuid[]) and k.term is not null
    union select i.address, false from contact_identity i
      where i.workspace_id = ${workspaceId} and i.contact_id = any(${contactIds}::uuid[])
    union select b.ip_address, false from record_body b
      where b.workspace_id = ${workspaceId} and b.actor_id = any(${contactIds}::uuid[]) and b.ip_address is not null`);
  const before = await db.rows<{ body: string; disclosures: string[] }>(sql`
    select b.body, b.disclosures from record_body b
    where b.workspace_id = ${workspaceId} and b.target_type = 'contact' and b.target_id = any(${contactIds}::text[])
      and b.action = any(${[...actionsCommitting('name'), ...actionsCommitting('address')]}::text[])`);
  const all = [...rows, ...before.flatMap(formerTerms)].map(({ term, isName }) => ({
    term: term.toLowerCase(),
    isName,
  }));
  return {
    whole: new Set(all.map(({ term }) => phraseOf(term)).filter((phrase) => phrase.trim().length >= SHORTEST)),
    words: new Set(all.flatMap(({ term, isName }) => (isName ? wordsOf(term) : []))),
  };
}

/** What an event says that the contact's profile held before it or after it. */
function formerTerms({ body, disclosures }: { body: string; disclosures: string[] }) {
  const { changes = [] } = JSON.parse(body) as RecordBody;
  return disclosures.flatMap((encoded) => {
    const { name, value } = readDisclosure(encoded);
    const [part, index] = name.split('.');
    if (part !== 'changes' || typeof value !== 'string') return [];
    return [{ term: value, isName: changes[Number(index)]?.field === 'name' }];
  });
}

/** What somebody filtered by, as an event repeats it. */
function filtersOf({ body, disclosures }: { body: string; disclosures: string[] }): unknown[] {
  const { changes = [] } = JSON.parse(body) as RecordBody;
  return disclosures.flatMap((encoded) => {
    const { name, value } = readDisclosure(encoded);
    const [part, index] = name.split('.');
    if (part !== 'changes' || changes[Number(index)]?.field !== 'filter' || typeof value !== 'string') return [];
    try {
      return [JSON.parse(value) as unknown];
    } catch {
      return [value];
    }
  });
}

function isNaming(filter: unknown, terms: Terms): boolean {
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

const wordsOf = (text: string): string[] => text.match(/[\p{L}\p{N}]+/gu) ?? [];
const phraseOf = (text: string): string => ` ${wordsOf(text).join(' ')} `;
