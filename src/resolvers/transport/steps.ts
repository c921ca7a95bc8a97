import type { RecordRow } from '../../services/record/read.js';
import { rowOf } from '../../services/streams/pull-stream.js';
import { laidOut, type Delivered } from '../../services/streams/stream-definition.js';
import type { Audience } from './audiences.js';

/** A frame to be, and who gets it. */
export interface Step {
  row: RecordRow;
  event: () => unknown;
  audiences: Audience[];
}

interface Cursors {
  /** Before the first of the events. */
  before: string;
  after: (row: RecordRow) => string;
}

/** What there is to send, event by event, from what was decided for each audience: each frame once. */
export function stepsOf(
  decided: readonly (readonly [Audience, readonly Delivered<unknown>[]])[],
  events: readonly RecordRow[],
  cursors: Cursors,
): Step[] {
  // Only the last frame of an event moves the cursor: who leaves before has the others to come again.
  const [earlier, last] = [new Map<Delivered<unknown>, Step>(), new Map<Delivered<unknown>, Step>()];
  for (const [audience, run] of decided) {
    for (const [index, delivered] of run.entries()) {
      const isLast = run[index + 1]?.sequence !== delivered.sequence;
      const steps = isLast ? last : earlier;
      const step = steps.get(delivered);
      if (step) step.audiences.push(audience);
      else steps.set(delivered, stepOf(delivered, events, cursors, isLast, audience));
    }
  }
  return [...earlier.values(), ...last.values()].toSorted((a, b) => a.row.sequence - b.row.sequence);
}

function stepOf(
  delivered: Delivered<unknown>,
  events: readonly RecordRow[],
  { before, after }: Cursors,
  isLast: boolean,
  audience: Audience,
): Step {
  const row = rowOf(events, delivered);
  const previous = events[events.indexOf(row) - 1];
  const cursor = isLast ? after(row) : previous ? after(previous) : before;
  return { row, event: () => laidOut(delivered, cursor), audiences: [audience] };
}

/** What else this audience is to get of the same event. */
export const restOf = (steps: readonly Step[], index: number, audience: Audience): unknown[] => {
  const { row } = steps[index]!;
  return steps
    .slice(index + 1)
    .filter((step) => step.row === row && step.audiences.includes(audience))
    .map(({ event }) => event());
};
