import { z } from 'zod';
import type { Condition } from './condition.js';

interface Grant {
  sequence: number;
  at: number;
}

/** What gives an agent or a key more rights than before. */
const GRANTS = ['agent.joined', 'agent.role_changed', 'api_key.created', 'api_key.scopes_changed'];

const parameters = z.strictObject({ withinSeconds: z.int().min(60).max(7_776_000).default(604_800) });

/** The first thing that somebody does with new rights is to take data out. */
export const firstExportAfterGrant: Condition<z.infer<typeof parameters>, Grant> = {
  parameters,
  observes: () => GRANTS,
  keyOf: ({ row }) => (GRANTS.includes(row.action!) ? row.targetId : row.actorId),
  judge({ event: { row, sequence, at }, passes, parameters: { withinSeconds }, state }) {
    const until = at + withinSeconds * 1000;
    if (GRANTS.includes(row.action!)) return { holds: false, state: { sequence, at }, until };
    if (!passes || !state) return { holds: false, state };
    return { holds: at - state.at <= withinSeconds * 1000, state: null, earlier: [state.sequence] };
  },
};
