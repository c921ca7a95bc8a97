import type { ActionDefinition } from '../record/action-definition.js';
import { findAction } from '../record/actions.js';
import type { RecordBody } from '../record/envelope.js';
import type { RecordRow } from '../record/read.js';

type StateStream = NonNullable<ActionDefinition['streams']>[number];

/** Whether an event changed what a stream of state shows. Pruned events and those of a newer version did not. */
export const changes = (row: RecordRow, stream: StateStream): boolean =>
  row.action !== null && (findAction(row.action)?.streams?.includes(stream) ?? false);

/** The parts of a body that streams tell of. */
export function changeOf(row: RecordRow): Pick<RecordBody, 'actor' | 'metadata'> & { fields: string[] } {
  const body = JSON.parse(row.body!) as RecordBody;
  return {
    actor: body.actor,
    ...(body.metadata ? { metadata: body.metadata } : {}),
    fields: (body.changes ?? []).map((change) => change.field),
  };
}

/**
 * What a run of events delivers to somebody, in order; of a replay the last that says something of each object. Which
 * that is depends on who reads: the event that took it from their sight may be followed by others that are not theirs.
 */
export function decideEach<S, D>(
  { steps, replaying }: { steps: readonly S[]; replaying: boolean },
  keyOf: (step: S) => string,
  decide: (step: S) => D | null,
): D[] {
  const delivered = steps.flatMap((step) => {
    const found = decide(step);
    return found ? [{ key: keyOf(step), found }] : [];
  });
  return (replaying ? lastOfEach(delivered, ({ key }) => key) : delivered).map(({ found }) => found);
}

/**
 * For a replay: only the last event of each object, in order. What is delivered is the object as it is now, so the
 * earlier ones would say the same thing again.
 */
export function lastOfEach<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  const last = new Map<string, T>();
  for (const item of items) {
    last.delete(keyOf(item));
    last.set(keyOf(item), item);
  }
  return [...last.values()];
}
