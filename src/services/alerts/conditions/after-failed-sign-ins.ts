import { z } from 'zod';
import type { Condition } from './condition.js';

interface Failures {
  /** Sequence and time of each, the newest last. */
  failed: [sequence: number, at: number][];
}

const FAILED = 'auth.sign_in_failed';
const KEPT = 64;

const parameters = z.strictObject({
  failures: z.int().min(1).max(KEPT).default(3),
  withinSeconds: z.int().min(1).max(86_400).default(900),
});

/** Somebody comes in after attempts to sign in as them have failed: perhaps one was right in the end. */
export const afterFailedSignIns: Condition<z.infer<typeof parameters>, Failures> = {
  parameters,
  observes: () => [FAILED],
  keyOf: ({ row }) => (row.action === FAILED ? row.targetId : row.actorId),
  judge({ event, passes, parameters: { failures, withinSeconds }, state }) {
    const { row, sequence, at } = event;
    const horizon = withinSeconds * 1000;
    const failed = (state?.failed ?? []).filter(([, time]) => time > at - horizon);
    if (row.action === FAILED) {
      return {
        holds: false,
        state: { failed: [...failed, [sequence, at] as [number, number]].slice(-KEPT) },
        until: at + horizon,
      };
    }
    if (!passes) return { holds: false, state, until: at + horizon };
    const earlier = failed.map(([failure]) => failure);
    return { holds: failed.length >= failures, state: null, earlier };
  },
};
