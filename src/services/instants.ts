import pg from 'pg';

/** Moments as PostgreSQL writes them with its time zone at UTC, to the millisecond: 2026-11-22 02:30:09.123+00. */
const TIMESTAMPTZ = 1184;
const parseSlowly = pg.types.getTypeParser(TIMESTAMPTZ, 'text') as (text: string) => Date;

/**
 * Reads a moment out of a row. A page of conversations has hundreds of them, and reading each by regular expression was
 * a tenth of what the whole answer cost; whatever is not of the usual form is left to the driver.
 */
export function parseInstant(text: string): Date {
  const { length } = text;
  // Date.UTC takes the years of the first century for the twentieth's.
  if (text[0] === '0' || text[4] !== '-' || length < 22 || length > 29 || !text.endsWith('+00'))
    return parseSlowly(text);
  const fraction = length - 23;
  let milliseconds = 0;
  if (fraction > 0) {
    if (fraction > 3) return parseSlowly(text);
    milliseconds = digits(text, 20, fraction) * (fraction === 1 ? 100 : fraction === 2 ? 10 : 1);
  }
  return new Date(
    Date.UTC(
      digits(text, 0, 4),
      digits(text, 5, 2) - 1,
      digits(text, 8, 2),
      digits(text, 11, 2),
      digits(text, 14, 2),
      digits(text, 17, 2),
      milliseconds,
    ),
  );
}

function digits(text: string, from: number, count: number): number {
  let value = 0;
  for (let at = from; at < from + count; at += 1) value = value * 10 + text.charCodeAt(at) - 48;
  return value;
}
