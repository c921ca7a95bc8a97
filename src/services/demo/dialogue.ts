import type { HandoverReason } from '../../entities/enums.js';

/**
 * One thing that is said, in order: by the customer, by the bot before a person takes over, by that person, or in a
 * note. `{name}` is the customer's first name, `{agent}` the agent's, `{order}` the number of an order.
 */
export type Line = readonly [by: 'customer' | 'bot' | 'agent' | 'note', text: string];

/** A conversation that customers of a shop might have with it, in their language. */
export interface Dialogue {
  subject: string;
  label: 'delivery' | 'refund' | 'invoice' | 'question' | 'vip';
  /** Why the bot hands over, and what it tells who takes over, in the team's language. */
  handover: { reason: HandoverReason; summary: string };
  lines: readonly Line[];
}

/** What is said in one language, and the people who say it: their names, and how they write them in Latin letters. */
export interface Speakers {
  names: readonly (readonly [name: string, handle: string])[];
  dialogues: readonly Dialogue[];
}
