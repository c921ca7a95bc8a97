import { z } from 'zod';
import { isTimeZone } from '../../time-zones.js';
import { stateless } from './condition.js';

const CLOCK = /^([01]\d|2[0-3]):[0-5]\d$/;
const clock = (fallback: string) => z.string().regex(CLOCK, 'must be a time such as 08:30').default(fallback);

const parameters = z.strictObject({
  timeZone: z.string().refine(isTimeZone, 'must be a time zone such as Europe/Berlin').nullable().default(null),
  from: clock('08:00'),
  to: clock('18:00'),
  days: z.array(z.int().min(1).max(7)).min(1).max(7).default([1, 2, 3, 4, 5]),
});

/** Somebody is at work when nobody should be. */
export const offHours = stateless<z.infer<typeof parameters>>({
  parameters,
  holds: ({ event, parameters: hours, timeZone }) => !isWithin(hours, localTime(event.at, hours.timeZone ?? timeZone)),
});

const formats = new Map<string, Intl.DateTimeFormat>();
const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

/** The weekday, 1 = Monday, and the minute of the day. */
export function localTime(at: number, timeZone: string): { day: number; minute: number } {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    formats.set(timeZone, format);
  }
  const part = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return {
    day: DAYS.indexOf(part.get('weekday')!) + 1,
    minute: Number(part.get('hour')) * 60 + Number(part.get('minute')),
  };
}

const minutesOf = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));

function isWithin(
  hours: { from: string; to: string; days: readonly number[] },
  { day, minute }: { day: number; minute: number },
): boolean {
  const [from, to] = [minutesOf(hours.from), minutesOf(hours.to)];
  if (from <= to) return hours.days.includes(day) && minute >= from && minute < to;
  // What is after midnight belongs to the day before.
  const before = day === 1 ? 7 : day - 1;
  return (hours.days.includes(day) && minute >= from) || (hours.days.includes(before) && minute < to);
}
