import { sql, type Database } from '../database.js';
import { rowLimit } from '../paging.js';
import { actionsCommitting } from '../record/actions.js';
import { readDisclosure } from '../record/disclosure.js';
import type { RecordBody } from '../record/envelope.js';
import { covers, isLookingFor, isNaming, NO_TERMS, termsOf, type Terms } from './naming-terms.js';

type Rows = Pick<Database, 'rows'>;

/** Events that are read together. */
const PAGE = 500;

/** What others filtered the record by, or searched for, that names a contact. */
export interface NamingFilters {
  /** Of the events that repeat it, ascending. */
  sequences: number[];
  /** The exports among what these events are about. */
  exportIds: string[];
  /** The last event that was looked at. */
  upTo: number;
  /** What the contact was known by. */
  terms: Terms;
}

const NOTHING_YET: NamingFilters = { sequences: [], exportIds: [], upTo: -1, terms: NO_TERMS };

interface FilterRow {
  sequence: number;
  body: string;
  disclosures: string[];
  targetId: string | null;
}

/**
 * The events that repeat what a caller filtered by, such as exports, sinks and searches, where that names the contact: by
 * a name, by how they can be reached, or by where they wrote from. An id alone names nobody.
 * @param known what had been found before: then only what has come since is read, unless the contact is known by more now
 */
export async function filtersNaming(
  db: Rows,
  workspaceId: string,
  contactIds: readonly string[],
  known: NamingFilters = NOTHING_YET,
): Promise<NamingFilters> {
  const terms = await termsOf(db, workspaceId, contactIds);
  const { sequences, exportIds, upTo } = covers(known.terms, terms) ? known : NOTHING_YET;
  const found: NamingFilters = { sequences: [...sequences], exportIds: [...exportIds], upTo, terms };
  if (covers(NO_TERMS, terms)) return found;
  for (;;) {
    const rows = await db.rows<FilterRow>(filtersAfter(workspaceId, found.upTo));
    for (const row of rows) {
      if (!filtersOf(row).some((filter) => isNaming(filter, terms) || isSearchFor(filter, terms))) continue;
      found.sequences.push(row.sequence);
      if (row.targetId !== null) found.exportIds.push(row.targetId);
    }
    found.upTo = rows.at(-1)?.sequence ?? found.upTo;
    if (rows.length < PAGE) return found;
  }
}

/** The next events that repeat a filter. Each action by itself is in order in its index, of all together none is. */
const filtersAfter = (workspaceId: string, after: number) => sql`
  select b.sequence, b.body, b.disclosures, b.target_id as "targetId" from (
    select one.sequence from unnest(${actionsCommitting('filter')}::text[]) a(action) cross join lateral (
      select f.sequence from record_body f
      where f.workspace_id = ${workspaceId} and f.action = a.action and f.sequence > ${after}
      order by f.sequence limit ${rowLimit(PAGE)}) one
    order by one.sequence limit ${rowLimit(PAGE)}) next
  join record_body b on b.workspace_id = ${workspaceId} and b.sequence = next.sequence order by b.sequence`;

/** Empties the filters of exports that have ended: of one under way it says what is still to be written. */
export const emptyExportFilters = (db: Rows, workspaceId: string, { exportIds }: NamingFilters): Promise<unknown> =>
  db.rows(sql`
    update export_job set filter = '{"erased": true}' where workspace_id = ${workspaceId}
      and id::text = any(${exportIds}::text[]) and state not in ('REQUESTED', 'RUNNING')`);

/** What somebody filtered by, as an event repeats it. */
function filtersOf({ body, disclosures }: Pick<FilterRow, 'body' | 'disclosures'>): unknown[] {
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

/** Whether it is a search of messages, by words that may be the contact's. */
const isSearchFor = (filter: unknown, terms: Terms): boolean =>
  typeof filter === 'object' &&
  filter !== null &&
  'query' in filter &&
  typeof filter.query === 'string' &&
  isLookingFor(filter.query, terms);
