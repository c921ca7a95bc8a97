import { z } from 'zod';
import type { Condition } from './condition.js';

interface Volume {
  /** How many on each day, by days since 1970 in UTC. */
  days: Record<string, number>;
  /** The first of today. */
  today: number[];
}

const DAY_MS = 86_400_000;
const KEPT = 63;

const parameters = z.strictObject({
  factor: z.number().min(1).max(1_000).default(5),
  baselineDays: z.int().min(1).max(90).default(14),
  minimum: z.int().min(1).max(100_000).default(20),
});

/** Much more than usual. */
export const unusualVolume: Condition<z.infer<typeof parameters>, Volume> = {
  parameters,
  keyOf: (_event, group) => group,
  judge({ event: { sequence, at }, passes, parameters: { factor, baselineDays, minimum }, state }) {
    if (!passes) return { holds: false, state };
    const today = Math.floor(at / DAY_MS);
    const days = Object.fromEntries(
      Object.entries(state?.days ?? {}).filter(([day]) => Number(day) >= today - baselineDays),
    );
    const before = Object.entries(days).reduce((sum, [day, count]) => (Number(day) < today ? sum + count : sum), 0);
    const seen = days[today] ? state!.today : [];
    const count = (days[today] = (days[today] ?? 0) + 1);
    return {
      holds: count >= minimum && count > factor * (before / baselineDays),
      state: { days, today: seen.length < KEPT ? [...seen, sequence] : seen },
      until: (today + baselineDays + 1) * DAY_MS,
      earlier: seen,
      count,
    };
  },
};
