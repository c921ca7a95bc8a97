import { MAX_TEXT } from '../text.js';
import type { ConversationText } from './import-line.js';

/** One conversation of what is imported, or a part of one, as an adapter has read it. */
export interface SourceLine {
  /** Where it begins: a line, or the number of a mail. */
  number: number;
  /** What it says, in the shape of the import format; not checked yet. */
  value?: unknown;
  /** Why it says nothing. */
  faults?: string[];
  /** What is kept of it where it cannot be taken: the value, unless something else stands here. */
  content?: unknown;
}

/** What adapters count of what they leave out on purpose: service messages, system lines, files that cannot be taken. */
export interface LeftOut {
  count: number;
  files: number;
}

/** Who of the people in a foreign file is an agent, or the bot; everybody else is the contact. */
export interface Agents {
  /** The author as the import format writes it: an agent's e-mail, `bot` or `contact`. */
  authorOf(...names: (string | null | undefined)[]): string;
}

/** Messages of one conversation that an adapter puts into one line at the most: the next of it go into another. */
const MESSAGES_A_LINE = 200;
/** In place of a text where a foreign message has none. */
export const NO_TEXT = '[no text]';

/** A message as the import format has it. */
export type MessageText = NonNullable<ConversationText['messages']>[number];

/** Puts the messages of one conversation into lines, so that no more than one line of it is held. */
export class LineMaker {
  #messages: MessageText[] = [];
  #number = 0;

  constructor(private readonly head: () => Omit<ConversationText, 'messages'>) {}

  /** @returns the lines that are full now. One whose text cannot be taken is alone in its line, and refused alone. */
  *add(number: number, message: MessageText): Generator<SourceLine> {
    const isTooLong = [message.text, message.textWithoutFiles].some((text) => (text?.length ?? 0) > MAX_TEXT);
    if (isTooLong || this.#messages.length === MESSAGES_A_LINE) yield* this.end();
    if (this.#messages.length === 0) this.#number = number;
    this.#messages.push(message);
    if (isTooLong) yield* this.end();
  }

  *end(): Generator<SourceLine> {
    if (this.#messages.length === 0) return;
    yield { number: this.#number, value: { ...this.head(), messages: this.#messages } };
    this.#messages = [];
  }
}

/**
 * Reads who is an agent from pairs of a name and an e-mail (or `bot`).
 * @param emails of agents, who are known by these as well
 */
export function agentsOf(
  pairs: readonly (readonly [name: string, email: string])[],
  emails: ReadonlySet<string>,
): Agents {
  const folded = (name: string) => name.trim().normalize('NFC').toLowerCase();
  const named = new Map(pairs.map(([name, email]) => [folded(name), email]));
  return {
    authorOf(...names) {
      for (const name of names) {
        if (!name) continue;
        const email = named.get(folded(name));
        if (email !== undefined) return email;
        if (emails.has(folded(name))) return folded(name);
      }
      return 'contact';
    },
  };
}
