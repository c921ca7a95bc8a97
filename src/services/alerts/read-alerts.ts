import { Alert, AlertMute, AlertRule } from '../../entities/alert.js';
import type { AlertStatus, Severity } from '../../entities/enums.js';
import type { RowOf } from '../../entities/row.js';
import type { Call } from '../application.js';
import { sql, type Sql } from '../database.js';
import { LIST_CAP } from '../directory.js';
import { forbidden, notFound } from '../errors.js';
import { isId } from '../ids.js';
import { connection, encodePageCursor, keyset, limitOf, pageOf, type Connection, type PageRequest } from '../paging.js';
import { alertSight, type AlertSight } from '../policy.js';
import { recordingDenials } from '../record-denial.js';
import { encodeCursor, headCursor } from '../streams/cursor.js';
import { Faults } from '../text.js';
import { addressOf } from './alert-event.js';
import { EVERY_GROUP, WHOLE } from './groups.js';
import type { AlertRuleRow } from './rule.js';

export type AlertRow = RowOf<Alert>;
/** With what is shown of its group. */
export type AlertMuteRow = RowOf<AlertMute> & { wholeRule: boolean; group: string | null };

/** Which alerts a list or a stream is about. */
export interface AlertFilter {
  statuses?: readonly AlertStatus[] | null | undefined;
  severities?: readonly Severity[] | null | undefined;
  ruleIds?: readonly string[] | null | undefined;
  actorIds?: readonly string[] | null | undefined;
  from?: Date | null | undefined;
  to?: Date | null | undefined;
}

type Given<K extends keyof AlertFilter> = NonNullable<AlertFilter[K]>;

/** One dimension in both forms: on table `a`, and over one row. */
interface Dimension<K extends keyof AlertFilter> {
  condition: (value: Given<K>) => Sql;
  matches: (value: Given<K>, row: AlertRow) => boolean;
}

const dimensions: { [K in keyof Required<AlertFilter>]: Dimension<K> } = {
  statuses: {
    condition: (values) => sql`a.status = any(${values}::text[])`,
    matches: (values, row) => values.includes(row.status),
  },
  severities: {
    condition: (values) => sql`a.severity = any(${values}::text[])`,
    matches: (values, row) => values.includes(row.severity),
  },
  ruleIds: {
    condition: (ids) => sql`a.rule_id = any(${ids}::uuid[])`,
    matches: (ids, row) => ids.includes(row.ruleId),
  },
  actorIds: {
    condition: (ids) => sql`a.actor_ids && ${ids}::uuid[]`,
    matches: (ids, row) => row.actorIds.some((id) => ids.includes(id)),
  },
  from: {
    condition: (from) => sql`a.raised_at >= ${from}::timestamptz`,
    matches: (from, row) => row.raisedAt >= from,
  },
  to: { condition: (to) => sql`a.raised_at < ${to}::timestamptz`, matches: (to, row) => row.raisedAt < to },
};

const given = (filter: AlertFilter) =>
  (Object.keys(dimensions) as (keyof AlertFilter)[]).filter(
    (name) => filter[name] !== null && filter[name] !== undefined,
  );

/** Whether one alert passes the filter. */
export const passesAlertFilter = (filter: AlertFilter, row: AlertRow): boolean =>
  given(filter).every((name) => dimensions[name].matches(filter[name] as never, row));

/** @throws AppError VALIDATION_FAILED for ids that cannot be any. */
export function validateAlertFilter(filter: AlertFilter): void {
  const faults = new Faults();
  for (const name of ['ruleIds', 'actorIds'] as const) {
    filter[name]?.forEach((id, index) => {
      if (!isId(id)) faults.add(`filter.${name}.${index}`, 'is not an id');
    });
  }
  faults.refuse();
}

/** The rule of who reads which alerts, as SQL over `a`; `alertCovered` is the same over one row. */
function sightCondition(sight: AlertSight): Sql {
  if (sight.everything) return sql`true`;
  return sql`(not a.others_acted and cardinality(a.actor_ids) > 0 and a.actor_ids <@ ${sight.actorIds}::uuid[])`;
}

/** Whether a sight covers an alert. Of one that is about others too, nothing is shown to who may see some of them. */
export const alertCovered = (sight: AlertSight, row: Pick<AlertRow, 'othersActed' | 'actorIds'>): boolean =>
  sight.everything ||
  (!row.othersActed && row.actorIds.length > 0 && row.actorIds.every((id) => sight.actorIds.includes(id)));

/** @throws AppError FORBIDDEN for who may read no alerts at all. */
export function refuseWhoReadsNoAlerts(sight: AlertSight): void {
  if (!sight.everything && sight.actorIds.length === 0) throw forbidden('You may not read alerts.');
}

/**
 * The alerts that the caller may read, the newest first, in pages.
 * @throws AppError FORBIDDEN for who may read none, VALIDATION_FAILED.
 */
export async function listAlerts(
  { app, principal }: Call,
  filter: AlertFilter,
  request: PageRequest,
): Promise<Connection<AlertRow> & { eventCursor: string }> {
  const sight = alertSight(principal);
  refuseWhoReadsNoAlerts(sight);
  validateAlertFilter(filter);
  const page = pageOf('RAISED_DESC', request);
  const eventCursor = encodeCursor(await headCursor(app.db, principal.workspaceId));
  const { condition, order } = keyset(page, sql`a.raised_at`, sql`a.id`, 'timestamptz', true);
  const conditions = [
    sql`a.workspace_id = ${principal.workspaceId}`,
    sightCondition(sight),
    condition,
    ...given(filter).map((name) => dimensions[name].condition(filter[name] as never)),
  ];
  const rows = await app.db.rows<AlertRow>(sql`
    select ${app.db.columns(Alert, 'a')} from alert a where ${sql.join(conditions, sql` and `)}
    order by ${order} limit ${limitOf(page)}`);
  const cursorOf = (row: AlertRow) => encodePageCursor('RAISED_DESC', [row.raisedAt.toISOString(), row.id]);
  return Object.assign(connection(page, rows, cursorOf), { eventCursor });
}

/** One alert. @throws AppError NOT_FOUND when there is none or the caller may not read it. */
export async function findAlert(call: Call, id: string): Promise<AlertRow> {
  const { app, principal } = call;
  return recordingDenials(call, async () => {
    const [row] = isId(id) ? await app.db.byIds(Alert, principal.workspaceId, [id]) : [];
    if (!row) throw notFound('alert');
    if (alertCovered(alertSight(principal), row)) return row;
    throw notFound('alert').recordedAs({ attempted: 'alert.read', target: { type: 'alert', id, label: '' } });
  });
}

/** The rules, those that every workspace has first, 250 at most. @throws AppError FORBIDDEN */
export async function listAlertRules({ app, principal }: Call): Promise<AlertRuleRow[]> {
  if (!alertSight(principal).everything) throw forbidden('You may not read alert rules.');
  return app.db.rows<AlertRuleRow>(sql`
    select ${app.db.columns(AlertRule, 'r')} from alert_rule r
    where r.workspace_id = ${principal.workspaceId} and r.deleted_at is null
    order by r.key is null, r.created_at, r.id limit ${LIST_CAP}`);
}

/** The mutes of these rules that have not ended, 250 at most of each. */
export async function mutesOfRules({ app, principal }: Call, ruleIds: readonly string[]): Promise<AlertMuteRow[]> {
  const rows = await app.db.rows<RowOf<AlertMute>>(sql`
    select found.* from unnest(${ruleIds}::uuid[]) as k(id)
    cross join lateral (
      select ${app.db.columns(AlertMute, 'm')} from alert_mute m
      where m.workspace_id = ${principal.workspaceId} and m.rule_id = k.id and m.until > ${app.now()}
      order by m.muted_at, m.group_key limit ${LIST_CAP}) found`);
  return rows.map((row) => ({
    ...row,
    wholeRule: row.groupKey === EVERY_GROUP,
    group: isId(row.groupKey) ? row.groupKey : null,
  }));
}

type Grouped = Pick<AlertRow, 'groupBy' | 'groupKey' | 'sequences'>;

/** The id that its events have in common; null where they have none, or an address. */
export const groupShown = ({ groupBy, groupKey }: Grouped): string | null =>
  groupKey === WHOLE || groupBy === 'ADDRESS' ? null : groupKey;

/**
 * The address that its events have in common; undefined where there is none, or the caller may not see it.
 * @param addressOf asks the record.
 */
export async function addressShown(
  { principal }: Call,
  { groupBy, groupKey, sequences }: Grouped,
  addressOf: (sequence: number) => Promise<string | null>,
): Promise<string | null | undefined> {
  if (groupBy !== 'ADDRESS' || groupKey === WHOLE || !alertSight(principal).unmasked) return undefined;
  return addressOf(sequences[0]!);
}

/** The addresses that these events came with, for as long as the record has them. For who may see addresses only. */
export async function addressesOf(
  { app, principal }: Call,
  sequences: readonly number[],
): Promise<Map<number, string | null>> {
  const rows = await app.db.rows<{ sequence: number; disclosures: string[] }>(sql`
    select b.sequence, b.disclosures from record_body b
    where b.workspace_id = ${principal.workspaceId} and b.sequence = any(${sequences}::bigint[])`);
  return new Map(rows.map((row) => [row.sequence, addressOf(row)]));
}
