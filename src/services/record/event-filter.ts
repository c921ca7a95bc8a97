import type { ActorKind, AuditCategory, Outcome } from '../../entities/enums.js';
import { Severity } from '../../entities/enums.js';
import { canonicalAddress } from '../address.js';
import { sql, type Sql } from '../database.js';
import { forbidden } from '../errors.js';
import { isId } from '../ids.js';
import { Faults, isStorable, MAX_EXTERNAL_ID } from '../text.js';
import type { RecordRow } from './read.js';
import { findsWords, tsquery, wordQuery } from './search-words.js';

/** The longest text that is searched for. */
const MAX_SEARCH = 255;

/** Which events of the record a list or a stream is about. */
export interface AuditEventFilter {
  /** Names, or prefixes that end in `*`: `handover.*`. */
  actions?: readonly string[] | null | undefined;
  categories?: readonly AuditCategory[] | null | undefined;
  minSeverity?: Severity | null | undefined;
  outcomes?: readonly Outcome[] | null | undefined;
  actorIds?: readonly string[] | null | undefined;
  actorKinds?: readonly ActorKind[] | null | undefined;
  targetTypes?: readonly string[] | null | undefined;
  targetIds?: readonly string[] | null | undefined;
  conversationId?: string | null | undefined;
  contactId?: string | null | undefined;
  teamIds?: readonly string[] | null | undefined;
  ipAddress?: string | null | undefined;
  requestId?: string | null | undefined;
  /** Words of the sentence, the names and the reason; the last may be only begun. */
  search?: string | null | undefined;
  from?: Date | null | undefined;
  to?: Date | null | undefined;
}

type Given<K extends keyof AuditEventFilter> = NonNullable<AuditEventFilter[K]>;

/** One dimension in both forms: on `b` (body), and over one row. */
interface Dimension<K extends keyof AuditEventFilter> {
  /** None for what is asked of the entry. */
  condition?: (value: Given<K>) => Sql;
  /** The same in a form that no index answers, where that index does not give events in order. */
  walked?: (value: Given<K>) => Sql;
  matches: (value: Given<K>, row: RecordRow) => boolean;
}

const isGiven = <T>(value: T | null | undefined): value is T => value !== null && value !== undefined;
const rank = Object.keys(Severity);
/** Of one value alone an index gives the newest first; of several all that there are would be sorted. */
const oneOf = (column: string, type: string) => (values: readonly string[]) =>
  values.length === 1
    ? sql`b.${sql.raw(column)} = ${values[0]}::${sql.raw(type)}`
    : sql`b.${sql.raw(column)} = any(${values}::${sql.raw(type)}[])`;
const isPrefix = (pattern: string): boolean => pattern.endsWith('*');

const dimensions: { [K in keyof Required<AuditEventFilter>]: Dimension<K> } = {
  actions: {
    condition: (patterns) =>
      sql`(${sql.join(
        [
          sql`b.action = any(${patterns.filter((pattern) => !isPrefix(pattern))}::text[])`,
          // Names hold no LIKE wildcards but the underscore, which is escaped.
          ...patterns
            .filter(isPrefix)
            .map((pattern) => sql`b.action like ${`${pattern.slice(0, -1).replace(/[_%\\]/g, '\\$&')}%`}`),
        ],
        sql` or `,
      )})`,
    matches: (patterns, row) =>
      patterns.some((pattern) =>
        isPrefix(pattern) ? row.action!.startsWith(pattern.slice(0, -1)) : row.action === pattern,
      ),
  },
  categories: {
    condition: oneOf('category', 'text'),
    matches: (values, row) => (values as readonly string[]).includes(row.category),
  },
  minSeverity: {
    condition: (value) => sql`b.severity >= ${rank.indexOf(value)}`,
    matches: (value, row) => row.severity >= rank.indexOf(value),
  },
  outcomes: {
    condition: oneOf('outcome', 'text'),
    matches: (values, row) => (values as readonly string[]).includes(row.outcome),
  },
  actorIds: {
    condition: oneOf('actor_id', 'uuid'),
    matches: (ids, row) => row.actorId !== null && ids.includes(row.actorId),
  },
  actorKinds: {
    condition: oneOf('actor_kind', 'text'),
    matches: (kinds, row) => (kinds as readonly string[]).includes(row.actorKind),
  },
  targetTypes: {
    condition: oneOf('target_type', 'text'),
    matches: (types, row) => row.targetType !== null && types.includes(row.targetType),
  },
  targetIds: {
    condition: oneOf('target_id', 'text'),
    matches: (ids, row) => row.targetId !== null && ids.includes(row.targetId),
  },
  conversationId: {
    condition: (id) => sql`b.conversation_id = ${id}::uuid`,
    matches: (id, row) => row.conversationId === id,
  },
  contactId: { condition: (id) => sql`b.contact_id = ${id}::uuid`, matches: (id, row) => row.contactId === id },
  teamIds: {
    condition: oneOf('team_id', 'uuid'),
    matches: (ids, row) => row.teamId !== null && ids.includes(row.teamId),
  },
  ipAddress: {
    condition: (address) => sql`b.ip_address = ${canonicalAddress(address)}`,
    matches: (address, row) => row.ipAddress !== null && row.ipAddress === canonicalAddress(address),
  },
  requestId: { condition: (id) => sql`b.request_id = ${id}`, matches: (id, row) => row.requestId === id },
  search: {
    condition: (text) => sql`b.search @@ ${tsquery(wordQuery(text)!)}::tsquery`,
    walked: (text) => sql`ts_match_vq(b.search, ${tsquery(wordQuery(text)!)}::tsquery)`,
    matches: (text, row) => findsWords(wordQuery(text)!, row.search),
  },
  from: {
    matches: (from, row) => row.recordedAt >= from,
  },
  to: { matches: (to, row) => row.recordedAt < to },
};

const given = (filter: AuditEventFilter) =>
  (Object.keys(dimensions) as (keyof AuditEventFilter)[]).filter(
    (name) => filter[name] !== null && filter[name] !== undefined,
  );

/** What is asked of the entry, which a pruned event keeps. */
const ofEntry: ReadonlySet<keyof AuditEventFilter> = new Set(['from', 'to']);

/** Whether one event passes the filter. A pruned one passes only where nothing is asked of its content. */
export const passesEventFilter = (filter: AuditEventFilter, row: RecordRow): boolean =>
  given(filter).every(
    (name) => (row.body !== null || ofEntry.has(name)) && dimensions[name].matches(filter[name] as never, row),
  );

/**
 * What the filter asks of the body, to be collected from indexes or to be looked at event by event. When something was
 * recorded is asked by its place in the log.
 */
export const eventConditions = (filter: AuditEventFilter): Record<'collected' | 'walked', Sql[]> => {
  const asked = given(filter).filter((name) => !ofEntry.has(name));
  const inForm = (form: 'condition' | 'walked') =>
    asked.map((name) => (dimensions[name][form] ?? dimensions[name].condition!)(filter[name] as never));
  return { collected: inForm('condition'), walked: inForm('walked') };
};

/**
 * Checks what is asked for. To be told that there is nothing from an address would say something about events whose
 * address is masked, and that there is nothing would not be true: who may not see addresses hears so.
 * @throws AppError VALIDATION_FAILED for what cannot be found; FORBIDDEN for an address that the caller may not see.
 */
export function validateEventFilter(filter: AuditEventFilter, { unmasked }: { unmasked: boolean }): void {
  const faults = new Faults();
  for (const name of ['actorIds', 'teamIds'] as const) {
    filter[name]?.forEach((id, index) => {
      if (!isId(id)) faults.add(`filter.${name}.${index}`, 'is not an id');
    });
  }
  for (const name of ['conversationId', 'contactId'] as const) {
    const id = filter[name];
    if (id && !isId(id)) faults.add(`filter.${name}`, 'is not an id');
  }
  if (isGiven(filter.ipAddress) && canonicalAddress(filter.ipAddress) === null)
    faults.add('filter.ipAddress', 'is not an address of IPv4 or IPv6');
  faults.optionalText('filter.search', filter.search, MAX_SEARCH);
  if (isGiven(filter.search) && wordQuery(filter.search) === null)
    faults.add('filter.search', 'has no letter and no digit');
  if (filter.requestId && !isStorable(filter.requestId)) faults.add('filter.requestId', 'is not an id');
  for (const name of ['actions', 'targetTypes', 'targetIds'] as const) {
    filter[name]?.forEach((text, index) => faults.optionalText(`filter.${name}.${index}`, text, MAX_EXTERNAL_ID));
  }
  faults.refuse();
  if (isGiven(filter.ipAddress) && !unmasked) throw forbidden('You may not see addresses, nor find events by them.');
}
