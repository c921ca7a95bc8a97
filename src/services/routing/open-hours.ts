import type { WeeklyHours } from '../../entities/business-hours.js';
import { Weekday } from '../../entities/enums.js';
import { momentOf, shownAt } from '../wall-time.js';

/** When somebody works: intervals of each week, but not on holidays, by the clocks of a time zone. */
export interface OpenHours {
  timeZone: string;
  weekly: readonly WeeklyHours[];
  holidays: readonly string[];
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Further than this nothing is looked for: whoever is closed for longer has closed. */
const MAX_DAYS = 400;
const DAYS = Object.keys(Weekday);

interface Span {
  from: number;
  to: number;
}

/** Whether it is open at a moment. Pure. */
export function isOpenAt(hours: OpenHours, at: Date): boolean {
  const [next] = spansAfter(hours, at.getTime());
  return next !== undefined && next.from <= at.getTime();
}

/**
 * The moment at which it has been open for so long since another; what is closed does not count. Pure.
 * @returns null where that is not within the next 400 days.
 */
export function afterOpenTime(hours: OpenHours, since: Date, milliseconds: number): Date | null {
  let left = milliseconds;
  let until = since.getTime();
  for (const span of spansAfter(hours, until)) {
    const from = Math.max(span.from, until);
    if (span.to - from >= left) return new Date(from + left);
    left -= Math.max(0, span.to - from);
    until = Math.max(until, span.to);
  }
  return null;
}

/** The spans that end after a moment, in order; some may overlap. */
function* spansAfter(hours: OpenHours, at: number): Generator<Span> {
  // A day as the clock on the wall has it, as if it were one of UTC.
  const today = Math.floor(shownAt(at, hours.timeZone) / DAY_MS) * DAY_MS;
  for (let day = today - DAY_MS; day < today + MAX_DAYS * DAY_MS; day += DAY_MS) {
    const date = new Date(day);
    if (hours.holidays.includes(date.toISOString().slice(0, 10))) continue;
    // Monday is the first of ours, Sunday of theirs.
    const weekday = DAYS[(date.getUTCDay() + 6) % 7];
    const spans = hours.weekly
      .filter((interval) => interval.day === weekday)
      .map(({ from, to }) => ({
        from: beginning(day + minutesOf(from) * MINUTE_MS, hours.timeZone),
        to: ending(day + minutesOf(to) * MINUTE_MS, hours.timeZone),
      }))
      .toSorted((a, b) => a.from - b.from);
    for (const span of spans) if (span.to > at && span.to > span.from) yield span;
  }
}

/** Minutes since midnight; 24:00 is the next one. */
export const minutesOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

/** When a clock first shows this; where it was put forward over it, when that is done. */
function beginning(wall: number, timeZone: string): number {
  const at = momentOf(wallTime(wall), timeZone)!.getTime();
  return shownAt(at, timeZone) === wall ? at : leap(wall, at, timeZone);
}

/** When a clock shows this for the last time, where an hour comes twice; else as `beginning`. */
function ending(wall: number, timeZone: string): number {
  const at = momentOf(wallTime(wall), timeZone, beginning(wall, timeZone) + 1)!.getTime();
  return shownAt(at, timeZone) === wall ? at : leap(wall, at, timeZone);
}

/** When the clock was put forward over a time that it never shows. */
function leap(wall: number, near: number, timeZone: string): number {
  let [before, after] = [near - DAY_MS / 6, near + DAY_MS / 6];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (shownAt(middle, timeZone) < wall) before = middle;
    else after = middle;
  }
  return after;
}

function wallTime(wall: number) {
  const date = new Date(wall);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: 0,
  };
}
