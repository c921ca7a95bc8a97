import { parseArgs } from 'node:util';

/** What `npm run crash` understands, and what it does unless told otherwise. */
export function readOptions() {
  const text = (fallback) => ({ type: 'string', default: fallback });
  const { values } = parseArgs({
    options: {
      rounds: text('20'),
      clients: text('32'),
      seconds: text('6'),
      seed: text(String(Date.now() % 1_000_000)),
    },
  });
  const options = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Number(value)]));
  for (const [name, value] of Object.entries(options)) {
    if (!(value > 0)) throw new Error(`--${name} must be a number above 0`);
  }
  return options;
}

/** A generator of numbers from 0 to 1 that a seed decides: mulberry32. */
export function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
