/** A time as a clock on the wall shows it. */
export interface WallTime {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

const HOUR_MS = 3_600_000;
const formats = new Map<string, Intl.DateTimeFormat>();

const asUtc = ({ year, month, day, hour, minute, second }: WallTime): number =>
  Date.UTC(year, month - 1, day, hour, minute, second);

/** What a clock in the zone shows at a moment, in milliseconds as if it were one of UTC. */
export function shownAt(at: number, timeZone: string): number {
  let format = formats.get(timeZone);
  if (!format) {
    const two = '2-digit' as const;
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: two,
      day: two,
      hour: two,
      minute: two,
      second: two,
    });
    formats.set(timeZone, format);
  }
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type)!;
  return asUtc({
    year: part('year'),
    month: part('month'),
    day: part('day'),
    hour: part('hour'),
    minute: part('minute'),
    second: part('second'),
  });
}

/**
 * The moment at which a clock in the zone shows this. An hour that comes twice is the first of the two, unless that is
 * before `notBefore`. @returns null for a day or a time that no clock shows.
 */
export function momentOf(time: WallTime, timeZone: string, notBefore = 0): Date | null {
  const wanted = asUtc(time);
  const { year, month, day, hour, minute, second } = time;
  const calendar = new Date(wanted);
  const isReal =
    calendar.getUTCFullYear() === year &&
    calendar.getUTCMonth() === month - 1 &&
    calendar.getUTCDate() === day &&
    hour < 24 &&
    minute < 60 &&
    second < 60;
  if (!isReal) return null;
  let at = wanted - (shownAt(wanted, timeZone) - wanted);
  at -= shownAt(at, timeZone) - wanted;
  // Where the clock was put back both are right.
  if (shownAt(at - HOUR_MS, timeZone) === wanted) at -= HOUR_MS;
  if (at < notBefore && shownAt(at + HOUR_MS, timeZone) === wanted) at += HOUR_MS;
  return new Date(at);
}
