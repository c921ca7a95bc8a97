const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** How long after the attempt before it each attempt is made, in milliseconds: the schedule of Standard Webhooks. */
const DELAYS = [
  0,
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
] as const;

/** So many times something is tried before it counts as undeliverable. */
export const ATTEMPTS = DELAYS.length;

/** By how much a delay is lengthened or shortened at the most. */
const JITTER = 0.1;

/**
 * How long to wait before an attempt, in milliseconds, ±10 % so that what failed together is not tried together again.
 * @param attempt 1 for the first, which is made at once.
 * @param random 0 to 1, as Math.random gives it.
 * @returns null when no attempt of this number is made.
 */
export function delayBefore(attempt: number, random: number = Math.random()): number | null {
  const delay = DELAYS[attempt - 1];
  return delay === undefined ? null : Math.round(delay * (1 - JITTER + 2 * JITTER * random));
}
