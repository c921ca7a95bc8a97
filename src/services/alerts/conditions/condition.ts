import type { z } from 'zod';
import type { AlertEvent } from '../alert-event.js';

/** An event with all that a condition may look at. */
export interface Seen<P, S> {
  readonly event: AlertEvent;
  /** It passes the rule's filter; else it is only observed. */
  readonly passes: boolean;
  readonly parameters: P;
  /** What this condition has remembered under the event's key. */
  readonly state: S | null;
  /** The workspace's, an IANA name. */
  readonly timeZone: string;
  /** Whether who did it had to do with the conversation before; undefined where the condition did not ask. */
  readonly connected: boolean | undefined;
}

/** What a condition makes of an event. */
export interface Judgement<S> {
  readonly holds: boolean;
  /** To be remembered; null = nothing. */
  readonly state: S | null;
  /** Until when that is worth anything, in milliseconds since 1970. */
  readonly until?: number;
  /** When it holds because nothing more has happened, in milliseconds since 1970. */
  readonly due?: number;
  /** Earlier events that it holds because of. */
  readonly earlier?: readonly number[];
  /** How many events it holds because of, where they are more than are named. */
  readonly count?: number;
}

/** What must hold of an event beyond a filter. Pure: the same events and state give the same judgement. */
export interface Condition<P = unknown, S = unknown> {
  readonly parameters: z.ZodType<P>;
  /** The actions that it must see besides those that pass the filter. */
  observes?(parameters: P): readonly string[];
  /** Under what it remembers something of this event; null = nothing. */
  keyOf?(event: AlertEvent, group: string): string | null;
  /** It must know whether who did it had to do with the conversation before. */
  readonly asksForConnection?: true;
  judge(seen: Seen<P, S>): Judgement<S>;
}

/** A condition that remembers nothing. */
export const stateless = <P>(
  condition: Omit<Condition<P, never>, 'judge'> & { holds(seen: Seen<P, never>): boolean },
): Condition<P, never> => ({
  ...condition,
  judge: (seen) => ({ holds: seen.passes && condition.holds(seen), state: null }),
});
