import { BusinessHours, type WeeklyHours } from '../../entities/business-hours.js';
import { Weekday } from '../../entities/enums.js';
import { Workspace } from '../../entities/workspace.js';
import type { Call } from '../application.js';
import { refuseUnlessAdministrator } from '../guards.js';
import { rowLimit } from '../paging.js';
import type { FieldChange } from '../record/event.js';
import { sql } from '../sql.js';
import { Faults, MAX_REASON, type WithReason } from '../text.js';
import { withTransaction, type Tx } from '../transaction.js';
import { lockedTeam, refuseInactive } from '../workspaces/places.js';
import { lockRouting, lookAgain } from './look-again.js';
import { isOpenAt, minutesOf, type OpenHours } from './open-hours.js';

export interface SetBusinessHoursInput extends WithReason {
  /** null = the workspace's own. */
  teamId?: string | null | undefined;
  /** null takes them away. */
  weekly?: readonly WeeklyHours[] | null | undefined;
  holidays?: readonly string[] | null | undefined;
}

/** Business hours as callers see them. */
export interface BusinessHoursRow {
  weekly: WeeklyHours[];
  holidays: string[];
  openNow: boolean;
}

const MAX_INTERVALS = 50;
const MAX_HOLIDAYS = 200;
const FROM = /^([01]\d|2[0-3]):[0-5]\d$/;
const TO = /^(([01]\d|2[0-3]):[0-5]\d|24:00)$/;

/**
 * Says when a team works, or all teams that do not say so themselves: outside of that nothing is given to them
 * automatically, and the time in which they are to answer stands still. What is so already is not recorded.
 * @returns the team's id, null for the workspace's own.
 * @throws AppError FORBIDDEN, NOT_FOUND (team), VALIDATION_FAILED; CONFLICT for a team that was deactivated.
 */
export async function setBusinessHours(call: Call, input: SetBusinessHoursInput): Promise<string | null> {
  validate(input);
  const after = input.weekly
    ? { weekly: inOrder(input.weekly), holidays: [...new Set(input.holidays)].toSorted() }
    : null;
  return withTransaction(call, async (tx) => {
    refuseUnlessAdministrator(tx, 'business_hours.update');
    const { em, now } = tx;
    const { workspaceId } = tx.principal;
    await lockRouting(tx);
    const { id: placeId, ...place } = await accessPlace(tx, input.teamId ?? null);
    const known = await em.findOne(BusinessHours, { workspaceId, placeId });
    const changes = (['weekly', 'holidays'] as const)
      .map((field): FieldChange => ({ field, before: told(known, field), after: told(after, field) }))
      .filter(({ before, after: changed }) => before !== changed);
    if (changes.length === 0) return input.teamId ?? null;
    if (!after) em.remove(known!);
    else if (known) em.assign(known, { ...after, changedAt: now });
    else em.persist(em.create(BusinessHours, { workspaceId, placeId, ...after, changedAt: now }));
    await lookAgain(tx, input.teamId ?? null);
    tx.record({ action: 'business_hours.updated', ...place, changes, reason: input.reason ?? null });
    return input.teamId ?? null;
  });
}

function validate({ weekly, holidays, reason }: SetBusinessHoursInput): void {
  const faults = new Faults();
  faults.optionalText('reason', reason, MAX_REASON);
  if (weekly && (weekly.length === 0 || weekly.length > MAX_INTERVALS)) {
    faults.add('weekly', `must have 1 to ${MAX_INTERVALS} entries, or be null`);
  }
  weekly?.slice(0, MAX_INTERVALS).forEach(({ from, to }, index) => {
    if (!FROM.test(from)) faults.add(`weekly.${index}.from`, 'must be a time such as 08:30');
    if (!TO.test(to)) faults.add(`weekly.${index}.to`, 'must be a time such as 17:00, or 24:00');
    else if (FROM.test(from) && minutesOf(to) <= minutesOf(from))
      faults.add(`weekly.${index}.to`, 'must be after from');
  });
  if (holidays && holidays.length > MAX_HOLIDAYS) faults.add('holidays', `must have at most ${MAX_HOLIDAYS} entries`);
  holidays?.slice(0, MAX_HOLIDAYS).forEach((date, index) => {
    if (!isDate(date)) faults.add(`holidays.${index}`, 'must be a date such as 2026-12-25');
  });
  if (!weekly && holidays?.length) faults.add('holidays', 'go with weekly');
  faults.refuse();
}

function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

const DAYS = Object.keys(Weekday);
const inOrder = (weekly: readonly WeeklyHours[]): WeeklyHours[] =>
  weekly
    .map(({ day, from, to }) => ({ day, from, to }))
    .toSorted((a, b) => DAYS.indexOf(a.day) - DAYS.indexOf(b.day) || minutesOf(a.from) - minutesOf(b.from));

/** As an event tells it. */
function told(
  hours: { weekly: WeeklyHours[]; holidays: string[] } | null,
  field: 'weekly' | 'holidays',
): string | null {
  if (!hours) return null;
  return field === 'weekly'
    ? hours.weekly.map(({ day, from, to }) => `${day} ${from}-${to}`).join(', ')
    : hours.holidays.join(', ');
}

/** Under its lock: who changes its hours does so one after the other. */
async function accessPlace(tx: Tx, teamId: string | null) {
  if (teamId !== null) {
    const team = await lockedTeam(tx, teamId);
    refuseInactive(team, 'team');
    return { id: team.id, target: { type: 'team', id: team.id, label: team.name }, teamId: team.id };
  }
  const { workspaceId: id } = tx.principal;
  await tx.rows(sql`select pg_advisory_xact_lock(hashtextextended(${`${id}/business-hours`}, 0))`);
  const workspace = await tx.em.findOneOrFail(Workspace, { id });
  return { id, target: { type: 'workspace', id, label: workspace.name } };
}

/** When a team works: by its own hours, else by the workspace's; null where neither has any, which is always. */
export async function hoursOfTeam(
  { rows, principal }: Pick<Tx, 'rows' | 'principal'>,
  teamId: string,
): Promise<OpenHours | null> {
  const [found] = await rows<OpenHours>(sql`
    select w.time_zone as "timeZone", h.weekly, h.holidays from business_hours h
    join workspace w on w.id = h.workspace_id
    where h.workspace_id = ${principal.workspaceId} and h.place_id in (${teamId}, h.workspace_id)
    order by h.place_id = h.workspace_id limit ${rowLimit(1)}`);
  return found ?? null;
}

/** The own hours of these teams or of the workspace, by their ids; of those that have any. */
export async function ownHoursOf(
  { app, principal }: Call,
  placeIds: readonly string[],
): Promise<Map<string, BusinessHoursRow>> {
  const rows = await app.db.rows<OpenHours & { placeId: string; weekly: WeeklyHours[]; holidays: string[] }>(sql`
    select h.place_id as "placeId", w.time_zone as "timeZone", h.weekly, h.holidays from business_hours h
    join workspace w on w.id = h.workspace_id
    where h.workspace_id = ${principal.workspaceId} and h.place_id = any(${placeIds}::uuid[])`);
  const now = app.now();
  return new Map(
    rows.map(({ placeId, ...hours }) => {
      const { weekly, holidays } = hours;
      return [placeId, { weekly, holidays, openNow: isOpenAt(hours, now) }];
    }),
  );
}
