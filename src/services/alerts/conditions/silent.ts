import { z } from 'zod';
import type { Condition } from './condition.js';

/** The last sign of life. */
export interface LastSign {
  sequence: number;
  at: number;
}

const parameters = z.strictObject({
  seconds: z.int().min(60).max(2_592_000).default(3_600),
  endedBy: z.array(z.string().min(1).max(100)).max(10).default([]),
});

/** What used to happen does not happen any more. The one condition that asks the clock. */
export const silent: Condition<z.infer<typeof parameters>, LastSign> = {
  parameters,
  observes: ({ endedBy }) => endedBy,
  keyOf: (_event, group) => group,
  judge({ event: { row, sequence, at }, parameters: { seconds, endedBy } }) {
    if (endedBy.includes(row.action!)) return { holds: false, state: null };
    const due = at + seconds * 1000;
    // The silence itself may be noticed late, after the server has been away.
    return { holds: false, state: { sequence, at }, due, until: due + 2_592_000_000 };
  },
};
